import io
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import FrameError
from saxsdog.io.tiff import describe, is_tiff
from tests.helpers.frames import COMMENTS, reader_of, tiff_bytes

IMAGE = np.arange(24, dtype="i4").reshape(6, 4)


def described(data, page=0):
    return describe(reader_of(data), page)


def pixels(data, layout):
    values = np.frombuffer(
        data, layout.dtype, layout.length // layout.dtype.itemsize, layout.offset
    )
    return values.reshape(layout.shape)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"])
def test_plain_pixels_are_found_for_every_type_and_byte_order(form, order, big):
    image = IMAGE.astype(form)
    data = tiff_bytes(image, order=order, big=big, rows_per_strip=2)
    layout = described(data)
    assert layout.packing == "plain"
    assert layout.dtype == image.dtype.newbyteorder(order)
    assert (pixels(data, layout) == tifffile.imread(io.BytesIO(data))).all()
    assert (pixels(data, layout) == image).all()


def test_the_odd_sample_format_of_pilatus_means_signed():
    odd = tiff_bytes(IMAGE, tags=[(339, 3, 1, struct.pack("<I", 131074))])
    odder = tiff_bytes(IMAGE, tags=[(339, 4, 1, struct.pack("<I", 131074))])
    three = tiff_bytes(IMAGE, tags=[(339, 3, 3, struct.pack("<3H", 2, 2, 2))])
    assert [described(data).dtype for data in (odd, odder, three)] == [np.dtype("<i4")] * 3


def test_the_real_frame_has_4096_bytes_of_header(real_data):
    layout = described((real_data / "agbeh2_1M.tif").read_bytes())
    assert (layout.shape, layout.dtype) == ((1043, 981), np.dtype("<i4"))
    assert (layout.packing, layout.offset, layout.length) == ("plain", 4096, 4092732)
    assert layout.fields["Model"] == "PILATUS3 1M, S/N 10-0120"
    assert layout.fields["DateTime"] == "2014:05:21 13:04:52"
    assert layout.fields["Wavelength"] == "1.54987 A"


def test_the_first_of_two_descriptions_is_the_one_that_counts():
    raw = COMMENTS.encode() + b"\0"
    data = tiff_bytes(IMAGE, tags=[(270, 2, len(raw), raw), (272, 2, 4, b"PIL\0")])
    assert described(data).fields["Exposure_time"] == "0.5000000 s"
    assert described(data).fields["Model"] == "PIL"
    assert (
        described(data.replace(struct.pack("<H", 272), struct.pack("<H", 270))).fields[
            "Exposure_time"
        ]
        == "0.5000000 s"
    )


def test_strips_that_do_not_touch_are_left_to_tifffile():
    assert described(tiff_bytes(IMAGE, rows_per_strip=2, gap=3)).packing == "tiff"


@pytest.mark.parametrize(
    "options",
    [{"compression": "zlib"}, {"tile": (16, 16)}, {"compression": "zlib", "predictor": True}],
)
def test_packed_pixels_are_left_to_tifffile(options):
    file = io.BytesIO()
    tifffile.imwrite(file, IMAGE, **options)
    layout = described(file.getvalue())
    assert (layout.packing, layout.shape, layout.dtype) == ("tiff", (6, 4), np.dtype("<i4"))


@pytest.mark.parametrize(
    "tag", [(266, 3, 1, b"\2\0"), (258, 3, 1, b"\x0c\0"), (258, 3, 1, b"\1\0")]
)
def test_odd_bits_are_left_to_tifffile(tag):
    assert described(tiff_bytes(IMAGE.astype("u2"), tags=[tag])).packing == "tiff"


def test_pages_are_counted_from_0():
    file = io.BytesIO()
    stack = np.stack([IMAGE, IMAGE + 100])
    tifffile.imwrite(file, stack, metadata=None, photometric="minisblack")
    data = file.getvalue()
    assert (pixels(data, described(data, 1)) == IMAGE + 100).all()
    with pytest.raises(FrameError, match="expected a page 2, the file has 2"):
        described(data, 2)


def test_directories_in_a_circle_end():
    data = bytearray(tiff_bytes(IMAGE))
    start = struct.unpack_from("<I", data, 4)[0]
    data[-4:] = struct.pack("<I", start)
    with pytest.raises(FrameError, match="expected a page 7, the file has 1"):
        described(bytes(data), 7)


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ((277, 3, 1, b"\3\0"), "expected one number per pixel, the page has 3"),
        ((339, 3, 1, b"\5\0"), "32 bits of sample format 5"),
        ((258, 3, 1, b"\x80\0"), "128 bits of sample format 2"),
    ],
)
def test_pixels_that_are_no_numbers_are_refused(tag, reason):
    with pytest.raises(FrameError, match=reason):
        described(tiff_bytes(IMAGE, tags=[tag]))


def test_a_page_that_lacks_millions_of_strips_is_refused_at_once():
    many_rows, packed = (257, 4, 1, struct.pack("<I", 8_000_000)), (259, 3, 1, b"\x08\0")
    data = tiff_bytes(IMAGE, rows_per_strip=2, tags=[many_rows, packed])
    with pytest.raises(FrameError, match="expected 4000000 strips, the page names 3"):
        described(data)


def test_a_page_that_lacks_millions_of_tiles_is_refused_at_once():
    stream = io.BytesIO()
    tifffile.imwrite(stream, IMAGE, tile=(16, 16))
    data = bytearray(stream.getvalue())
    length = data.index(struct.pack("<HHII", 257, 4, 1, 6)) + 8
    assert described(bytes(data)).packing == "tiff"
    data[length : length + 4] = struct.pack("<I", 80_000_000)
    with pytest.raises(FrameError, match="expected 5000000 tiles, the page names 1"):
        described(bytes(data))


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0",
        b"II*\0\0\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"II*\0\x08\0\0\0\x09\0abc",
        b"MM\0+\0\x08\0\0" + b"\xff" * 8,
    ],
)
def test_a_directory_that_is_not_there_is_refused(data):
    assert is_tiff(data)
    with pytest.raises(FrameError, match="expected"):
        described(data)


@given(st.data())
def test_changed_bytes_are_described_or_refused(data):
    raw = bytearray(tiff_bytes(IMAGE, rows_per_strip=2, page=2, tags=[(270, 2, 9, b"# Tau = 0")]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(4, len(raw)))
    try:
        layout = described(bytes(raw[:cut]), data.draw(st.integers(0, 2)))
    except FrameError:
        return
    assert layout.offset >= 0
