import os
import sys

import pytest

from saxsfeeder import leases, removal
from saxsfeeder.copying import Copier
from saxsfeeder.removal import CLOSED_YET_AFTER, GUARD_TIME, GUARD_TIME_IF_UNKNOWN, Remover
from tests.helpers.clocks import Clock

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no leases elsewhere")
posix_only = pytest.mark.skipif(os.name != "posix", reason="no time of the status elsewhere")


class Bench:
    """A source that was copied, and time that passes when it is told to."""

    def __init__(self, folder):
        self.source, self.destination = folder / "source", folder / "destination"
        for each in (self.source, self.destination):
            each.mkdir()
        self.path, self.copied = self.source / "x.tif", self.destination / "x.tif"
        self.clock = Clock()
        self.copier = Copier(str(self.source), str(self.destination))
        self.remover = Remover(self.copier, self.clock)

    def copy(self, content=b"12345"):
        self.path.write_bytes(content)
        self.add()

    def add(self):
        """Let the source go that has just been copied, after a first look at it."""
        self.remover.add(self.copier.copy(str(self.path)))
        assert self.look(0) == []

    def look(self, after=GUARD_TIME):
        """Names of what has to be copied again."""
        self.clock.now += after
        return [os.path.basename(path) for path in self.remover.look()]  # noqa: PTH119


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture(params=["known", "unknown"])
def guard_time(request, monkeypatch):
    """Time until a source goes, where leases are known and where not."""
    if request.param == "unknown":
        monkeypatch.setattr(leases, "_HAS_LEASES", False)
    return GUARD_TIME if leases._HAS_LEASES else GUARD_TIME_IF_UNKNOWN


def test_a_source_goes_when_it_has_been_quiet_for_the_guard_time(bench, guard_time):
    bench.copy()
    for _ in range(10):
        assert bench.look(guard_time / 11) == []
        assert bench.path.exists()
        assert (bench.remover.pending, bench.remover.kept) == (1, 0)
    bench.look(guard_time / 10)
    assert list(bench.source.iterdir()) == []
    assert bench.copied.read_bytes() == b"12345"
    assert (bench.remover.pending, bench.remover.kept) == (0, 0)


@linux_only
def test_a_source_stays_as_long_as_somebody_has_it_open_for_writing(bench, caplog):
    with (bench.source / "x.tif").open("wb") as file:
        bench.copy()
        for _ in range(100):
            assert bench.look() == []
        assert bench.path.exists()
        assert (bench.remover.pending, bench.remover.kept) == (0, 1)
        assert caplog.messages == [
            f"{bench.path}: copied, but not removed: "
            "somebody has it open for writing, or its file system grants no lease"
        ]
        assert not file.closed
    bench.look(CLOSED_YET_AFTER)
    assert (bench.remover.pending, bench.remover.kept) == (1, 0)
    bench.look(GUARD_TIME * 0.9)
    assert bench.path.exists()
    bench.look(GUARD_TIME * 0.1)
    assert not bench.path.exists()


@linux_only
def test_a_file_that_was_open_is_closed_for_the_guard_time_before_it_goes(bench):
    with (bench.source / "x.tif").open("wb"):
        bench.copy()
        bench.look(GUARD_TIME - 0.1)
    bench.look(0.2)
    assert bench.path.exists()
    with bench.path.open("ab") as file:  # a writer that opens its image for each of its parts
        file.write(b"6")
    assert bench.look() == ["x.tif"]


def test_a_source_that_has_grown_is_copied_again(bench, guard_time):
    bench.copy()
    with bench.path.open("ab") as file:
        file.write(b"6")
    assert bench.look(guard_time) == ["x.tif"]
    assert bench.path.read_bytes() == b"123456"
    bench.add()
    assert bench.look(guard_time) == []
    assert not bench.path.exists()
    assert bench.copied.read_bytes() == b"123456"


@posix_only
def test_a_source_whose_rights_were_changed_goes(bench, guard_time):
    bench.copy()
    bench.path.chmod(0o600)
    bench.look(guard_time)
    assert bench.path.exists()
    bench.look(guard_time)
    assert not bench.path.exists()


