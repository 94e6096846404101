"""Why an image cannot be read, one real file for each way to fail."""

import bz2
import errno
import gzip
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import PIL.Image
import pytest
import tifffile

from saxsdog.errors import FrameError
from saxsdog.io.images import FrameReader, read_frame
from saxsdog.io.libraries import LARGEST_UNPACKED
from saxsdog.io.status import Fingerprint, fingerprint_of
from saxsdog.reasons import Reason
from tests.helpers.frames import cbf_bytes, edf_bytes, stored, tiff_bytes

IMAGE = np.arange(24, dtype="i4").reshape(6, 4)
BOMB = [(tag, 4, 1, struct.pack("<I", 10**5)) for tag in (256, 257, 278)]
DEFLATE = (259, 3, 1, b"\x08\0")


def refused(path, expected_shape=None, page=0):
    with pytest.raises(FrameError) as error:
        FrameReader(expected_shape).read(path, page=page)
    return error.value


def written(path, **options):
    """Write an image with its directory ahead of the pixels and return its bytes."""
    tifffile.imwrite(path, np.arange(2400, dtype="i4").reshape(60, 40), metadata=None, **options)
    return path.read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\0" * 5000,
        b"\0" * 8192 + b"pixels come first, the header last",
        b"I",
        b"MM",
        b"##",
        b"II*\0",
        b"II*\0\0\0\0\0",
        tiff_bytes(IMAGE)[:-5],
        tiff_bytes(IMAGE, big=True)[:-9],
        tiff_bytes(IMAGE)[:50],
        tiff_bytes(IMAGE, tags=[(257, 4, 1, b"\0\0\0\0")]),
        edf_bytes(IMAGE)[:-1],
        edf_bytes(IMAGE)[:100],
        b"{",
        cbf_bytes(IMAGE)[:500],
        cbf_bytes(IMAGE)[: cbf_bytes(IMAGE).index(b"\x0c\x1a\x04\xd5") + 4 + 23],
    ],
)
def test_a_file_that_is_not_complete_is_truncated(tmp_path, data):
    assert refused(stored(tmp_path, data)).reason is Reason.TRUNCATED


@pytest.mark.parametrize(
    "options",
    [{}, {"compression": "zlib"}, {"compression": "zlib", "rowsperstrip": 7}, {"tile": (16, 16)}],
)
def test_every_cut_of_a_tiff_is_truncated(tmp_path, options):
    whole = written(tmp_path / "whole.tif", **options)
    for cut in (1, 3, 6, 9, 100, len(whole) // 2, len(whole) - 50, len(whole) - 1):
        error = refused(stored(tmp_path, whole[:cut], "cut.tif"))
        assert error.reason is Reason.TRUNCATED, (cut, str(error))


@pytest.mark.parametrize("pack", [tiff_bytes, edf_bytes])
def test_a_page_that_is_not_there_may_come(tmp_path, pack):
    assert refused(stored(tmp_path, pack(IMAGE)), page=1).reason is Reason.TRUNCATED


@pytest.mark.parametrize("name", ["a.tif", "a.cbf", "a.edf", "a"])
def test_bytes_of_something_else_are_not_an_image(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("frame.tif", tiff_bytes(IMAGE))
    for data in (b"x", b"good morning", (tmp_path / "zip").read_bytes(), b"%PDF-1.7\n"):
        assert refused(stored(tmp_path, data, name)).reason is Reason.NOT_AN_IMAGE


def test_a_file_that_is_not_there_has_vanished(tmp_path):
    stored(tmp_path, b"a file", "folder")
    for name in ("none.tif", "none/none.tif", "folder/none.tif", "a\0b.tif"):
        error = refused(tmp_path / name)
        assert error.reason is Reason.VANISHED
        assert error.fingerprint is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_folders_pipes_and_devices_are_not_regular(tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    (tmp_path / "device.tif").symlink_to(os.devnull)
    for path in (tmp_path, tmp_path / "pipe.tif", tmp_path / "device.tif"):
        assert refused(path).reason is Reason.NOT_REGULAR


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, Reason.PERMISSION),
        (errno.EPERM, Reason.PERMISSION),
        (errno.EIO, Reason.IO_ERROR),
        (errno.ESTALE, Reason.IO_ERROR),
        (errno.EMFILE, Reason.IO_ERROR),
        (errno.ELOOP, Reason.IO_ERROR),
    ],
)
def test_what_the_operating_system_refuses_keeps_its_reason(tmp_path, monkeypatch, number, reason):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    path = stored(tmp_path, tiff_bytes(IMAGE))
    monkeypatch.setattr(os, "open", refuse)
    assert refused(path).reason is reason


