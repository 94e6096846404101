import bz2
import gzip
import lzma
import os
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from pathlib import Path

import fabio
import numpy as np
import PIL.Image
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saxsdog.errors import FrameError
from saxsdog.io.images import IMAGE_SUFFIXES, Caution, FrameReader, read_frame
from saxsdog.reasons import Reason
from tests.helpers.frames import COMMENTS, cbf_bytes, edf_bytes, stored, tiff_bytes

IMAGE = np.arange(24, dtype="i4").reshape(6, 4)
FORMS = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"]


def refusal(path, **options):
    with pytest.raises(FrameError) as refused:
        FrameReader().read(path, **options)
    assert str(refused.value).startswith(f"{path}: ")
    return str(refused.value)


def test_the_real_frame_is_what_tifffile_reads(real_data):
    path = real_data / "agbeh2_1M.tif"
    frame = FrameReader().read(path)
    assert frame.image.dtype == np.int32
    assert (frame.image == tifffile.imread(path)).all()
    assert (frame.header.exposure, frame.header.time_source) == (10.0, "header")


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", FORMS)
def test_every_type_and_byte_order_reads_alike(tmp_path, form, order):
    image = (IMAGE * 5).astype(form)
    reader = FrameReader()
    stored(tmp_path, tiff_bytes(image, order=order), "plain.tif")
    stored(tmp_path, tiff_bytes(image, order=order, rows_per_strip=4), "strips.tif")
    stored(tmp_path, tiff_bytes(image, order=order, rows_per_strip=2, gap=4), "gaps.tif")
    stored(tmp_path, tiff_bytes(image, order=order, big=True), "big.tif")
    stored(tmp_path, edf_bytes(image, order=order), "plain.edf")
    tifffile.imwrite(tmp_path / "tile.tif", image, tile=(16, 16), byteorder=order)
    tifffile.imwrite(tmp_path / "zlib.tif", image, compression="zlib", byteorder=order)
    for path in sorted(tmp_path.iterdir()):
        read = reader.read(path).image
        assert read.dtype == np.dtype(form), path
        assert (read == image).all(), path
        assert read.flags.c_contiguous
        assert read.flags.aligned


@pytest.mark.parametrize("form", ["u1", "u2", "u4", "i1", "i2", "i4"])
def test_a_cbf_reads_in_its_own_type(tmp_path, form):
    image = IMAGE.astype(form)
    image[0, 0] = np.iinfo(form).max
    read = FrameReader().read(stored(tmp_path, cbf_bytes(image))).image
    assert read.dtype == np.dtype(form)
    assert (read == image).all()


def test_one_reader_reads_sizes_and_formats_in_any_order(tmp_path):
    small, large = IMAGE[:2], np.arange(10000, dtype="u2").reshape(100, 100)
    files = [
        (stored(tmp_path, tiff_bytes(small), "a"), small),
        (stored(tmp_path, cbf_bytes(large), "b"), large),
        (stored(tmp_path, edf_bytes(small), "c"), small),
        (stored(tmp_path, tiff_bytes(large, order=">"), "d"), large),
    ]
    reader = FrameReader()
    for path, image in files + files[::-1]:
        assert (reader.read(path).image == image).all()


def test_a_reader_uses_its_memory_again(tmp_path):
    path = stored(tmp_path, tiff_bytes(IMAGE))
    reader = FrameReader()
    first, second = reader.read(path), reader.read(path)
    assert np.shares_memory(first.image, second.image)
    assert not second.image.flags.writeable


def test_read_frame_gives_memory_of_its_own(tmp_path):
    path = stored(tmp_path, tiff_bytes(IMAGE))
    first, second = read_frame(path), read_frame(path)
    first.image[:] = 0
    assert (second.image == IMAGE).all()


