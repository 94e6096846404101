"""The filters of HDF5 that we undo ourselves, against those of hdf5plugin."""

import h5py
import hdf5plugin
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saxsdog.errors import FrameError
from saxsdog.io.hdf5_filters import HEADER, unpack_bitshuffle, unpack_lz4
from saxsdog.reasons import Reason

FORMS = ["u1", "i2", "u2", "i4", "u4", "f4", "u8", "f8"]
WAYS = {
    "bitshuffle": (unpack_bitshuffle, hdf5plugin.Bitshuffle()),
    "small blocks": (unpack_bitshuffle, hdf5plugin.Bitshuffle(nelems=64)),
    "odd blocks": (unpack_bitshuffle, hdf5plugin.Bitshuffle(nelems=1000)),
    "one block": (unpack_bitshuffle, hdf5plugin.Bitshuffle(nelems=8192)),
    "lz4": (unpack_lz4, hdf5plugin.LZ4()),
    "lz4 in blocks": (unpack_lz4, hdf5plugin.LZ4(nbytes=1000)),
}


def packed(numbers, options):
    """Return the bytes that the plugin makes of a chunk."""
    with h5py.File.in_memory() as file:
        data = file.create_dataset("data", data=numbers, chunks=numbers.shape, **options)
        return np.frombuffer(data.id.read_direct_chunk((0,) * numbers.ndim)[1], np.uint8)


def counts(form, size, seed=0):
    """Few counts, none at all, many, gaps without pixels: all that a detector writes."""
    random = np.random.default_rng(seed)
    numbers = random.poisson(random.choice([0.01, 3, 100], size)).astype(form)
    numbers[size // 3 : size // 2] = 0
    numbers[size // 2 : size // 2 + 20] = np.array([-1]).astype(form)[0]
    return numbers


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_numbers_of_every_type_come_back(way, form):
    unpack, options = WAYS[way]
    for size in (1, 7, 8, 9, 63, 255, 256, 257, 4095, 5003, 40_001):
        numbers = counts(form, size, seed=size)
        result = np.full(size, 7, form)
        unpack(packed(numbers, options), result)
        assert (result == numbers).all(), size


@settings(max_examples=60)
@given(st.data())
def test_any_bytes_come_back(data):
    form = data.draw(st.sampled_from(FORMS[:5]))
    way = data.draw(st.sampled_from(sorted(WAYS)))
    # Repeated pieces at all distances, which is what LZ4 looks for.
    pieces = data.draw(st.lists(st.tuples(st.binary(max_size=20), st.integers(1, 50)), max_size=20))
    raw = b"".join(piece * times for piece, times in pieces) or b"\0"
    numbers = np.frombuffer(raw.ljust(-(-len(raw) // 8) * 8, b"\1"), form)
    unpack, options = WAYS[way]
    result = np.empty_like(numbers)
    unpack(packed(numbers, options), result)
    assert result.tobytes() == numbers.tobytes()


@pytest.mark.parametrize("way", WAYS)
def test_every_cut_is_refused(way):
    unpack, options = WAYS[way]
    numbers = counts("u2", 3001)
    chunk = packed(numbers, options)
    for end in (*range(40), *range(40, chunk.size, 97), chunk.size - 1):
        with pytest.raises(FrameError) as error:
            unpack(chunk[:end].copy(), np.empty_like(numbers))
        assert error.value.reason is Reason.DECODE_ERROR


def reason_of(unpack, chunk, target):
    try:
        unpack(chunk, target)
    except FrameError as error:
        return error.reason


def guarded(size, form):
    """Room for numbers between two walls, which nobody may write to."""
    room = np.full((size + 64) * np.dtype(form).itemsize, 0xA5, np.uint8).view(form)
    return room, room[32 : 32 + size]


def walls_of(room):
    raw, n = room.view(np.uint8), 32 * room.itemsize
    return np.concatenate([raw[:n], raw[-n:]])


@settings(max_examples=500)
@given(st.data())
def test_damage_gives_numbers_or_an_error_and_harms_nothing_beside_them(data):
    unpack, options = WAYS[data.draw(st.sampled_from(sorted(WAYS)))]
    numbers = counts(data.draw(st.sampled_from(FORMS)), 1003)
    chunk = packed(numbers, options).copy()
    for _ in range(data.draw(st.integers(0, 6))):
        chunk[data.draw(st.integers(0, chunk.size - 1))] = data.draw(st.integers(0, 255))
    chunk = chunk[: data.draw(st.integers(0, chunk.size))].copy()
    room, target = guarded(numbers.size, numbers.dtype)
    assert reason_of(unpack, chunk, target) in (None, Reason.DECODE_ERROR)
    assert (walls_of(room) == 0xA5).all()


@settings(max_examples=300)
@given(st.binary(max_size=300), st.sampled_from([8, 64, 1 << 13, 1 << 31, (1 << 32) - 8]))
def test_random_blocks_harm_nothing(body, per_block):
    for unpack in (unpack_bitshuffle, unpack_lz4):
        for form in ("u1", "u2", "u4"):
            room, target = guarded(301, form)
            head = target.nbytes.to_bytes(8, "big") + per_block.to_bytes(4, "big")
            length = max(0, len(body) - 4).to_bytes(4, "big")
            chunk = np.frombuffer(head + length + body, np.uint8)
            assert reason_of(unpack, chunk, target) in (None, Reason.DECODE_ERROR)
            assert (walls_of(room) == 0xA5).all()


@pytest.mark.parametrize("unpack", [unpack_bitshuffle, unpack_lz4])
def test_a_chunk_of_another_size_than_the_image_is_refused(unpack):
    numbers = counts("u4", 500)
    options = WAYS["lz4" if unpack is unpack_lz4 else "bitshuffle"][1]
    for size in (499, 501, 250, 1000, 10**6):
        with pytest.raises(FrameError, match=f"expected a chunk of {4 * size} bytes"):
            unpack(packed(numbers, options), np.empty(size, "u4"))


@pytest.mark.parametrize("per_block", [1, 7, 12, 8196, (1 << 32) - 1])
def test_blocks_that_are_no_multiple_of_eight_pixels_are_refused(per_block):
    chunk = packed(counts("u4", 500), WAYS["bitshuffle"][1]).copy()
    chunk[HEADER - 4 : HEADER] = np.frombuffer(per_block.to_bytes(4, "big"), np.uint8)
    with pytest.raises(FrameError, match="multiple of 8 pixels"):
        unpack_bitshuffle(chunk, np.empty(500, "u4"))


def test_a_header_without_a_block_size_means_the_usual_one():
    numbers = counts("u2", 9000)
    chunk = packed(numbers, WAYS["bitshuffle"][1]).copy()
    chunk[HEADER - 4 : HEADER] = 0
    result = np.empty_like(numbers)
    unpack_bitshuffle(chunk, result)
    assert (result == numbers).all()
