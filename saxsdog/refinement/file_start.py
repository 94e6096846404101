"""Where the file of a frame says that the detector stands."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from saxsdog.errors import CalibrationError
from saxsdog.importers import nexus, spd
from saxsdog.importers.choose import HEAD
from saxsdog.importers.findings import Facts, Findings
from saxsdog.refinement.header_start import HeaderStart, start_of

_EDF_KEYS = ("sampledistance", "center_1", "center_2", "psize_1", "psize_2")
_FORMS = ("sampledistance",), ("center_1", "center_2")
"""Keys that programs write all the same, as zeros, where nobody has filled in the form."""

_EIGER_DATA = re.compile(r"(?P<series>.+)_data_\d{6}(?P<suffix>\.[A-Za-z0-9]+)")


@dataclass(frozen=True)
class FileStart:
    """What a file knows of a geometry.

    Attributes
    ----------
    values
        As far as it goes.
    source
        Where that stands, for people.
    remarks
        What could not be taken over; sentences for people.
    """

    values: HeaderStart
    source: str
    remarks: tuple[str, ...] = ()


def start_in_file(path: Path, fields: Mapping[str, str], shape: tuple[int, int]) -> FileStart:
    """Read what a frame's own file says: a Pilatus header, that of an EDF image (SPD), or NeXus.

    The data files of an Eiger say nothing: their master does, if it lies beside them. What does not
    make sense as a whole is left out, and that is said.

    Parameters
    ----------
    path
        The file that the frame was read from.
    fields
        Its header.
    shape
        ``(rows, columns)`` of the frame.
    """
    header = f"the header of {path.name}"
    plain = {key.casefold(): text for key, text in fields.items()}
    try:
        if any(key in plain for key in _EDF_KEYS):
            found = spd.from_fields(_filled_in(plain), fallback=Facts(image_size=shape))
            return _of_findings(found, header, shape)
        described = _described_by(path)
        if described is not None:
            found = nexus.read(described, fallback=Facts(image_size=shape))
            return _of_findings(found, described.name, shape)
    except CalibrationError as error:
        return FileStart(HeaderStart(), header, (f"{header} is not used: {error}",))
    return FileStart(start_of(fields), header)


def _filled_in(fields: Mapping[str, str]) -> dict[str, str]:
    """Leave out forms that hold nothing but zeros."""
    empty = {
        key
        for form in _FORMS
        if all(_is_zero(fields.get(key, "0")) for key in form)
        for key in form
    }
    return {key: text for key, text in fields.items() if key not in empty}


def _is_zero(text: str) -> bool:
    try:
        return float(text) == 0.0
    except ValueError:
        return False


def _described_by(path: Path) -> Path | None:
    """Return the HDF5 file that describes the detector of another one, often that one itself."""
    with path.open("rb") as file:
        if not nexus.recognizes(file.read(HEAD)):
            return None
    part = _EIGER_DATA.fullmatch(path.name)
    if part is None:
        return path
    master = path.with_name(f"{part['series']}_master{part['suffix']}")
    return master if master.is_file() else path


def _of_findings(found: Findings, source: str, shape: tuple[int, int]) -> FileStart:
    geometry = found.document.get("Geometry", {})
    size = tuple(geometry.get("Imagesize", shape))
    if size != shape:
        raise CalibrationError(f"expected {list(shape)} pixels as the frame has, got {list(size)}")
    center, edges = geometry.get("BeamCenter"), geometry.get("PixelSizeMicroM")
    distance, wavelength = geometry.get("DedectorDistanceMM"), found.document.get("Wavelength")
    tilt = geometry.get("Tilt")
    values = HeaderStart(
        wavelength=wavelength and 0.1 * wavelength,
        distance=distance and 1e-3 * distance,
        pixel_size=edges and (1e-6 * edges[0], 1e-6 * edges[-1]),
        beam_center=center and (shape[0] - center[0], center[1]),
        tilt=None if not tilt or not tilt["TiltAngleDeg"] else _in_radians(tilt),
    )
    return FileStart(values, source, found.remarks)


def _in_radians(tilt: Mapping[str, float]) -> tuple[float, float]:
    return math.radians(tilt["TiltAngleDeg"]), math.radians(tilt["TiltRotDeg"])
