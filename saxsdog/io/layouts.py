"""Where the pixels of an image lie, as the header of its file has it, and whether that can be."""

from dataclasses import dataclass, field

from saxsdog.errors import FrameError
from saxsdog.io import cbf, edf, hdf5, tiff
from saxsdog.io.headers import Layout
from saxsdog.io.image_file import ImageFile
from saxsdog.io.status import Fingerprint
from saxsdog.reasons import Reason

ALWAYS_ALLOWED = 1 << 28
MAX_EXPANSION = 1032
"""Deflate packs no tighter; a larger claim, above ``ALWAYS_ALLOWED`` bytes, is no true header."""


@dataclass
class Places:
    """Where the images of one version of a file were found, so that each is looked for once."""

    fingerprint: Fingerprint | None = None
    pages: list[tiff.Page] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


def describe(file: ImageFile, page: int | None, places: Places) -> Layout | None:
    """Say where the pixels of an image lie; ``None`` for a format that a library reads."""
    if tiff.is_tiff(file.head):
        return tiff.describe(file.read_at, page, places.pages)
    if cbf.is_cbf(file.head):
        return cbf.describe(file.read_at, page)
    if edf.is_edf(file.head):
        return edf.describe(file.read_at, page, places.starts)
    if not file.head.strip(b"\0"):
        raise FrameError(
            "expected an image, the file starts with nothing but zeros", Reason.TRUNCATED
        )
    if any(magic.startswith(file.head) for magic in (*tiff.DIALECTS, cbf.MAGIC, hdf5.MAGIC)):
        raise FrameError(f"expected an image, the file ends after {file.head!r}", Reason.TRUNCATED)
    return None


def check_sizes(layout: Layout, size: int) -> None:
    """Refuse what cannot be true before any memory is taken for it."""
    rows, columns = layout.shape
    if layout.size > max(ALWAYS_ALLOWED, MAX_EXPANSION * size):
        raise FrameError(
            f"expected {rows} x {columns} pixels, the file has only {size} bytes", Reason.TOO_LARGE
        )
    stored = layout.size if layout.packing == "plain" else layout.length
    if layout.offset + stored > size:
        raise FrameError(
            f"expected {stored} bytes of pixels at offset {layout.offset}, "
            f"the file has {size} bytes",
            Reason.TRUNCATED,
        )
    if layout.packing == "byte offset" and rows * columns > stored:
        raise FrameError(
            f"expected {rows} x {columns} pixels, {stored} bytes cannot hold them", Reason.TOO_LARGE
        )