def test_the_bytes_tell_the_format_and_not_the_name(tmp_path):
    for data in (tiff_bytes(IMAGE), cbf_bytes(IMAGE), edf_bytes(IMAGE)):
        for suffix in (*IMAGE_SUFFIXES, ".dat", ""):
            assert (read_frame(stored(tmp_path, data, "x" + suffix)).image == IMAGE).all()


def test_the_time_of_the_file_stands_in_for_a_missing_one(tmp_path):
    path = stored(tmp_path, tiff_bytes(IMAGE, tags=[(306, 2, 4, b"\xff\xfe\0\0")]))
    os.utime(path, (1.4e9, 1.4e9))
    header = read_frame(path).header
    assert (header.time, header.time_source) == (1.4e9, "file")


def test_pilatus_comments_are_read_from_tiff_and_cbf(tmp_path):
    raw = COMMENTS.encode()
    tiff = read_frame(stored(tmp_path, tiff_bytes(IMAGE, tags=[(270, 2, len(raw), raw)]), "a"))
    cbf = read_frame(stored(tmp_path, cbf_bytes(IMAGE), "b"))
    assert tiff.header.time == cbf.header.time
    assert tiff.header.exposure == cbf.header.exposure == 0.5
    assert tiff.header.time_source == "header"


def test_pages_of_tiff_and_edf_are_read(tmp_path):
    stack = np.stack([IMAGE, IMAGE + 100, IMAGE + 200])
    tifffile.imwrite(tmp_path / "a.tif", stack, metadata=None, photometric="minisblack")
    tifffile.imwrite(
        tmp_path / "b.tif", stack, metadata=None, photometric="minisblack", compression="zlib"
    )
    stored(tmp_path, b"".join(map(edf_bytes, stack)), "c.edf")
    stored(tmp_path, gzip.compress(b"".join(map(edf_bytes, stack))), "d.edf.gz")
    for path in sorted(tmp_path.iterdir()):
        assert (read_frame(path, page=2).image == stack[2]).all(), path
        assert "expected a page 3, the file has 3" in refusal(path, page=3)
        assert "counted from 0" in refusal(path, page=-1)


def test_formats_of_others_are_read_through_fabio(tmp_path):
    stored(tmp_path, gzip.compress(edf_bytes(IMAGE, count_time="0.5")), "a.edf.gz")
    stored(tmp_path, bz2.compress(edf_bytes(IMAGE)), "b.edf.bz2")
    np.save(tmp_path / "c.npy", IMAGE)
    stored(tmp_path, edf_bytes(IMAGE, EDF_DataBlockID="1.Image.Psd", Compression="None"), "d.edf")
    for path in sorted(tmp_path.iterdir()):
        assert (read_frame(path).image == IMAGE).all(), path
    assert read_frame(tmp_path / "a.edf.gz").header.exposure == 0.5


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
@pytest.mark.parametrize("ahead", [0, (1 << 20) - 40])
def test_a_dimension_of_a_number_of_many_digits_holds_nobody_up(tmp_path, pack, ahead):
    header = b"{\nImage = 1 ;\n" + b" " * ahead + b"Dim_%b = 5 ;\n}\n" % (b"2" * 60)
    path = stored(tmp_path, pack(b"\n{\nA = 1 ;\n}\n" + header), "a.edf")
    assert "got a hundred or more" in refusal(path)


def outcome(path):
    """Return the image, or the reason why there is none."""
    try:
        return read_frame(path).image
    except FrameError as error:
        return str(error)


def compressed_tiff(path, image, compression):
    """Write with Pillow, which calls unsigned 32-bit numbers signed: that is mended in the tag."""
    PIL.Image.fromarray(image).save(path, compression=compression)
    if image.dtype == np.uint32:
        tag = struct.pack("<HHI", 339, 3, 1)
        data = path.read_bytes()
        assert data.count(tag + b"\2\0") == 1
        path.write_bytes(data.replace(tag + b"\2\0", tag + b"\1\0"))


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "u4", "f4"])
def test_compressed_tiff_is_read(tmp_path, compression, dtype):
    image = IMAGE.astype(dtype)
    image[0, 0] = np.finfo("f4").max if dtype == "f4" else np.iinfo(dtype).max
    compressed_tiff(tmp_path / "a.tif", image, compression)
    read = read_frame(tmp_path / "a.tif").image
    assert read.dtype == image.dtype
    assert (read == image).all()


