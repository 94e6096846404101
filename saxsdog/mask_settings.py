"""What a calibration says of one mask, and which of it does not go together."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from saxsdog.explanations import KeyPath, Problem, path_text
from saxsdog.reduction.channels import Bins, Sector, Spacing, Unit
from saxsdog.reduction.edge_binning import JUST_BEYOND, ends_of
from saxsdog.reduction.geometry import Geometry

MOST_BINS = 1_000_000
"""A curve of more is a slip of the pen; its sums would not fit in any cache, nor its file on a
screen."""

MOST_TWO_THETA = 180.0
"""Degrees; back to the source."""

FULL_CIRCLE = 360.0
"""Degrees."""


@dataclass(frozen=True)
class MaskSettings:
    """One of ``Masks``; q in nm⁻¹, ``file`` is ``None`` where nothing is masked.

    ``bins`` are in the unit of their curve, ``cake_bins`` is 0 for a curve.
    """

    file: str | None
    oversampling: int
    pixels_per_bin: float
    q_start: float
    q_stop: float
    name: str
    phi_mode: bool
    azimuthal_bins: int
    background: str | None
    bins: Bins | None = None
    sectors: tuple[Sector, ...] = ()
    cake_bins: int = 0


def mask_of(entry: Mapping[str, Any]) -> MaskSettings:
    """Convert an item of ``Masks`` in which all defaults are filled in."""
    return MaskSettings(
        file=entry.get("MaskFile"),
        oversampling=int(entry["Oversampling"]),
        pixels_per_bin=entry["PixelPerRadialElement"],
        q_start=entry["qStart"],
        q_stop=entry["qStop"],
        name=entry["Name"],
        phi_mode=entry["Phi-mode"],
        azimuthal_bins=int(entry["AzimuthalBins"]),
        background=entry.get("BackgroundCurve"),
        bins=_bins(entry["Bins"]) if "Bins" in entry else None,
        sectors=tuple(part for sector in entry["Sectors"] for part in _sectors(sector)),
        cake_bins=int(entry["Cake"]["AzimuthalBins"]) if "Cake" in entry else 0,
    )


def _bins(entry: Mapping[str, Any]) -> Bins:
    return Bins(
        unit=Unit(entry["Unit"]),
        spacing=Spacing(entry["Spacing"]),
        number=int(entry["Number"]),
        start=entry.get("From"),
        stop=entry.get("To"),
        edges=tuple(map(float, entry["Edges"])),
    )


def _sectors(entry: Mapping[str, Any]) -> Iterator[Sector]:
    """Return a sector, and the opposite one if it is asked for."""
    half = FULL_CIRCLE / 2
    for turn in (0.0, half) if entry["Mirrored"] else (0.0,):
        # Whole turns are taken away in degrees, where they are exact: sectors that meet do so.
        start, stop = ((entry[key] + turn + half) % FULL_CIRCLE - half for key in ("From", "To"))
        yield Sector(math.radians(start), math.radians(stop))


def binning_contradictions(
    path: KeyPath, entry: Mapping[str, Any], mask: MaskSettings, geometry: Geometry
) -> Iterator[Problem]:
    """Find what of the bins of a mask does not go together.

    Parameters
    ----------
    path, entry
        The mask in the document, as it stands there.
    mask
        The same with all defaults.
    geometry
        Of the detector.
    """
    if mask.phi_mode:
        for key in ("Bins", "Sectors", "Cake"):
            if key in entry and entry[key] != []:
                yield _problem((*path, key), "expected none beside Phi-mode, got one")
        return
    n_bins = _farthest_in_pixels(geometry) / mask.pixels_per_bin
    if mask.bins is not None:
        n_bins = mask.bins.n_bins
        yield from _bad_bins((*path, "Bins"), entry["Bins"], mask, mask.bins, geometry)
    elif n_bins > MOST_BINS:
        yield _problem(
            (*path, "PixelPerRadialElement"),
            f"expected at most {MOST_BINS} bins, "
            f"got {n_bins:.7g} with this detector, beam centre and width of a bin",
        )
    if mask.cake_bins > 1 and n_bins * mask.cake_bins > MOST_BINS >= n_bins:
        yield _problem(
            (*path, "Cake", "AzimuthalBins") if entry["Cake"] else (*path, "Cake"),
            f"expected at most {MOST_BINS} bins in all, got {mask.cake_bins} times {n_bins:.7g}",
        )
    if mask.cake_bins and mask.background is not None:
        yield _problem(
            (*path, "BackgroundCurve"),
            "expected none beside Cake, from which no curve can be subtracted, "
            f"got {mask.background!r}",
        )
    for j, sector in enumerate(entry.get("Sectors", [])):
        yield from _bad_sector((*path, "Sectors", j, "To"), sector["From"], sector["To"])


def _farthest_in_pixels(geometry: Geometry) -> float:
    """Distance of the farthest corner from the beam, in vertical edges of a pixel."""
    (rows, columns), (row, column) = geometry.shape, geometry.beam_center
    height, width = geometry.pixel_size
    across = max(abs(column), abs(columns - column)) * width / height
    return math.hypot(max(abs(row), abs(rows - row)), across)


def _bad_bins(
    path: KeyPath,
    entry: Mapping[str, Any],
    mask: MaskSettings,
    bins: Bins,
    geometry: Geometry,
) -> Iterator[Problem]:
    if bins.edges:
        yield from _bad_edges(path, entry)
        lowest, highest = (*path, "Edges", 0), (*path, "Edges", len(bins.edges) - 1)
    elif bins.unit is Unit.D and bins.stop is None:
        yield _problem((*path, "To"), "expected one with bins of d, which have no end, got none")
        return
    elif bins.spacing is Spacing.LOGARITHMIC and not bins.start and bins.unit is not Unit.D:
        got = "none" if bins.start is None else f"{bins.start:g}"
        yield _problem((*path, "From"), f"expected more than 0 with logarithmic bins, got {got}")
        return
    else:
        lowest, highest = (*path, "From"), (*path, "To")
    start, stop = ends_of(bins, geometry, mask.oversampling)
    if not bins.edges and not start < stop:
        yield _wrong_way_round(path, bins, start, stop)
    if bins.unit is Unit.D and start == 0.0:
        yield _problem(lowest, "expected more than 0 with bins of d, got 0")
    if bins.unit is Unit.TWO_THETA and stop > MOST_TWO_THETA * JUST_BEYOND:
        yield _problem(highest, f"expected at most {MOST_TWO_THETA:g} degrees, got {stop:g}")


def _wrong_way_round(path: KeyPath, bins: Bins, start: float, stop: float) -> Problem:
    if bins.stop is None:
        return _problem(
            (*path, "From"),
            f"expected less than the end of the detector ({stop:.4g}), got {start:g}",
        )
    by_default = ", the smallest on the detector" if bins.start is None else ""
    return _problem(
        (*path, "To"), f"expected more than From ({start:.4g}{by_default}), got {stop:g}"
    )


def _bad_edges(path: KeyPath, entry: Mapping[str, Any]) -> Iterator[Problem]:
    edges = entry["Edges"]
    for key in ("Spacing", "Number", "From", "To"):
        if key in entry:
            yield _problem((*path, key), f"expected none beside Edges, got {entry[key]}")
    if len(edges) == 1:
        yield _problem((*path, "Edges"), "expected at least 2, between which a bin lies, got 1")
    for j in range(1, len(edges)):
        if not edges[j - 1] < edges[j]:
            yield _problem(
                (*path, "Edges", j),
                f"expected more than the one before ({edges[j - 1]:g}), got {edges[j]:g}",
            )
            return


def _bad_sector(path: KeyPath, start: float, stop: float) -> Iterator[Problem]:
    if stop in (start, start - FULL_CIRCLE):
        yield _problem(path, f"expected another azimuth than From ({start:g}), got {stop:g}")
    elif stop - start > FULL_CIRCLE:
        yield _problem(
            path, f"expected at most a full circle more than From ({start:g}), got {stop:g}"
        )


def _problem(path: KeyPath, message: str) -> Problem:
    return Problem(path_text(path), message, (path,))
