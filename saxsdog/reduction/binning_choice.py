"""Which binning a channel asks for."""

from saxsdog.reduction.binning import Binning, PhiBinning, RadialBinning, SliceBinning
from saxsdog.reduction.channels import Channel, PhiChannel, RadialChannel, SliceChannel
from saxsdog.reduction.edge_binning import EdgeBinning
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.sector_binning import Rings, SectorBinning


def binning_of(channel: Channel, geometry: Geometry) -> Binning:
    """Return the binning that a channel asks for; channels with equal ones can share the work."""
    match channel:
        case RadialChannel():
            rings = _rings(channel, geometry)
            if not channel.sectors and not channel.azimuthal_bins:
                return rings
            return SectorBinning(rings, channel.sectors, max(channel.azimuthal_bins, 1))
        case PhiChannel(oversampling=oversampling, n_bins=n_bins):
            return PhiBinning(geometry, oversampling, n_bins, channel.q_start, channel.q_stop)
        case SliceChannel():
            return SliceBinning(geometry.shape, channel.direction)


def _rings(channel: RadialChannel, geometry: Geometry) -> Rings:
    if channel.bins is None:
        return RadialBinning(geometry, channel.oversampling, channel.pixels_per_bin)
    return EdgeBinning(geometry, channel.oversampling, channel.bins)
