import os
import signal
import sys
import threading

import pytest

from saxsfeeder.command import main
from tests.helpers.feeder_process import FeederProcess, copy_of_the_package
from tests.helpers.feeds import Listener, RawPublisher, wait_until

SLICE = bytes(range(256)) * 64
posix_only = pytest.mark.skipif(os.name != "posix", reason="no such signals elsewhere")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return copy_of_the_package(tmp_path_factory.mktemp("old computer"))


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "detector" / "images"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def destination(tmp_path):
    folder = tmp_path / "storage"
    folder.mkdir()
    return folder


def images_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.tif"))


def write_slowly(path, slices):
    with path.open("wb") as file:
        for _ in range(slices):
            file.write(SLICE)
            file.flush()
            threading.Event().wait(0.04)


def test_a_slowly_growing_file_is_copied_when_it_is_whole(package, source, destination):
    with (
        FeederProcess(package, "--copy", source, destination, "--settle", "1") as feeder,
        feeder.listener() as listener,
    ):
        listener.wait_for_gap("first time")
        write_slowly(source / "x.tif", 40)
        assert images_below(destination) == []
        listener.wait_for_paths(1)
        assert listener.paths == [str(destination / "x.tif")]
        assert listener.files[0].size == 40 * len(SLICE)
        assert (destination / "x.tif").read_bytes() == 40 * SLICE


def test_a_file_that_is_renamed_into_place_is_copied_at_once(package, source, destination):
    with (
        FeederProcess(package, "--copy", source, destination, "--settle", "3000") as feeder,
        feeder.listener() as listener,
    ):
        listener.wait_for_gap("first time")
        write_slowly(source / ".x.part", 2)
        (source / ".x.part").rename(source / "x.tif")
        listener.wait_for_paths(1)
        assert (destination / "x.tif").read_bytes() == 2 * SLICE


def test_200_files_at_once_are_all_copied_and_announced(package, source, destination):
    with (
        FeederProcess(package, "--copy", source, destination) as feeder,
        feeder.listener() as listener,
    ):
        listener.wait_for_gap("first time")
        for number in range(200):
            path = source / f"run{number % 4}" / f"{number:03}.tif"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(SLICE + bytes([number]))
        listener.wait_for_paths(200)
        assert sorted(listener.paths) == [str(destination / name) for name in images_below(source)]
        for name in images_below(source):
            assert (destination / name).read_bytes() == (source / name).read_bytes()
        assert listener.subscription.missed == 0


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_feeder_that_is_stopped_and_started_copies_only_what_is_new(
    package, source, destination, number
):
    (source / "1.tif").write_bytes(SLICE)
    with FeederProcess(package, "--copy", source, destination) as feeder:
        wait_until(lambda: images_below(destination) == ["1.tif"])
        assert feeder.stop(number) == 0
    inode = (destination / "1.tif").stat().st_ino
    (source / "2.tif").write_bytes(SLICE)
    with FeederProcess(package, "--copy", source, destination) as feeder:
        wait_until(lambda: images_below(destination) == ["1.tif", "2.tif"])
        assert feeder.stop(number) == 0
    assert (destination / "1.tif").stat().st_ino == inode
    assert "2.tif" in feeder.log
    assert "1.tif" not in feeder.log


@posix_only
def test_a_feeder_that_was_killed_is_followed_by_one_that_does_the_rest(
    package, source, destination
):
    for number in range(50):
        (source / f"{number:02}.tif").write_bytes(64 * SLICE)
    with FeederProcess(package, "--copy", source, destination) as feeder:
        wait_until(lambda: images_below(destination))
        feeder.stop(signal.SIGKILL)
    for name in images_below(destination):
        assert (destination / name).read_bytes() == 64 * SLICE
    with FeederProcess(package, "--copy", source, destination, "--once") as feeder:
        assert feeder.wait() == 0
    assert images_below(destination) == images_below(source)
    assert [path.name for path in destination.iterdir() if path.name.startswith(".")] == []


