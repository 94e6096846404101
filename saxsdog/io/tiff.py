"""TIFF: from the directory of a page to the place of its pixels.

TIFF 6.0 (Adobe, 1992) and BigTIFF. Pages that are not one plain run of pixels are recognised here
and decoded by tifffile.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.io.headers import TEXT_LIMIT, Layout, ReadAt, comment_fields
from saxsdog.reasons import Reason

MAX_ENTRIES = 4096
"""Entries of a directory; detectors write fewer than 50, tifffile draws the same line."""

MAX_PIECES = 1 << 16
"""Strips or tiles whose place is looked at; 16 million pixels have 4096 rows."""

MAX_PAGES = 1 << 20
"""Directories that are looked at; a classic TIFF of 4 GB has room for as many of 4 kB."""

NEW_SUBFILE_TYPE, REDUCED, MASK = 254, 1, 4
IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION = 256, 257, 258, 259
FILL_ORDER, IMAGE_DESCRIPTION, MODEL, STRIP_OFFSETS = 266, 270, 272, 273
SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_SIZES, DATE_TIME, PREDICTOR = 277, 278, 279, 306, 317
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_SIZES, SAMPLE_FORMAT = 322, 323, 324, 325, 339
WANTED = {IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION, FILL_ORDER, IMAGE_DESCRIPTION}
WANTED |= {MODEL, STRIP_OFFSETS, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_SIZES, DATE_TIME}
WANTED |= {PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_SIZES, SAMPLE_FORMAT}
WANTED |= {NEW_SUBFILE_TYPE}

ASCII = 2
INTEGERS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8"}  # field type -> its integers
KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}  # SampleFormat -> numpy's letter; 4 is "undefined"


@dataclass(frozen=True)
class _Dialect:
    """What classic TIFF and BigTIFF, of either byte order, do differently."""

    order: str  # of the bytes, as struct and numpy write it
    first: int  # where the offset of the first directory stands
    count: struct.Struct  # of the entries, at the start of a directory
    entry: struct.Struct  # tag, type, count, value or its offset
    offset: struct.Struct


class Page(NamedTuple):
    """Where the directory of an image is.

    Attributes
    ----------
    start
        Offset of the directory.
    number
        Which directory of the file it is, counted from 0.
    following
        Offset of the next directory, 0 behind the last one.
    """

    start: int
    number: int
    following: int


class _Entry(NamedTuple):
    kind: int
    n_values: int
    value: bytes  # as it stands in the directory: the value itself where it fits


def _dialect(order: str, *, big: bool) -> _Dialect:
    offset = struct.Struct(order + ("Q" if big else "I"))
    count = struct.Struct(order + ("Q" if big else "H"))
    entry = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))
    return _Dialect(order, 8 if big else 4, count, entry, offset)


DIALECTS = {
    b"II*\0": _dialect("<", big=False),
    b"MM\0*": _dialect(">", big=False),
    b"II+\0": _dialect("<", big=True),
    b"MM\0+": _dialect(">", big=True),
}
"""By the first bytes of a file."""


def is_tiff(head: bytes) -> bool:
    """Tell by the first bytes of a file whether it is a TIFF."""
    return head[:4] in DIALECTS


def describe(read_at: ReadAt, page: int | None = None, known: list[Page] | None = None) -> Layout:
    """Read the directory of an image.

    Parameters
    ----------
    read_at
        The file.
    page
        Which image, counted from 0; ``None`` stands for the only one.
    known
        Images of this file that were found before; those found now join them.

    Returns
    -------
    Layout
        Packing ``"plain"`` where the pixels are one run of bytes, else ``"tiff"``.

    Raises
    ------
    SeveralImagesError
        If ``page`` is ``None`` and the file holds several images.
    FrameError
        If there is no such page, or it does not hold one number per pixel.
    """
    dialect = DIALECTS[read_at(0, 4)]
    known = [] if known is None else known
    found, entries = _find(read_at, dialect, page or 0, known)
    if page is None and found.following:
        _find_all(read_at, dialect, known)
        if len(known) > 1:
            raise SeveralImagesError.counted(len(known))
    tags = _Tags(read_at, dialect, entries)
    shape = (tags.number(IMAGE_LENGTH, 0), tags.number(IMAGE_WIDTH, 0))
    samples = tags.number(SAMPLES_PER_PIXEL, 1)
    if samples != 1:
        raise FrameError(
            f"expected one number per pixel, the page has {samples} (a colour image?)",
            Reason.WRONG_DTYPE,
        )
    dtype = tags.dtype()
    offset = tags.plain_offset(shape, dtype)
    fields = tags.fields()
    if offset is None:
        tags.check_pieces(shape)
        length = tags.end_of_pieces()
        return Layout(shape, dtype, "tiff", fields, length=length, page=found.number)
    return Layout(shape, dtype, "plain", fields, offset, shape[0] * shape[1] * dtype.itemsize)


def _find(
    read_at: ReadAt, dialect: _Dialect, page: int, known: list[Page]
) -> tuple[Page, Mapping[int, _Entry]]:
    """Find an image: its place, and the entries of its directory that we use."""
    if page < len(known):
        return known[page], _directory(read_at, dialect, known[page].start)[0]
    for found, entries in _further(read_at, dialect, known):
        if len(known) > page:
            return found, entries
    raise FrameError(f"expected a page {page}, the file has {len(known)}", Reason.TRUNCATED)


def _find_all(read_at: ReadAt, dialect: _Dialect, known: list[Page]) -> None:
    for _ in _further(read_at, dialect, known):
        pass


def _further(
    read_at: ReadAt, dialect: _Dialect, known: list[Page]
) -> Iterator[tuple[Page, Mapping[int, _Entry]]]:
    """Follow the chain of directories from the last known image on; what is found gets known.

    A later page that calls itself a smaller copy or a mask is not an image.
    """
    seen = {page.start for page in known}
    number = known[-1].number + 1 if known else 0
    start = known[-1].following if known else _unpack(dialect.offset, read_at, dialect.first)
    while start and start not in seen:
        if number == MAX_PAGES:
            raise FrameError(f"expected at most {MAX_PAGES} pages, the file has more")
        seen.add(start)
        entries, following = _directory(read_at, dialect, start)
        kind = _Tags(read_at, dialect, entries).number(NEW_SUBFILE_TYPE, 0)
        if number == 0 or not kind & (REDUCED | MASK):
            known.append(Page(start, number, following))
            yield known[-1], entries
        start = following
        number += 1


def _directory(read_at: ReadAt, dialect: _Dialect, start: int) -> tuple[Mapping[int, _Entry], int]:
    """Read the entries of a directory that we use, and where the next directory is."""
    n_entries = _unpack(dialect.count, read_at, start)
    if n_entries > MAX_ENTRIES:
        raise FrameError(f"expected at most {MAX_ENTRIES} tags, the page claims {n_entries}")
    first, size = start + dialect.count.size, n_entries * dialect.entry.size
    block = read_at(first, size + dialect.offset.size)
    if len(block) < size:
        raise FrameError(
            f"expected {n_entries} tags at offset {first}, the file ends before", Reason.TRUNCATED
        )
    found: dict[int, _Entry] = {}
    for tag, kind, count, value in dialect.entry.iter_unpack(block[:size]):
        if tag in WANTED:  # SAXSLAB adds a second, XML description: the first is Pilatus's own
            found.setdefault(tag, _Entry(kind, count, value))
    # A last directory without the zero that ends the chain harms nobody.
    whole = len(block) == size + dialect.offset.size
    return found, dialect.offset.unpack_from(block, size)[0] if whole else 0


def _unpack(form: struct.Struct, read_at: ReadAt, offset: int) -> int:
    raw = read_at(offset, form.size)
    if len(raw) < form.size:
        raise FrameError(
            f"expected a TIFF directory at offset {offset}, the file ends before", Reason.TRUNCATED
        )
    number: int = form.unpack(raw)[0]
    return number


@dataclass(frozen=True)
class _Tags:
    """The values of one directory."""

    read_at: ReadAt
    dialect: _Dialect
    entries: Mapping[int, _Entry]

    def numbers(self, tag: int, limit: int) -> list[int]:
        """At most ``limit`` of the integers of a tag; none if it is absent or of another type.

        TVX TIFF, the writer in Pilatus detectors, leaves rubbish behind a short value, so a
        value is read with its own type and never as the whole field.
        """
        entry = self.entries.get(tag)
        if entry is None or entry.kind not in INTEGERS:
            return []
        form = np.dtype(self.dialect.order + INTEGERS[entry.kind])
        raw = self._raw(entry, form.itemsize, min(entry.n_values, limit))
        whole = len(raw) // form.itemsize
        return [int(number) for number in np.frombuffer(raw, form, whole)]

    def number(self, tag: int, default: int) -> int:
        return next(iter(self.numbers(tag, 1)), default)

    def text(self, tag: int) -> str:
        entry = self.entries.get(tag)
        if entry is None or entry.kind != ASCII:
            return ""
        raw = self._raw(entry, 1, min(entry.n_values, TEXT_LIMIT))
        return raw.partition(b"\0")[0].decode("utf-8", "replace")

    def _raw(self, entry: _Entry, size: int, count: int) -> bytes:
        if entry.n_values * size <= len(entry.value):
            return entry.value[: count * size]
        return self.read_at(self.dialect.offset.unpack(entry.value)[0], count * size)

    def dtype(self) -> np.dtype[Any]:
        """Type of the stored pixels; bits that make no whole bytes count as the next larger."""
        bits = self.number(BITS_PER_SAMPLE, 1)
        sample_format = self.number(SAMPLE_FORMAT, 1) & 0xFFFF
        size = next((size for size in (1, 2, 4, 8) if bits <= 8 * size), None)
        kind = KINDS.get(sample_format)
        if kind is None or size is None or (kind == "f" and size == 1):
            raise FrameError(
                "expected pixels of 1 to 64 bits that are integers or floats, "
                f"got {bits} bits of sample format {sample_format}",
                Reason.WRONG_DTYPE,
            )
        return np.dtype(f"{self.dialect.order}{kind}{size}")

    def plain_offset(self, shape: tuple[int, int], dtype: np.dtype[Any]) -> int | None:
        """Where the pixels start, ``None`` if they are not one uncompressed run of bytes."""
        left_to_tifffile = (
            self.number(COMPRESSION, 1) != 1
            or self.number(PREDICTOR, 1) != 1
            or self.number(FILL_ORDER, 1) != 1
            or self.number(BITS_PER_SAMPLE, 1) != 8 * dtype.itemsize
            or dtype.kind + str(dtype.itemsize) == "f2"  # numba has no half floats
            or TILE_OFFSETS in self.entries
        )
        if left_to_tifffile:
            return None
        rows, columns = shape
        rows_per_strip, n_strips = self._strips(rows)
        offsets = self.numbers(STRIP_OFFSETS, n_strips)
        if len(offsets) != n_strips:
            return None
        step = rows_per_strip * columns * dtype.itemsize
        gapless = all(offset == offsets[0] + i * step for i, offset in enumerate(offsets))
        return offsets[0] if offsets and gapless else None

    def check_pieces(self, shape: tuple[int, int]) -> None:
        """Refuse a page that lacks pieces: tifffile would fill in millions of them one by one."""
        rows, columns = shape
        tiled = TILE_OFFSETS in self.entries
        offsets = self.entries.get(TILE_OFFSETS if tiled else STRIP_OFFSETS)
        _, n_pieces = self._strips(rows)
        if tiled:
            height, width = self.number(TILE_LENGTH, rows), self.number(TILE_WIDTH, columns)
            n_pieces = -(-rows // max(height, 1)) * -(-columns // max(width, 1))
        if offsets is not None and offsets.n_values < n_pieces:
            raise FrameError(
                f"expected {n_pieces} {'tiles' if tiled else 'strips'}, "
                f"the page names {offsets.n_values}"
            )

    def _strips(self, rows: int) -> tuple[int, int]:
        """Return the number of rows in each strip, and that of strips."""
        rows_per_strip = max(1, min(self.number(ROWS_PER_STRIP, rows), rows))
        return rows_per_strip, -(-rows // rows_per_strip)

    def end_of_pieces(self) -> int:
        """Where the last of the strips or tiles ends; 0 where the directory does not say."""
        tiled = TILE_OFFSETS in self.entries
        offsets = self.numbers(TILE_OFFSETS if tiled else STRIP_OFFSETS, MAX_PIECES)
        sizes = self.numbers(TILE_SIZES if tiled else STRIP_SIZES, MAX_PIECES)
        return max(map(sum, zip(offsets, sizes, strict=False)), default=0)

    def fields(self) -> dict[str, str]:
        texts = {"Model": self.text(MODEL), "DateTime": self.text(DATE_TIME)}
        named = {key: text for key, text in texts.items() if text}
        return comment_fields(self.text(IMAGE_DESCRIPTION)) | named
