"""What of a curve is drawn: its presentation, unit and ratio, with the errors that follow."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from html import escape

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.intensity import axis_text, times
from saxsleash.models.scales import Scale, ScaleKind

Array = NDArray[np.float64]

NM_PER_ANGSTROM = 0.1
"""Nanometres in an ångström."""

LOWEST_SHARE = 1e-3
"""Where an error band reaches below 0 on a logarithmic axis it ends at this share of the value."""


class Presentation(StrEnum):
    """Which function of intensity is drawn over which function of q.

    References
    ----------
    O. Glatter and O. Kratky, Small Angle X-ray Scattering (Academic Press, London, 1982).
    """

    INTENSITY = "intensity"
    KRATKY = "kratky"
    POROD = "porod"
    GUINIER = "guinier"


class QUnit(StrEnum):
    """Unit of q along an axis."""

    INVERSE_NM = "nm⁻¹"
    INVERSE_ANGSTROM = "Å⁻¹"

    @property
    def length(self) -> str:
        """The unit of d = 2π/q."""
        return "nm" if self is QUnit.INVERSE_NM else "Å"

    @property
    def factor(self) -> float:
        """What a q in nm⁻¹ is multiplied with."""
        return 1.0 if self is QUnit.INVERSE_NM else NM_PER_ANGSTROM


class Abscissa(StrEnum):
    """Over what a curve runs."""

    Q = "q"
    Q_HORIZONTAL = "q_h"
    Q_VERTICAL = "q_v"
    AZIMUTH = "azimuth"
    ANGLE = "2θ"
    SPACING = "d"
    DISTANCE = "r"

    @classmethod
    def of(cls, column: str) -> "Abscissa":
        """Return what the first column of a curve is, from its name in the curve file."""
        if "Phi" in column or "azimuth" in column:
            return cls.AZIMUTH
        for start, abscissa in _STARTS.items():
            if column.startswith(start):
                return abscissa
        for axis in (cls.Q_HORIZONTAL, cls.Q_VERTICAL):
            if axis.value in column:
                return axis
        return cls.Q

    @property
    def is_q(self) -> bool:
        """Whether it is a scattering vector, and not an angle or a length."""
        return self in (Abscissa.Q, Abscissa.Q_HORIZONTAL, Abscissa.Q_VERTICAL)

    @property
    def is_angle(self) -> bool:
        """Whether a logarithmic axis makes no sense."""
        return self in (Abscissa.AZIMUTH, Abscissa.ANGLE)

    @property
    def unit(self) -> str:
        """Of what is no q."""
        return _UNITS[self]

    @property
    def text(self) -> str:
        """The symbol as HTML."""
        name, _, index = self.value.partition("_")
        return f"{name}<sub>{index}</sub>" if index else name


_STARTS = {
    "Scattering Angle": Abscissa.ANGLE,
    "Lattice Spacing": Abscissa.SPACING,
    "Distance from the Beam": Abscissa.DISTANCE,
}
_UNITS = {
    Abscissa.AZIMUTH: "rad",
    Abscissa.ANGLE: "°",
    Abscissa.SPACING: "nm",
    Abscissa.DISTANCE: "mm",
}
_PER_ANGSTROM = "[$A^{-1}$]"


def in_inverse_nm(column: str, q: Array) -> tuple[str, Array]:
    """Return the first column of a curve and its name with q in nm⁻¹, the unit of all curves."""
    if _PER_ANGSTROM not in column:
        return column, q
    return column.replace(_PER_ANGSTROM, "[$nm^{-1}$]"), q / NM_PER_ANGSTROM


@dataclass(frozen=True, eq=False)
class Points:
    """What is drawn of a curve, before the scales of the axes.

    ``x`` ascends; ``sigma`` is NaN where no error is known. ``y`` and ``sigma`` have the shape of
    ``x``, or are rows of that, one for each of several curves.
    """

    x: Array
    y: Array
    sigma: Array


@dataclass(frozen=True, eq=False)
class Drawn:
    """Places of points along axes with scales; NaN where a line is interrupted.

    Attributes
    ----------
    x, y
        Where the points are drawn.
    low, high
        Where their error band ends.
    index
        Which points these are: what a scale has no place for is left out.
    """

    x: Array
    y: Array
    low: Array
    high: Array
    index: NDArray[np.intp]


def present(
    points: Points, presentation: Presentation, unit: QUnit, abscissa: Abscissa = Abscissa.Q
) -> Points:
    r"""Return a curve in a presentation.

    Kratky :math:`q^2 I`, Porod :math:`q^4 I`, Guinier :math:`\ln I` over :math:`q^2`; the error of
    a product follows its intensity, that of the logarithm is :math:`\sigma / I`. A curve over
    azimuth, or another angle or length, has none of them and stays what it is.

    Parameters
    ----------
    points
        q in nm⁻¹ (or azimuth in rad), intensity and its standard error in any unit.
    """
    points = over(points, presentation, unit, abscissa)
    if not abscissa.is_q:
        return points
    match presentation:
        case Presentation.INTENSITY:
            return points
        case Presentation.KRATKY | Presentation.POROD:
            weight = points.x**2 if presentation is Presentation.KRATKY else points.x**4
            return Points(points.x, weight * points.y, weight * points.sigma)
        case Presentation.GUINIER:
            positive = points.y > 0
            logarithm, error = (np.full(points.y.shape, np.nan) for _ in range(2))
            np.log(points.y, out=logarithm, where=positive)
            np.divide(points.sigma, points.y, out=error, where=positive)
            return Points(points.x, logarithm, error)


def over(points: Points, presentation: Presentation, unit: QUnit, abscissa: Abscissa) -> Points:
    """Return a curve over the x of a presentation, with its y as it is.

    Of a slice over :math:`q^2` only the half with positive q is left, else its two halves would
    lie on each other.
    """
    if not abscissa.is_q:
        return points
    q = points.x * unit.factor
    if presentation is not Presentation.GUINIER:
        return Points(q, points.y, points.sigma)
    kept = q >= 0
    return Points(q[kept] ** 2, points.y[..., kept], points.sigma[..., kept])


def ratio(points: Points, reference: Points) -> Points:
    """Divide a curve by a reference, brought to the same x; relative errors add in squares.

    Outside the reference, in its empty bins and where it is 0 the ratio is NaN.
    """
    below, error = reference.y, reference.sigma
    if reference.x.size == 0:
        below = error = np.full(points.x.shape, np.nan)
    elif not np.array_equal(points.x, reference.x):
        below = np.interp(points.x, reference.x, reference.y, np.nan, np.nan)
        error = np.interp(points.x, reference.x, reference.sigma, np.nan, np.nan)
    divisible = below != 0
    quotient = np.full(points.y.shape, np.nan)
    np.divide(points.y, below, out=quotient, where=divisible)
    # Not relative to the own intensity, which may be 0 while its error is not.
    own, other = (np.full(points.y.shape, np.nan) for _ in range(2))
    np.divide(points.sigma, below, out=own, where=divisible)
    np.divide(quotient * error, below, out=other, where=divisible)
    return Points(points.x, quotient, np.hypot(own, other))


def place(points: Points, x_scale: Scale, y_scale: Scale) -> Drawn:
    """Return where points and their error bands are drawn.

    What a scale has no place for is left out, and its neighbours are joined; an empty bin (NaN)
    stays and interrupts the line, but not before the first point and after the last.
    """
    kept = np.ones(points.x.shape, dtype=bool)
    if x_scale.kind is ScaleKind.LOG:
        kept &= ~(points.x <= 0)
    if y_scale.kind is ScaleKind.LOG:
        kept &= ~(points.y <= 0)
    index = np.flatnonzero(kept)
    known = np.flatnonzero(np.isfinite(points.y[index]))
    index = index[known[0] : known[-1] + 1] if known.size else index[:0]
    x, y = points.x[index], points.y[index]
    sigma = np.nan_to_num(points.sigma[index])
    low, high = y - sigma, y + sigma
    if y_scale.kind is ScaleKind.LOG:
        low = np.maximum(low, y * LOWEST_SHARE)
    return Drawn(
        x_scale.forward(x),
        y_scale.forward(y),
        y_scale.forward(low),
        y_scale.forward(high),
        index,
    )


def x_label(abscissa: Abscissa, presentation: Presentation, unit: QUnit) -> str:
    """Return the label of the horizontal axis as HTML."""
    if not abscissa.is_q:
        return f"{abscissa.text} / {abscissa.unit}"
    if presentation is Presentation.GUINIER:
        return f"{abscissa.text}² / {unit.value.replace('⁻¹', '⁻²')}"
    return f"{abscissa.text} / {unit.value}"


def y_label(
    abscissa: Abscissa, presentation: Presentation, unit: QUnit, intensities: Collection[str]
) -> str:
    """Return the label of the vertical axis as HTML.

    Parameters
    ----------
    intensities
        Units of the intensities of all curves that are drawn.
    """
    q, length = abscissa.text, unit.value.removesuffix("⁻¹")

    def label(quantity: str, power: str = "") -> str:
        return axis_text(quantity, {escape(times(each, power)) for each in intensities})

    match presentation:
        case Presentation.KRATKY if abscissa.is_q:
            return label(f"{q}² I", f"{length}⁻²")
        case Presentation.POROD if abscissa.is_q:
            return label(f"{q}⁴ I", f"{length}⁻⁴")
        case Presentation.GUINIER if abscissa.is_q:
            whole = label("I")
            return f"ln ({whole})" if " / " in whole else f"ln {whole}"
        case _:
            return label("intensity")


def shorter(label: str) -> tuple[str, str, str]:
    """Return a label of the vertical axis, and the same for less and less room."""
    symbols = label.replace("intensity", "I", 1)
    least = symbols.partition(" / ")[0].partition(", ")[0]
    return label, symbols, least.replace("(", "")
