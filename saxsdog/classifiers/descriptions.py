"""What the parameters of a curve are called, and in which unit they come."""

from dataclasses import dataclass


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
        Empty where it has none, or where it is that of the intensity, which a calibration chooses.
    """

    name: str
    label: str
    unit: str = ""


INTEGRAL = (
    Description("I0", "Integral intensity", "counts/pixel nm⁻¹"),
    Description("I2", "Invariant", "counts/pixel nm⁻³"),
    Description("correlation_length", "Correlation length", "nm"),
    Description("I1", "First moment", "counts/pixel nm⁻²"),
    Description("zingers", "Zingers", "pixels"),
)
"""Parameters that are there without ``Classifiers``, in the order in which they are offered."""

FAILED = "failed"
"""Whether a function of somebody else failed with an image: 1, else 0."""

VALUES = (
    Description("mean", "mean"),
    Description("position", "position", "nm⁻¹"),
    Description("height", "height"),
    Description("width", "width (FWHM)", "nm⁻¹"),
    Description("significance", "height / error"),
    Description("Rg", "radius of gyration", "nm"),
    Description("I0", "I(0)"),
    Description("qRg_max", "largest q Rg, good to 1.3"),
    Description("constant", "Porod constant", "intensity nm⁻⁴"),
    Description("background", "background"),
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
    return Description(name, f"{classifier}: {known.label}", known.unit)
