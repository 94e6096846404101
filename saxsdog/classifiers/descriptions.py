"""What the parameters of a curve are called, and in which unit they come."""

from dataclasses import dataclass, replace

from saxsdog.reduction.intensity import times


@dataclass(frozen=True)
class Description:
    """What people want to know of a parameter.

    Attributes
    ----------
    name
        As files and the history name it.
    label
        As people call it.
    unit
        Empty where it has none.
    of_intensity
        Whether it is an intensity times that unit; a calibration chooses what intensities are.
    """

    name: str
    label: str
    unit: str = ""
    of_intensity: bool = False

    def unit_with(self, intensity: str) -> str:
        """Return the whole unit where intensities come in this one, empty if nobody knows it."""
        return times(intensity, self.unit) if self.of_intensity else self.unit


INTEGRAL = (
    Description("I0", "Integral intensity", "nm⁻¹", of_intensity=True),
    Description("I2", "Invariant", "nm⁻³", of_intensity=True),
    Description("correlation_length", "Correlation length", "nm"),
    Description("I1", "First moment", "nm⁻²", of_intensity=True),
    Description("zingers", "Zingers", "pixels"),
)
"""Parameters that are there without ``Classifiers``, in the order in which they are offered."""

FAILED = "failed"
"""Whether a function of somebody else failed with an image: 1, else 0."""

VALUES = (
    Description("mean", "mean", of_intensity=True),
    Description("position", "position", "nm⁻¹"),
    Description("height", "height", of_intensity=True),
    Description("width", "width (FWHM)", "nm⁻¹"),
    Description("significance", "height / error"),
    Description("Rg", "radius of gyration", "nm"),
    Description("I0", "I(0)", of_intensity=True),
    Description("qRg_max", "largest q Rg, good to 1.3"),
    Description("constant", "Porod constant", "nm⁻⁴", of_intensity=True),
    Description("background", "background", of_intensity=True),
    Description("r2", "r² of the fit"),
    Description("chi2", "χ²"),
    Description("total", "total counts", "counts"),
    Description("maximum", "highest counts", "counts"),
    Description("saturated", "saturated share"),
    Description(FAILED, "failures"),
)
"""What the names behind that of a classifier mean, also where a plug-in uses them."""

_INTEGRAL = {each.name: each for each in INTEGRAL}
_VALUES = {each.name: each for each in VALUES}


def describe(name: str) -> Description:
    """Describe a parameter of a curve; one that nobody knows is called by its name.

    Parameters
    ----------
    name
        Of the parameter, without that of the channel: ``I0``, ``peak1.position``.
    """
    classifier, _, value = name.rpartition(".")
    if not classifier:
        return _INTEGRAL.get(name, Description(name, name))
    known = _VALUES.get(value)
    if known is None:
        return Description(name, f"{classifier}: {value}")
    return replace(known, name=name, label=f"{classifier}: {known.label}")
