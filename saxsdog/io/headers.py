"""What an image file says ahead of its pixels."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

ReadAt = Callable[[int, int], bytes]
"""Offset and count to bytes; fewer come, and no more memory is taken, where the file ends."""

Packing = Literal["plain", "byte offset", "bitshuffle", "lz4", "tiff", "hdf5"]

TEXT_LIMIT = 1 << 16
"""Bytes of header text that are looked at; detectors write less than 20 kB."""

MAGNITUDE = {
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "\u00b5s": 1e-6,
    "\u03bcs": 1e-6,
}

# Lower case, the best first: ESRF's clock counts fractions of a second, a TIFF DateTime does not.
TIME_KEYS = ("time_of_day", "timestamp", "hmstarttime", "date", "time", "datetime")
CUTOFF_KEYS = ("count_cutoff", "countrate_correction_count_cutoff", "saturation_value")
EXPOSURE_KEYS = ("exposure_time", "exposuretime", "count_time", "counttime", "acq_expo_time")

PLAUSIBLE_YEARS = range(1990, 2200)
"""A header from outside was written by a clock that nobody had set."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?P<fraction>\.\d{1,9})?"
_STAMP = re.compile(
    r"(?P<year>\d{4})[-/:](?P<month>\d\d|[A-Za-z]{3})[-/:](?P<day>\d\d)[T ]"
    + _CLOCK
    + r" ?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_UNIX_DATE = re.compile(  # Wed May 21 13:04:52 2014
    r"(?:[A-Za-z]{3} )?(?P<month>[A-Za-z]{3}) {1,2}(?P<day>\d\d?) "
    + _CLOCK
    + r"(?: [A-Z]{3,4})? (?P<year>\d{4})(?P<zone>)"
)
_WORD = re.compile(r"[A-Za-z]\w*")
_QUANTITY = re.compile(r"(\d{1,20}(?:\.\d{0,20})?(?:[eE][+-]?\d{1,3})?)\s?([^\W\d]*)")


@dataclass(frozen=True)
class FrameHeader:
    """When an image was taken, for how long, and what else its header says.

    Attributes
    ----------
    time
        Seconds since the epoch. A header without a time zone is read as local time of this
        machine, which is what detectors write.
    time_source
        ``"header"``, or ``"file"`` where the header says nothing that can be true and the time is
        that of the file.
    exposure
        s, ``None`` where the header does not say.
    fields
        The texts of the header as they stand there, ``{"Exposure_time": "10.0000000 s"}``.
    """

    time: float
    time_source: Literal["header", "file"]
    exposure: float | None
    fields: Mapping[str, str]

    @property
    def count_cutoff(self) -> float | None:
        """Counts from which on the detector no longer counts; ``None`` where nothing says it."""
        lower = {key.lower(): text for key, text in self.fields.items()}
        cutoffs = (parse_counts(lower[key]) for key in CUTOFF_KEYS if key in lower)
        return next((value for value in cutoffs if value is not None), None)


@dataclass(frozen=True)
class Layout:
    """Where and how the pixels of one image lie in its file.

    Attributes
    ----------
    shape
        ``(rows, columns)``.
    dtype
        Of the pixels as stored, byte order included.
    packing
        ``"plain"`` pixels lie row by row, ``"byte offset"`` ones are compressed as in a CBF,
        ``"bitshuffle"`` and ``"lz4"`` ones as in a chunk of HDF5; ``"tiff"`` and ``"hdf5"`` stand
        for all else that these formats may do to their pixels.
    fields
        The texts of the header.
    offset, length
        Where the pixels are and how much room they have, in bytes; with ``"tiff"`` the pieces of
        the image lie anywhere in that room.
    page
        Which page of a TIFF it is for tifffile, which counts copies and masks as well.
    """

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    packing: Packing
    fields: Mapping[str, str]
    offset: int = 0
    length: int = 0
    page: int = 0

    @property
    def size(self) -> int:
        """Bytes of the unpacked pixels."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize


def frame_header(fields: Mapping[str, str], *, modified: float) -> FrameHeader:
    """Make the best of the texts of a header; nothing in them is an error.

    ``modified`` is the time of the file in seconds since the epoch, the answer where the header
    has no time that can be true.
    """
    lower = {key.lower(): text for key, text in fields.items()}
    texts = [lower[key] for key in TIME_KEYS if key in lower]
    if "date" in lower and "time" in lower:
        texts.append(f"{lower['date']} {lower['time']}")
    time = next((time for text in texts if (time := parse_time(text)) is not None), None)
    seconds = (parse_seconds(lower[key]) for key in EXPOSURE_KEYS if key in lower)
    return FrameHeader(
        time=modified if time is None else time,
        time_source="file" if time is None else "header",
        exposure=next((value for value in seconds if value is not None), None),
        fields=fields,
    )


def comment_fields(text: str) -> dict[str, str]:
    """Keys and values of the ``# Key value`` lines that Pilatus detectors write.

    A colon or an equals sign may follow the key. A line that is a moment,
    ``# 2014-05-21T13:04:52.123``, comes back under the key ``Timestamp``.
    """
    fields: dict[str, str] = {}
    for line in text[:TEXT_LIMIT].splitlines():
        if not line.startswith("#"):
            continue
        body = line.lstrip("# \t")
        if word := _WORD.match(body):
            fields.setdefault(word[0], body[word.end() :].strip(" \t:=\0"))
        elif stamp := _STAMP.match(body):
            fields.setdefault("Timestamp", stamp[0])
    return fields


def parse_time(text: str) -> float | None:
    """Seconds since the epoch of a moment in any of the forms that detectors write."""
    text = text[:100].strip()
    if stamp := _STAMP.match(text) or _UNIX_DATE.match(text):
        return _moment(stamp)
    try:
        seconds = float(text)  # ESRF writes the seconds since the epoch themselves
    except ValueError:
        return None
    years = seconds / (365.25 * 24 * 3600) + 1970
    return seconds if PLAUSIBLE_YEARS.start <= years < PLAUSIBLE_YEARS.stop else None


def parse_seconds(text: str) -> float | None:
    """Seconds from ``10.0 s``, ``100 ms`` or a bare number; ``None`` where that is no duration."""
    quantity = _QUANTITY.match(text[:100].strip())
    if quantity is None or quantity[2] not in MAGNITUDE:
        return None
    seconds = float(quantity[1]) * MAGNITUDE[quantity[2]]
    return seconds if math.isfinite(seconds) else None


def parse_counts(text: str) -> float | None:
    """Read counts, ``1080457 counts`` or a bare number; ``None`` where that is none above 0."""
    quantity = _QUANTITY.match(text[:100].strip())
    if quantity is None or quantity[2] not in ("", "count", "counts"):
        return None
    counts = float(quantity[1])
    return counts if 0 < counts < math.inf else None


def _moment(stamp: re.Match[str]) -> float | None:
    month = stamp["month"].lower()
    zone = (stamp["zone"] or "").replace("Z", "+00:00")
    try:
        number = _MONTHS.index(month) + 1 if month.isalpha() else int(month)
        clock = f"{stamp['hour']}:{stamp['minute']}:{stamp['second']}"
        day = int(stamp["day"])
        moment = datetime.fromisoformat(f"{stamp['year']}-{number:02}-{day:02}T{clock}{zone}")
        if moment.year not in PLAUSIBLE_YEARS:
            return None
        return moment.timestamp() + float(stamp["fraction"] or 0)
    except (ValueError, OverflowError, OSError):  # 31 February; a zone of 99 hours; Windows
        return None
