"""Integral parameters: a curve in three numbers that follow a reaction."""

from dataclasses import dataclass

import numpy as np

from saxsdog.reduction.geometry import Array


@dataclass(frozen=True)
class IntegralParameters:
    r"""Moments of an intensity curve over a range of q.

    .. math::
        I_0 = \sum I\,\Delta q, \quad I_1 = \sum I\,q\,\Delta q, \quad I_2 = \sum I\,q^2\,\Delta q

    Attributes
    ----------
    I0
        Integral intensity, counts/pixel nm⁻¹.
    I1
        First moment, counts/pixel nm⁻².
    I2
        The invariant, counts/pixel nm⁻³.

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


def integral_parameters(q: Array, intensity: Array, step: float) -> IntegralParameters:
    """Sum the moments of a curve; empty bins (NaN) are left out.

    Parameters
    ----------
    q, intensity
        The part of the curve to sum, both of shape ``(bins,)``.
    step
        Width of a bin, nm⁻¹.
    """
    known = np.where(np.isnan(intensity), 0.0, intensity) * step
    return IntegralParameters(float(known.sum()), float(known @ q), float(known @ (q * q)))
