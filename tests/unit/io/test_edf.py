import fabio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import FrameError
from saxsdog.io.edf import describe, is_edf
from tests.helpers.frames import edf_bytes, reader_of, stored

IMAGE = np.arange(24, dtype="i4").reshape(6, 4)


def described(data, page=0):
    return describe(reader_of(data), page)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"])
def test_pixels_are_found_for_every_type_and_byte_order(tmp_path, form, order):
    path = stored(tmp_path, edf_bytes(IMAGE.astype(form), order=order), "a.edf")
    layout = described(path.read_bytes())
    assert layout.shape == (6, 4)
    values = np.fromfile(path, layout.dtype, 24, offset=layout.offset).reshape(6, 4)
    assert (values == IMAGE).all()
    with fabio.open(str(path)) as oracle:
        assert (values == oracle.data).all()


def test_keys_are_read_whatever_their_case():
    data = edf_bytes(IMAGE, count_time="0.5", Dim_1=None, DIM_1=4)
    assert described(data).shape == (6, 4)
    assert described(data).fields["count_time"] == "0.5"


def test_pages_are_counted_from_0(tmp_path):
    data = edf_bytes(IMAGE) + edf_bytes(IMAGE + 100, Size=None) + edf_bytes(IMAGE, Size=4096)
    second = described(data, 1)
    assert np.frombuffer(data, "<i4", 1, second.offset) == 100
    assert described(data, 2).length == 4096
    with pytest.raises(FrameError, match="expected a page 2, the file has 2"):
        described(data[: second.offset + second.length], 2)
    with fabio.open(str(stored(tmp_path, data, "a.edf"))) as oracle:
        assert (oracle.get_frame(1).data == IMAGE + 100).all()


def test_a_long_header_is_read():
    more = {f"key_{i}": "x" * 100 for i in range(500)}
    assert described(edf_bytes(IMAGE, **more)).fields["key_499"] == "x" * 100


@pytest.mark.parametrize(
    "changed",
    [{"EDF_DataFormatVersion": "2.40"}, {"Compression": "gzip"}, {"DataType": "QuadrupleValue"},
     {"EDF_BinaryFileName": "b.bin"}, {"DataType": None}],
)  # fmt: skip
def test_what_is_rare_is_left_to_fabio(changed):
    assert described(edf_bytes(IMAGE, **changed)) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Dim_1": None}, "expected a number as dim_1, got ''"),
        ({"Dim_1": "-4"}, "expected a number as dim_1, got '-4'"),
        ({"Dim_2": "6.5"}, "expected a number as dim_2, got '6.5'"),
        ({"Dim_3": "2"}, "expected an image of two dimensions"),
        ({"ByteOrder": "Middle"}, "got 'Middle'"),
        ({"Size": 95}, "expected 96 bytes .* the header says size = 95"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(changed, reason):
    with pytest.raises(FrameError, match=reason):
        described(edf_bytes(IMAGE, **changed))


@pytest.mark.parametrize("data", [b"{", b"{\n" + b"a = b ;\n" * 10**5, b"\n\n{ a = }"])
def test_a_header_that_does_not_end_is_refused(data):
    assert is_edf(data)
    with pytest.raises(FrameError, match="expected the end of the EDF header"):
        described(data)


def test_other_formats_with_a_brace_are_no_edf():
    assert not is_edf(b"{\nHEADER_BYTES=  512;\nDIM=2;")
    assert not is_edf(b"II*\0 {")


@given(st.data())
def test_changed_bytes_are_described_or_refused(data):
    raw = bytearray(edf_bytes(IMAGE) + edf_bytes(IMAGE))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, 700))] = data.draw(st.integers(0, 255))
    try:
        described(bytes(raw[: data.draw(st.integers(1, len(raw)))]), data.draw(st.integers(0, 2)))
    except FrameError:
        return
