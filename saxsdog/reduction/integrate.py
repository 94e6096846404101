"""An image and a plan become curves; run for every frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError
from saxsdog.reasons import Reason
from saxsdog.reduction.channels import ErrorModel
from saxsdog.reduction.classifiers import IntegralParameters, integral_parameters
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.plan import ChannelPlan, Kind, Plan
from saxsdog.reduction.sums import Pixels, Sums, Weights, sum_layer


@dataclass(frozen=True)
class Curve:
    """Mean intensity of one channel.

    Attributes
    ----------
    channel
        Its name, for example ``R0``.
    kind
        ``Radial`` over q, ``Phi`` over azimuth, ``Slice`` along a line of the detector.
    q
        Abscissa, the middle of each bin: nm⁻¹, or rad for kind ``Phi``; shape ``(bins,)``.
    intensity
        Mean corrected counts per pixel; NaN where a bin has no good pixel; shape ``(bins,)``.
    sigma
        Standard error of ``intensity``, same unit and shape.
    area
        Good pixels in the bin, in fractions of pixels; shape ``(bins,)``.
    parameters
        Integral parameters of a radial curve, else ``None``.
    axis_label
        What ``q`` is, as plots and curve files write it.
    """

    channel: str
    kind: Kind
    q: Array
    intensity: Array
    sigma: Array
    area: Array
    parameters: IntegralParameters | None
    axis_label: str


def integrate(image: NDArray[np.generic], plan: Plan) -> list[Curve]:
    r"""Average an image over the bins of every channel.

    With :math:`c_{kp}` the share of pixel p in bin k, :math:`f_p` its correction and :math:`n_p`
    its counts,

    .. math:: I_k = \frac{1}{A_k}\sum_p c_{kp} f_p n_p, \qquad A_k = \sum_p c_{kp} ,

    over the good pixels: negative counts, NaN, infinity and the largest value of an unsigned type
    mark a pixel without a measurement.

    Parameters
    ----------
    image
        Counts, shape ``plan.shape``, any integer or float type.
    plan
        The plan made for this detector.

    Returns
    -------
    list of Curve
        One for each channel, in the order of the plan.

    Raises
    ------
    FrameError
        If the image does not have the shape the plan was made for, or does not hold numbers.

    References
    ----------
    M. Burian et al., "SAXSDOG", eqs. 4-7.
    """
    pixels = _as_pixels(image, plan.shape)
    model = plan.error_model
    sums = [
        sum_layer(
            layer,
            pixels,
            factor=plan.factor,
            variance=model is ErrorModel.PROPAGATED,
            square=model is ErrorModel.AZIMUTHAL,
        )
        for layer in plan.layers
    ]
    return [_curve(channel, plan, sums[channel.layer]) for channel in plan.channels]


def _as_pixels(image: NDArray[np.generic], shape: tuple[int, int]) -> Pixels:
    """Check an image and view it as the kernel wants it, without a copy where that is possible."""
    if isinstance(image, np.ma.MaskedArray):
        raise FrameError(
            "expected a plain array, got a masked one: fill it with -1 or NaN", Reason.WRONG_DTYPE
        )
    image = np.asarray(image)
    if image.shape != shape:
        raise FrameError(
            f"expected an image of {shape} pixels, got {image.shape}", Reason.WRONG_SHAPE
        )
    if image.dtype.kind not in "iuf":
        raise FrameError(
            f"expected an image of whole or real numbers, got {image.dtype}", Reason.WRONG_DTYPE
        )
    form = image.dtype.newbyteorder("=")
    if form.kind == "f" and form.itemsize not in (4, 8):  # half and extended precision
        form = np.dtype(np.float64)
    values = np.ascontiguousarray(image, dtype=form).ravel()
    if values.dtype.kind == "f":
        return Pixels(values, float(np.finfo(values.dtype).max))
    if values.dtype.itemsize == 8:
        return Pixels(values.view(np.int64), np.iinfo(np.int64).max)
    highest = int(np.iinfo(values.dtype).max) - (values.dtype.kind == "u")
    return Pixels(values.view(f"u{values.dtype.itemsize}"), highest)


def _curve(channel: ChannelPlan, plan: Plan, sums: Sums) -> Curve:
    row = channel.row
    full = plan.weights[channel.layer]
    weights = Weights(
        full.linear[row] - sums.lost.linear[row], full.square[row] - sums.lost.square[row]
    )
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        intensity = sums.value[row] / weights.linear
        area = weights.linear / plan.layers[channel.layer].sub_pixels
        sigma = _sigma(intensity, area, weights, sums, row)
    parameters = None
    if channel.parameters_over is not None:
        over = channel.parameters_over
        parameters = integral_parameters(channel.q[over], intensity[over], channel.step)
    return Curve(
        channel=channel.name,
        kind=channel.kind,
        q=channel.q,
        intensity=intensity,
        sigma=sigma,
        area=area,
        parameters=parameters,
        axis_label=channel.axis_label,
    )


def _sigma(intensity: Array, area: Array, weights: Weights, sums: Sums, row: int) -> Array:
    r"""Estimate the standard error of the mean by the error model whose sums there are.

    ``poisson`` is the paper's eq. 7, :math:`\sqrt{I/A}`; ``propagated`` is
    :math:`\sqrt{\sum c^2 f^2 n} / A`, exact for independent Poisson counts; ``azimuthal`` takes the
    variance from the scatter of the pixels, unbiased for weights that mean reliability,
    :math:`s^2 = \sum c\,(v - I)^2 / (A - \sum c^2 / A)`, and returns
    :math:`s \sqrt{\sum c^2} / A`.
    """
    linear: NDArray[Any] = weights.linear
    if sums.variance is not None:
        return np.asarray(np.sqrt(sums.variance[row]) / linear)
    if sums.square is None:
        return np.asarray(np.sqrt(intensity / area))
    spread = np.maximum(sums.square[row] - linear * intensity**2, 0.0)
    freedom = linear - weights.square / linear
    variance = spread / np.where(freedom > 0, freedom, np.nan)  # one pixel does not scatter
    return np.asarray(np.sqrt(variance * weights.square) / linear)
