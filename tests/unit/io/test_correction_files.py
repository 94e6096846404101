import h5py
import numpy as np
import pytest
import tifffile

from saxsdog.errors import CalibrationError
from saxsdog.io.correction_files import read_correction
from tests.helpers.frames import cbf_bytes

SHAPE = (7, 9)
VALUES = np.random.default_rng(0).uniform(0.5, 2.0, SHAPE)


def test_a_number_for_each_pixel_comes_from_every_format(tmp_path):
    np.save(tmp_path / "flat.npy", VALUES)
    tifffile.imwrite(tmp_path / "flat.tif", VALUES.astype(np.float32))
    (tmp_path / "dark.cbf").write_bytes(cbf_bytes(np.full(SHAPE, 12, np.int32)))
    with h5py.File(tmp_path / "flat.h5", "w") as file:
        file["entry/flatfield"] = VALUES
    np.testing.assert_array_equal(read_correction(tmp_path / "flat.npy", SHAPE), VALUES)
    np.testing.assert_array_equal(read_correction(tmp_path / "flat.h5", SHAPE), VALUES)
    np.testing.assert_allclose(read_correction(tmp_path / "flat.tif", SHAPE), VALUES, rtol=1e-6)
    assert (read_correction(tmp_path / "dark.cbf", SHAPE) == 12).all()


@pytest.mark.parametrize(
    ("dtype", "bad"),
    [("int32", -1), ("int32", -2), ("uint16", 65535), ("uint32", 2**32 - 1)]
    + [("float32", value) for value in (np.nan, np.inf, -1.0)],
)
def test_what_is_no_measurement_in_a_frame_is_none_here(tmp_path, dtype, bad):
    image = np.full(SHAPE, 5, dtype)
    image[2, 3] = bad
    tifffile.imwrite(tmp_path / "dark.tif", image)
    read = read_correction(tmp_path / "dark.tif", SHAPE)
    assert np.isnan(read[2, 3])
    assert np.isnan(read).sum() == 1


@pytest.mark.parametrize("name", ["flat.npy", "flat.tif"])
def test_an_image_of_another_shape_is_refused(tmp_path, name):
    write = np.save if name.endswith("npy") else tifffile.imwrite
    write(tmp_path / name, np.ones((9, 7), np.float32))
    expected = r"an image of \(7, 9\) pixels as in Geometry.Imagesize, got \(9, 7\)"
    with pytest.raises(CalibrationError, match=expected) as caught:
        read_correction(tmp_path / name, SHAPE)
    assert str(tmp_path / name) in str(caught.value)


def test_what_is_no_image_is_refused(tmp_path):
    (tmp_path / "text.tif").write_text("flat")
    with pytest.raises(CalibrationError, match="there is no such file"):
        read_correction(tmp_path / "none.tif", SHAPE)
    with pytest.raises(CalibrationError, match="no regular file"):
        read_correction(tmp_path, SHAPE)
    with pytest.raises(CalibrationError, match=r"expected an image, .*text\.tif"):
        read_correction(tmp_path / "text.tif", SHAPE)