@posix_only
def test_a_source_with_other_content_and_the_same_time_is_copied_again(bench, guard_time):
    bench.copy()
    status = bench.path.stat()
    bench.path.write_bytes(b"54321")
    os.utime(bench.path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert bench.look(guard_time) == ["x.tif"]
    bench.add()
    assert bench.copied.read_bytes() == b"54321"
    bench.look(guard_time)
    assert not bench.path.exists()
    assert bench.copied.read_bytes() == b"54321"


def test_what_another_start_has_copied_is_compared_before_it_goes(bench, guard_time):
    bench.path.write_bytes(b"12345")
    bench.copied.write_bytes(b"00000")
    time = bench.path.stat().st_mtime_ns
    os.utime(bench.copied, ns=(time, time))
    bench.remover.add(bench.copier.copy(str(bench.path)))
    assert bench.look(0) == ["x.tif"]
    assert bench.copier.copy(str(bench.path)).is_new
    assert bench.copied.read_bytes() == bench.path.read_bytes() == b"12345"


@pytest.mark.parametrize("fault", ["unlink", "truncate"])
def test_a_source_stays_if_its_copy_is_gone_or_cut(bench, caplog, fault):
    bench.copy()
    if fault == "unlink":
        bench.copied.unlink()
    else:
        os.truncate(bench.copied, 2)
    for _ in range(5):
        assert bench.look() == []
    assert bench.path.exists()
    assert len(caplog.messages) == 1
    assert f"its copy {bench.copied} is gone, or not what was copied" in caplog.messages[0]


def test_a_source_that_is_gone_is_forgotten(bench):
    bench.copy()
    bench.path.unlink()
    assert bench.look() == []
    assert (bench.remover.pending, bench.remover.kept) == (0, 0)


def test_what_is_copied_once_more_begins_to_be_quiet_anew(bench, guard_time):
    bench.copy()
    bench.look(guard_time / 2)
    bench.copy(b"123456")
    bench.look(guard_time * 0.9)
    assert bench.path.exists()
    bench.look(guard_time * 0.2)
    assert not bench.path.exists()


def test_an_image_that_takes_the_place_of_a_source_is_not_removed_instead(bench, monkeypatch):
    bench.copy()
    rename = os.rename

    def replace_and_rename(path, aside):
        (bench.source / "new").write_bytes(b"abcde")
        (bench.source / "new").replace(path)
        rename(path, aside)

    monkeypatch.setattr(removal.os, "rename", replace_and_rename)
    assert bench.look(GUARD_TIME_IF_UNKNOWN) == ["x.tif"]
    assert [path.name for path in bench.source.iterdir()] == ["x.tif"]
    assert bench.path.read_bytes() == b"abcde"


def test_what_cannot_go_back_to_its_place_is_kept_beside_it_and_told(bench, monkeypatch, caplog):
    monkeypatch.setattr(leases, "_HAS_LEASES", False)  # a lease would hold up who writes here
    bench.copy()
    rename = os.rename

    def grow_and_rename(path, aside):
        with open(path, "ab") as file:  # noqa: PTH123 - what is patched takes names
            file.write(b"6")
        rename(path, aside)
        bench.path.write_bytes(b"the next image")

    with monkeypatch.context() as patch:
        patch.setattr(removal.os, "rename", grow_and_rename)
        assert bench.look(GUARD_TIME_IF_UNKNOWN) == ["x.tif"]
    assert bench.path.read_bytes() == b"the next image"
    aside = bench.source / ".x.tif.saxsfeeder-moved"
    assert aside.read_bytes() == b"123456"
    assert f"{bench.path}: is now at {aside}" in caplog.text
    bench.copy(b"one more")
    bench.look(GUARD_TIME_IF_UNKNOWN)
    assert aside.read_bytes() == b"123456"
    assert f"{bench.path}: copied, but not removed: {aside} is in the way" in caplog.text


@linux_only
def test_a_writer_that_comes_in_the_moment_of_the_removal_keeps_its_image(bench, monkeypatch):
    bench.copy()
    check = removal._check_moved

    def check_when_somebody_waits(path, status, writers):
        check(path, status, lambda: leases.Writers.SOME)

    monkeypatch.setattr(removal, "_check_moved", check_when_somebody_waits)
    assert bench.look() == ["x.tif"]
    assert [path.name for path in bench.source.iterdir()] == ["x.tif"]
