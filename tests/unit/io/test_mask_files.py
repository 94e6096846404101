import os
import struct
import tracemalloc

import fabio
import fabio.fit2dmaskimage
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from saxsdog.errors import CalibrationError
from saxsdog.io.mask_files import FIT2D_MAGIC, read_mask, write_fit2d_mask
from tests.helpers.frames import cbf_bytes, edf_bytes, stored

MASK = np.arange(35).reshape(5, 7) % 3 == 0


def test_the_real_mask_covers_every_flagged_pixel(real_data):
    mask = read_mask(real_data / "AAA_integ.msk")
    flagged = tifffile.imread(real_data / "agbeh2_1M.tif") < 0
    assert (mask.shape, mask.dtype, mask.sum()) == ((1043, 981), np.bool_, 356788)
    assert flagged.sum() == 73671
    assert mask[flagged].all()
    assert not mask[::-1][flagged].all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("masks")


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=70)))
def test_a_fit2d_mask_survives_writing_and_reading(folder, mask):
    write_fit2d_mask(folder / "a.msk", mask)
    assert (read_mask(folder / "a.msk") == mask).all()
    with fabio.open(str(folder / "a.msk")) as oracle:  # keeps the bottom row first
        assert (oracle.data[::-1] == mask).all()


def test_what_fabio_writes_is_read(tmp_path):
    fabio.fit2dmaskimage.Fit2dMaskImage(data=MASK[::-1].astype("u1")).write(str(tmp_path / "a.msk"))
    assert (read_mask(tmp_path / "a.msk") == MASK).all()
    write_fit2d_mask(tmp_path / "b.msk", MASK)
    assert (tmp_path / "a.msk").read_bytes() == (tmp_path / "b.msk").read_bytes()


def test_a_hand_packed_fit2d_mask_is_read(tmp_path):
    header = (FIT2D_MAGIC + struct.pack("<II", 9, 2)).ljust(1024, b"\0")
    path = stored(tmp_path, header + b"\x01\x01\0\0" + b"\x02\0\0\0")  # the bottom row comes first
    assert np.argwhere(read_mask(path)).tolist() == [[0, 1], [1, 0], [1, 8]]


def test_whatever_is_not_0_in_an_image_is_masked(tmp_path):
    image = np.array([[0, 1, -1], [255, 0, 0]], "i4")
    tifffile.imwrite(tmp_path / "a.tif", image)
    np.save(tmp_path / "a.npy", image)
    stored(tmp_path, edf_bytes(image), "a.edf")
    stored(tmp_path, cbf_bytes(image), "a.cbf")
    for name in ("a.tif", "a.npy", "a.edf", "a.cbf"):
        mask = read_mask(tmp_path / name)
        assert mask.dtype == np.bool_
        assert mask.tolist() == [[False, True, True], [True, False, False]]


def test_nan_is_masked(tmp_path):
    image = np.array([[0.0, np.nan, 1.0]])
    np.save(tmp_path / "a.npy", image)
    tifffile.imwrite(tmp_path / "a.tif", image)
    for name in ("a.npy", "a.tif"):
        assert read_mask(tmp_path / name).tolist() == [[False, True, True]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"nothing of the sort", "expected a mask"),
        (FIT2D_MAGIC, "expected a header of 1024 bytes, got 16"),
        (FIT2D_MAGIC + b"\0" * 1008, "got one of 0 x 0 pixels"),
        (
            (FIT2D_MAGIC + struct.pack("<II", 9, 2)).ljust(1031, b"\0"),
            "expected 1032 bytes for a mask of 2 x 9 pixels, got 1031",
        ),
        ((FIT2D_MAGIC + struct.pack("<II", 2**31, 2**31)).ljust(2000, b"\0"), "2147483648 pixels"),
        ((FIT2D_MAGIC + struct.pack("<ii", -9, -2)).ljust(2000, b"\0"), "expected .* bytes"),
        (b"\x93NUMPY\1\0", "expected an array of NumPy"),
        (b"\x93NUMPY\1\0\x10\0{'descr': '|O', ", "expected an array of NumPy"),
    ],
)
def test_a_file_that_is_no_mask_is_refused_by_name(tmp_path, data, reason):
    path = stored(tmp_path, data, "bad.msk")
    with pytest.raises(CalibrationError, match=reason) as refused:
        read_mask(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    "array",
    [np.zeros(5), np.zeros((2, 3, 4)), np.zeros((0, 4)), np.zeros((2, 2), complex),
     np.array([["a", "b"]]), np.array([[None]])],
)  # fmt: skip
def test_an_array_that_is_no_mask_is_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(CalibrationError, match=r"a\.npy"):
        read_mask(tmp_path / "a.npy")


@pytest.mark.parametrize("name", ["a.npy", "a.msk", "a.tif"])
def test_another_shape_is_refused_ahead_of_the_pixels(tmp_path, name):
    shape = (20_000, 20_000)  # 400 MB, nothing of it on the disk
    if name == "a.npy":
        np.lib.format.open_memmap(tmp_path / name, "w+", np.uint8, shape)
    elif name == "a.msk":
        header = FIT2D_MAGIC + struct.pack("<II", *shape)
        stored(tmp_path, header.ljust(1024, b"\0"), name)
        os.truncate(tmp_path / name, 1 << 26)
    else:
        tifffile.memmap(tmp_path / name, shape=shape, dtype=np.uint8)
    tracemalloc.start()
    try:
        with pytest.raises(
            CalibrationError, match=r"expected a mask of \(4, 5\) pixels .* got \(20"
        ):
            read_mask(tmp_path / name, (4, 5))
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_mask_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match=r"none\.msk: expected a mask, there is no such"):
        read_mask(tmp_path / "none.msk")
    with pytest.raises(CalibrationError, match="this is no regular file"):
        read_mask(tmp_path)


def outcome(path):
    """Return the mask, or the reason why there is none."""
    try:
        return read_mask(path)
    except CalibrationError as error:
        return str(error)


@given(st.data())
def test_changed_bytes_are_a_mask_or_refused(folder, data):
    np.save(folder / "good.npy", MASK)
    write_fit2d_mask(folder / "good.msk", MASK)
    raw = bytearray((folder / data.draw(st.sampled_from(["good.npy", "good.msk"]))).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(6, 127))] = data.draw(st.integers(0, 255))
    path = stored(folder, bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    result = outcome(path)
    assert str(path) in result if isinstance(result, str) else result.ndim == 2
