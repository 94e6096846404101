"""Images that other people's libraries decode for us.

They are imported where they are used: a worker that meets plain frames only starts sooner. And they
may raise anything on bytes from outside, fabio even bare ``Exception``: all of it becomes a
:class:`~saxsdog.errors.FrameError` here, the one place besides the request loop and the worker
supervisor where every exception is caught.
"""

import bz2
import errno
import gzip
import lzma
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.io.status import reason_of
from saxsdog.reasons import Reason

GZIP, BZIP = b"\x1f\x8b", b"BZh"
"""fabio unpacks these and looks at the bytes inside."""

CBF, CBF_PIXELS = b"###CBF", b"\x0c\x1a\x04\xd5"
"""What a CBF begins with, and its pixels."""

LARGEST_UNPACKED = 1 << 27
MOST_EXPANSION = 64
"""Times the size of a packed file: bzip2 packs a thousand million zeros into as many bytes as a
screen has letters. Above ``LARGEST_UNPACKED`` bytes no image is packed so tightly."""

_CHUNK = 1 << 20
_MANY_DIMENSIONS = re.compile(rb"(?i)dim_[0-9]{3}")
_OVERLAP = 16
"""Bytes of a chunk that are looked at again with the next: what is looked for is shorter."""


def read_with_tifffile(path: Path, page: int, dtype: np.dtype[Any]) -> NDArray[np.generic]:
    """Decode a TIFF that is tiled, compressed or in pieces.

    Parameters
    ----------
    path, page
        The file, and which of its images.
    dtype
        Of the pixels, as the directory of the file says.

    Raises
    ------
    FrameError
        If it cannot be decoded to a 2D image.
    """
    import tifffile

    _bound_codecs_of_tifffile()
    try:
        with tifffile.TiffFile(path) as file:
            return _checked(np.asarray(file.pages[page].asarray()))
    except FrameError:
        raise
    except Exception as error:
        if "imagecodecs" in str(error):
            return _read_with_pillow(path, page, dtype)
        message = f"expected a TIFF, tifffile cannot decode it: {error}"
        raise FrameError(message, _reason(error)) from error


@cache
def _bound_codecs_of_tifffile() -> None:
    """Let tifffile unpack no more than has room in a strip.

    The decoders that it brings along unpack all there is: a million bytes become a thousand times
    as many. Those of imagecodecs know better.
    """
    if find_spec("imagecodecs") is None:
        import tifffile

        codecs: Any = tifffile.TIFF.DECOMPRESSORS
        codecs._codecs.update(  # noqa: SLF001 - there is no other way
            dict.fromkeys((8, 32946, 50013), _inflate) | {34925: _unpack_lzma}
        )


def _inflate(data: bytes, out: int) -> bytes:
    stream = zlib.decompressobj()
    pixels = stream.decompress(data, max(out, 1))  # 0 would allow all
    stream.decompress(stream.unconsumed_tail, 1)  # at the end of the stream its sum is compared
    if len(pixels) < out and not stream.eof:
        raise ValueError("a packed strip ends too early")
    return pixels


def _unpack_lzma(data: bytes, out: int) -> bytes:
    return lzma.LZMADecompressor(memlimit=LARGEST_UNPACKED).decompress(data, max(out, 1))


@contextmanager
def translated(expected: str) -> Iterator[None]:
    """Make a frame error of whatever a library raises on the bytes of a file."""
    try:
        yield
    except FrameError:
        raise
    except Exception as error:
        raise FrameError(f"expected {expected}: {error}", _reason(error)) from error


def read_with_fabio(
    path: Path, page: int | None, head: bytes
) -> tuple[NDArray[np.generic], dict[str, str]]:
    """Read an image of any format that fabio knows, and its header.

    Parameters
    ----------
    path, page
        The file, and which of its images; ``None`` stands for the only one.
    head
        First bytes of the file: they tell a damaged image from what never was one.

    Raises
    ------
    SeveralImagesError
        If ``page`` is ``None`` and the file holds several images.
    FrameError
        If fabio does not know it, or it has no such page.
    """
    import fabio

    try:
        _check_unpacked(path, head)
        with fabio.open(os.fspath(path)) as file:
            frame = _page_of(file, page)
            _check_pixels_inside(file, page)
            fields = {str(key): str(value) for key, value in frame.header.items()}
            return _checked(np.asarray(frame.data)), fields
    except FrameError:
        raise
    except Exception as error:
        known = _has_known_start(head)
        raise FrameError(
            f"expected a TIFF, a CBF, an EDF or another image that fabio knows: {error}",
            _reason(error, Reason.DECODE_ERROR if known else Reason.NOT_AN_IMAGE),
        ) from error