def test_a_disk_that_fails_inside_a_library_is_an_io_error(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    written(tmp_path / "a.tif", compression="zlib")
    monkeypatch.setattr(tifffile, "TiffFile", fail)
    assert refused(tmp_path / "a.tif").reason is Reason.IO_ERROR


@pytest.mark.parametrize(
    "data",
    [
        tiff_bytes(IMAGE, tags=[(277, 3, 1, b"\3\0")]),
        tiff_bytes(IMAGE, tags=[(339, 3, 1, b"\6\0"), (258, 3, 1, b"\x40\0")]),
        cbf_bytes(IMAGE, X_Binary_Element_Type='"signed 32-bit real IEEE"'),
    ],
)
def test_pixels_that_are_not_one_real_number_are_of_a_wrong_type(tmp_path, data):
    assert refused(stored(tmp_path, data)).reason is Reason.WRONG_DTYPE


def test_colours_and_complex_numbers_are_of_a_wrong_type_whoever_decodes_them(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 8, 3), "u1"), photometric="rgb")
    PIL.Image.new("RGB", (8, 8)).save(tmp_path / "b.tif", compression="tiff_lzw")
    np.save(tmp_path / "c.npy", np.zeros((2, 2), complex))
    for path in sorted(tmp_path.iterdir()):
        assert refused(path).reason is Reason.WRONG_DTYPE, path


@pytest.mark.parametrize(
    "data",
    [
        edf_bytes(IMAGE, Dim_1="-4"),
        edf_bytes(IMAGE, Size=95),
        edf_bytes(IMAGE, ByteOrder="Middle"),
        b"{\n" + b"a = b ;\n" * 10**5,
        cbf_bytes(IMAGE, X_Binary_Size=25),
        cbf_bytes(IMAGE, X_Binary_Size="many"),
        cbf_bytes(IMAGE, Content_Type='a;\r\n conversions="x-CBF_PACKED"'),
        gzip.compress(b"good morning"),
        bz2.compress(edf_bytes(IMAGE))[:-9],
    ],
)
def test_an_image_that_contradicts_itself_cannot_be_decoded(tmp_path, data):
    assert refused(stored(tmp_path, data)).reason is Reason.DECODE_ERROR


def test_damaged_pixels_cannot_be_decoded(tmp_path):
    whole = written(tmp_path / "a.tif", compression="zlib")
    half = len(whole) // 2
    damaged = stored(tmp_path, whole[:half] + b"\xff" * (len(whole) - half), "b.tif")
    assert refused(damaged).reason is Reason.DECODE_ERROR


@pytest.mark.parametrize(
    "data",
    [
        tiff_bytes(tags=BOMB),
        tiff_bytes(tags=[*BOMB, DEFLATE]),
        edf_bytes(Dim_1=10**5, Dim_2=10**5, Size=4 * 10**10),
        cbf_bytes(
            X_Binary_Size_Fastest_Dimension=10**5,
            X_Binary_Size_Second_Dimension=10**5,
            X_Binary_Number_of_Elements=10**10,
        ),
    ],
)
def test_a_header_of_an_impossible_size_is_refused_without_taking_memory(tmp_path, data):
    path = stored(tmp_path, data)
    assert refused(path).reason is Reason.TOO_LARGE  # compiles and imports
    tracemalloc.start()
    try:
        assert refused(path).reason is Reason.TOO_LARGE
        assert refused(path, expected_shape=(3, 4)).reason is Reason.WRONG_SHAPE
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


def test_another_shape_is_refused_by_the_header_alone(tmp_path):
    written(tmp_path / "cut.tif", compression="zlib")
    damaged = stored(tmp_path, (tmp_path / "cut.tif").read_bytes()[:400], "cut.tif")
    for data in (tiff_bytes(IMAGE), cbf_bytes(IMAGE), edf_bytes(IMAGE)):
        error = refused(stored(tmp_path, data), expected_shape=(4, 6))
        assert error.reason is Reason.WRONG_SHAPE
        assert "expected an image of (4, 6) pixels, got (6, 4)" in str(error)
        assert (FrameReader((6, 4)).read(stored(tmp_path, data)).image == IMAGE).all()
    assert refused(damaged, expected_shape=(6, 4)).reason is Reason.WRONG_SHAPE


def test_another_shape_is_refused_in_formats_of_others_as_well(tmp_path):
    np.save(tmp_path / "a.npy", IMAGE)
    assert refused(tmp_path / "a.npy", expected_shape=(4, 6)).reason is Reason.WRONG_SHAPE
    assert FrameReader((6, 4)).read(tmp_path / "a.npy").image.shape == (6, 4)