def test_half_floats_and_single_bits_become_types_that_we_compute_with(tmp_path):
    tifffile.imwrite(tmp_path / "half.tif", IMAGE.astype("f2"))
    tifffile.imwrite(tmp_path / "bit.tif", IMAGE % 2 == 1)
    assert read_frame(tmp_path / "half.tif").image.dtype == np.float32
    bits = read_frame(tmp_path / "bit.tif").image
    assert bits.dtype == np.uint8
    assert (bits != 0).tolist() == (IMAGE % 2 == 1).tolist()


@pytest.mark.parametrize("pack", [tiff_bytes, edf_bytes])
def test_a_truncated_block_tells_what_was_expected(tmp_path, pack):
    image = np.zeros((100, 100), "i4")
    data = pack(image)
    tiff = pack is tiff_bytes
    if tiff:  # the directory ahead of the pixels, as Pilatus writes it
        tifffile.imwrite(tmp_path / "a.tif", image, metadata=None)
        data = (tmp_path / "a.tif").read_bytes()
    size = len(data) - 1
    message = refusal(stored(tmp_path, data[:-1], "cut"))
    offset = len(data) - 40000
    assert f"expected 40000 bytes of pixels at offset {offset}, the file has {size}" in message


def test_a_truncated_cbf_is_refused(tmp_path):
    data = cbf_bytes(IMAGE)
    end = data.index(b"\x0c\x1a\x04\xd5") + 4 + 24
    assert (read_frame(stored(tmp_path, data[:end], "whole")).image == IMAGE).all()
    assert "expected 24 bytes of pixels" in refusal(stored(tmp_path, data[: end - 1], "cut"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"good morning", "expected a TIFF, a CBF, an EDF"),
        (b"\0" * 5000, "expected"),
        (b"II*\0", "expected a TIFF directory"),
        (tiff_bytes(IMAGE, tags=[(257, 4, 1, b"\0\0\0\0")]), "describes 0 x 4 pixels"),
        (edf_bytes(IMAGE, Dim_1=0), "describes 6 x 0 pixels"),
        (cbf_bytes(IMAGE, X_Binary_Size=23), "23 bytes cannot hold them"),
    ],
)
def test_a_file_that_is_no_image_is_refused(tmp_path, data, reason):
    assert reason in refusal(stored(tmp_path, data))


def test_colour_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "rgb.tif", np.zeros((20, 20, 3), "u1"), photometric="rgb")
    assert "expected one number per pixel, the page has 3" in refusal(tmp_path / "rgb.tif")


def test_a_volume_of_numpy_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2), complex))
    assert "expected" in refusal(tmp_path / "a.npy")