def _check_unpacked(path: Path, head: bytes) -> None:
    """Refuse what fabio would choke on.

    That is a packed file that does not fit into memory; half a CBF, where it looks for the start of
    the pixels for ever, also behind the end; and an EDF with a dimension of a number of many
    digits, up to which it counts.
    """
    is_packed = head.startswith((GZIP, BZIP))
    is_called_cbf = ".cbf" in path.name.lower()
    if not is_packed and is_called_cbf and not _has_known_start(head):
        raise FrameError("expected a CBF, it does not begin like one", Reason.NOT_AN_IMAGE)
    if not is_packed and not _begins_like_edf(head):
        return
    most = max(LARGEST_UNPACKED, MOST_EXPANSION * path.stat().st_size)
    size, last = 0, b""
    is_cbf, has_pixels, is_edf = is_packed and is_called_cbf, False, False
    with _unpacked(path, head) as stream:
        while size <= most and (chunk := stream.read(_CHUNK)):
            if size == 0:
                is_cbf, is_edf = is_cbf or chunk.startswith(CBF), _begins_like_edf(chunk)
            has_pixels = has_pixels or CBF_PIXELS in last + chunk
            if is_edf and _MANY_DIMENSIONS.search(last + chunk):
                raise FrameError("expected an EDF of two dimensions, got a hundred or more")
            size, last = size + len(chunk), chunk[-_OVERLAP:]
    if is_packed and size > most:
        raise FrameError(
            f"expected a packed image, unpacked it has more than {most} bytes", Reason.TOO_LARGE
        )
    if is_cbf and not has_pixels:
        raise FrameError("expected the start of the pixels of a CBF, not found", Reason.TRUNCATED)


def _unpacked(path: Path, head: bytes) -> BinaryIO:
    if head.startswith(GZIP):
        return cast(BinaryIO, gzip.open(path))
    return cast(BinaryIO, bz2.open(path)) if head.startswith(BZIP) else path.open("rb")


def _begins_like_edf(head: bytes) -> bool:
    return head[:512].lstrip().startswith(b"{")


def _page_of(file: Any, page: int | None) -> Any:
    if page is None:
        if file.nframes > 1:
            raise SeveralImagesError.counted(file.nframes)
        return file
    if page >= file.nframes:
        raise FrameError(f"expected a page {page}, the file has {file.nframes}", Reason.TRUNCATED)
    return file.get_frame(page) if page else file


def _has_known_start(head: bytes) -> bool:
    from fabio.openimage import MAGIC_NUMBERS

    return head.startswith((GZIP, BZIP, *(magic for magic, _ in MAGIC_NUMBERS)))


def _check_pixels_inside(file: Any, page: int | None) -> None:
    """Refuse an EDF that names another file, of whatever kind, for its pixels."""
    elsewhere = getattr(file.get_frame(page or 0), "bfname", None)
    if elsewhere is not None:
        message = f"expected the pixels in the file itself, they are in {Path(elsewhere).name}"
        raise FrameError(message, Reason.IMAGES_ELSEWHERE)


def _read_with_pillow(path: Path, page: int, dtype: np.dtype[Any]) -> NDArray[np.generic]:
    """Decode LZW and the like, for which tifffile would need a package of 80 MB."""
    from PIL import Image

    try:
        with Image.open(path) as file:
            file.seek(page)
            pixels = np.asarray(file)
    except Exception as error:
        raise FrameError(
            f"expected a TIFF of a common compression: {error}; "
            "pip install imagecodecs adds the rare ones",
            _reason(error),
        ) from error
    # Pillow has no unsigned 32-bit images and calls them signed.
    return _checked(pixels.view(dtype.newbyteorder("=")) if dtype.kind == "u" else pixels)


def _checked(image: NDArray[Any]) -> NDArray[np.generic]:
    """Give a decoded image the form that frames have: 2D, numbers, contiguous, native."""
    kind, size = image.dtype.kind, image.dtype.itemsize
    if image.ndim != 2 or image.size == 0 or kind not in "buif":
        more_than_one = image.ndim > 2 or kind not in "buif"
        raise FrameError(
            f"expected a 2D image of numbers, got shape {image.shape} {image.dtype}",
            Reason.WRONG_DTYPE if more_than_one else Reason.WRONG_SHAPE,
        )
    form = {"b": "u1", "f": f"f{min(max(size, 4), 8)}"}.get(kind, f"{kind}{size}")
    return np.ascontiguousarray(image, form)


def _reason(error: Exception, of_the_bytes: Reason = Reason.DECODE_ERROR) -> Reason:
    """Why a library gave up: the disk does not answer, or else it was the bytes."""
    # Invalid arguments come from the bytes as well: a header may send a library to offset -1.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return reason_of(error)
    return of_the_bytes
