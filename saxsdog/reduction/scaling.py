"""What is done to a curve with one number: divide, scale, and subtract what is no sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from saxsdog.reduction.geometry import Array


@dataclass(frozen=True)
class Background:
    """A curve to subtract.

    Attributes
    ----------
    intensity, sigma
        On the bins of the channel, shape ``(bins,)``; NaN where nothing is known.
    """

    intensity: Array
    sigma: Array


@dataclass(frozen=True)
class Scaling:
    """What one image needs.

    Attributes
    ----------
    factor
        By which intensities are multiplied, more than 0.
    backgrounds
        By the name of the channel; they count before those of the plan.
    background_scale
        How much of them to subtract.
    """

    factor: float = 1.0
    backgrounds: Mapping[str, Background] = field(default_factory=dict)
    background_scale: float = 1.0

    def apply(
        self, channel: str, intensity: Array, sigma: Array, background: Background | None
    ) -> tuple[Array, Array]:
        r"""Return the intensities and standard errors that remain.

        .. math::
            I' = f I - b B, \qquad \sigma'^2 = f^2 \sigma^2 + b^2 \sigma_B^2

        for independent errors of image and background; the scales count as exact.
        """
        if self.factor != 1.0:
            intensity, sigma = intensity * self.factor, sigma * self.factor
        background = self.backgrounds.get(channel, background)
        scale = self.background_scale
        if background is None or scale == 0.0:
            return intensity, sigma
        return (
            intensity - scale * background.intensity,
            np.hypot(sigma, scale * background.sigma),
        )


UNSCALED = Scaling()


def on_bins(q: Array, intensity: Array, sigma: Array, bins: Array) -> Background:
    """Bring a curve onto other bins by linear interpolation; NaN outside of it.

    So are its errors: too large for a single bin between two others, by a root of 2 at most, and
    right for sums over bins of the same width, taken for independent though they no longer are.

    Parameters
    ----------
    q, intensity, sigma
        The curve; q ascends. Empty bins (NaN) are left out. An unknown error counts as none.
    bins
        Where it is wanted.
    """
    if q.shape == bins.shape and np.allclose(q, bins, rtol=1e-9, atol=0.0):
        return Background(intensity, np.where(np.isnan(sigma) & ~np.isnan(intensity), 0.0, sigma))
    known = ~np.isnan(intensity)
    if not known.any():
        return Background(np.full(bins.shape, np.nan), np.full(bins.shape, np.nan))
    x, errors = q[known], np.where(np.isnan(sigma[known]), 0.0, sigma[known])
    outside = {"left": np.nan, "right": np.nan}
    return Background(
        np.interp(bins, x, intensity[known], **outside), np.interp(bins, x, errors, **outside)
    )


def mean(backgrounds: list[Background]) -> Background:
    r"""Average curves of equal weight, :math:`\sigma = \sqrt{\sum \sigma_i^2} / n`."""
    intensity = np.mean([each.intensity for each in backgrounds], axis=0)
    variance = np.sum([each.sigma**2 for each in backgrounds], axis=0)
    return Background(intensity, np.sqrt(variance) / len(backgrounds))
