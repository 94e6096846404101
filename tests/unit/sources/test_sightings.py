import os
import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.io.status import Fingerprint
from saxsdog.paths import Roots
from saxsdog.reasons import Reason
from saxsdog.sources.mounts import mount_point_of
from saxsdog.sources.sightings import Scout, Sighting, SourceKind
from tests.helpers.disks import small_disk

FEEDER = SourceKind.FEEDER


@pytest.fixture
def data(tmp_path):
    for name in ("root/user1/a", "root/user10", "other", "outside"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def scout(data):
    return Scout(Roots([data / "root", data / "other"]), data / "root" / "user1")


def touch(path, content=b"image"):
    path.write_bytes(content)
    return path


def test_an_image_is_seen_with_its_fingerprint(data, scout):
    image = touch(data / "root/user1/a/x.TIF")
    status = image.stat()
    fingerprint = Fingerprint(5, status.st_mtime_ns, status.st_ino)
    assert scout.look(str(image), FEEDER) == Sighting(image, fingerprint, FEEDER)


def test_one_image_of_a_file_that_holds_several_is_seen_as_the_file_is(data, scout):
    image = touch(data / "root/user1/a/x.tif")
    seen = scout.look(f"{image}::17", FEEDER)
    assert str(seen.path) == f"{image}::17"
    assert seen.fingerprint == scout.look(str(image), FEEDER).fingerprint
    early = scout.look(f"{data}/root/user1/y.tif::0", FEEDER)
    assert (str(early.path), early.fingerprint) == (f"{data}/root/user1/y.tif::0", None)
    assert scout.not_ours == 0


def test_a_number_behind_a_name_leads_nowhere_where_the_name_does_not(data, scout):
    touch(data / "outside/x.tif")
    (data / "root/user1/link.tif").symlink_to(data / "outside/x.tif")
    assert scout.look(f"{data}/root/user1/link.tif::3", FEEDER).problem is Reason.OUTSIDE_ROOT
    assert scout.look(f"{data}/root/user1/..::3", FEEDER) is None
    assert scout.look(f"{data}/root/user1/.x.tif::3", FEEDER) is None
    assert scout.look(f"{data}/outside/x.tif::3", FEEDER) is None


def test_a_file_that_is_named_like_an_image_in_another_is_none_of_ours(data, scout):
    assert not scout.wants("x.tif::3")
    assert scout.wants("x.tif")


def test_an_image_may_be_announced_before_it_is_there(data, scout):
    image = data / "root/user1/not/yet/x.tif"
    assert scout.look(str(image), FEEDER) == Sighting(image, None, FEEDER)


@pytest.mark.parametrize(
    "path",
    [
        "root/user1/x.txt",
        "root/user1/.x.tif",
        "root/user1/.cache/x.tif",
        "root/user1/.tif",
        "root/user10/x.tif",
        "root/x.tif",
        "root/user1/../user10/x.tif",
        "outside/x.tif",
        "root/user1",
    ],
)
def test_what_is_not_ours_is_counted_and_not_seen(data, scout, path):
    assert scout.look(f"{data}/{path}", FEEDER) is None
    assert scout.not_ours == 1


@pytest.mark.parametrize("path", ["", "x.tif", "/\0/x.tif", "user1\\\0.tif", "/x" * 3000 + ".tif"])
def test_what_is_no_path_in_the_directory_is_not_ours(scout, path):
    assert scout.look(path, FEEDER) is None
    assert scout.not_ours == 1


def test_only_a_feeder_may_leave_out_the_root(scout, data):
    touch(data / "root/user1/x.tif")
    assert scout.look("user1/x.tif", SourceKind.WALKER) is None
    assert scout.look("user1/x.tif", FEEDER) is not None


def test_dots_in_a_path_lead_to_the_same_image(data, scout):
    image = touch(data / "root/user1/x.tif")
    assert scout.look(f"{data}/root/user10/../user1/./x.tif", FEEDER).path == image


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_a_folder_and_a_socket_are_no_images(data, scout, monkeypatch):
    folder = data / "root/user1"
    os.mkfifo(folder / "fifo.tif")
    (folder / "folder.tif").mkdir()
    monkeypatch.chdir(folder)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.tif")
        for name in ("fifo.tif", "folder.tif", "socket.tif"):
            assert scout.look(str(folder / name), FEEDER).problem is Reason.NOT_REGULAR


def test_a_link_to_an_image_outside_is_seen_as_a_problem(data, scout):
    link = data / "root/user1/x.tif"
    link.symlink_to(touch(data / "outside/x.tif"))
    assert scout.look(str(link), FEEDER) == Sighting(link, None, FEEDER, Reason.OUTSIDE_ROOT)


def test_a_link_in_a_circle_is_seen_as_a_problem(data, scout):
    link = data / "root/user1/x.tif"
    link.symlink_to(link)
    assert scout.look(str(link), FEEDER).problem is Reason.NOT_REGULAR


def test_a_link_to_an_image_in_a_root_keeps_its_name(data, scout):
    link = data / "root/user1/x.tif"
    target = touch(data / "other/y.tif")
    link.symlink_to(target)
    sighting = scout.look(str(link), FEEDER)
    assert sighting.path == link
    assert sighting.fingerprint.inode == target.stat().st_ino


def test_a_link_from_the_directory_to_another_root_is_followed(data, scout):
    (data / "root/user1/current").symlink_to(data / "other")
    image = touch(data / "other/x.tif")
    assert scout.look(f"{data}/root/user1/current/x.tif", FEEDER).path == image
    assert scout.look(str(image), FEEDER) is None


def test_a_link_to_the_directory_leads_to_its_images(data, scout):
    (data / "root/today").symlink_to(data / "root/user1")
    image = touch(data / "root/user1/x.tif")
    assert scout.look(f"{data}/root/today/x.tif", FEEDER).path == image


@pytest.mark.skipif(os.name == "nt", reason="names of any bytes")
def test_a_name_of_any_bytes_is_seen(data, scout):
    path = os.fsencode(data / "root/user1") + b"/\xff\n.tif"
    Path(os.fsdecode(path)).write_bytes(b"image")
    sighting = scout.look(os.fsdecode(path), FEEDER)
    assert os.fsencode(sighting.path) == path
    assert sighting.fingerprint is not None


@pytest.mark.parametrize(
    "path", ["user1/a/x.tif", "user1\\a\\x.tif", "{root}\\user1\\a/x.tif", "z:\\a\\x.tif"]
)
def test_an_image_is_found_under_every_name_that_feeders_have_for_it(data, path):
    image = touch(data / "root/user1/a/x.tif")
    scout = Scout(
        Roots([data / "root"]), data / "root/user1", mapping=[("Z:\\", str(data / "root/user1"))]
    )
    path = path.replace("{root}", str(data / "root"))
    assert scout.look(path, FEEDER) == scout.look(str(image), FEEDER)
    assert str(scout.look(f"{path}::7", FEEDER).path) == f"{image}::7"
    assert scout.not_ours == 0


@pytest.mark.skipif(os.name == "nt", reason="names that Windows cannot have")
def test_a_back_slash_in_a_name_is_believed_where_there_is_such_a_file(data, scout):
    folder = data / "root/user1"
    odd, image = touch(folder / "a\\y.tif"), folder / "a/x.tif"
    assert scout.look(str(odd), FEEDER).path == odd
    assert scout.look("user1/a\\y.tif", FEEDER).path == odd
    early = scout.look(f"{folder}/a\\x.tif", FEEDER)
    assert (early.path, early.fingerprint) == (image, None)


@pytest.mark.parametrize(
    "path",
    [
        "user1/../../outside/x.tif",
        "user1\\..\\..\\outside\\x.tif",
        "z:\\..\\..\\outside\\x.tif",
        "{data}\\outside\\x.tif",
        "out/x.tif",
        "user1\\out\\x.tif",
        "z:\\out\\x.tif",
    ],
)
def test_no_way_to_write_a_path_leads_out_of_the_roots(data, path):
    touch(data / "outside/x.tif")
    user = data / "root/user1"
    for folder in (user, data / "root"):
        (folder / "out").symlink_to(data / "outside")
    scout = Scout(Roots([data / "root"]), user, mapping=[("Z:\\", str(user))])
    assert scout.look(path.replace("{data}", str(data)), FEEDER) is None
    assert scout.not_ours == 1


def test_paths_that_we_found_ourselves_are_not_mapped(data):
    image = touch(data / "root/user1/x.tif")
    scout = Scout(Roots([data]), data / "root", mapping=[(str(data), f"{data}/root")])
    assert scout.look(str(image), SourceKind.WALKER).path == image
    assert scout.look(f"{data}/user1/x.tif", FEEDER).path == image


@given(st.lists(st.sampled_from(["a", "..", ".", "user1", "user10", "out", ".h", "x.tif"])))
def test_whatever_is_seen_lies_in_the_directory(tmp_path_factory, parts):
    base = tmp_path_factory.getbasetemp() / "confined"
    (base / "root/user1/a").mkdir(parents=True, exist_ok=True)
    (base / "root/user10").mkdir(exist_ok=True)
    if not (base / "root/user1/out").is_symlink():
        (base / "root/user1/out").symlink_to(base)
    scout = Scout(Roots([base / "root"]), base / "root/user1")
    sighting = scout.look("/".join([str(base / "root/user1"), *parts]), FEEDER)
    assert sighting is None or sighting.path.is_relative_to(base / "root/user1")


def test_paths_that_are_not_ours_are_counted_from_all_threads(scout):
    def look_often():
        for _ in range(2000):
            scout.look("/elsewhere/x.txt", FEEDER)

    threads = [threading.Thread(target=look_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scout.not_ours == 8000


def test_a_look_is_quick(data, scout):
    path = str(touch(data / "root/user1/a/x.tif"))
    best = min(_seconds_for(scout, path) for _ in range(20))
    assert best / 200 < 100e-6  # some 10 us on a machine with nothing else to do


def _seconds_for(scout, path):
    start = time.perf_counter()
    for _ in range(200):
        scout.look(path, FEEDER)
    return time.perf_counter() - start


def test_an_image_is_seen_with_the_place_of_its_disk(data, scout):
    folder = data / "root/user1/a"
    with small_disk(folder):
        touch(folder / "x.tif")
        touch(folder.parent / "y.tif")
        assert scout.look(str(folder / "x.tif"), FEEDER).mount == folder
        assert scout.look(str(folder.parent / "y.tif"), FEEDER).mount == mount_point_of(data)
    touch(folder / "x.tif")
    assert scout.look(str(folder / "x.tif"), FEEDER).mount == mount_point_of(data)
    assert scout.look(str(folder / "none.tif"), FEEDER).mount is None
