"""Everything that stays the same over a run, computed once for a calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.binning import (
    Binning,
    PhiBinning,
    RadialBinning,
    SliceBinning,
    binning_of,
    slice_axis,
)
from saxsdog.reduction.channels import (
    Channel,
    Direction,
    ErrorModel,
    Plane,
    RadialChannel,
    SliceChannel,
)
from saxsdog.reduction.corrections import Polarization, polarization_factor
from saxsdog.reduction.geometry import Array, Geometry
from saxsdog.reduction.layers import MAX_CHANNELS_PER_LAYER, Layer, make_layer
from saxsdog.reduction.sums import Weights, all_weights

Kind = Literal["Radial", "Phi", "Slice"]


@dataclass(frozen=True)
class ChannelPlan:
    """One curve of every image.

    Attributes
    ----------
    name, kind
        Of the channel.
    layer, row
        Where its sums are found: in which layer, and at which place in it.
    q
        Abscissa of the curve: nm⁻¹, or rad in (-pi, pi] for kind ``Phi``.
    axis_label
        What the abscissa is, as plots and curve files write it.
    step
        Width of a bin in units of ``q``; 0 where bins are not equally wide.
    parameters_over
        Bins of the integral parameters; ``None`` where a curve has none.
    """

    name: str
    kind: Kind
    layer: int
    row: int
    q: Array
    axis_label: str
    step: float
    parameters_over: slice | None


@dataclass(frozen=True)
class Plan:
    """How images of one detector become curves.

    Attributes
    ----------
    shape
        Pixels of the detector, ``(rows, columns)``.
    channels
        In the order of the curves.
    layers, weights
        The packed pixels of the channels, and the sums of their weights over all pixels.
    factor
        Correction factor of every pixel, flat; ``None`` where counts are not corrected.
    error_model
        How the standard error is estimated.
    """

    shape: tuple[int, int]
    channels: tuple[ChannelPlan, ...]
    layers: tuple[Layer, ...]
    weights: tuple[Weights, ...]
    factor: Array | None
    error_model: ErrorModel

    @property
    def nbytes(self) -> int:
        """Memory of the arrays of the plan, bytes."""
        arrays: list[NDArray[Any]] = [channel.q for channel in self.channels]
        for part in (*self.layers, *self.weights):
            arrays += [field for field in vars(part).values() if isinstance(field, np.ndarray)]
        if self.factor is not None:
            arrays.append(self.factor)
        return sum(array.nbytes for array in arrays)


def make_plan(
    geometry: Geometry,
    channels: Sequence[Channel],
    *,
    polarization: Polarization | None = None,
    error_model: ErrorModel = ErrorModel.POISSON,
) -> Plan:
    """Compute the weights of every channel.

    Parameters
    ----------
    geometry
        Position of the detector; masks of the channels have its shape.
    channels
        What is asked for; at least one.
    polarization
        Of the beam, to divide its effect out.
    error_model
        How the standard error of the intensities is estimated.
    """
    layers: list[Layer] = []
    weights: list[Weights] = []
    plans: dict[str, ChannelPlan] = {}
    n_pixels = geometry.shape[0] * geometry.shape[1]
    for binning, group in _groups(channels, geometry):
        layer = make_layer(binning, [_used(c, geometry.shape) for c in group], geometry.shape)
        for row, channel in enumerate(group):
            plans[channel.name] = _channel_plan(channel, binning, geometry, len(layers), row)
        layers.append(layer)
        weights.append(all_weights(layer, n_pixels))
    factor = None
    if polarization is not None:
        factor = 1.0 / polarization_factor(geometry, polarization).ravel()
        factor.setflags(write=False)
    return Plan(
        shape=geometry.shape,
        channels=tuple(plans[channel.name] for channel in channels),
        layers=tuple(layers),
        weights=tuple(weights),
        factor=factor,
        error_model=error_model,
    )


def _groups(channels: Sequence[Channel], geometry: Geometry) -> list[tuple[Binning, list[Channel]]]:
    """Channels that may share a layer, in the order in which they first appear."""
    full: list[tuple[Binning, list[Channel]]] = []
    groups: dict[Binning, list[Channel]] = {}
    for channel in channels:
        binning = binning_of(channel, geometry)
        group = groups.get(binning)
        if group is None or len(group) == MAX_CHANNELS_PER_LAYER:
            group = groups[binning] = []
            full.append((binning, group))
        group.append(channel)
    return full


def _used(channel: Channel, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels that a channel may use, bool, of the shape of the detector."""
    used = np.ones(shape, dtype=bool) if channel.mask is None else ~channel.mask
    if isinstance(channel, SliceChannel):
        outside = np.ones(shape, dtype=bool)
        if channel.direction is Direction.X:
            outside[channel.band(shape), :] = False
        else:
            outside[:, channel.band(shape)] = False
        used &= ~outside
    return used


def _channel_plan(
    channel: Channel, binning: Binning, geometry: Geometry, layer: int, row: int
) -> ChannelPlan:
    match binning, channel:
        case RadialBinning(), RadialChannel():
            q = binning.centers
            over = slice(*(int(i) for i in np.searchsorted(q, [channel.q_start, channel.q_stop])))
            label = "Scattering Vector  q [$nm^{-1}$]"
            return ChannelPlan(channel.name, "Radial", layer, row, q, label, binning.step, over)
        case PhiBinning(), _:
            step = 2 * np.pi / binning.n_bins
            label = "Phi Angle [rad]"
            return ChannelPlan(channel.name, "Phi", layer, row, binning.centers, label, step, None)
        case SliceBinning(), SliceChannel():
            axis = "h" if channel.plane is Plane.IN_PLANE else "v"
            label = f"Scattering Vector  q_{axis} [$nm^{{-1}}$]"
            q = slice_axis(channel, geometry)
            return ChannelPlan(channel.name, "Slice", layer, row, q, label, 0.0, None)
        case _:
            raise TypeError(f"{channel!r} cannot be divided by {binning!r}")
