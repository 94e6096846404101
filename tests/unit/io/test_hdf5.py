"""Images in HDF5 files that h5py writes, read as it reads them, and never from another file."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.io.images import FrameReader, count_images, read_frame
from saxsdog.reasons import Reason
from tests.helpers.frames import cbf_bytes, stored, tiff_bytes

SHAPE = (23, 37)
FORMS = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"]
ONE = (1, *SHAPE)
WAYS = {
    "contiguous": {},
    "plain chunks": {"chunks": ONE},
    "bitshuffle": {"chunks": ONE, **hdf5plugin.Bitshuffle()},
    "bitshuffle without lz4": {"chunks": ONE, **hdf5plugin.Bitshuffle(cname="none")},
    "bitshuffle with zstd": {"chunks": ONE, **hdf5plugin.Bitshuffle(cname="zstd")},
    "lz4": {"chunks": ONE, **hdf5plugin.LZ4()},
    "gzip": {"chunks": ONE, "compression": "gzip", "shuffle": True},
    "pieces of an image": {"chunks": (1, 10, 16), **hdf5plugin.Bitshuffle()},
    "images in a chunk": {"chunks": (2, *SHAPE), **hdf5plugin.Bitshuffle()},
    "pieces of images": {"chunks": (2, 9, 37), **hdf5plugin.LZ4()},
    "pieces as they are": {"chunks": (2, 9, 8)},
    "checked": {"chunks": ONE, "fletcher32": True},
}


def frames(n_images=3, form="u4", shape=SHAPE, seed=0):
    return np.random.default_rng(seed).poisson(5, (n_images, *shape)).astype(form)


def written(path, data, place="entry/data/data", *, userblock_size=0, **options):
    with h5py.File(path, "w", userblock_size=userblock_size) as file:
        file.create_dataset(place, data=data, **options)
    return path


def refused(path, reader=None, **options):
    reads = FrameReader() if reader is None else reader
    with pytest.raises(FrameError) as error:
        reads.read(path, **options)
    if reader is None:
        reads.close()
    assert str(error.value).startswith(f"{path}: ")
    return error.value


def outcome(path, **options):
    """Return the shape of the image, or the reason why there is none."""
    try:
        return read_frame(path, **options).image.shape
    except FrameError as error:
        return error.reason


@pytest.fixture
def reader():
    reader = FrameReader()
    yield reader
    reader.close()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_every_type_is_read_in_every_way_of_storing_it(tmp_path, reader, way, form, order):
    data = frames(form=form)
    path = written(tmp_path / "a.h5", data.astype(data.dtype.newbyteorder(order)), **WAYS[way])
    for number in (2, 0, 1):
        image = reader.read(path, page=number).image
        assert image.dtype == np.dtype(form)
        assert (image == data[number]).all()
        assert image.flags.c_contiguous
        assert not image.flags.writeable


@pytest.mark.parametrize("way", ["contiguous", "plain chunks", "bitshuffle"])
def test_what_stands_ahead_of_the_file_shifts_the_images(tmp_path, way):
    data = frames()
    path = written(tmp_path / "a.h5", data, userblock_size=2048, **WAYS[way])
    assert (read_frame(path, page=1).image == data[1]).all()


@pytest.mark.parametrize("libver", ["earliest", "v110", "latest"])
@pytest.mark.parametrize("resizable", [False, True])
def test_every_index_of_chunks_is_understood(tmp_path, reader, libver, resizable):
    data = frames(40)
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        options = {"maxshape": (None, *SHAPE)} if resizable else {}
        file.create_dataset("entry/data/data", data=data, **WAYS["bitshuffle"], **options)
    for number in (39, 0, 17):
        assert (reader.read(tmp_path / "a.h5", page=number).image == data[number]).all()


def test_half_floats_and_booleans_become_types_that_we_compute_with(tmp_path):
    half = read_frame(written(tmp_path / "a.h5", frames(1, "f2"))).image
    assert half.dtype == np.float32
    assert (half == frames(1, "f2")[0]).all()
    true = read_frame(written(tmp_path / "b.h5", frames(1) > 5)).image
    assert true.dtype == np.uint8
    assert (true == (frames(1)[0] > 5)).all()


def test_numbers_of_fewer_bits_than_their_bytes_are_left_to_the_library(tmp_path):
    form = h5py.h5t.STD_U16LE.copy()
    form.set_precision(12)
    form.set_offset(4)
    data = frames(2, "u2")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        space = h5py.h5s.create_simple(data.shape)
        h5py.h5d.create(file.id, b"data", form, space).write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    assert (read_frame(tmp_path / "a.h5", page=1).image == data[1]).all()


def test_a_chunk_that_was_not_worth_packing_is_read_as_it_is(tmp_path):
    data = frames(2)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        images = file.create_dataset("entry/data/data", data.shape, "u4", **WAYS["bitshuffle"])
        images.id.write_direct_chunk((0, 0, 0), data[0].tobytes(), filter_mask=1)
        images[1] = data[1]
    for number in (0, 1):
        assert (read_frame(tmp_path / "a.h5", page=number).image == data[number]).all()


# ------------------------------------------------------------------------ how many, and which


@pytest.mark.parametrize("shape", [SHAPE, (1, *SHAPE), (1, 1, *SHAPE)])
def test_one_image_needs_no_number(tmp_path, shape):
    path = written(tmp_path / "a.h5", frames(1).reshape(shape))
    assert (read_frame(path).image == frames(1)[0]).all()
    assert (read_frame(path, page=0).image == frames(1)[0]).all()
    assert count_images(path) == 1
    assert refused(path, page=1).reason is Reason.TRUNCATED


def test_several_images_want_a_number(tmp_path):
    path = written(tmp_path / "a.h5", frames(100))
    error = refused(path)
    assert isinstance(error, SeveralImagesError)
    assert (error.n_images, error.reason) == (100, Reason.SEVERAL_IMAGES)
    assert error.fingerprint.size == path.stat().st_size
    assert str(error) == f"{path}: holds 100 images, ::0 to ::99"
    assert count_images(path) == 100
    assert "expected a page 100, the file has 100" in str(refused(path, page=100))
    assert "counted from 0" in str(refused(path, page=-1))


def test_images_of_a_grid_are_counted_row_by_row(tmp_path, reader):
    data = frames(12).reshape(3, 4, *SHAPE)
    chunks = (1, 1, *SHAPE)
    for name, options in (("a.h5", {}), ("b.h5", hdf5plugin.Bitshuffle())):
        path = written(tmp_path / name, data, chunks=chunks, **options)
        assert count_images(path) == 12
        assert (reader.read(path, page=7).image == data[1, 3]).all()


def test_numbered_datasets_are_one_row_of_images(tmp_path, reader):
    data = frames(7)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("entry/data")
        for name, part in (("10", data[5:]), ("9", data[3:5]), ("000001", data[:3])):
            group.create_dataset(f"data_{name}", data=part, **WAYS["bitshuffle"])
        group.create_dataset("data_note", data=frames(50))
    assert count_images(tmp_path / "a.h5") == 7
    for number in (6, 0, 2, 3, 5):
        assert (reader.read(tmp_path / "a.h5", page=number).image == data[number]).all()


def places(path, **options):
    """Write an image of its own shape to every place; the largest one to none that is usual."""
    with h5py.File(path, "w") as file:
        for rows, place in enumerate(
            ["entry/data/data", "entry/data/data_000001", "entry/instrument/detector/data", "x/y"],
            start=2,
        ):
            if place not in options.get("without", ()):
                file[place] = frames(1, shape=(rows, 5))
        file["x/largest"] = frames(1, shape=(40, 5))
        file["x/longer"] = np.zeros(10**5)
        file["x/text"] = np.full((100, 100), b"text")
        file["x/complex"] = np.zeros((100, 100), complex)
    return path


def test_the_usual_places_go_first(tmp_path):
    usual = ["entry/data/data", "entry/data/data_000001", "entry/instrument/detector/data"]
    for n_missing, rows in enumerate((2, 3, 4, 40)):
        path = places(tmp_path / f"{n_missing}.h5", without=usual[:n_missing])
        assert read_frame(path).image.shape == (rows, 5)


def test_nexus_says_which_data_is_meant(tmp_path):
    path = places(tmp_path / "a.nxs")
    with h5py.File(path, "a") as file:
        file.attrs["default"] = "x"
        file["x"].attrs["default"] = np.array([b"plot"])
        file["x/plot"] = h5py.SoftLink("/x/nx")
        nexus = file.create_group("x/nx")
        nexus.attrs["signal"] = "counts"
        nexus["counts"] = h5py.SoftLink("../y/none")
    assert read_frame(path).image.shape == (2, 5)  # a signal that is not there
    with h5py.File(path, "a") as file:
        del file["x/nx/counts"]
        file["x/nx/counts"] = h5py.SoftLink("/x/y")
    assert read_frame(path).image.shape == (5, 5)


@pytest.mark.parametrize("circle", ["links", "defaults", "groups"])
def test_circles_end(tmp_path, circle):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["other/images"] = frames(1)
        match circle:
            case "links":
                file["entry/data/data"] = h5py.SoftLink("/entry/data/again")
                file["entry/data/again"] = h5py.SoftLink("/entry/data/data")
            case "defaults":
                file.attrs["default"] = "/"
            case "groups":
                file["other/up"] = file["/"]
    assert (read_frame(path).image == frames(1)[0]).all()


def test_a_file_without_images_is_not_an_image(tmp_path):
    path = written(tmp_path / "a.h5", np.zeros(100))
    assert refused(path).reason is Reason.NOT_AN_IMAGE
    h5py.File(tmp_path / "b.h5", "w").close()
    assert refused(tmp_path / "b.h5").reason is Reason.NOT_AN_IMAGE


def test_another_shape_is_refused_ahead_of_the_pixels(tmp_path):
    path = written(tmp_path / "a.h5", frames(2), **WAYS["bitshuffle"])
    error = refused(path, FrameReader((37, 23)), page=1)
    assert error.reason is Reason.WRONG_SHAPE
    assert "expected an image of (37, 23) pixels, got (23, 37)" in str(error)
    assert refused(path, FrameReader((37, 23))).reason is Reason.SEVERAL_IMAGES


# ------------------------------------------------------------------------ nothing from elsewhere


def link_to(target, path, kind):
    """Write a file whose images are in another one, in one of the ways that HDF5 has for it."""
    with h5py.File(path, "w") as file:
        match kind:
            case "external link":
                file["entry/data/data"] = h5py.ExternalLink(target.name, "/entry/data/data")
            case "link on the way":
                file["entry"] = h5py.ExternalLink(target.name, "/entry")
            case "soft link over an external one":
                file["out"] = h5py.ExternalLink(target.name, "/entry")
                file["entry/data/data"] = h5py.SoftLink("/out/data/data")
            case "eiger":
                for number in (1, 2, 3, 4, 5):
                    name = f"data_{number:06}"
                    file[f"entry/data/{name}"] = h5py.ExternalLink(f"x_{name}.h5", "/entry")
                file["entry/instrument/detector/detectorSpecific/pixel_mask"] = frames(1)[0]
                file["entry/instrument/detector/data_mask"] = frames(1)[0]
            case "elsewhere":
                file["scan/images"] = h5py.ExternalLink(target.name, "/entry/data/data")
                file["scan/flat"] = frames(1)[0]
            case "virtual":
                layout = h5py.VirtualLayout((3, *SHAPE), "u4")
                layout[:] = h5py.VirtualSource(target.name, "/entry/data/data", (3, *SHAPE))
                file.create_virtual_dataset("entry/data/data", layout)
            case "virtual without end":
                layout = h5py.VirtualLayout((3, *SHAPE), "u4", maxshape=(None, *SHAPE))
                source = h5py.VirtualSource(
                    target.name, "/entry/data/data", (3, *SHAPE), maxshape=(None, *SHAPE)
                )
                layout[: h5py.h5s.UNLIMITED] = source[: h5py.h5s.UNLIMITED]
                file.create_virtual_dataset("entry/data/data", layout)
            case "virtual elsewhere":
                layout = h5py.VirtualLayout((3, *SHAPE), "u4")
                layout[:] = h5py.VirtualSource(target.name, "/entry/data/data", (3, *SHAPE))
                file.create_virtual_dataset("scan/images", layout)
            case "raw":
                place = [(target.name, 0, h5py.h5f.UNLIMITED)]
                file.create_dataset("entry/data/data", (1, *SHAPE), "u1", external=place)
    return path


KINDS = [
    "external link",
    "link on the way",
    "soft link over an external one",
    "elsewhere",
    "virtual",
    "virtual without end",
    "virtual elsewhere",
    "raw",
]


@pytest.mark.parametrize("kind", KINDS)
def test_images_in_other_files_are_named_and_not_read(tmp_path, kind):
    target = written(tmp_path / "secret.h5", frames())
    error = refused(link_to(target, tmp_path / "a.h5", kind))
    assert error.reason is Reason.IMAGES_ELSEWHERE
    assert "they are in secret.h5: integrate those" in str(error)
    with pytest.raises(FrameError, match=r"secret\.h5"):
        count_images(tmp_path / "a.h5")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells who opens what")
@pytest.mark.parametrize("kind", KINDS)
def test_other_files_are_not_even_opened(tmp_path, kind):
    target = written(tmp_path / "secret.h5", frames())
    path = link_to(target, tmp_path / "a.h5", kind)
    refused(path, page=0)
    # Whoever opened it would wait here for a writer, until the time of this test is over.
    target.unlink()
    os.mkfifo(target)
    assert refused(path, page=0).reason is Reason.IMAGES_ELSEWHERE
    assert refused(path).reason is Reason.IMAGES_ELSEWHERE


def test_an_eiger_master_names_some_of_its_files(tmp_path):
    path = link_to(tmp_path, tmp_path / "x_master.h5", "eiger")
    error = refused(path)
    assert error.reason is Reason.IMAGES_ELSEWHERE
    names = "x_data_000001.h5, x_data_000002.h5, x_data_000003.h5 and 2 more"
    assert f"they are in {names}: integrate those" in str(error)


def test_a_virtual_dataset_of_the_file_itself_leaves_the_images_to_their_places(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        layout = h5py.VirtualLayout((4, *SHAPE), "u4")
        for number in (0, 1):
            part = file.create_dataset(f"entry/data/data_{number}", data=frames(2, seed=number))
            layout[2 * number : 2 * number + 2] = h5py.VirtualSource(part)
        file.create_virtual_dataset("entry/data/data", layout)
    assert count_images(tmp_path / "a.h5") == 4
    assert (read_frame(tmp_path / "a.h5", page=3).image == frames(2, seed=1)[1]).all()


def test_fields_of_other_files_are_not_read(tmp_path):
    path = written(tmp_path / "a.h5", frames(1))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["t"] = 5.0
    with h5py.File(path, "a") as file:
        file["entry/data/count_time"] = h5py.ExternalLink("other.h5", "/t")
    assert read_frame(path).header.exposure is None


# ------------------------------------------------------------------------ not complete, damaged


def test_a_file_without_an_image_yet_is_truncated(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset(
            "entry/data/data", (0, *SHAPE), "u4", maxshape=(None, *SHAPE), chunks=ONE
        )
    for page in (None, 0):
        error = refused(tmp_path / "a.h5", page=page)
        assert error.reason is Reason.TRUNCATED
        assert "there is none in the file yet" in str(error)


@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way].get("chunks", ONE)[0] == 1])
def test_an_image_that_is_not_written_is_not_a_dark_one(tmp_path, reader, way):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        images = file.create_dataset("entry/data/data", (3, *SHAPE), "u4", **WAYS[way])
        if way != "contiguous":
            images[1] = frames()[1]
    if way != "contiguous":
        assert (reader.read(tmp_path / "a.h5", page=1).image == frames()[1]).all()
    for number in (0, 2):
        assert refused(tmp_path / "a.h5", reader, page=number).reason is Reason.TRUNCATED


def test_half_an_image_is_not_an_image(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        options = WAYS["pieces of an image"]
        images = file.create_dataset("entry/data/data", (2, *SHAPE), "u4", **options)
        images[0] = 1
        images[1, :10] = 1
    assert (read_frame(tmp_path / "a.h5", page=0).image == 1).all()
    assert refused(tmp_path / "a.h5", page=1).reason is Reason.TRUNCATED


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("way", ["contiguous", "bitshuffle", "gzip"])
def test_every_cut_is_truncated(tmp_path, way, libver):
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        file.create_dataset("entry/data/data", data=frames(4), **WAYS[way])
    whole = (tmp_path / "a.h5").read_bytes()
    for end in (1, 5, 8, 9, 20, 47, 48, 95, 96, 200, 800, 2048, len(whole) // 2, len(whole) - 1):
        error = refused(stored(tmp_path, whole[:end], "cut.h5"), page=0)
        assert error.reason is Reason.TRUNCATED, (end, str(error))


def damaged(path, at, values):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(values)


def where_is(path, number):
    with h5py.File(path) as file:
        dataset = file["entry/data/data"].id
        chunk = dataset.get_create_plist().get_chunk()
        info = dataset.get_chunk_info_by_coord((number // chunk[0] * chunk[0], 0, 0))
        return info.byte_offset, info.size


@pytest.mark.parametrize("way", ["bitshuffle", "lz4", "gzip", "bitshuffle with zstd", "checked"])
def test_damage_concerns_one_image_only(tmp_path, reader, way):
    path = written(tmp_path / "a.h5", frames(), **WAYS[way])
    offset, size = where_is(path, 1)
    damaged(path, offset + size // 2, b"\xff" * (size // 2))
    damaged(path, offset, b"\xff" * 10)
    assert refused(path, reader, page=1).reason is Reason.DECODE_ERROR
    for number in (0, 2):
        assert (reader.read(path, page=number).image == frames()[number]).all()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_pixels_give_an_image_or_a_frame_error(tmp_path, data):
    ways = ["bitshuffle", "lz4", "pieces of an image", "images in a chunk", "pieces of images"]
    way = data.draw(st.sampled_from(ways))
    path = tmp_path / "a.h5"
    if not (whole := tmp_path / way).exists():
        written(whole, frames(), **WAYS[way])
    shutil.copy(whole, path)
    offset, size = where_is(path, 1)
    for _ in range(data.draw(st.integers(1, 5))):
        at = offset + data.draw(st.integers(0, size - 1))
        damaged(path, at, data.draw(st.binary(max_size=1)))
    assert outcome(path, page=1) in (SHAPE, Reason.DECODE_ERROR)


def test_an_impossible_size_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        images = file.create_dataset(
            "entry/data/data", (1, 10**6, 10**6), "u4", chunks=(1, 1000, 1000), compression="gzip"
        )
        images[0, :10, :10] = 1
    assert refused(tmp_path / "a.h5", FrameReader(SHAPE)).reason in (
        Reason.TRUNCATED,
        Reason.WRONG_SHAPE,
    )
    assert refused(tmp_path / "a.h5").reason in (Reason.TRUNCATED, Reason.TOO_LARGE)


def test_what_only_begins_like_hdf5_is_refused(tmp_path):
    data = b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 100
    assert refused(stored(tmp_path, data, "a.h5")).reason is Reason.DECODE_ERROR


# ------------------------------------------------------------------------ file after file


def test_one_reader_goes_from_file_to_file_and_back(tmp_path, reader):
    written(tmp_path / "a.h5", frames(seed=1), **WAYS["bitshuffle"])
    written(tmp_path / "b.h5", frames(form="u2", seed=2), **WAYS["gzip"])
    large = np.arange(10000, dtype="u2").reshape(100, 100)
    files = [
        (tmp_path / "a.h5", 1, frames(seed=1)[1]),
        (tmp_path / "a.h5", 2, frames(seed=1)[2]),
        (stored(tmp_path, tiff_bytes(large), "c"), None, large),
        (tmp_path / "b.h5", 0, frames(seed=2)[0]),
        (stored(tmp_path, cbf_bytes(large), "d"), None, large),
        (tmp_path / "b.h5", 2, frames(seed=2)[2]),
    ]
    for path, page, image in files + files[::-1]:
        assert (reader.read(path, page=page).image == image).all()


def test_a_file_that_was_replaced_is_opened_again(tmp_path, reader):
    path = written(tmp_path / "a.h5", frames(3, seed=1))
    first = reader.read(path, page=2)
    newer = written(tmp_path / "newer.h5", frames(5, seed=2))
    newer.replace(path)
    second = reader.read(path, page=2)
    assert (second.image == frames(5, seed=2)[2]).all()
    assert first.fingerprint != second.fingerprint
    with pytest.raises(SeveralImagesError) as error:
        reader.read(path)
    assert error.value.n_images == 5
    written(tmp_path / "newest.h5", frames(2, seed=3)).replace(path)
    assert refused(path, reader, page=2).reason is Reason.TRUNCATED


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux counts them so simply")
def test_a_reader_keeps_one_file_open_at_most(tmp_path, reader):
    def opened():
        links = (each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
        return [link.name for link in links if link.parent == tmp_path]

    paths = [written(tmp_path / f"{i}.h5", frames()) for i in range(3)]
    for path in paths * 2:
        reader.read(path, page=1)
        assert opened() == [path.name]
        refused(path, reader)
    reader.read(stored(tmp_path, tiff_bytes(frames(1)[0]), "a.tif"))
    assert opened() == []
    reader.read(paths[0], page=0)
    reader.close()
    assert opened() == []
    for path in paths:
        read_frame(path, page=0)
        count_images(path)
    assert opened() == []


WRITER = """
import sys, h5py
shape = int(sys.argv[2]), int(sys.argv[3])
file = h5py.File(sys.argv[1], "w", libver="latest")
images = file.create_dataset(
    "entry/data/data", (0, *shape), "u4", chunks=(1, *shape), maxshape=(None, *shape)
)
file.swmr_mode = True
for line in sys.stdin:
    images.resize(int(line), 0)
    images[-1] = int(line)
    images.flush()
    print("written", flush=True)
