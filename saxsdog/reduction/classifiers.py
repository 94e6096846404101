"""A curve in a few numbers that follow a reaction: its moments, and the plan of all others."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.geometry import Array


class ClassifierKind(StrEnum):
    """What is computed of a curve, or of its image; :mod:`saxsdog.classifiers` does it."""

    MEAN = "mean"
    PEAK = "peak"
    GUINIER = "guinier"
    POROD = "porod"
    DIFFERENCE = "difference"
    COUNTS = "counts"
    PLUGIN = "plugin"


@dataclass(frozen=True)
class ClassifierPlan:
    """What stays the same of a classifier from image to image.

    Attributes
    ----------
    name, kind
        What its values are called after, and what it computes.
    channel
        Name of the channel whose curve it looks at.
    places
        The bins it looks at, as places in the flat curve, by ascending q.
    q, widths
        Of these bins, nm⁻¹; what the abscissa is where the curve is not one over q.
    reference
        Intensities and standard errors there to compare with, shape ``(2, bins)``; ``None``: those
        of the image before.
    used
        Pixels whose counts it looks at, flat; ``None``: all.
    saturation
        Counts from which on a pixel is saturated; ``None``: what the header says.
    plugin
        Name of the function of somebody else.
    """

    name: str
    kind: ClassifierKind
    channel: str
    places: NDArray[np.intp]
    q: Array
    widths: Array
    reference: Array | None = None
    used: NDArray[np.bool_] | None = None
    saturation: float | None = None
    plugin: str = ""


@dataclass(frozen=True)
class IntegralParameters:
    r"""Moments of an intensity curve over a range of q.

    .. math::
        I_0 = \sum I\,\Delta q, \quad I_1 = \sum I\,q\,\Delta q, \quad I_2 = \sum I\,q^2\,\Delta q

    Attributes
    ----------
    I0
        Integral intensity, unit of the intensity times nm⁻¹.
    I1
        First moment, unit of the intensity times nm⁻².
    I2
        The invariant, unit of the intensity times nm⁻³.

    References
    ----------
    O. Glatter and O. Kratky, Small Angle X-ray Scattering (Academic Press, London, 1982).
    """

    I0: float
    I1: float
    I2: float

    @property
    def correlation_length(self) -> float:
        r""":math:`\pi I_1 / I_2` in nm; NaN where there is no intensity."""
        return np.pi * self.I1 / self.I2 if self.I2 != 0 else float("nan")

    def as_dict(self) -> dict[str, float]:
        """Return the moments as curve files name them."""
        return {"I0": self.I0, "I1": self.I1, "I2": self.I2}

    def with_length(self) -> dict[str, float]:
        """Return the moments and the correlation length, as the history names them."""
        return self.as_dict() | {"correlation_length": self.correlation_length}


def integral_parameters(q: Array, intensity: Array, step: float | Array) -> IntegralParameters:
    """Sum the moments of a curve; empty bins (NaN) are left out.

    Parameters
    ----------
    q, intensity
        The part of the curve to sum, both of shape ``(bins,)``.
    step
        Width of a bin, or of each of them, nm⁻¹.
    """
    known = np.where(np.isnan(intensity), 0.0, intensity) * step
    return IntegralParameters(float(known.sum()), float(known @ q), float(known @ (q * q)))
