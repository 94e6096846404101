"""An image and a plan become curves; run for every frame."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError
from saxsdog.reasons import Reason
from saxsdog.reduction.classifiers import IntegralParameters, integral_parameters
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.means import LayerSums, sums_of_layer
from saxsdog.reduction.plan import ChannelPlan, Kind, Plan
from saxsdog.reduction.scaling import UNSCALED, Scaling
from saxsdog.reduction.sums import Pixels


@dataclass(frozen=True)
class Curve:
    """Mean intensity of one channel.

    Attributes
    ----------
    channel
        Its name, for example ``R0``.
    kind
        ``Radial`` over q, ``Phi`` over azimuth, ``Slice`` along a line of the detector, ``Cake``
        over azimuth and q.
    q
        Abscissa, the middle of each bin: nm⁻¹, or what ``unit`` says; rad for kind ``Phi``; shape
        ``(bins,)``.
    intensity
        Mean corrected counts per pixel; NaN where a bin has no good pixel; shape ``(bins,)``, of a
        cake ``(azimuths, bins)``.
    sigma
        Standard error of ``intensity``, same unit and shape.
    area
        Good pixels in the bin, in fractions of pixels; shape ``(bins,)``.
    parameters
        Integral parameters of a radial curve, else ``None``.
    axis_label
        What ``q`` is, as plots and curve files write it.
    zingers
        How many pixels were left out because they do not belong to their ring; ``None`` where
        nobody looked for them.
    unit
        Of ``q``, as NeXus writes it: ``1/nm``, ``1/angstrom``, ``degree``, ``nm``, ``mm``, ``rad``.
    chi
        Azimuth of a cake, the middle of each bin, rad; shape ``(azimuths,)``; else ``None``.
    classifiers
        What ``Classifiers`` of the calibration asks for, by names such as ``peak1.position``; NaN
        where there is nothing to say.
    """

    channel: str
    kind: Kind
    q: Array
    intensity: Array
    sigma: Array
    area: Array
    parameters: IntegralParameters | None
    axis_label: str
    zingers: int | None = None
    unit: str = "1/nm"
    chi: Array | None = None
    classifiers: Mapping[str, float] = field(default_factory=dict)


def integrate(
    image: NDArray[np.generic],
    plan: Plan,
    scaling: Scaling = UNSCALED,
    *,
    exposure: float | None = None,
    cutoff: float | None = None,
) -> list[Curve]:
    r"""Average an image over the bins of every channel.

    With :math:`c_{kp}` the share of pixel p in bin k, :math:`f_p` its correction, :math:`n_p` its
    counts and :math:`s D_p` those of the dark,

    .. math::
        I_k = \frac{1}{A_k}\sum_p c_{kp} f_p (n_p - s D_p), \qquad A_k = \sum_p c_{kp} ,

    over the good pixels: negative counts, NaN, infinity and the largest value of an unsigned type
    mark a pixel without a measurement.

    Parameters
    ----------
    image
        Counts, shape ``plan.shape``, any integer or float type.
    plan
        The plan made for this detector.
    scaling
        What is done to the curves of this image.
    exposure
        Of the image, s; needed where the dark is scaled to it.
    cutoff
        Counts that are bad, and all above; ``None`` where the detector knows none.

    Returns
    -------
    list of Curve
        One for each channel, in the order of the plan.

    Raises
    ------
    FrameError
        If the image does not have the shape the plan was made for, does not hold numbers, or has no
        exposure where the plan needs one.

    References
    ----------
    M. Burian et al., "SAXSDOG", eqs. 4-7.
    """
    pixels = as_pixels(image, plan.shape, cutoff)
    scale = _dark_scale(plan, exposure)
    sums = [sums_of_layer(plan, i, pixels, scale) for i in range(len(plan.layers))]
    return [_curve(channel, sums[channel.layer], scaling) for channel in plan.channels]


def _dark_scale(plan: Plan, exposure: float | None) -> float:
    if plan.dark is None or plan.dark.exposure is None:
        return 1.0
    if exposure is None or not 0.0 <= exposure < np.inf:
        raise FrameError(
            "expected an exposure time, to scale the dark image to it, "
            f"got {'none' if exposure is None else f'{exposure:g} s'}",
            Reason.NO_VALUE,
        )
    return exposure / plan.dark.exposure


def as_pixels(
    image: NDArray[np.generic], shape: tuple[int, int], cutoff: float | None = None
) -> Pixels:
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
        most = float(np.finfo(values.dtype).max)
        return Pixels(values, most if cutoff is None else min(most, float(np.nextafter(cutoff, 0))))
    highest = int(np.iinfo(values.dtype).max) - (values.dtype.kind == "u")
    if values.dtype.itemsize == 8:
        values, highest = values.view(np.int64), np.iinfo(np.int64).max
    else:
        values = values.view(f"u{values.dtype.itemsize}")
    if cutoff is not None and cutoff <= highest:
        highest = max(math.ceil(cutoff) - 1, 0)
    return Pixels(values, highest)


def _curve(channel: ChannelPlan, sums: LayerSums, scaling: Scaling) -> Curve:
    intensity, sigma, area = sums.means(channel.row)
    if channel.chi is not None:
        shape = (channel.chi.size, channel.q.size)
        intensity, sigma, area = (each.reshape(shape) for each in (intensity, sigma, area))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        intensity, sigma = scaling.apply(channel.name, intensity, sigma, channel.background)
    parameters = None
    if channel.parameters_over is not None:
        over = channel.parameters_over
        step = channel.step if isinstance(channel.step, float) else channel.step[over]
        parameters = integral_parameters(channel.scattering[over], intensity[over], step)
    return Curve(
        channel=channel.name,
        kind=channel.kind,
        q=channel.q,
        intensity=intensity,
        sigma=sigma,
        area=area,
        parameters=parameters,
        axis_label=channel.axis_label,
        zingers=sums.n_zingers,
        unit=channel.unit,
        chi=channel.chi,
    )
