"""EDF: the ESRF data format, ``{ key = value ; ... }`` ahead of the pixels of every image."""

import re

import numpy as np

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.io.headers import Layout, ReadAt
from saxsdog.reasons import Reason

HEADER_LIMIT = 1 << 18
"""Bytes of one header; fabio draws the same line."""

_FIRST_READ = 1 << 13
_END = re.compile(rb"\}\r?\n")
_BRACE = re.compile(rb"\s{0,512}\{")
_ROOM_OF_BRACE = 513
_TYPES = {
    "i1": ("signedbyte", "signed8"),
    "u1": ("unsignedbyte", "unsigned8"),
    "i2": ("signedshort", "signed16"),
    "u2": ("unsignedshort", "unsigned16", "unsignedshortinteger"),
    "i4": ("signedinteger", "signed32", "signedlong"),
    "u4": ("unsignedinteger", "unsigned32", "unsignedlong"),
    "i8": ("signed64",),
    "u8": ("unsigned64",),
    "f4": ("floatvalue", "float", "floatieee32", "float32"),
    "f8": ("doublevalue", "double", "floatieee64", "doubleieee64"),
}
TYPES = {name: form for form, names in _TYPES.items() for name in names}
ORDERS = {"lowbytefirst": "<", "highbytefirst": ">"}


def is_edf(head: bytes) -> bool:
    """Tell by the first bytes of a file whether it is an EDF, not another format with a brace."""
    return _BRACE.match(head) is not None and b"HEADER_BYTES" not in head[:64]


def describe(
    read_at: ReadAt, page: int | None = None, starts: list[int] | None = None
) -> Layout | None:
    """Read the header of an image.

    Parameters
    ----------
    read_at
        The file.
    page
        Which of the images, that lie one behind the other, counted from 0; ``None`` stands for
        the only one.
    starts
        Where headers of this file were found before; those found now join them.

    Returns
    -------
    Layout or None
        ``None`` where the header asks for something rare, which fabio knows: another file that
        holds the pixels, a compression, a block ahead of the images, a number of 128 bits.

    Raises
    ------
    SeveralImagesError
        If ``page`` is ``None`` and the file holds several images.
    FrameError
        If there is no such page, its header is not whole or does not describe an image.
    """
    starts = [] if starts is None else starts
    if not starts:
        starts.append(0)
    if page is None:
        return _describe_only(read_at, starts)
    layout = _describe_at(read_at, starts[min(page, len(starts) - 1)])
    while layout is not None and len(starts) <= page:
        start = layout.offset + layout.length
        if not read_at(start, 1):
            raise FrameError(
                f"expected a page {page}, the file has {len(starts)}", Reason.TRUNCATED
            )
        layout = _describe_at(read_at, start)
        starts.append(start)
    return layout


def _describe_only(read_at: ReadAt, starts: list[int]) -> Layout | None:
    """Describe the first image, if no header follows; what else follows is none of ours."""
    only = layout = _describe_at(read_at, starts[0])
    n_images = 1
    while layout is not None:
        start = layout.offset + layout.length
        if _BRACE.match(read_at(start, _ROOM_OF_BRACE)) is None:
            break
        layout = _describe_at(read_at, start)
        if len(starts) == n_images:
            starts.append(start)
        n_images += 1
    if n_images > 1 and layout is not None:
        raise SeveralImagesError.counted(n_images)
    return only if n_images == 1 else None


def _describe_at(read_at: ReadAt, start: int) -> Layout | None:
    fields, offset = _header(read_at, start)
    return None if _is_rare(fields) else _layout(fields, offset)


def _header(read_at: ReadAt, start: int) -> tuple[dict[str, str], int]:
    """Keys and values of one header, and the offset of the first byte behind it."""
    for size in (_FIRST_READ, HEADER_LIMIT):
        block = read_at(start, size)
        brace = _BRACE.match(block)
        if brace is None:
            raise FrameError(f"expected an EDF header at offset {start}, there is none")
        if end := _END.search(block, brace.end()):
            text = block[brace.end() : end.start()].decode("utf-8", "replace")
            pairs = (line.partition("=") for line in text.split(";"))
            return {
                key.strip(" \t\r\n\0"): value.strip(" \t\r\n\0")
                for key, equals, value in pairs
                if equals
            }, start + end.end()
    raise FrameError(
        f"expected the end of the EDF header at offset {start}, there is none",
        Reason.TRUNCATED if len(block) < HEADER_LIMIT else Reason.DECODE_ERROR,
    )


def _is_rare(fields: dict[str, str]) -> bool:
    lower = {key.lower(): value.lower() for key, value in fields.items()}
    return (
        "edf_dataformatversion" in lower
        or "edf_binaryfilename" in lower
        or not lower.get("compression", "none").startswith("no")
        or lower.get("datatype") not in TYPES
    )


def _layout(fields: dict[str, str], offset: int) -> Layout:
    lower = {key.lower(): value for key, value in fields.items()}
    if any(_number(lower, f"dim_{axis}", 1) > 1 for axis in (3, 4)):
        raise FrameError(
            "expected an image of two dimensions, the header describes a volume",
            Reason.WRONG_SHAPE,
        )
    shape = (_number(lower, "dim_2", 1), _number(lower, "dim_1"))
    dtype = np.dtype(_order(lower) + TYPES[lower["datatype"].lower()])
    needed = shape[0] * shape[1] * dtype.itemsize
    size_key = "edf_binarysize" if "edf_binarysize" in lower else "size"
    length = _number(lower, size_key, needed)
    if length < needed:
        raise FrameError(
            f"expected {needed} bytes for {shape[0]} x {shape[1]} pixels of "
            f"{lower['datatype']}, the header says {size_key} = {length}"
        )
    return Layout(shape, dtype, "plain", fields, offset, length)


def _order(lower: dict[str, str]) -> str:
    text = lower.get("byteorder", "LowByteFirst")
    if text.lower() not in ORDERS:
        raise FrameError(f"expected ByteOrder LowByteFirst or HighByteFirst, got {text!r}")
    return ORDERS[text.lower()]


def _number(lower: dict[str, str], key: str, default: int | None = None) -> int:
    text = lower.get(key, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise FrameError(f"expected a number as {key}, got {text!r}")
    return int(text)
