"""Unpack the chunks of HDF5's filters LZ4 (32004) and bitshuffle with LZ4 (32008), as Eigers write.

Bitshuffle takes the pixels in blocks. Of each, the lowest bits of all its pixels stand first, then
the second lowest, and so on; that is packed by LZ4.
https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md,
https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md,
https://github.com/kiyo-masui/bitshuffle.

Some damaged chunks end the process in the filters of hdf5plugin 7.1, and none does here. Bitshuffle
takes half as long as there, LZ4 about as long.

All compiled functions are in one module: numba keeps machine code until the module of the function
that was called changes, and does not look at those that it calls.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.compiled import compiled
from saxsdog.errors import FrameError
from saxsdog.io.wide import (
    COPIED,
    N_PIXELS,
    byte_at,
    copy_wide,
    gather_bits,
    join_bytes,
    put_twice,
    put_word,
    word_at,
)

HEADER = 12
"""Bytes ahead of the blocks: 8 for the size of the pixels, 4 for that of an unpacked block."""

LENGTH = 4
"""Bytes ahead of each block, for its packed size; all numbers have their highest byte first."""

LONG = 15
"""A length from here on goes on in bytes of its own, until one is not ``GOES_ON``."""

GOES_ON = 255
MIN_MATCH = 4
WORD = 8
SHORT = COPIED + 3 * WORD
"""Bytes that are written for a sequence of short lengths, at most 14 and 18, in whole steps."""

DISTANCE = 2
"""Bytes that say from how far back bytes come again."""

EIGHT = 8
"""Pixels of which a block has a multiple; those left over in the end stand there as they are."""

DEFAULT_BLOCK = 8192
"""Bytes, where the header does not say."""


def unpack_lz4(packed: NDArray[np.uint8], pixels: NDArray[Any]) -> None:
    """Unpack a chunk of HDF5's LZ4 filter.

    Parameters
    ----------
    packed
        The chunk.
    pixels
        Filled with its numbers, one-dimensional, contiguous.

    Raises
    ------
    FrameError
        If the chunk does not hold as many bytes as ``pixels`` has room for, or is damaged.
    """
    per_block = _read_header(packed, pixels.nbytes)
    done = _unpack_lz4(packed, pixels.view(np.uint8), min(per_block, pixels.nbytes))
    if done < pixels.nbytes:
        raise FrameError(
            f"expected {pixels.nbytes} bytes in a chunk of {packed.size} packed by LZ4, "
            f"it is damaged behind {done}"
        )


def unpack_bitshuffle(packed: NDArray[np.uint8], pixels: NDArray[Any]) -> None:
    """Unpack a chunk.

    Parameters
    ----------
    packed
        The chunk.
    pixels
        Filled with its numbers, one-dimensional, contiguous, of 1, 2, 4 or 8 bytes.

    Raises
    ------
    FrameError
        If the chunk does not hold as many numbers as ``pixels`` has room for, or is damaged.
    """
    per_block = (_read_header(packed, pixels.nbytes) or DEFAULT_BLOCK) // pixels.itemsize
    if per_block == 0 or per_block % EIGHT:
        raise FrameError(f"expected blocks of a multiple of {EIGHT} pixels, got {per_block}")
    numbers = pixels.view(f"u{pixels.itemsize}")
    done = _unpack_bitshuffle(packed, numbers, pixels.view(np.uint8), min(per_block, pixels.size))
    if done < pixels.size:
        raise FrameError(
            f"expected {pixels.size} pixels in a chunk of {packed.size} bytes packed by bitshuffle "
            f"and LZ4, it is damaged behind {done}"
        )


def _read_header(packed: NDArray[np.uint8], expected: int) -> int:
    """Return the bytes of an unpacked block of a chunk that must unpack to so many."""
    if packed.size < HEADER:
        raise FrameError(f"expected a chunk with a header of {HEADER} bytes, it has {packed.size}")
    size = int.from_bytes(packed[: HEADER - LENGTH].tobytes(), "big")
    per_block = int.from_bytes(packed[HEADER - LENGTH : HEADER].tobytes(), "big")
    if size != expected:
        raise FrameError(f"expected a chunk of {expected} bytes when unpacked, it announces {size}")
    return per_block


@compiled
def _unpack_lz4(packed: NDArray[np.uint8], target: NDArray[np.uint8], per_block: int) -> int:
    """Unpack blocks until ``target`` is full; the number of bytes that are right."""
    start, done = HEADER, 0
    while done < target.size and per_block > 0:
        size = min(per_block, target.size - done)
        end = _end_of_block(packed, start)
        if end < 0:
            return done
        start += LENGTH
        if end - start == size:  # packing would not have made it any shorter
            target[done : done + size] = packed[start:end]
        elif not _unpack_block(packed, start, end, target, done, done + size):
            return done
        start = end
        done += size
    return done


@compiled
def _unpack_bitshuffle(
    packed: NDArray[np.uint8], pixels: NDArray[Any], raw: NDArray[np.uint8], per_block: int
) -> int:
    """Unpack blocks until ``pixels``, whose bytes are ``raw``, are full; how many are right."""
    size = pixels.itemsize
    bits = np.empty(per_block * size + COPIED, np.uint8)  # stays in the fastest memory
    joined = np.empty(N_PIXELS * size, np.uint8)
    start, done = HEADER, 0
    in_blocks = pixels.size // EIGHT * EIGHT
    while done < in_blocks:
        count = min(per_block, in_blocks - done)
        end = _end_of_block(packed, start)
        if end < 0 or not _unpack_block(packed, start + LENGTH, end, bits, 0, count * size):
            return done
        row = count // EIGHT  # bytes that one bit of all the pixels takes
        at = 0
        while at + N_PIXELS <= count:
            for k in range(size):
                place = k * 8 * row + at // EIGHT
                gather_bits(joined, k * N_PIXELS, bits, place, row)
            join_bytes(pixels, done + at, joined)
            at += N_PIXELS
        while at < count:
            _join_eight(pixels, done + at, bits, at // EIGHT, row)
            at += EIGHT
        start = end
        done += count
    left = (pixels.size - in_blocks) * size
    if packed.size - start < left:
        return done
    for k in range(left):
        raw[in_blocks * size + k] = packed[start + k]
    return pixels.size


@compiled
def _join_eight(
    pixels: NDArray[Any], to: int, bits: NDArray[np.uint8], start: int, row: int
) -> None:
    """Make eight pixels bit by bit: few are left over for this."""
    for i in range(EIGHT):
        value = 0
        for k in range(8 * pixels.itemsize):
            value |= (byte_at(bits, start + k * row) >> i & 1) << k
        pixels[to + i] = value


@compiled
def _end_of_block(packed: NDArray[np.uint8], start: int) -> int:
    """Where the block ends whose size stands at ``start``; -1 if that is not in the chunk."""
    if packed.size - start < LENGTH:
        return -1
    size = 0
    for k in range(LENGTH):
        size = size << 8 | byte_at(packed, start + k)
    end = start + LENGTH + size
    return end if end <= packed.size else -1


@compiled
def _unpack_block(
    packed: NDArray[np.uint8], start: int, end: int, target: NDArray[np.uint8], to: int, stop: int
) -> bool:
    """Whether ``packed[start:end]`` is a block that fills exactly ``target[to:stop]``.

    Both must lie inside their arrays. What stands behind ``stop`` may be overwritten: whole steps
    are copied where the arrays have room for them.
    """
    # All in one function: a call for each of the short copies would take half as long again.
    first = to
    last_read, last_written = packed.size - COPIED, target.size - COPIED
    ample_read = end - COPIED - DISTANCE
    ample_written = min(stop - SHORT, target.size - SHORT - COPIED)
    while start < end:
        token = byte_at(packed, start)
        start += 1
        count, again = token >> 4, token & LONG
        short = count < LONG and start <= ample_read and to <= ample_written
        if short:  # nearly all are, and far from the ends nothing has to be asked
            if count:
                copy_wide(target, to, packed, start)
                start += count
                to += count
        else:
            more = GOES_ON if count == LONG else 0
            while more == GOES_ON and start < end:
                more = byte_at(packed, start)
                start += 1
                count += more
            if count > end - start or count > stop - to:
                return False
            ahead, part_end = start - to, to + count
            while to < part_end and to <= last_written and to + ahead <= last_read:
                copy_wide(target, to, packed, to + ahead)
                to += COPIED
            while to < part_end:
                target[to] = packed[to + ahead]
                to += 1
            to, start = part_end, part_end + ahead
            if start == end:
                return to == stop
            if end - start < DISTANCE:
                return False
        distance = byte_at(packed, start) | byte_at(packed, start + 1) << 8
        start += DISTANCE
        if distance == 0 or distance > to - first:
            return False
        if short and again < LONG and distance >= WORD:
            for done in range(0, SHORT - COPIED, WORD):
                put_word(target, to + done, word_at(target, to + done - distance))
            to += again + MIN_MATCH
            continue
        count = again
        more = GOES_ON if count == LONG else 0
        while more == GOES_ON and start < end:
            more = byte_at(packed, start)
            start += 1
            count += more
        count += MIN_MATCH
        if count > stop - to:
            return False
        part_end = to + count
        if distance >= COPIED:
            while to < part_end and to <= last_written:
                copy_wide(target, to, target, to - distance)
                to += COPIED
        elif distance > WORD:
            while to < part_end and to <= last_written:
                put_word(target, to, word_at(target, to - distance))
                to += WORD
        elif to <= last_written:
            # The bytes that repeat fit into a word: nothing is read again that was just written.
            word, n_bits = word_at(target, to - distance), 8 * distance
            if distance < WORD:
                word &= (np.uint64(1) << np.uint64(n_bits)) - np.uint64(1)
            while n_bits < 64:
                word |= word << np.uint64(n_bits)
                n_bits *= 2
            step = WORD // distance * distance
            while to < part_end and to <= last_written:
                put_twice(target, to, word)
                to += step if step < WORD else COPIED
        while to < part_end:
            target[to] = target[to - distance]
            to += 1
        to = part_end
    return False
