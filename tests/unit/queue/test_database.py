import os
import random
import shutil
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saxsdog.errors import OutputError
from saxsdog.io.status import Fingerprint
from saxsdog.queue.database import SCHEMA_VERSION, open_database
from saxsdog.queue.journal import Journal
from saxsdog.queue.records import Result, State

PAGE = 4096
N_IMAGES = 300


def fill(journal):
    """Give every table some pages."""
    for i in range(N_IMAGES):
        path = f"/data/{i % 7}/image_with_a_long_name_{i:05d}.tif"
        version = journal.add(path, 1, Fingerprint(i, i, i), 0.0)
        curves = (f"/data/work/image_with_a_long_name_{i:05d}.chi",)
        journal.claim("/data/work", [curves[0]], path)
        journal.add_result(Result(0, path, None, "", None, 0.0, 0.0, curves, {"M": {"I0": 1.0}}))
        journal.end(version.id, State(i % 4), 0.0, "reason", "a message of some length")
    journal.commit()


def use(journal):
    """Read whatever there is and write a little."""
    for version in journal.pending_after(0, -1):
        assert journal.newest(version.path) is not None
    journal.results(0, 10**6)
    journal.endings(0, 10**6)
    journal.unsuccessful(None)
    journal.output_folders()
    journal.counts()
    journal.end(journal.add("/new/a.tif", 1, None, 0.0).id, State.INTEGRATED, 0.0)
    journal.claim("/new", ["a.chi"], "/new/a.tif")
    journal.commit()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    journal = Journal(path)
    fill(journal)
    journal.close()
    return path.read_bytes()


@pytest.fixture
def killed(tmp_path):
    """Return the files of a journal whose server was killed: the log is not folded in."""
    journal = Journal(tmp_path / "alive.sqlite")
    fill(journal)
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"alive.sqlite{suffix}", tmp_path / f"journal.sqlite{suffix}")
    journal.close()
    return tmp_path / "journal.sqlite"


def open_damaged(path):
    journal = Journal(path)
    assert journal.was_damaged
    assert journal.counts() == dict.fromkeys(State, 0)
    use(journal)
    journal.close()
    again = Journal(path)
    assert not again.was_damaged
    assert again.newest("/new/a.tif").state is State.INTEGRATED
    again.close()


def test_a_new_database_has_its_version(tmp_path):
    db, damaged = open_database(tmp_path / "journal.sqlite")
    assert not damaged
    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (1,)  # whole after a power failure
    db.close()


def test_an_empty_file_becomes_a_database(tmp_path):
    (tmp_path / "journal.sqlite").touch()
    db, damaged = open_database(tmp_path / "journal.sqlite")
    assert not damaged
    assert db.execute("SELECT count(*) FROM image").fetchone() == (0,)
    db.close()


def test_a_text_is_set_aside(tmp_path, caplog):
    path = tmp_path / "journal.sqlite"
    path.write_text("this is no database\n" * 1000)
    open_damaged(path)
    assert f"{path} is damaged" in caplog.text
    assert (tmp_path / "journal.sqlite.damaged").read_text().startswith("this is no database")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_database_is_set_aside(tmp_path, whole, share):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(whole[: int(len(whole) * share)])
    open_damaged(path)


def test_a_database_of_another_version_is_set_aside(tmp_path, caplog):
    path = tmp_path / "journal.sqlite"
    db, _ = open_database(path)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    open_damaged(path)
    assert f"got {SCHEMA_VERSION + 1}" in caplog.text


def test_a_database_of_another_program_is_set_aside(tmp_path):
    path = tmp_path / "journal.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE image (id INTEGER)")
    db.close()
    open_damaged(path)


def test_a_database_of_our_version_without_our_tables_is_set_aside(tmp_path):
    path = tmp_path / "journal.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE fact (key TEXT)")
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.close()
    open_damaged(path)


@pytest.mark.parametrize("table", ["folder", "image", "result", "output", "fact"])
def test_a_database_without_one_of_our_tables_is_set_aside(tmp_path, table):
    path = tmp_path / "journal.sqlite"
    db, _ = open_database(path)
    db.execute(f"DROP TABLE {table}")
    db.close()
    open_damaged(path)


READER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN")
db.execute("SELECT * FROM fact").fetchall()
print("reading", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere what is open keeps its name")
def test_a_database_is_set_aside_with_its_log_though_another_program_reads_it(tmp_path):
    path = tmp_path / "journal.sqlite"
    open_database(path)[0].close()
    command = [sys.executable, "-c", READER, path]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as reader:  # noqa: S603 - our own interpreter
        reader.stdout.readline()
        db = sqlite3.connect(path)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        db.close()  # the reader keeps it from folding the log in
        open_damaged(path)
        aside = {file.name for file in tmp_path.glob("*.damaged")}
    assert aside == {f"journal.sqlite{suffix}.damaged" for suffix in ("", "-wal", "-shm")}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), share=st.floats(0, 1, exclude_max=True))
def test_a_database_with_a_page_of_noise_is_set_aside_or_of_use(tmp_path, whole, seed, share):
    path = tmp_path / "journal.sqlite"
    for file in tmp_path.iterdir():
        file.unlink()
    start = int(share * (len(whole) // PAGE)) * PAGE
    noise = random.Random(seed).randbytes(PAGE)  # noqa: S311 - no secret
    path.write_bytes(whole[:start] + noise + whole[start + PAGE :])
    journal = Journal(path)
    use(journal)
    assert journal.was_damaged or journal.counts()[State.PENDING] == N_IMAGES // 4
    journal.close()


def test_what_was_committed_is_there_after_a_kill(killed):
    journal = Journal(killed)
    assert not journal.was_damaged
    assert sum(journal.counts().values()) == N_IMAGES
    journal.close()


def test_a_log_that_was_cut_off_gives_a_journal_of_use(killed):
    log = killed.with_name("journal.sqlite-wal")
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    journal = Journal(killed)
    use(journal)
    journal.close()


def test_without_its_log_a_journal_is_empty_or_set_aside_but_of_use(killed):
    killed.with_name("journal.sqlite-wal").unlink()
    journal = Journal(killed)
    assert sum(journal.counts().values()) == 0
    use(journal)
    journal.close()


def test_a_database_that_is_damaged_again_is_set_aside_again(tmp_path):
    path = tmp_path / "journal.sqlite"
    for text in ("first", "second"):
        path.write_text(text * 1000)
        journal = Journal(path)
        assert journal.was_damaged
        journal.close()
    assert (tmp_path / "journal.sqlite.damaged").read_text().startswith("second")


def test_a_database_that_can_only_be_read_is_an_error(tmp_path, whole, monkeypatch):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(whole)
    connect = sqlite3.connect

    def connect_to_read(path, **how):
        return connect(f"file:{path}?mode=ro", uri=True, **how)

    monkeypatch.setattr(sqlite3, "connect", connect_to_read)
    with pytest.raises(OutputError, match="journal that can be written"):
        open_database(path)
    assert path.read_bytes() == whole


def test_a_database_that_another_program_holds_is_not_set_aside(tmp_path, monkeypatch):
    path = tmp_path / "journal.sqlite"
    path.touch()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **how: connect(*args, timeout=0, **how))
    holder = connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OutputError, match="locked"):
        open_database(path)
    holder.close()
    assert not (tmp_path / "journal.sqlite.damaged").exists()