def test_once_moves_what_is_there_and_tells_a_server_that_waits(package, source, destination):
    with RawPublisher() as publisher:
        address = publisher.address
    for number in range(3):
        (source / f"{number}.tif").write_bytes(SLICE)
    (source / "notes.txt").write_bytes(b"")
    arguments = ("--copy", source, destination, "--once", "--move")
    with Listener(address) as listener, FeederProcess(package, *arguments, bind=address) as feeder:
        assert feeder.wait() == 0
        listener.wait_for_paths(3)
    assert sorted(listener.paths) == [str(destination / f"{number}.tif") for number in range(3)]
    assert [path.name for path in source.iterdir()] == ["notes.txt"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nobody else tells who writes")
def test_once_leaves_what_is_still_open_and_tells_so(package, source, destination):
    (source / "whole.tif").write_bytes(SLICE)
    with (source / "open.tif").open("wb", buffering=0) as file:
        file.write(SLICE)
        arguments = ("--copy", source, destination, "--once", "--move")
        with FeederProcess(package, *arguments) as feeder:
            assert feeder.wait() == 1
        file.write(SLICE)
    assert images_below(source) == ["open.tif"]
    assert (source / "open.tif").read_bytes() == 2 * SLICE
    assert images_below(destination) == ["open.tif", "whole.tif"]
    assert f"{source / 'open.tif'}: copied, but not removed: somebody has it open" in feeder.log


@posix_only
def test_what_a_feeder_that_was_stopped_had_to_leave_is_moved_by_the_next(
    package, source, destination
):
    (source / "x.tif").write_bytes(SLICE)
    with FeederProcess(package, "--copy", source, destination, "--move") as feeder:
        wait_until(lambda: images_below(destination) == ["x.tif"])
        assert feeder.stop() == 0
    assert images_below(source) == ["x.tif"]
    with FeederProcess(package, "--copy", source, destination, "--move") as feeder:
        wait_until(lambda: images_below(source) == [])
        assert feeder.stop() == 0
    assert (destination / "x.tif").read_bytes() == SLICE
    assert "announced" not in feeder.log


def test_once_tells_by_its_exit_status_that_a_file_could_not_be_copied(
    package, source, destination
):
    for name in ("a/x.tif", "b/x.tif"):
        (source / name).parent.mkdir()
        (source / name).write_bytes(SLICE)
    (destination / "a").write_bytes(b"a file in the way")
    with FeederProcess(package, "--copy", source, destination, "--once") as feeder:
        assert feeder.wait() == 1
    assert images_below(destination) == ["b/x.tif"]
    assert f"{source / 'a' / 'x.tif'}: not delivered" in feeder.log


def test_watch_announces_what_is_new_by_the_name_that_the_server_knows(package, source):
    (source / "old.tif").write_bytes(SLICE)
    with (
        FeederProcess(package, "--watch", source, "--map", source.parent, "/data") as feeder,
        feeder.listener() as listener,
    ):
        listener.wait_for_gap("first time")
        (source / "new.tif").write_bytes(SLICE)
        listener.wait_for_paths(1)
        assert listener.paths == ["/data/images/new.tif"]
        assert listener.files[0].size == len(SLICE)


def test_watch_announces_what_exists_if_asked_to(package, source):
    for name in ("old.tif", "old.img"):
        (source / name).write_bytes(SLICE)
    arguments = ("--watch", source, "--existing", "--once", "--suffix", "img", ".CBF")
    with FeederProcess(package, *arguments) as feeder:
        assert feeder.wait() == 0
    assert "announced" in feeder.log
    assert "old.img" in feeder.log
    assert "old.tif" not in feeder.log


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "required"),
        (["--watch", "nowhere"], "expected a folder"),
        (["--copy", ".", "nowhere"], "expected a folder"),
        (["--copy", ".", "."], "must not lie in"),
        (["--copy", ".", "below"], "must not lie in"),
        (["--copy", "below", "other", "--watch", "."], "not allowed"),
        (["--watch", ".", "--move"], "--move goes with --copy"),
        (["--watch", ".", "--once"], "--existing"),
        (["--watch", ".", "--settle", "-1"], "expected seconds"),
        (["--watch", ".", "--interval", "soon"], "expected seconds"),
    ],
)
def test_a_call_without_sense_is_refused(tmp_path, monkeypatch, capsys, arguments, complaint):
    for name in ("below", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert complaint in capsys.readouterr().err


def test_an_address_that_is_taken_is_a_wrong_call(source, monkeypatch, caplog):
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    with RawPublisher() as publisher:
        assert main(["--watch", str(source), "--bind", publisher.address]) == 2
    assert f"{publisher.address}: cannot listen here" in caplog.text


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    for option in ("--copy", "--watch", "--bind", "--move", "--once", "--map", "--existing"):
        assert option in text