def test_a_volume_is_of_a_wrong_shape(tmp_path):
    for data in (edf_bytes(IMAGE, Dim_3=2), cbf_bytes(IMAGE, X_Binary_Size_Third_Dimension=5)):
        assert refused(stored(tmp_path, data)).reason is Reason.WRONG_SHAPE


def at_the_first_look(monkeypatch, action):
    """Do something to a file right after a reader has opened it and taken its fingerprint."""
    real = os.fstat
    actions = [action]

    def look(descriptor):
        status = real(descriptor)
        if actions:
            actions.pop()()
        return status

    monkeypatch.setattr(os, "fstat", look)


def test_a_disk_that_fails_while_a_file_is_read_is_an_io_error(tmp_path, monkeypatch):
    def fail():
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    path = stored(tmp_path, tiff_bytes(IMAGE))
    at_the_first_look(monkeypatch, fail)
    error = refused(path)
    assert error.reason is Reason.IO_ERROR
    assert os.strerror(errno.ESTALE) in str(error)


@pytest.mark.parametrize("pack", [tiff_bytes, cbf_bytes, edf_bytes])
def test_a_file_that_is_overwritten_meanwhile_is_refused(tmp_path, monkeypatch, pack):
    path = stored(tmp_path, pack(IMAGE))
    os.utime(path, ns=(0, 10**18))
    before = fingerprint_of(path.stat())
    at_the_first_look(monkeypatch, lambda: path.write_bytes(pack(IMAGE)))
    error = refused(path)
    assert error.reason is Reason.CHANGED_WHILE_READING
    assert error.fingerprint == before


def test_a_file_that_grows_while_its_end_is_missed_has_changed(tmp_path, monkeypatch):
    whole = tiff_bytes(IMAGE)
    path = stored(tmp_path, whole[:-20])
    at_the_first_look(monkeypatch, lambda: path.write_bytes(whole))
    assert refused(path).reason is Reason.CHANGED_WHILE_READING
    assert (read_frame(path).image == IMAGE).all()


def test_a_file_that_is_replaced_meanwhile_gives_its_old_image(tmp_path, monkeypatch):
    path = stored(tmp_path, tiff_bytes(IMAGE))
    newer = stored(tmp_path, tiff_bytes(IMAGE + 1), "newer")
    before = fingerprint_of(path.stat())
    at_the_first_look(monkeypatch, lambda: newer.replace(path))
    frame = read_frame(path)
    assert (frame.image == IMAGE).all()
    assert frame.fingerprint == before != fingerprint_of(path.stat())


@pytest.mark.parametrize("name", ["a.tif", "a.npy"])
def test_a_library_never_mixes_a_file_with_its_successor(tmp_path, monkeypatch, name):
    path, newer = tmp_path / name, tmp_path / f"newer_{name}"
    for each, image in ((path, IMAGE), (newer, IMAGE + 1)):
        if name.endswith("npy"):
            np.save(each, image)
        else:
            tifffile.imwrite(each, image, compression="zlib")
    at_the_first_look(monkeypatch, lambda: newer.replace(path))
    assert refused(path).reason is Reason.CHANGED_WHILE_READING
    assert (read_frame(path).image == IMAGE + 1).all()


def test_a_file_that_a_library_does_not_find_any_more_has_vanished(tmp_path, monkeypatch):
    written(tmp_path / "a.tif", compression="zlib")
    at_the_first_look(monkeypatch, (tmp_path / "a.tif").unlink)
    assert refused(tmp_path / "a.tif").reason is Reason.VANISHED


def test_every_frame_and_every_failure_tells_which_version_was_read(tmp_path):
    path = stored(tmp_path, edf_bytes(IMAGE))
    status = path.stat()
    expected = Fingerprint(status.st_size, status.st_mtime_ns, status.st_ino)
    assert read_frame(path).fingerprint == expected
    assert refused(path, expected_shape=(1, 1)).fingerprint == expected
    for data in (b"", b"nothing", tiff_bytes(IMAGE)[:-5]):
        path.write_bytes(data)
        assert refused(path).fingerprint == fingerprint_of(path.stat())


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
@pytest.mark.parametrize("name", ["x.tif", "x.edf.bz2", "x.edf.gz"])
def test_a_small_file_that_unpacks_to_very_many_bytes_is_refused(tmp_path, pack, name):
    path = stored(tmp_path, pack(bytes(LARGEST_UNPACKED + (1 << 20))), name)
    tracemalloc.start()
    try:
        assert refused(path).reason is Reason.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