"""


@contextlib.contextmanager
def writer(path):
    """Run a process that keeps a file open for writing; tell it to write image after image."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-c", WRITER, str(path), *map(str, SHAPE)]
    with subprocess.Popen(command, text=True, **pipes) as process:  # noqa: S603 - ours

        def write(n_images):
            process.stdin.write(f"{n_images}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "written\n"

        yield write
        process.stdin.close()
    assert process.returncode == 0


def test_a_file_that_grows_is_read_as_far_as_it_is_written(tmp_path, reader):
    path = tmp_path / "a.h5"
    with writer(path) as write:
        for n_images in (1, 2, 30):
            write(n_images)
            assert (reader.read(path, page=n_images - 1).image == n_images).all()
            assert count_images(path) == n_images
        assert refused(path, reader, page=15).reason is Reason.TRUNCATED  # room, but no pixels
    assert (reader.read(path, page=29).image == 30).all()


def test_a_file_whose_writer_lets_nobody_read_is_not_complete(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["entry/data/data"] = frames(1)
        file.flush()
        copy = shutil.copy(path, tmp_path / "copy.h5")  # as another process sees it
    assert refused(copy).reason is Reason.TRUNCATED
    assert (read_frame(path).image == frames(1)[0]).all()


# ------------------------------------------------------------------------ what the header says


def test_times_of_nexus_are_read(tmp_path, reader):
    path = written(tmp_path / "a.h5", frames(3))
    with h5py.File(path, "a") as file:
        detector = file.create_group("entry/instrument/detector")
        detector["count_time"] = np.float32(250)
        detector["count_time"].attrs["units"] = "ms"
        detector["frame_time"] = 0.5
        detector["frame_time"].attrs["units"] = np.bytes_("s")
        file["entry/start_time"] = "2024-03-05T12:00:00.25+01:00"
    header = reader.read(path, page=2).header
    assert header.exposure == 0.25
    assert (header.time, header.time_source) == (1709636400.25 + 2 * 0.5, "header")
    assert header.fields["count_time"] == "250.0 ms"
    assert header.fields["start_time"] == "2024-03-05T12:00:00.25+01:00"


def test_the_start_is_the_time_of_the_first_image_only(tmp_path, reader):
    path = written(tmp_path / "a.h5", frames(2))
    with h5py.File(path, "a") as file:
        place = "entry/instrument/detector/detectorSpecific/data_collection_date"
        file[place] = np.bytes_("2024-03-05T12:00:00Z")
    assert reader.read(path, page=0).header.time == 1709640000
    assert reader.read(path, page=1).header.time_source == "file"


def test_every_image_may_have_an_exposure_of_its_own(tmp_path, reader):
    path = written(tmp_path / "a.h5", frames(3))
    with h5py.File(path, "a") as file:
        file["entry/data/exposure_time"] = [0.1, 0.2, 0.3]
    exposures = [reader.read(path, page=number).header.exposure for number in range(3)]
    assert exposures == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("value", [np.zeros((2, 2)), [], "soon", b"\xff", np.zeros(7, complex)])
def test_fields_that_make_no_sense_are_no_error(tmp_path, value):
    path = written(tmp_path / "a.h5", frames(1))
    with h5py.File(path, "a") as file:
        for key in ("count_time", "frame_time", "start_time"):
            file[f"entry/data/{key}"] = value
    assert read_frame(path).header.time_source == "file"


def test_h5py_is_not_imported_ahead_of_the_first_hdf5_file():
    script = "import sys, saxsdog.io.images; sys.exit('h5py' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=False)  # noqa: S603 - ours
    assert done.returncode == 0
