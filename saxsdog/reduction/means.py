"""Mean and standard error of every bin, from the sums of a frame."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.reduction.channels import ErrorModel
from saxsdog.reduction.gather import known_of_bad_entries, sum_lists
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.known_sums import KnownSums, known_of_bad
from saxsdog.reduction.plan import Plan
from saxsdog.reduction.sums import Pixels, Sums, sum_layer
from saxsdog.reduction.zingers import without_zingers


@dataclass(frozen=True)
class LayerSums:
    """What one layer gives of one frame.

    Attributes
    ----------
    sums
        Over the good pixels. Squares are those of the values without the dark, all else is that of
        the counts with it.
    linear
        Weights of the good pixels, shape ``(channels, bins)``.
    all_squares
        Squares of the weights, also of the bad pixels.
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
    linear: NDArray[np.int64]
    all_squares: NDArray[np.int64]
    known: KnownSums | None
    has_dark: bool
    scale: float
    sub_pixels: int
    n_zingers: int | None

    def area(self, row: int) -> Array:
        """Good pixels in every bin of a channel, in fractions of pixels."""
        return np.asarray(self.linear[row] / self.sub_pixels)

    def means(self, row: int) -> tuple[Array, Array, Array]:
        """Return intensity, standard error and area of every bin of a channel."""
        sums = self.sums
        if self.known is None and sums.variance is None and sums.square is None:
            value, linear = sums.value[row], self.linear[row]
            means = np.empty((3, value.size))
            _poisson(value, linear, self.sub_pixels, *means)
            return means[0], means[1], means[2]
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            intensity = self.intensity(row)
            return intensity, self.sigma(row, intensity), self.area(row)

    def intensity(self, row: int) -> Array:
        """Mean of the corrected counts in every bin of a channel; NaN where there is no pixel."""
        value, linear = self.sums.value[row], self.linear[row]
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
        linear: NDArray[Any] = self.linear[row]
        known, scale = self.known, self.scale
        if self.sums.variance is not None:
            variance = self.sums.variance[row]
            if known is not None:
                variance = variance + scale**2 * known.variance[row]
            return np.asarray(np.sqrt(variance) / linear)
        if self.sums.square is None:
            assert known is not None  # noqa: S101 - else there is nothing to estimate
            dark = (scale + scale**2) * known.variance[row]
            variance = np.maximum(intensity * known.factor[row] + dark, 0.0) * self.sub_pixels
            return np.asarray(np.sqrt(variance) / linear)
        square = self.all_squares[row] - self.sums.lost.square[row]
        spread = np.maximum(self.sums.square[row] - linear * intensity**2, 0.0)
        freedom = linear - square / linear
        variance = spread / np.where(freedom > 0, freedom, np.nan)  # one pixel does not scatter
        return np.asarray(np.sqrt(variance * square) / linear)


@compiled
def _poisson(
    value: NDArray[Any],
    linear: NDArray[np.int64],
    sub_pixels: int,
    intensity: Array,
    sigma: Array,
    area: Array,
) -> None:
    """Fill in mean, error of the model ``poisson`` and area of every bin, at once."""
    for i in range(value.size):
        area[i] = linear[i] / sub_pixels
        if linear[i] == 0:
            intensity[i] = sigma[i] = np.nan
        else:
            intensity[i] = value[i] / linear[i]
            sigma[i] = np.sqrt(intensity[i] / area[i])


def sums_of_layer(plan: Plan, number: int, pixels: Pixels, scale: float) -> LayerSums:
    """Sum a frame over the bins of a layer of the plan, with all that the plan corrects.

    ``scale`` tells how often the dark is subtracted.
    """
    layer, all_weights = plan.layers[number], plan.weights[number]
    dark = None if plan.dark is None else plan.dark.values
    propagated = plan.error_model is ErrorModel.PROPAGATED
    by_scatter = plan.error_model is ErrorModel.AZIMUTHAL
    clipped = None
    clipping = plan.bad_pixels.zingers
    if clipping is not None and plan.is_radial(number):
        clipped = without_zingers(
            layer, all_weights, pixels, clipping, factor=plan.factor, dark=dark, scale=scale
        )
        pixels = clipped.pixels
    lists = plan.lists[number] if plan.lists else None
    wanted = {"variance": propagated, "square": by_scatter}
    if clipped is not None and not propagated and (dark is None or by_scatter):
        sums = clipped.sums if by_scatter else replace(clipped.sums, square=None)
    elif lists is not None:
        sums = sum_lists(lists, pixels, subtract=scale if by_scatter else 0.0, **wanted)
    else:
        only = dark if by_scatter else None  # else it is known without a look at the pixels
        sums = sum_layer(layer, pixels, factor=plan.factor, dark=only, scale=scale, **wanted)
    known = plan.known[number] if plan.known and not by_scatter else None
    linear = all_weights.linear.view()
    if sums.any_lost:
        linear = linear - sums.lost.linear
        if known is not None and lists is not None:
            known = known.without(known_of_bad_entries(lists, pixels, squared=propagated))
        elif known is not None and sums.lost.linear.any():
            known = known.without(
                known_of_bad(layer, pixels, plan.factor, dark, squared=propagated)
            )
    linear.setflags(write=False)  # as in a plan that processes share: loops are compiled once
    return LayerSums(
        sums=sums,
        linear=linear,
        all_squares=all_weights.square,
        known=known,
        has_dark=dark is not None and not by_scatter,
        scale=scale,
        sub_pixels=layer.sub_pixels,
        n_zingers=None if clipped is None else clipped.n_zingers,
    )
