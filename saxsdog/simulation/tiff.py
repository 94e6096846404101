"""TIFF files as a Pilatus detector writes them."""

import struct
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import UsageError
from saxsdog.whole_file import write_whole

PHOTON_ENERGY_NM = 1239.841984
"""Energy times wavelength of a photon, eV nm (h c / e, CODATA 2018)."""

COUNT_CUTOFF = 1_080_457
"""Counts above which a 20 bit counter of the Pilatus is not trusted."""

DIRECTORY_OFFSET = 130
"""Where the tags begin, bytes; fabio tells the files of a Pilatus from other TIFFs by this."""

DATA_OFFSET = 4096
"""Where the pixels begin in a file, bytes; a multiple of a memory page, as the maker has it."""

# Types of TIFF fields and the letter that struct has for them (TIFF 6.0, section 2).
_ASCII, _SHORT, _LONG, _RATIONAL = 2, 3, 4, 5
_LETTERS = {_SHORT: "H", _LONG: "I"}
_CENTIMETRE = 3
_SAMPLE_FORMATS = {"u": 1, "i": 2}


@dataclass(frozen=True)
class FrameHeader:
    """What a frame says about itself.

    Attributes
    ----------
    model
        The detector.
    pixel_size
        Edges of a pixel, ``(vertical, horizontal)``, m.
    exposure_time, exposure_period
        How long one frame counts, and from the start of one to the start of the next, s.
    wavelength
        Of the photons, nm.
    distance
        Sample to detector, m.
    beam_center
        ``(row, column)``, pixels, from the outer edge of the first pixel.
    time
        Start of the exposure; the file says what the clock shows and no time zone, as detectors do.
    """

    model: str
    pixel_size: tuple[float, float]
    exposure_time: float
    exposure_period: float
    wavelength: float
    distance: float
    beam_center: tuple[float, float]
    time: datetime

    def comments(self) -> str:
        """Compose the lines of the image description."""
        vertical, horizontal = (f"{size * 1e6:g}e-6 m" for size in self.pixel_size)
        whole = self.time.microsecond % 1000 == 0
        time = self.time.replace(tzinfo=None).isoformat(
            timespec="milliseconds" if whole else "microseconds"
        )
        row, column = self.beam_center
        lines = (
            f"Pixel_size {horizontal} x {vertical}",
            "Silicon sensor, thickness 0.000450 m",
            f"Exposure_time {self.exposure_time:.7f} s",
            f"Exposure_period {self.exposure_period:.7f} s",
            "Tau = 0 s",
            f"Count_cutoff {COUNT_CUTOFF} counts",
            f"Threshold_setting: {PHOTON_ENERGY_NM / self.wavelength / 2:.0f} eV",
            f"Wavelength {10 * self.wavelength:.8g} A",
            f"Detector_distance {self.distance:.8g} m",
            f"Beam_xy ({column:.2f}, {row:.2f}) pixels",
            time,
        )
        return "".join(f"# {line}\r\n" for line in lines)


def write_frame(path: Path, image: NDArray[np.integer], header: FrameHeader) -> None:
    """Write an image as an uncompressed little-endian TIFF.

    The file gets its name when it is complete, so whoever watches the folder never sees a part of
    it.

    Parameters
    ----------
    path
        The file; one of the same name is replaced.
    image
        Counts, 2D, any integer type of up to four bytes.
    header
        What the file says about the image.

    Raises
    ------
    UsageError
        If the image cannot be kept in such a file.
    OSError
        If the file cannot be written.
    """
    if image.ndim != 2 or image.dtype.kind not in _SAMPLE_FORMATS or image.itemsize > 4:
        raise UsageError(
            f"{path}: expected a 2D image of integers of up to four bytes, "
            f"got {image.ndim}D of {image.dtype}"
        )
    pixels = np.ascontiguousarray(image, dtype=image.dtype.newbyteorder("<"))
    write_whole(path, b"".join((_head(image, header), pixels.data)))


def _head(image: NDArray[np.integer], header: FrameHeader) -> bytes:
    """Everything before the pixels: file header, directory and the values it points to."""
    rows, columns = image.shape
    resolution = [Fraction(0.01 / size).limit_denominator(10_000) for size in header.pixel_size]
    fields = [
        (256, _LONG, columns),
        (257, _LONG, rows),
        (258, _SHORT, 8 * image.itemsize),
        (259, _SHORT, 1),  # not compressed
        (262, _SHORT, 1),  # 0 is black
        (270, _ASCII, header.comments()),
        (272, _ASCII, header.model),
        (273, _LONG, DATA_OFFSET),
        (277, _SHORT, 1),
        (278, _LONG, rows),
        (279, _LONG, image.nbytes),
        (282, _RATIONAL, resolution[1]),
        (283, _RATIONAL, resolution[0]),
        (296, _SHORT, _CENTIMETRE),
        (305, _ASCII, "saxsdog simulate"),
        (306, _ASCII, f"{header.time:%Y:%m:%d %H:%M:%S}"),
        (339, _SHORT, _SAMPLE_FORMATS[image.dtype.kind]),
    ]
    directory = struct.pack("<H", len(fields))
    values_offset = DIRECTORY_OFFSET + 2 + 12 * len(fields) + 4
    values = b""
    for tag, kind, value in fields:
        count, packed = _packed(kind, value)
        if len(packed) > 4:
            position = values_offset + len(values)
            values += packed + b"\0" * (len(packed) % 2)  # offsets are even
            packed = struct.pack("<I", position)
        directory += struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0")
    start = b"II*\0" + struct.pack("<I", DIRECTORY_OFFSET)
    head = start.ljust(DIRECTORY_OFFSET, b"\0") + directory + bytes(4) + values
    return head.ljust(DATA_OFFSET, b"\0")


def _packed(kind: int, value: int | str | Fraction) -> tuple[int, bytes]:
    """Turn a value into how many there are in its field, and its bytes."""
    match value:
        case str():
            text = value.encode("ascii") + b"\0"
            return len(text), text
        case Fraction():
            return 1, struct.pack("<II", value.numerator, value.denominator)
        case _:
            return 1, struct.pack(f"<{_LETTERS[kind]}", value)
