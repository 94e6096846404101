import errno
import os

import pytest

from saxsdog.cli.log_places import RotatedFile, _Lines
from tests.helpers.mounts import small_disk

LINE = "x" * 99


@pytest.fixture
def open_files():
    files = []
    yield files.append
    for file in files:
        file.close()


def test_what_stood_in_the_file_stays(tmp_path, open_files):
    (tmp_path / "log").write_text("before\n")
    file = RotatedFile(tmp_path / "log", 1000, 2)
    open_files(file)
    file.write("after")
    assert (tmp_path / "log").read_text() == "before\nafter\n"


def test_so_many_files_are_kept_and_the_first_is_the_newest(tmp_path, open_files):
    file = RotatedFile(tmp_path / "log", 200, 3)
    open_files(file)
    for number in range(20):
        file.write(f"{number:099d}")
    kept = [tmp_path / name for name in ("log", "log.1", "log.2", "log.3")]
    assert sorted(tmp_path.iterdir()) == kept
    numbers = [[int(line) for line in each.read_text().splitlines()] for each in kept]
    assert numbers == [[18, 19], [16, 17], [14, 15], [12, 13]]


def test_a_line_that_is_longer_than_the_file_may_be_is_written(tmp_path, open_files):
    file = RotatedFile(tmp_path / "log", 50, 1)
    open_files(file)
    for _ in range(3):
        file.write(LINE)
    assert (tmp_path / "log").read_text() == (tmp_path / "log.1").read_text() == f"{LINE}\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_reads_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "log")
    with pytest.raises(OSError, match="log"):
        RotatedFile(tmp_path / "log", 1000, 1)


def test_a_line_that_was_torn_does_not_spoil_the_next(tmp_path):
    with small_disk(tmp_path / "disk", "size=64k") as disk, (disk / "log").open("wb") as log:
        lines = _Lines(log.fileno())
        filler = disk / "filler"
        filler.write_bytes(bytes(48 << 10))
        for _ in range(2):
            with pytest.raises(OSError, match="space") as raised:
                lines.write(lines.encoded("torn " * 10_000))
            assert raised.value.errno == errno.ENOSPC
        filler.unlink()
        lines.write(lines.encoded("whole"))
        lines.write(lines.encoded("next"))
        assert (disk / "log").read_text().splitlines()[-2:] == ["whole", "next"]
