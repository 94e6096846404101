"""CBF: the mini-header of a Pilatus image, and its byte-offset compression.

The Crystallographic Binary File format, https://www.bernstein-plus-sons.com/software/CBF/doc/.
"""

import re

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.errors import FrameError
from saxsdog.io.headers import Layout, ReadAt, comment_fields
from saxsdog.reasons import Reason

MAGIC = b"###CBF"
SECTION = b"--CIF-BINARY-FORMAT-SECTION--"
START = b"\x0c\x1a\x04\xd5"
"""Ends the text; the next byte is the first of the compressed pixels."""

HEADER_LIMIT = 1 << 20
"""Bytes of text; a full imgCIF header of a large detector takes 100 kB."""

_FIRST_READ = 1 << 13
_TYPE = re.compile(r"(signed|unsigned) (8|16|32|64)-bit integer", re.IGNORECASE)
_LINE = re.compile(r'^\s{0,20}([\w-]{1,60})\s{0,3}[:=]\s{0,3}"?([^"\r\n]{0,200})', re.MULTILINE)


def is_cbf(head: bytes) -> bool:
    """Tell by the first bytes of a file whether it is a CBF."""
    return head.startswith(MAGIC)


def describe(read_at: ReadAt, page: int | None = None) -> Layout:
    """Read both headers of the image in a CBF.

    Raises
    ------
    FrameError
        If there is no whole header, it contradicts itself, or ``page`` is not
        0 or ``None``, the only one.
    """
    if page:
        raise FrameError(f"expected a page {page}, a CBF has one image")
    text, offset = _text(read_at)
    section = text.rfind(SECTION)
    if section < 0:
        raise FrameError(f"expected {SECTION.decode()} ahead of the pixels, it is not there")
    fields = comment_fields(text[:section].decode("utf-8", "replace"))
    binary = {
        key.lower(): value.strip() for key, value in _LINE.findall(text[section:].decode("latin-1"))
    }
    shape = _shape(binary)
    form = _TYPE.fullmatch(binary.get("x-binary-element-type", "signed 32-bit integer"))
    if form is None:
        raise FrameError(
            f"expected integers, got {binary['x-binary-element-type']!r}", Reason.WRONG_DTYPE
        )
    dtype = np.dtype(f"{'u' if form[1].lower() == 'unsigned' else 'i'}{int(form[2]) // 8}")
    conversion = binary.get("conversions", "none")
    if conversion.lower() != "x-cbf_byte_offset":
        raise FrameError(f"expected pixels compressed by x-CBF_BYTE_OFFSET, got {conversion!r}")
    return Layout(shape, dtype, "byte offset", fields, offset, _number(binary, "x-binary-size"))


def _text(read_at: ReadAt) -> tuple[bytes, int]:
    """Return the text ahead of the pixels and the offset of the first byte behind it."""
    for size in (_FIRST_READ, HEADER_LIMIT):
        block = read_at(0, size)
        text, start, _ = block.partition(START)
        if start:
            return text, len(text) + len(START)
    raise FrameError(
        "expected the start of the pixels (0c 1a 04 d5) behind the text, not found",
        Reason.TRUNCATED if len(block) < HEADER_LIMIT else Reason.DECODE_ERROR,
    )


def _shape(binary: dict[str, str]) -> tuple[int, int]:
    columns = _number(binary, "x-binary-size-fastest-dimension")
    rows = _number(binary, "x-binary-size-second-dimension")
    if _number(binary, "x-binary-size-third-dimension", 1) not in (0, 1):
        raise FrameError("expected one image, the file holds a stack", Reason.WRONG_SHAPE)
    n_elements = _number(binary, "x-binary-number-of-elements", rows * columns)
    if n_elements != rows * columns:
        raise FrameError(f"expected {rows} x {columns} pixels, the header counts {n_elements}")
    return rows, columns


def _number(binary: dict[str, str], key: str, default: int | None = None) -> int:
    text = binary.get(key, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise FrameError(f"expected a number as {key}, got {text!r}")
    return int(text)


def unpack(packed: NDArray[np.uint8], pixels: NDArray[np.integer]) -> None:
    """Undo the byte-offset compression.

    Parameters
    ----------
    packed
        The compressed pixels, nothing behind them.
    pixels
        Filled with the values, one-dimensional, of the type that the header names.

    Raises
    ------
    FrameError
        If ``packed`` does not hold exactly as many values as ``pixels`` has room for.
    """
    used = int(unpack_byte_offset(packed, pixels))
    if used < 0:
        raise FrameError(
            f"expected {pixels.size} pixels in {packed.size} compressed bytes, "
            f"they end after {-used - 1}"
        )
    if used < packed.size:
        raise FrameError(
            f"expected {pixels.size} pixels in {packed.size} compressed bytes, "
            f"they fill only {used}"
        )


@compiled
def unpack_byte_offset(packed: NDArray[np.uint8], pixels: NDArray[np.integer]) -> int:
    """Bytes used, or ``-1 - n`` if ``packed`` ends after ``n`` pixels.

    Each pixel is the difference to the one before, as the shortest little-endian integer that
    holds it; the smallest value of an integer announces that a wider one follows. Sums wrap
    around, as they do in the programs that write these files.
    """
    value = np.int64(0)
    at = 0
    for i in range(pixels.size):
        if at >= packed.size:
            return -1 - i
        step = np.int64(np.int8(packed[at]))
        at += 1
        if step == -0x80:
            if at + 2 > packed.size:
                return -1 - i
            # Written out: a tenth of all pixels come here, and a loop makes it 30 % slower.
            step = np.int64(packed[at]) | np.int64(np.int8(packed[at + 1])) << 8
            at += 2
            if step == -0x8000:
                if at + 4 > packed.size:
                    return -1 - i
                step = _integer(packed, at, 4)
                at += 4
                if step == -0x8000_0000:
                    if at + 8 > packed.size:
                        return -1 - i
                    step = _integer(packed, at, 8)
                    at += 8
        value += step
        pixels[i] = value
    return at


@compiled
def _integer(packed: NDArray[np.uint8], at: int, width: int) -> np.int64:
    bits = np.uint64(0)
    for k in range(width):
        bits |= np.uint64(packed[at + k]) << np.uint64(8 * k)
    unused = np.uint64(64 - 8 * width)
    return np.int64(bits << unused) >> np.int64(unused)
