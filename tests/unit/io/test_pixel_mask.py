"""The pixel_mask of an HDF5 file, and the count cutoff of any."""

import h5py
import numpy as np
import pytest

from saxsdog.errors import FrameError
from saxsdog.io.headers import parse_counts
from saxsdog.io.images import FrameReader, read_frame
from saxsdog.reasons import Reason
from tests.helpers.frames import tiff_bytes

SHAPE = (6, 8)
PLACES = ["entry/instrument/detector", "entry/instrument/detector/detectorSpecific"]
MARKED = np.zeros(SHAPE, np.uint32)
MARKED[1, 2], MARKED[4, 4], MARKED[5, 7] = 1, 1 << 8, 1 << 31
BAD = {"u2": 65535, "u4": 2**32 - 1, "i4": -1, "f4": np.nan}


def stack(path, dtype="u4", mask=MARKED, place=PLACES[0], **options):
    with h5py.File(path, "w") as file:
        data = np.arange(2 * 48).reshape(2, *SHAPE).astype(dtype)
        file.create_dataset("entry/data/data", data=data, **options)
        if mask is not None:
            file[f"{place}/pixel_mask"] = mask
    return path


@pytest.fixture
def reader():
    reader = FrameReader(SHAPE, without_marked=True)
    yield reader
    reader.close()


@pytest.mark.parametrize("options", [{}, {"chunks": (1, *SHAPE), "compression": "gzip"}])
@pytest.mark.parametrize("dtype", BAD)
@pytest.mark.parametrize("place", PLACES)
def test_marked_pixels_have_no_measurement(tmp_path, reader, place, dtype, options):
    path = stack(tmp_path / "a.h5", dtype, place=place, **options)
    for page in (1, 0):
        plain = read_frame(path, page=page).image
        image = reader.read(path, page=page).image
        assert np.array_equal(image[MARKED == 0], plain[MARKED == 0])
        assert np.array_equal(image[MARKED != 0], np.full(3, BAD[dtype], dtype), equal_nan=True)


def test_nobody_who_does_not_ask_loses_a_pixel(tmp_path):
    image = read_frame(stack(tmp_path / "a.h5"), page=0).image
    assert (image == np.arange(48).reshape(SHAPE)).all()


def test_a_file_without_a_mask_is_read_as_it_is(tmp_path, reader):
    image = reader.read(stack(tmp_path / "a.h5", mask=None), page=1).image
    assert (image == np.arange(48, 96).reshape(SHAPE)).all()


def test_every_file_has_its_own_mask_and_an_image_of_another_format_none(tmp_path, reader):
    other = np.zeros(SHAPE, np.uint32)
    other[0, 0] = 1
    paths = [stack(tmp_path / "a.h5"), stack(tmp_path / "b.h5", mask=other)]
    tiff = tmp_path / "c.tif"
    tiff.write_bytes(tiff_bytes(np.arange(48, dtype="u4").reshape(SHAPE)))
    bad = [(reader.read(path, page=0).image == BAD["u4"]).sum() for path in (*paths, tiff, *paths)]
    assert bad == [3, 1, 0, 3, 1]


def test_a_mask_with_an_axis_of_one_is_one(tmp_path, reader):
    image = reader.read(stack(tmp_path / "a.h5", mask=MARKED[np.newaxis]), page=0).image
    assert (image == BAD["u4"]).sum() == 3


@pytest.mark.parametrize("mask", [np.zeros((5, 8), "u4"), np.zeros(SHAPE), np.zeros((2, *SHAPE))])
def test_a_mask_that_does_not_fit_is_an_error(tmp_path, reader, mask):
    path = stack(tmp_path / "a.h5", mask=mask)
    with pytest.raises(FrameError, match=r"expected a pixel_mask of \(6, 8\)") as caught:
        reader.read(path, page=0)
    assert caught.value.reason is Reason.WRONG_SHAPE


def test_a_mask_in_another_file_is_not_followed(tmp_path, reader):
    stack(tmp_path / "other.h5")
    path = stack(tmp_path / "a.h5", mask=None)
    with h5py.File(path, "a") as file:
        file[f"{PLACES[0]}/pixel_mask"] = h5py.ExternalLink("other.h5", f"{PLACES[0]}/pixel_mask")
    assert (reader.read(path, page=0).image == np.arange(48).reshape(SHAPE)).all()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("1080457 counts", 1080457),
        ("65535", 65535),
        ("1e6", 1e6),
        ("0 counts", None),
        ("none", None),
        ("10 s", None),
        ("-5", None),
    ],
)
def test_a_count_cutoff_is_a_number_of_counts(text, counts):
    assert parse_counts(text) == counts


@pytest.mark.parametrize("key", ["saturation_value", "countrate_correction_count_cutoff"])
def test_the_cutoff_of_an_hdf5_file_is_found(tmp_path, key):
    path = stack(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file[f"entry/instrument/detector/{key}"] = 4711
    assert read_frame(path, page=1).header.count_cutoff == 4711


def test_the_cutoff_of_a_pilatus_is_found(tmp_path):
    text = b"# Pixel_size 172e-6 m x 172e-6 m\r\n# Count_cutoff 1080457 counts\r\n\0"
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_bytes(tags=[(270, 2, len(text), text)]))
    assert read_frame(path).header.count_cutoff == 1080457
    path.write_bytes(tiff_bytes())
    assert read_frame(path).header.count_cutoff is None