@pytest.mark.parametrize(
    "data",
    [
        tiff_bytes(tags=[(tag, 4, 1, struct.pack("<I", 10**5)) for tag in (256, 257, 278)]),
        tiff_bytes(
            tags=[(tag, 4, 1, struct.pack("<I", 10**5)) for tag in (256, 257, 278)]
            + [(259, 3, 1, b"\x08\0")]
        ),
        tiff_bytes(tags=[(256, 4, 1, b"\xff" * 4), (257, 4, 1, b"\xff" * 4), (278, 4, 1, b"\1")]),
        tiff_bytes(tags=[(257, 4, 1, b"\xff" * 4), (278, 4, 1, b"\1"), (273, 4, 2**31, b"\1")]),
        tiff_bytes(tags=[(270, 2, 2**31, b"\0" * 8)], rows_per_strip=1)[:-1],
        edf_bytes(Dim_1=10**5, Dim_2=10**5, Size=4 * 10**10),
        cbf_bytes(
            X_Binary_Size_Fastest_Dimension=10**5,
            X_Binary_Size_Second_Dimension=10**5,
            X_Binary_Number_of_Elements=10**10,
        ),
        cbf_bytes(X_Binary_Size=10**10),
    ],
)
def test_a_claim_of_many_pixels_takes_no_memory(tmp_path, data):
    path = stored(tmp_path, data)
    outcome(path)  # compiles and imports
    tracemalloc.start()
    try:
        outcome(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_what_cannot_be_opened_is_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "none.tif")
    assert "cannot be opened" in refusal(tmp_path)
    assert "cannot be opened" in refusal(tmp_path / "a\0b.tif")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be opened" in refusal(tmp_path / "loop")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    path = stored(tmp_path, tiff_bytes(IMAGE))
    path.chmod(0)
    assert "Permission denied" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_a_device_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    thread = threading.Thread(target=refusal, args=[tmp_path / "pipe.tif"], daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        refusal(tmp_path / "s")


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path, monkeypatch):
    image = np.zeros((100, 100), "i4")
    path = stored(tmp_path, edf_bytes(image))
    size = path.stat().st_size
    real = os.fstat

    def before_the_cut(descriptor):
        status = real(descriptor)
        if status.st_size == size:
            os.truncate(path, 1000)
        return status

    monkeypatch.setattr(os, "fstat", before_the_cut)
    assert "it changed while it was read" in refusal(path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    tifffile.imwrite(folder / "zlib.tif", IMAGE, compression="zlib")
    tifffile.imwrite(folder / "tile.tif", IMAGE, tile=(16, 16))
    return [
        tiff_bytes(IMAGE, rows_per_strip=2),
        tiff_bytes(IMAGE, rows_per_strip=3, gap=2, order=">"),
        cbf_bytes(IMAGE),
        edf_bytes(IMAGE),
        gzip.compress(edf_bytes(IMAGE)),
        (folder / "zlib.tif").read_bytes(),
        (folder / "tile.tif").read_bytes(),
    ]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_changed_and_cut_files_give_an_image_or_a_frame_error(tmp_path, samples, data):
    raw = bytearray(data.draw(st.sampled_from(samples)))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = stored(tmp_path, bytes(raw[: data.draw(st.integers(0, len(raw)))]), "x.edf.gz")
    result = outcome(path)
    if isinstance(result, str):
        assert result.startswith(f"{path}: ")
    else:
        assert result.ndim == 2


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux counts them so simply")
def test_reading_leaves_no_file_open(tmp_path):
    path = stored(tmp_path, tiff_bytes(IMAGE))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        read_frame(path)
        refusal(stored(tmp_path, b"nothing", "bad"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_fit2d_mask_is_an_image_of_fabio(real_data):
    frame = read_frame(real_data / "AAA_integ.msk")
    with fabio.open(str(real_data / "AAA_integ.msk")) as oracle:
        assert (frame.image == oracle.data).all()


@pytest.mark.skipif(os.name != "posix", reason="plants a link")
def test_a_careful_reader_does_not_follow_a_link_out_of_its_roots(tmp_path):
    tmp_path = tmp_path.resolve()
    for name in ("root", "root elsewhere"):
        (tmp_path / name).mkdir()
        stored(tmp_path / name, tiff_bytes(IMAGE), "x.tif")
    (tmp_path / "root" / "out.tif").symlink_to(tmp_path / "root elsewhere" / "x.tif")
    (tmp_path / "root" / "in.tif").symlink_to("x.tif")
    reader = FrameReader(caution=Caution((tmp_path / "root",)))
    for name in ("x.tif", "in.tif"):
        assert (reader.read(tmp_path / "root" / name).image == IMAGE).all()
    with pytest.raises(FrameError, match="leads elsewhere") as refused:
        reader.read(tmp_path / "root" / "out.tif")
    assert refused.value.reason is Reason.OUTSIDE_ROOT


def test_a_careful_reader_lets_a_file_come_to_rest(tmp_path):
    path = stored(tmp_path, tiff_bytes(IMAGE))
    reader = FrameReader(caution=Caution(quiet=0.05))
    with path.open("r+b"):  # somebody may be about to write
        reader.read(path)
    assert time.time() - path.stat().st_mtime >= 0.05


@pytest.mark.parametrize("away", [-3600, 3600])
def test_nobody_waits_for_a_file_of_another_time(tmp_path, away):
    path = stored(tmp_path, tiff_bytes(IMAGE))
    os.utime(path, (time.time() + away,) * 2)
    assert (FrameReader(caution=Caution(quiet=1800.0)).read(path).image == IMAGE).all()


@pytest.mark.parametrize("compression", ["zlib", "lzma"])
def test_a_strip_is_unpacked_no_further_than_there_is_room(tmp_path, compression):
    packed = (
        zlib.compress(bytes(1 << 28)) if compression == "zlib" else lzma.compress(bytes(1 << 28))
    )
    code, at = (8 if compression == "zlib" else 34925), 4096
    tags = [
        (259, 3, 1, struct.pack("<H", code)),
        (273, 4, 1, struct.pack("<I", at)),
        (279, 4, 1, struct.pack("<I", len(packed))),
    ]
    path = stored(tmp_path, tiff_bytes(IMAGE, tags=tags).ljust(at, b"\0") + packed)
    tracemalloc.start()
    try:
        assert not read_frame(path).image.any()
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("end", [b"sum", b""])
def test_a_packed_strip_must_be_whole_and_have_the_right_sum(tmp_path, end):
    at, packed = 4096, zlib.compress(IMAGE.tobytes())
    packed = packed[:-3] + end if end else packed[:-20]
    tags = [
        (259, 3, 1, struct.pack("<H", 8)),
        (273, 4, 1, struct.pack("<I", at)),
        (279, 4, 1, struct.pack("<I", len(packed))),
    ]
    path = stored(tmp_path, tiff_bytes(IMAGE, tags=tags).ljust(at, b"\0") + packed)
    with pytest.raises(FrameError) as refused:
        read_frame(path)
    assert refused.value.reason is Reason.DECODE_ERROR


def test_an_edf_whose_pixels_lie_in_another_file_is_refused(tmp_path):
    (tmp_path / "x.raw").write_bytes(IMAGE.tobytes())
    whole = edf_bytes(IMAGE, EDF_BinaryFileName="x.raw")
    for name, data in (("a.edf", whole), ("b.edf.gz", gzip.compress(whole))):
        with pytest.raises(FrameError, match=r"they are in x\.raw") as refused:
            read_frame(stored(tmp_path, data, name))
        assert refused.value.reason is Reason.IMAGES_ELSEWHERE


@pytest.mark.timeout(20)
def test_half_a_cbf_is_not_searched_for_ever(tmp_path):
    half = cbf_bytes(IMAGE).partition(b"\x0c\x1a\x04\xd5")[0]
    for name, data, reason in (
        ("a.cbf.gz", gzip.compress(half), Reason.TRUNCATED),
        ("b.tif.gz", gzip.compress(half), Reason.TRUNCATED),
        ("c.cbf.bz2", bz2.compress(b"x" + half), Reason.TRUNCATED),
        ("d.cbf", b"x" + half, Reason.NOT_AN_IMAGE),
    ):
        with pytest.raises(FrameError) as refused:
            read_frame(stored(tmp_path, data, name))
        assert refused.value.reason is reason, name
    assert (
        read_frame(stored(tmp_path, gzip.compress(cbf_bytes(IMAGE)), "e.cbf.gz")).image == IMAGE
    ).all()
