"""Everything that stays the same over a run, computed once for a calibration."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from saxsdog.reduction.abscissas import ABSCISSAS
from saxsdog.reduction.bad_pixels import NO_FURTHER_BAD_PIXELS, BadPixels
from saxsdog.reduction.bin_lists import BinLists, lists_of
from saxsdog.reduction.binning import (
    Binning,
    PhiBinning,
    RadialBinning,
    SliceBinning,
    slice_axis,
)
from saxsdog.reduction.binning_choice import binning_of
from saxsdog.reduction.channels import (
    Channel,
    Direction,
    ErrorModel,
    Plane,
    RadialChannel,
    SliceChannel,
    Unit,
)
from saxsdog.reduction.classifiers import ClassifierPlan
from saxsdog.reduction.corrections import (
    NO_CORRECTIONS,
    Corrections,
    Polarization,
    correction_factor,
    unusable,
)
from saxsdog.reduction.edge_binning import EdgeBinning
from saxsdog.reduction.geometry import Array, Geometry
from saxsdog.reduction.intensity import COUNTS_LABEL
from saxsdog.reduction.known_sums import KnownSums, known_of_all
from saxsdog.reduction.layers import MAX_CHANNELS_PER_LAYER, Layer, make_layer
from saxsdog.reduction.scaling import Background
from saxsdog.reduction.sector_binning import Rings, SectorBinning
from saxsdog.reduction.sums import Weights, all_weights

MANY_BINS = 30_000
"""From so many on a cake is summed bin by bin: in the order of memory sums take 88 bytes a bin."""

Kind = Literal["Radial", "Phi", "Slice", "Cake"]


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
        Abscissa of the curve: nm⁻¹, or what ``unit`` says, ascending; rad in (-pi, pi] for kind
        ``Phi``.
    axis_label
        What the abscissa is, as plots and curve files write it.
    step
        Width of a bin in units of ``q``, nm⁻¹ or rad; 0 where a curve has none. Where bins differ,
        those of all, shape ``(bins,)``, nm⁻¹.
    parameters_over
        Bins of the integral parameters; ``None`` where a curve has none.
    background
        What is subtracted from every curve; ``None``: nothing.
    unit
        Of ``q``, as NeXus writes it.
    q_of_bins
        Length of the scattering vector, nm⁻¹, where the abscissa is not that; else ``None``.
    chi
        Middle of each azimuthal bin of a cake, rad; else ``None``. Its bins are those of the first
        azimuth, then those of the next.
    """

    name: str
    kind: Kind
    layer: int
    row: int
    q: Array
    axis_label: str
    step: float | Array
    parameters_over: slice | None
    background: Background | None = None
    unit: str = ABSCISSAS[Unit.Q].unit
    q_of_bins: Array | None = None
    chi: Array | None = None

    @property
    def scattering(self) -> Array:
        """Length of the scattering vector in the middle of each bin of a radial curve, nm⁻¹."""
        return self.q if self.q_of_bins is None else self.q_of_bins


@dataclass(frozen=True)
class Dark:
    """The dark image.

    Attributes
    ----------
    values
        Its counts times the correction factor of each pixel, flat.
    exposure
        Of the dark image, s; ``None`` where it is subtracted once, whatever the frame's.
    """

    values: Array
    exposure: float | None


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
    dark
        What is subtracted from the counts; ``None``: nothing.
    known
        Sums of factors and of the dark over all pixels of each layer, where something needs them;
        else empty.
    lists
        The pixels of each layer by bins, where it has so many that they are summed in that order,
        else ``None``.
    bad_pixels
        What is left out of a frame.
    intensity_label
        What the intensity is, as plots and curve files write it.
    classifiers
        What is computed of the curves.
    """

    shape: tuple[int, int]
    channels: tuple[ChannelPlan, ...]
    layers: tuple[Layer, ...]
    weights: tuple[Weights, ...]
    factor: Array | None
    error_model: ErrorModel
    dark: Dark | None = None
    known: tuple[KnownSums, ...] = ()
    lists: tuple[BinLists | None, ...] = ()
    bad_pixels: BadPixels = NO_FURTHER_BAD_PIXELS
    intensity_label: str = COUNTS_LABEL
    classifiers: tuple[ClassifierPlan, ...] = ()

    def is_radial(self, layer: int) -> bool:
        """Whether a layer is that of a radial channel, or of several."""
        return any(each.layer == layer and each.kind == "Radial" for each in self.channels)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays of the plan, bytes."""
        arrays: list[NDArray[Any]] = []
        parts = (*self.channels, *self.layers, *self.weights, *self.known, *self.classifiers)
        for part in parts:
            arrays += [field for field in vars(part).values() if isinstance(field, np.ndarray)]
        if self.factor is not None:
            arrays.append(self.factor)
        if self.dark is not None:
            arrays.append(self.dark.values)
        lists = [each.nbytes for each in self.lists if each is not None]
        return sum(lists) + sum(array.nbytes for array in arrays)


