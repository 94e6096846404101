import os

import pytest

from saxsfeeder import settling as settling_module
from saxsfeeder.settling import GUARD_TIME, LOOK_TIME, Settling
from tests.helpers.clocks import Clock

posix_only = pytest.mark.skipif(os.name != "posix", reason="no time of the status elsewhere")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def settling(clock):
    return Settling(0.2, clock)


def write(path, content):
    """Write as a detector does: both times of the file are that of the last byte."""
    with path.open("ab") as file:
        file.write(content)


def test_a_file_is_finished_when_it_has_not_changed_for_a_while(tmp_path, settling, clock):
    path = tmp_path / "x.tif"
    write(path, b"1")
    settling.add([str(path)])
    assert settling.finished() == []
    clock.now += 0.15
    assert settling.finished() == []
    assert settling.pending == 1
    clock.now += 0.1
    assert settling.finished() == [str(path)]
    assert settling.pending == 0
    assert settling.finished() == []


def test_every_growth_begins_the_wait_again(tmp_path, settling, clock):
    path = tmp_path / "x.tif"
    write(path, b"12345")
    settling.add([str(path)])
    for _ in range(10):
        write(path, b"12345")
        clock.now += 0.15
        assert settling.finished() == []
    clock.now += 0.25
    assert settling.finished() == [str(path)]


@posix_only
def test_a_file_that_was_renamed_into_place_is_finished_at_once(tmp_path, settling):
    write(tmp_path / ".part", b"12345")
    status = (tmp_path / ".part").stat()
    os.utime(tmp_path / ".part", ns=(status.st_atime_ns, status.st_mtime_ns - 50_000_000))
    (tmp_path / ".part").rename(tmp_path / "x.tif")
    settling.add([str(tmp_path / "x.tif")])
    assert settling.finished() == [str(tmp_path / "x.tif")]


@posix_only
def test_an_empty_file_is_not_finished_because_its_rights_were_changed(tmp_path, settling, clock):
    path = tmp_path / "x.tif"
    write(path, b"")
    os.utime(path, ns=(0, path.stat().st_mtime_ns - 50_000_000))
    settling.add([str(path)])
    assert settling.finished() == []
    write(path, b"12345")
    assert settling.finished() == []


def test_a_writer_that_only_paused_finishes_its_file_twice(tmp_path, settling, clock):
    path = tmp_path / "x.tif"
    write(path, b"1")
    settling.add([str(path)])
    settling.finished()
    clock.now += 0.3
    assert settling.finished() == [str(path)]
    clock.now += GUARD_TIME / 2
    write(path, b"2")
    assert settling.finished() == []
    clock.now += 0.3
    assert settling.finished() == [str(path)]


@pytest.mark.parametrize("pause", [2 * GUARD_TIME, 1e3, 1e6])
def test_a_writer_may_pause_as_long_as_it_likes(tmp_path, settling, clock, pause):
    path = tmp_path / "x.tif"
    write(path, b"1")
    settling.add([str(path)])
    settling.finished()
    clock.now += 0.3
    assert settling.finished() == [str(path)]
    for _ in range(3):
        clock.now += pause
        assert settling.finished() == []  # the end of the guard time
        assert settling.finished() == []
        write(path, b"2")
        clock.now += GUARD_TIME
        assert settling.finished() == []
        assert settling.pending == 1
        clock.now += 0.3
        assert settling.finished() == [str(path)]


def test_quiet_files_are_looked_at_now_and_then_and_not_for_long(
    tmp_path, settling, clock, monkeypatch
):
    paths = [tmp_path / f"{number:02}.tif" for number in range(50)]
    for path in paths:
        write(path, b"1")
    settling.add_finished(map(str, paths))
    clock.now += GUARD_TIME + 1
    settling.finished()
    clock.now += GUARD_TIME
    looked_at, look_at = [], settling_module._look_at

    def look_slowly(path):
        looked_at.append(path)
        clock.now += LOOK_TIME / 9.5
        return look_at(path)

    monkeypatch.setattr(settling_module, "_look_at", look_slowly)
    for number in range(1, 6):
        settling.finished()
        assert len(looked_at) == 10 * number
    assert sorted(looked_at) == [str(path) for path in paths]
    settling.finished()
    assert len(looked_at) == 50
    clock.now += GUARD_TIME
    settling.finished()
    assert len(looked_at) == 60


def test_an_image_written_anew_is_finished_though_its_name_was_gone_for_a_moment(
    tmp_path, settling, clock
):
    path = tmp_path / "x.tif"
    write(path, b"1")
    settling.add([str(path)])
    settling.finished()
    clock.now += 0.3
    assert settling.finished() == [str(path)]
    path.unlink()
    assert settling.finished() == []
    write(path, b"12")
    settling.finished()
    clock.now += 0.3
    assert settling.finished() == [str(path)]


def test_a_finished_file_is_not_finished_again_because_its_rights_were_changed(
    tmp_path, settling, clock
):
    path = tmp_path / "x.tif"
    write(path, b"1")
    settling.add([str(path)])
    settling.finished()
    clock.now += 0.3
    assert settling.finished() == [str(path)]
    os.utime(path, ns=(0, path.stat().st_mtime_ns))
    path.chmod(0o600)
    clock.now += 0.3
    assert settling.finished() == []
    assert settling.pending == 0


def test_what_is_finished_already_counts_only_if_it_changes(tmp_path, settling, clock):
    old, growing = tmp_path / "old.tif", tmp_path / "growing.tif"
    for path in (old, growing):
        write(path, b"1")
    settling.add_finished([str(old), str(growing)])
    clock.now += 1
    assert settling.finished() == []
    write(growing, b"2")
    settling.finished()
    clock.now += 1
    assert settling.finished() == [str(growing)]


def test_what_vanishes_is_forgotten(tmp_path, settling):
    path = tmp_path / "x.tif"
    settling.add([str(path), str(path / "below")])
    settling.add_finished([str(tmp_path / "vanished.tif")])
    assert settling.finished() == []
    assert settling.pending == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files elsewhere")
def test_what_is_no_regular_file_is_forgotten(tmp_path, settling):
    os.mkfifo(tmp_path / "x.tif")
    (tmp_path / "y.tif").mkdir()
    settling.add([str(tmp_path / "x.tif"), str(tmp_path / "y.tif")])
    assert settling.finished() == []
    assert settling.pending == 0


def test_what_cannot_be_looked_at_is_left_to_its_reader(tmp_path, settling):
    (tmp_path / "x.tif").symlink_to("x.tif")
    settling.add([str(tmp_path / "x.tif")])
    assert settling.finished() == [str(tmp_path / "x.tif")]
    assert settling.finished() == []
