import contextlib

import fabio
import fabio.compression
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saxsdog.errors import FrameError
from saxsdog.io.cbf import START, describe, is_cbf, unpack
from tests.helpers.frames import byte_offset, cbf_bytes, reader_of, stored

INT32 = st.integers(-(2**31), 2**31 - 1)


def described(data, page=0):
    return describe(reader_of(data), page)


def unpacked(packed, count, form="i4"):
    pixels = np.zeros(count, form)
    unpack(np.frombuffer(packed, np.uint8), pixels)
    return pixels


@given(st.lists(INT32, max_size=50))
@example([0, 127, -1, 32767, -32768, 2**31 - 1, -(2**31), 2**31 - 1])
def test_steps_of_every_width_are_undone(values):
    assert unpacked(byte_offset(values), len(values)).tolist() == values


@pytest.mark.parametrize("form", ["i1", "u1", "i2", "u2", "i4", "u4"])
def test_the_ends_of_every_type_survive(form):
    values = [0, np.iinfo(form).max, np.iinfo(form).min, 1]
    wrapped = bytes(fabio.compression.compByteOffset(np.array(values, form)))
    assert unpacked(byte_offset(values), 4, form).tolist() == values
    assert unpacked(wrapped, 4, form).tolist() == values


def test_fabio_packs_what_we_unpack():
    image = np.random.default_rng(1).poisson(30, (50, 40)).astype("i4")
    image[::7] = -1
    packed = bytes(fabio.compression.compByteOffset(image))
    assert (unpacked(packed, image.size) == image.ravel()).all()


@given(st.lists(INT32, min_size=1, max_size=20), st.data())
def test_no_cut_goes_unnoticed(values, data):
    packed = byte_offset(values)
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(FrameError, match="they end after"):
        unpacked(packed[:cut], len(values))


def test_a_cut_tells_how_many_pixels_came():
    with pytest.raises(
        FrameError, match="expected 4 pixels in 3 compressed bytes, they end after 3"
    ):
        unpacked(b"\1\1\1", 4)


def test_bytes_that_are_left_over_are_refused():
    with pytest.raises(
        FrameError, match="expected 2 pixels in 3 compressed bytes, they fill only 2"
    ):
        unpacked(b"\1\1\1", 2)


@given(st.binary(max_size=64), st.integers(0, 70))
def test_any_bytes_are_unpacked_or_refused(packed, count):
    guarded = np.full(count + 2, 7777, "i4")
    with contextlib.suppress(FrameError):
        unpack(np.frombuffer(packed, np.uint8), guarded[1:-1])
    assert guarded[0] == guarded[-1] == 7777


def test_the_headers_of_a_pilatus_image_are_read():
    data = cbf_bytes()
    layout = described(data)
    assert is_cbf(data)
    assert (layout.shape, layout.dtype, layout.packing) == ((3, 4), np.dtype("i4"), "byte offset")
    assert data[layout.offset - 4 : layout.offset] == START
    assert layout.length == 12
    assert layout.fields["Exposure_time"] == "0.5000000 s"
    assert layout.fields["Timestamp"] == "2014/May/21 13:04:52.123"


def test_a_header_longer_than_the_first_read_is_read():
    comments = "".join(f"# Key_{i} {i}\r\n" for i in range(3000))
    assert described(cbf_bytes(comments=comments)).fields["Key_2999"] == "2999"


def test_what_we_describe_is_what_fabio_reads(tmp_path):
    image = np.arange(-30, 30, dtype="i4").reshape(6, 10) ** 3
    path = stored(tmp_path, cbf_bytes(image), "a.cbf")
    assert (fabio.open(str(path)).data == image).all()
    layout = described(path.read_bytes())
    packed = path.read_bytes()[layout.offset : layout.offset + layout.length]
    assert (unpacked(packed, image.size).reshape(layout.shape) == image).all()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"X_Binary_Number_of_Elements": 13}, "expected 3 x 4 pixels, the header counts 13"),
        ({"X_Binary_Size": None}, "expected a number as x-binary-size, got ''"),
        ({"X_Binary_Size": "-5"}, "expected a number as x-binary-size, got '-5'"),
        ({"X_Binary_Size_Third_Dimension": 5}, "the file holds a stack"),
        ({"X_Binary_Element_Type": '"signed 32-bit real IEEE"'}, "expected integers"),
        ({"Content_Type": 'a;\r\n conversions="x-CBF_PACKED"'}, "got 'x-CBF_PACKED'"),
        ({"X_Binary_Size_Fastest_Dimension": "9" * 30}, "expected a number"),
    ],
)
def test_a_header_that_we_cannot_follow_is_refused(changed, reason):
    with pytest.raises(FrameError, match=reason):
        described(cbf_bytes(**changed))


@pytest.mark.parametrize(
    "data", [b"###CBF: VERSION 1.5\r\n", b"###CBF" + START, b"###CBF" + b" " * 2**21 + START]
)
def test_a_header_that_does_not_end_is_refused(data):
    with pytest.raises(FrameError, match=r"not found|not there"):
        described(data)


def test_a_cbf_has_one_page():
    with pytest.raises(FrameError, match="expected a page 1, a CBF has one image"):
        described(cbf_bytes(), 1)


@given(st.data())
def test_changed_bytes_are_described_or_refused(data):
    raw = bytearray(cbf_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(6, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        described(bytes(raw[: data.draw(st.integers(6, len(raw)))]))
    except FrameError:
        return
