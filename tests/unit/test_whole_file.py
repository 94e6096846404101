import errno
import os
import subprocess
import sys
import threading

import pytest

from saxsdog import whole_file
from saxsdog.whole_file import (
    append_to,
    remove_leftovers,
    remove_leftovers_of_the_dead,
    temporary_name,
    write_whole,
)


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def test_a_file_is_written(tmp_path):
    write_whole(tmp_path / "a", b"content")
    assert (tmp_path / "a").read_bytes() == b"content"
    assert names_in(tmp_path) == ["a"]


def test_a_path_may_be_a_text(tmp_path):
    write_whole(str(tmp_path / "a"), b"")
    assert (tmp_path / "a").read_bytes() == b""


def test_an_existing_file_is_replaced(tmp_path):
    (tmp_path / "a").write_bytes(b"old and longer")
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_pipe_keeps_its_name(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link"):
        with pytest.raises(OSError, match="got a device, a pipe or a socket"):
            write_whole(path, b"content")
    assert pipe.is_fifo()
    assert sorted(names_in(tmp_path)) == ["link", "pipe"]


def test_whoever_has_the_old_file_open_keeps_it_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with (tmp_path / "a").open("rb") as reader:
        write_whole(tmp_path / "a", b"new")
        assert reader.read() == b"old"


def test_readers_never_see_a_part_of_a_file(tmp_path):
    path, size = tmp_path / "a", 1 << 18
    contents = [bytes([letter]) * size for letter in b"ab"]
    write_whole(path, contents[0])
    stop, torn = threading.Event(), []

    def poll():
        while not stop.is_set():
            seen = path.read_bytes()
            if seen not in contents:
                torn.append(seen[:10])

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for i in range(200):
            write_whole(path, contents[i % 2])
    finally:
        stop.set()
        reader.join()
    assert torn == []


def test_writers_of_the_same_file_in_two_threads_leave_one_of_both(tmp_path):
    path, size = tmp_path / "a", 1 << 18
    contents = [bytes([letter]) * size for letter in b"abcd"]
    failures = []

    def write(data):
        try:
            for _ in range(50):
                write_whole(path, data)
                if path.read_bytes() not in contents:
                    failures.append("torn")
        except OSError as error:
            failures.append(repr(error))

    writers = [threading.Thread(target=write, args=(data,)) for data in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert names_in(tmp_path) == ["a"]


def test_writing_in_small_steps_ends_with_all_of_it(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(whole_file.os, "write", lambda file, data: write(file, data[:3]))
    write_whole(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    def refuse(file, data):
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(whole_file.os, "write", refuse)
        with pytest.raises(OSError, match="No space left"):
            write_whole(tmp_path / "a", b"new")
    assert names_in(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_an_interrupt_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(file, data):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(whole_file.os, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_whole(tmp_path / "a", b"new")
    assert names_in(tmp_path) == []


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a", b"x")
    assert names_in(tmp_path) == []


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="a"):
        write_whole(tmp_path / "a", b"x")
    assert names_in(tmp_path) == ["a"]


def test_what_a_dead_process_left_behind_is_no_obstacle(tmp_path):
    temporary_name(tmp_path / "a").write_bytes(b"half")
    write_whole(tmp_path / "a", b"new")
    assert names_in(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.skipif(os.name != "posix", reason="other systems have no umask")
def test_a_file_has_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    write_whole(tmp_path / "a", b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such rights")
def test_a_file_of_secrets_is_never_open_to_others(tmp_path, monkeypatch):
    path, seen = tmp_path / "a", []
    path.write_bytes(b"old")
    path.chmod(0o644)
    write = os.write

    def look(file, data):
        seen.append(os.fstat(file).st_mode & 0o777)
        return write(file, data)

    monkeypatch.setattr(whole_file.os, "write", look)
    write_whole(path, b"secret", 0o600)
    assert seen == [0o600]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_temporary_name_is_hidden_and_in_the_same_folder(tmp_path):
    name = temporary_name(tmp_path / "a.chi")
    assert name.parent == tmp_path
    assert name.name.startswith(".")
    assert name.suffix != ".chi"


@pytest.fixture
def dead_process():
    """Return the number of a process that does not exist any more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_a_name_as_long_as_possible_can_be_written(tmp_path, dead_process):
    for name in ("x" * 251 + ".chi", "\N{EURO SIGN}" * 83 + ".chi"):
        write_whole(tmp_path / name, b"content")
        assert (tmp_path / name).read_bytes() == b"content"
        temporary_name(tmp_path / name).write_bytes(b"half")
        remove_leftovers(tmp_path, os.getpid())
    assert len(names_in(tmp_path)) == 2


def test_temporary_files_of_one_process_are_removed(tmp_path, dead_process):
    others = [f".b.{dead_process}1-5.tmp", "a.chi", f"a.{dead_process}-5.tmp"]
    for name in (f".a.chi.{dead_process}-5.tmp", f".a\n.{dead_process}-77.tmp", *others):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path, dead_process)
    assert sorted(names_in(tmp_path)) == sorted(others)


@pytest.mark.skipif(os.name != "posix", reason="other systems do not tell who is alive")
def test_temporary_files_of_dead_processes_are_removed(tmp_path, dead_process):
    ours = temporary_name(tmp_path / "a.chi")
    kept = [
        ours.name,
        f".a.{os.getppid()}-1.tmp",
        f"visible.{dead_process}-1.tmp",
        f".a.{dead_process}-1.tmp.chi",
        ".a.tmp",
        ".a.x-1.tmp",
        f".a.{10**12}-1.tmp",
    ]
    for name in (*kept, f".a.chi.{dead_process}-1.tmp", f".b\n.{dead_process}-2.tmp"):
        (tmp_path / name).touch()
    remove_leftovers_of_the_dead(tmp_path)
    assert sorted(names_in(tmp_path)) == sorted(kept)


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path):
    remove_leftovers(tmp_path / "none", 1)
    remove_leftovers_of_the_dead(tmp_path / "none")
    assert names_in(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="a kill on other systems is none")
def test_what_a_killed_writer_left_is_found(tmp_path):
    program = (
        "import os, signal, sys; from saxsdog import whole_file\n"
        "whole_file.os.write = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "whole_file.write_whole(sys.argv[1], b'content')"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "a.chi")]
    subprocess.run(command, check=False)  # noqa: S603 - ours
    (left,) = names_in(tmp_path)
    assert left.startswith(".a.chi.")
    remove_leftovers_of_the_dead(tmp_path)
    assert names_in(tmp_path) == []


def test_lines_come_to_the_end_of_a_file_and_its_folder_is_made(tmp_path):
    file = tmp_path / "new" / "list"
    append_to(file, b"one\n")
    append_to(file, b"two\n")
    assert file.read_bytes() == b"one\ntwo\n"


def test_nothing_is_appended_to_a_file_that_has_another_name_as_well(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"theirs\n")
    os.link(victim, tmp_path / "list")
    with pytest.raises(OSError, match="hard links") as refused:
        append_to(tmp_path / "list", b"line\n")
    assert refused.value.errno == errno.EMLINK
    assert victim.read_bytes() == b"theirs\n"


def test_the_folders_above_are_made_only_if_that_is_wanted(tmp_path):
    file = tmp_path / "far" / "away" / "list"
    with pytest.raises(FileNotFoundError):
        append_to(file, b"")
    append_to(file, b"line", parents=True)
    assert file.read_bytes() == b"line"
