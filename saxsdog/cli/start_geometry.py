"""Where ``saxsdog calibrate`` starts: options, a calibration, the frame's own file."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from saxsdog.calibration import Calibration
from saxsdog.errors import UsageError
from saxsdog.io.images import Frame
from saxsdog.reduction.geometry import Geometry
from saxsdog.refinement.file_start import FileStart, start_in_file
from saxsdog.refinement.header_start import HeaderStart

_OPTIONS = {
    "wavelength": "--wavelength ANGSTROM",
    "distance": "--distance MM",
    "pixel_size": "--pixel-size V H",
}
"""What supplies a value that nothing else says; the others need not be known."""

_NAMES = {"pixel_size": "pixel size", "beam_center": "beam centre"}


@dataclass(frozen=True)
class StartGeometry:
    """A geometry to start from.

    Attributes
    ----------
    geometry
        All of it.
    remarks
        What was taken from where, and what could not be; sentences for people.
    """

    geometry: Geometry
    remarks: tuple[str, ...]


def start_of(
    options: argparse.Namespace, template: Calibration | None, frame: Frame
) -> StartGeometry:
    """Put it together: options win over the calibration, which leaves nothing to the file.

    Raises
    ------
    UsageError
        If something mandatory is said nowhere, or the calibration is for another detector.
    """
    shape = frame.image.shape[0], frame.image.shape[1]
    below = _below(options, template, frame, shape)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for key, asked in _asked(options, shape).items():
        known = getattr(below.values, key)
        if asked is not None:
            values[key], sources[key] = asked, "the command line"
        elif known is not None:
            values[key], sources[key] = known, below.source
        elif key in _OPTIONS:
            raise UsageError(
                f"expected a {_NAMES.get(key, key)} to start from, {below.source} says none; give "
                f"it with --start CAL or {_OPTIONS[key]}"
            )
    if "beam_center" not in values:
        values["beam_center"] = shape[0] / 2, shape[1] / 2
        sources["beam_center"] = "the middle of the frame"
    tilt, rotation = values.pop("tilt", (0.0, 0.0))
    geometry = Geometry(shape=shape, tilt=tilt, tilt_rotation=rotation, **values)
    return StartGeometry(geometry, (*below.remarks, f"started with {'; '.join(_told(sources))}"))


def _below(
    options: argparse.Namespace,
    template: Calibration | None,
    frame: Frame,
    shape: tuple[int, int],
) -> FileStart:
    """Return what is taken where no option says anything."""
    if template is None:
        return start_in_file(frame.path, frame.header.fields, shape)
    geometry = template.geometry
    if geometry.shape != shape:
        raise UsageError(
            f"{options.start}: expected Geometry.Imagesize {list(shape)} as the frame has, "
            f"got {list(geometry.shape)}"
        )
    values = HeaderStart(
        wavelength=geometry.wavelength,
        distance=geometry.distance,
        pixel_size=geometry.pixel_size,
        beam_center=geometry.beam_center,
        tilt=(geometry.tilt, geometry.tilt_rotation),
    )
    return FileStart(values, str(options.start))


def _asked(options: argparse.Namespace, shape: tuple[int, int]) -> dict[str, Any]:
    """Return what options say of each part of a start, and ``None`` of what they do not."""
    center = None
    if options.center is not None:
        from_bottom, from_left = options.center
        center = shape[0] - from_bottom, from_left
    return {
        "wavelength": options.wavelength and options.wavelength * 0.1,
        "distance": options.distance and options.distance * 1e-3,
        "pixel_size": options.pixel_size and tuple(1e-6 * edge for edge in options.pixel_size),
        "beam_center": center,
        "tilt": None,
    }


def _told(sources: Mapping[str, str]) -> Iterator[str]:
    for source in dict.fromkeys(sources.values()):
        keys = (key for key in sources if sources[key] == source)
        yield f"{', '.join(_NAMES.get(key, key) for key in keys)} from {source}"