def make_plan(
    geometry: Geometry,
    channels: Sequence[Channel],
    *,
    polarization: Polarization | None = None,
    corrections: Corrections = NO_CORRECTIONS,
    bad_pixels: BadPixels = NO_FURTHER_BAD_PIXELS,
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
    corrections
        What else is corrected.
    bad_pixels
        What is left out of each frame.
    error_model
        How the standard error of the intensities is estimated.
    """
    layers: list[Layer] = []
    weights: list[Weights] = []
    are_large: list[bool] = []
    plans: dict[str, ChannelPlan] = {}
    n_pixels = geometry.shape[0] * geometry.shape[1]
    left_out = unusable(geometry, corrections)
    for binning, group in _groups(channels, geometry, bad_pixels):
        used = [_used(channel, geometry.shape, left_out) for channel in group]
        layer = make_layer(binning, used, geometry.shape)
        for row, channel in enumerate(group):
            plans[channel.name] = _channel_plan(channel, binning, geometry, len(layers), row)
        layers.append(layer)
        weights.append(all_weights(layer, n_pixels))
        are_large.append(_is_large_cake(group[0], binning))
    factor = _flat(correction_factor(geometry, polarization, corrections))
    dark = _dark(factor, corrections)
    given = (factor, None if dark is None else dark.values)
    lists = tuple(
        lists_of(layer, *given) if is_large else None
        for layer, is_large in zip(layers, are_large, strict=True)
    )
    known: list[KnownSums] = []
    if dark is not None or corrections.weigh_counts:
        squared = error_model is ErrorModel.PROPAGATED
        known = [known_of_all(layer, n_pixels, *given, squared=squared) for layer in layers]
    return Plan(
        shape=geometry.shape,
        channels=tuple(plans[channel.name] for channel in channels),
        layers=tuple(layers),
        weights=tuple(weights),
        factor=factor,
        error_model=error_model,
        dark=dark,
        known=tuple(known),
        lists=lists,
        bad_pixels=bad_pixels,
    )


def _flat(values: Array | None) -> Array | None:
    """Take the values of the pixels as the kernel wants them."""
    if values is None:
        return None
    flat = np.ascontiguousarray(values, dtype=np.float64).ravel()
    flat.setflags(write=False)
    return flat


def _dark(factor: Array | None, corrections: Corrections) -> Dark | None:
    if corrections.dark is None:
        return None
    counts = np.where(np.isfinite(corrections.dark), corrections.dark, 0.0).ravel()
    values = _flat(counts if factor is None else counts * factor)
    assert values is not None  # noqa: S101 - for the type checker
    return Dark(values, corrections.dark_exposure)


def _groups(
    channels: Sequence[Channel], geometry: Geometry, bad_pixels: BadPixels
) -> list[tuple[Binning, list[Channel]]]:
    """Channels that may share a layer, in the order in which they first appear.

    What is a zinger depends on the mean of a channel: where they are looked for, each radial
    channel has a layer of its own. So have large cakes, which are summed bin by bin.
    """
    full: list[tuple[Binning, list[Channel]]] = []
    groups: dict[Binning, list[Channel]] = {}
    for channel in channels:
        binning = binning_of(channel, geometry)
        clipped = bad_pixels.zingers is not None and isinstance(channel, RadialChannel)
        if clipped or _is_large_cake(channel, binning):
            full.append((binning, [channel]))
            continue
        group = groups.get(binning)
        if group is None or len(group) == MAX_CHANNELS_PER_LAYER:
            group = groups[binning] = []
            full.append((binning, group))
        group.append(channel)
    return full


def _is_large_cake(channel: Channel, binning: Binning) -> bool:
    """Whether the sums of a channel are so many that they do not stay beside the processor."""
    is_cake = isinstance(channel, RadialChannel) and channel.azimuthal_bins > 0
    return is_cake and binning.n_bins >= MANY_BINS


def _used(
    channel: Channel, shape: tuple[int, int], left_out: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """Pixels that a channel may use, bool, of the shape of the detector."""
    used = np.ones(shape, dtype=bool) if channel.mask is None else ~channel.mask
    if left_out is not None:
        used &= ~left_out
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
        case SectorBinning(rings=rings), RadialChannel():
            plan = _over_rings(channel, rings, layer, row)
            if not channel.azimuthal_bins:
                return plan
            return replace(plan, kind="Cake", parameters_over=None, chi=binning.azimuths)
        case RadialBinning() | EdgeBinning(), RadialChannel():
            return _over_rings(channel, binning, layer, row)
        case PhiBinning(), _:
            step = 2 * np.pi / binning.n_bins
            label = "Phi Angle [rad]"
            q = binning.centers
            return ChannelPlan(channel.name, "Phi", layer, row, q, label, step, None, unit="rad")
        case SliceBinning(), SliceChannel():
            axis = "h" if channel.plane is Plane.IN_PLANE else "v"
            label = f"Scattering Vector  q_{axis} [$nm^{{-1}}$]"
            q = slice_axis(channel, geometry)
            return ChannelPlan(channel.name, "Slice", layer, row, q, label, 0.0, None)
        case _:
            raise TypeError(f"{channel!r} cannot be divided by {binning!r}")


def _over_rings(channel: RadialChannel, rings: Rings, layer: int, row: int) -> ChannelPlan:
    ends = (channel.q_start, channel.q_stop)
    if isinstance(rings, RadialBinning):
        q = rings.centers
        over = slice(*(int(i) for i in np.searchsorted(q, ends)))
        label = ABSCISSAS[Unit.Q].label
        return ChannelPlan(channel.name, "Radial", layer, row, q, label, rings.step, over)
    within = np.flatnonzero((ends[0] <= rings.q) & (rings.q < ends[1]))
    over = slice(int(within[0]), int(within[-1]) + 1) if within.size else slice(0, 0)
    unit = rings.bins.unit
    return ChannelPlan(
        name=channel.name,
        kind="Radial",
        layer=layer,
        row=row,
        q=rings.centers,
        axis_label=ABSCISSAS[unit].label,
        step=rings.widths,
        parameters_over=over,
        unit=ABSCISSAS[unit].unit,
        q_of_bins=None if unit is Unit.Q else rings.q,
    )
