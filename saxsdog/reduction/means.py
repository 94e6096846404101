"""Mean and standard error of every bin, from the sums of a frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.channels import ErrorModel
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.known_sums import KnownSums, known_of_bad
from saxsdog.reduction.plan import Plan
from saxsdog.reduction.sums import Pixels, Sums, Weights, sum_layer
from saxsdog.reduction.zingers import without_zingers


@dataclass(frozen=True)
class LayerSums:
    """What one layer gives of one frame.

    Attributes
    ----------
    sums
        Over the good pixels. Squares are those of the values without the dark, all else is that of
        the counts with it.
    weights
        Of the good pixels.
    known
        Factors and the dark of the good pixels, where the plan has them.
    has_dark
        Whether the dark is still in ``sums.value``.
    scale
        How often it is subtracted.
    sub_pixels
        Of the layer.
    n_zingers
        Pixels left out as such, ``None`` where nobody looked for them.
    """

    sums: Sums
    weights: Weights
    known: KnownSums | None
    has_dark: bool
    scale: float
    sub_pixels: int
    n_zingers: int | None

    def area(self, row: int) -> Array:
        """Good pixels in every bin of a channel, in fractions of pixels."""
        return np.asarray(self.weights.linear[row] / self.sub_pixels)

    def intensity(self, row: int) -> Array:
        """Mean of the corrected counts in every bin of a channel; NaN where there is no pixel."""
        value, linear = self.sums.value[row], self.weights.linear[row]
        if self.known is None or not self.has_dark:
            return np.asarray(value / linear)
        value = value - self.scale * self.known.dark[row]
        return np.where(linear > 0, value / linear, np.nan)

    def sigma(self, row: int, intensity: Array) -> Array:
        r"""Estimate the standard error of the mean by the error model whose sums there are.

        ``poisson`` is the paper's eq. 7, :math:`\sqrt{I/A}`, and with corrections what becomes of
        it: :math:`I \sum c f + (s + s^2) \sum c f^2 D` is what the bin expects for
        :math:`\sum c f^2 (n + s^2 D)` where its intensity is the same everywhere, and its root over
        A is the error. ``propagated`` is :math:`\sqrt{\sum c^2 f^2 (n + s^2 D)} / A`, exact for
        independent Poisson counts in the frame and in the dark; ``azimuthal`` takes the variance
        from the scatter of the pixels, unbiased for weights that mean reliability,
        :math:`S^2 = \sum c\,(v - I)^2 / (A - \sum c^2 / A)`, and returns
        :math:`S \sqrt{\sum c^2} / A`.
        """
        linear: NDArray[Any] = self.weights.linear[row]
        known, scale = self.known, self.scale
        if self.sums.variance is not None:
            variance = self.sums.variance[row]
            if known is not None:
                variance = variance + scale**2 * known.variance[row]
            return np.asarray(np.sqrt(variance) / linear)
        if self.sums.square is None:
            if known is None:
                return np.asarray(np.sqrt(intensity / self.area(row)))
            dark = (scale + scale**2) * known.variance[row]
            variance = np.maximum(intensity * known.factor[row] + dark, 0.0) * self.sub_pixels
            return np.asarray(np.sqrt(variance) / linear)
        square = self.weights.square[row]
        spread = np.maximum(self.sums.square[row] - linear * intensity**2, 0.0)
        freedom = linear - square / linear
        variance = spread / np.where(freedom > 0, freedom, np.nan)  # one pixel does not scatter
        return np.asarray(np.sqrt(variance * square) / linear)


def sums_of_layer(plan: Plan, number: int, pixels: Pixels, scale: float) -> LayerSums:
    """Sum a frame over the bins of a layer of the plan, with all that the plan corrects.

    ``scale`` tells how often the dark is subtracted.
    """
    layer, all_weights = plan.layers[number], plan.weights[number]
    dark = None if plan.dark is None else plan.dark.values
    n_zingers = None
    clipping = plan.bad_pixels.zingers
    if clipping is not None and plan.is_radial(number):
        pixels, n_zingers = without_zingers(
            layer, all_weights, pixels, clipping, factor=plan.factor, dark=dark, scale=scale
        )
    propagated = plan.error_model is ErrorModel.PROPAGATED
    by_scatter = plan.error_model is ErrorModel.AZIMUTHAL
    sums = sum_layer(
        layer,
        pixels,
        factor=plan.factor,
        dark=dark if by_scatter else None,  # else it is known without a look at the pixels
        scale=scale,
        variance=propagated,
        square=by_scatter,
    )
    known = plan.known[number] if plan.known and not by_scatter else None
    if known is not None and sums.lost.linear.any():
        lost = known_of_bad(layer, pixels, plan.factor, dark, squared=propagated)
        known = known.without(lost)
    return LayerSums(
        sums=sums,
        weights=Weights(
            all_weights.linear - sums.lost.linear, all_weights.square - sums.lost.square
        ),
        known=known,
        has_dark=dark is not None and not by_scatter,
        scale=scale,
        sub_pixels=layer.sub_pixels,
        n_zingers=n_zingers,
    )
