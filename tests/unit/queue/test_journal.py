import os
import sqlite3
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import OutputError
from saxsdog.io.status import Fingerprint, fingerprint_of
from saxsdog.queue.journal import Journal, JournalError
from saxsdog.queue.records import Result, State
from saxsdog.reasons import Reason

A, B = Fingerprint(1, 2, 3), Fingerprint(4, 5, 6)

parts = st.binary(min_size=1, max_size=40).filter(
    lambda name: not set(b"\0/") & set(name) and name not in (b".", b"..")
)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def reopened(journal, tmp_path):
    journal.close()
    return Journal(tmp_path / "journal.sqlite")


def result_of(path, curves=("work/x.chi",), parameters=None):
    return Result(
        cursor=0,
        path=path,
        time=1.5,
        time_source="header",
        exposure=0.5,
        announced=2.5,
        done=3.5,
        curves=tuple(f"/data/{curve}" for curve in curves),
        parameters=parameters or {},
    )


def fail(journal, path, message=""):
    journal.end(journal.add(path, 1, A, 0.0).id, State.FAILED, 0.0, Reason.TRUNCATED, message)


def allow_pages(journal, pages):
    """Let the file of a journal be no longer than this, as a full disk does."""
    journal._db.execute(f"PRAGMA max_page_count = {pages}").fetchone()


def damage(journal, table):
    """Overwrite the first pages of a table, and of its index, in the file that is open."""
    pages = journal._ask("SELECT rootpage FROM sqlite_schema WHERE tbl_name = ?", (table,))
    journal._ask("PRAGMA wal_checkpoint(TRUNCATE)")
    with journal._file.open("r+b") as opened:
        for (page,) in pages:
            opened.seek((page - 1) * 4096)
            opened.write(b"noise" * 800)
    journal._ask("PRAGMA shrink_memory")  # or it would not look


# ------------------------------------------------------------------------- images


def test_an_image_is_there_after_a_restart(journal, tmp_path):
    added = journal.add("/data/a.tif", 1, A, 12.5)
    journal.count_death(added.id)
    journal = reopened(journal, tmp_path)
    found = journal.newest("/data/a.tif")
    assert (found.id, found.path, found.version) == (added.id, "/data/a.tif", 1)
    assert (found.fingerprint, found.state, found.announced) == (A, State.PENDING, 12.5)
    assert found.deaths == 1
    assert not journal.was_damaged
    journal.close()


def test_what_is_told_of_an_image_is_what_is_written_down(journal):
    added = journal.add("/data/a.tif", 1, A, 12.5)
    assert added == journal.newest("/data/a.tif")
    journal.count_death(added.id)
    journal.end(added.id, State.FAILED, 1.0, "poison", "died")
    again = journal.wait_again(journal.newest("/data/a.tif"), B, 13.5)
    assert again == journal.newest("/data/a.tif")


def test_an_image_of_an_unknown_folder_is_unknown(journal):
    journal.add("/data/a.tif", 1, A, 0.0)
    assert journal.newest("/other/a.tif") is None
    assert journal.newest("/data/b.tif") is None


def test_images_of_one_name_in_two_folders_are_two(journal):
    first, second = (journal.add(f"/data/{each}/a.tif", 1, A, 0.0) for each in ("run", "other"))
    assert journal.newest("/data/run/a.tif") == first
    assert journal.newest("/data/other/a.tif") == second


def test_the_newest_version_is_found(journal):
    for version, fingerprint in enumerate((A, B, None), 1):
        journal.add("/data/a.tif", version, fingerprint, 0.0)
    assert (journal.newest("/data/a.tif").version, journal.newest("/data/a.tif").fingerprint) == (
        3,
        None,
    )


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
@given(folders=st.lists(parts, max_size=3), name=parts)
def test_any_name_of_bytes_comes_back(folders, name):
    path = os.fsdecode(b"/" + b"/".join([*folders, name]))
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        journal.add(path, 1, A, 0.0)
        journal.add_result(result_of(path, curves=[os.fsdecode(name) + ".chi"]))
        journal.claim(os.path.split(path)[0], ["x.chi"], path)
        journal.close()
        journal = Journal(Path(folder) / "journal.sqlite")
        assert journal.newest(path).path == path
        (result,) = journal.results(0, 10)
        assert (result.path, result.curves) == (path, (f"/data/{os.fsdecode(name)}.chi",))
        assert journal.output_folders() == [os.path.split(path)[0]]
        journal.close()


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_a_name_with_a_newline_is_no_other_name(journal):
    for number, name in enumerate(("a\n.tif", "a.tif", "a\\n.tif"), 1):
        journal.add(f"/data/{name}", number, None, 0.0)
    assert journal.newest("/data/a\n.tif").version == 1


@pytest.mark.parametrize("inode", [0, 2**63 - 1, 2**63, 2**64 - 1])
def test_inodes_of_64_bits_come_back(journal, inode):
    fingerprint = Fingerprint(2**62, -1, inode)
    number = journal.add("/data/a.tif", 1, None, 0.0).id
    journal.set_fingerprint(number, fingerprint)
    assert journal.newest("/data/a.tif").fingerprint == fingerprint


def test_a_file_from_the_end_of_time_can_be_noted(journal, tmp_path):
    file = tmp_path / "a.tif"
    file.touch()
    try:
        os.utime(file, (2**34, 2**34))
    except OSError:
        pytest.skip("this file system has no such time")
    fingerprint = fingerprint_of(file.stat())
    journal.add(str(file), 1, fingerprint, 0.0)
    assert journal.newest(str(file)).fingerprint == fingerprint


def test_an_image_ends_once(journal):
    number = journal.add("/data/a.tif", 1, A, 0.0).id
    journal.end(number, State.FAILED, 1.0, "truncated", "too short")
    journal.end(number, State.INTEGRATED, 2.0)
    assert journal.newest("/data/a.tif").state is State.FAILED
    (ending,) = journal.endings(0, 10)
    assert (ending.state, ending.reason, ending.message) == (
        State.FAILED,
        "truncated",
        "too short",
    )
    assert ending.ended == 1.0


def test_an_image_may_end_without_a_reason(journal):
    journal.end(journal.add("/data/a.tif", 1, A, 0.0).id, State.SKIPPED, 1.0)
    (ending,) = journal.endings(0, 10)
    assert (ending.reason, ending.message) == ("", "")
    assert journal.newest("/data/a.tif").reason == ""


def test_a_failed_version_may_be_superseded_and_no_other(journal):
    for name, state in (("a", State.FAILED), ("b", State.INTEGRATED), ("c", State.SKIPPED)):
        number = journal.add(f"/data/{name}.tif", 1, A, 0.0).id
        journal.end(number, state, 1.0, "poison", "died")
        journal.supersede(number, 2.0, "it was written again")
    skipped, superseded = sorted(journal.endings(0, 10), key=lambda ending: ending.ended)
    assert (skipped.path, skipped.reason) == ("/data/c.tif", "poison")
    assert (superseded.path, superseded.state) == ("/data/a.tif", State.SKIPPED)
    assert (superseded.reason, superseded.message) == (Reason.SUPERSEDED, "it was written again")
    assert journal.newest("/data/b.tif").state is State.INTEGRATED


def test_all_endings_are_counted(journal):
    for name, state in (("a", State.FAILED), ("b", State.INTEGRATED), ("c", State.SKIPPED)):
        journal.end(journal.add(f"/data/{name}.tif", 1, A, 0.0).id, state, 0.0)
    assert [ending.number for ending in journal.endings(0, 10)] == [1, 3]
    journal.supersede(journal.newest("/data/a.tif").id, 1.0, "")
    assert [ending.number for ending in journal.endings(0, 10)] == [3, 4]


def test_who_has_read_of_a_failure_reads_that_it_was_superseded(journal):
    for name in ("a", "b"):
        fail(journal, f"/data/{name}.tif")
    *_, last = journal.endings(0, 10)
    for name in ("a", "b"):
        journal.supersede(journal.newest(f"/data/{name}.tif").id, 2.0, "")
    news = journal.endings(last.number, 10)
    assert [ending.path for ending in news] == ["/data/a.tif", "/data/b.tif"]


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_a_name_of_any_bytes_may_stand_in_a_message(journal):
    name = os.fsdecode(b"/data/\xff.tif")
    fail(journal, name, f"{name} is too short")
    (ending,) = journal.endings(0, 10)
    assert ending.message == r"/data/\udcff.tif is too short"
    journal.supersede(journal.newest(name).id, 1.0, f"{name} was written again")
    (ending,) = journal.endings(0, 10)
    assert ending.message == r"/data/\udcff.tif was written again"
    journal.set_fact(f"size of {name}", "1")
    assert journal.fact(f"size of {name}") == "1"


def test_counts_are_those_of_the_states(journal):
    ids = [journal.add(f"/data/{i}.tif", 1, A, 0.0).id for i in range(6)]
    for number, state in zip(ids, [1, 2, 2, 3, 3], strict=False):
        journal.end(number, State(state), 0.0, "poison")
    assert journal.counts() == {
        State.PENDING: 1,
        State.INTEGRATED: 1,
        State.FAILED: 2,
        State.SKIPPED: 2,
    }
    assert journal.reasons(State.FAILED) == {"poison": 2}
    fail(journal, "/data/6.tif")
    assert journal.reasons(State.FAILED) == {"poison": 2, "truncated": 1}


def test_an_empty_journal_has_every_count(journal):
    assert journal.counts() == dict.fromkeys(State, 0)


def test_an_image_that_waits_again_is_the_last_of_the_queue(journal):
    first = journal.add("/data/a.tif", 1, A, 0.0)
    journal.end(first.id, State.FAILED, 1.0, "poison", "died")
    second = journal.add("/data/b.tif", 1, A, 0.0)
    again = journal.wait_again(journal.newest("/data/a.tif"), B, 5.0)
    assert [each.id for each in journal.pending_after(0, 10)] == [second.id, again.id]
    found = journal.newest("/data/a.tif")
    assert (found.fingerprint, found.announced, found.reason) == (B, 5.0, "again")
    assert journal.endings(0, 10) == []


def test_of_the_failed_only_the_newest_versions_may_be_tried_again(journal):
    for path, versions in (("/data/a.tif", 2), ("/data/b.tif", 1), ("/data/c.tif", 2)):
        for version in range(1, versions + 1):
            number = journal.add(path, version, A, 0.0).id
            if (path, version) != ("/data/c.tif", 2):
                journal.end(number, State.FAILED, 0.0, f"reason {version}")
    failed = [(each.path, each.version, each.reason) for each in journal.unsuccessful(None)]
    assert failed == [("/data/a.tif", 2, "reason 2"), ("/data/b.tif", 1, "reason 1")]
    assert [each.path for each in journal.unsuccessful("reason 1")] == ["/data/b.tif"]


def test_what_failed_first_is_tried_again_first(journal):
    numbers = {name: journal.add(f"/data/{name}.tif", 1, A, 0.0).id for name in "abc"}
    for name in "cab":
        journal.end(numbers[name], State.FAILED, 0.0, "poison")
    paths = [each.path for each in journal.unsuccessful(None)]
    assert paths == ["/data/c.tif", "/data/a.tif", "/data/b.tif"]


def test_only_pending_images_are_forgotten(journal):
    journal.end(journal.add("/data/a.tif", 1, A, 0.0).id, State.INTEGRATED, 0.0)
    journal.add("/data/a.tif", 2, B, 0.0)
    journal.add("/data/b.tif", 1, A, 0.0)
    assert journal.forget_pending() == 2
    assert journal.newest("/data/a.tif").version == 1
    assert journal.newest("/data/b.tif") is None


def test_a_page_begins_behind_its_mark(journal):
    waiting = [journal.add(f"/data/{name}.tif", 1, A, 0.0) for name in "abc"]
    assert journal.pending_after(waiting[0].id, 10) == waiting[1:]
    cursors = [journal.add_result(result_of(each.path)) for each in waiting]
    assert [each.cursor for each in journal.results(cursors[0], 10)] == cursors[1:]
    for each in waiting:
        journal.end(each.id, State.FAILED, 0.0, "poison")
    endings = journal.endings(0, 10)
    assert [each.path for each in endings] == [each.path for each in waiting]
    assert journal.endings(endings[0].number, 10) == endings[1:]


@given(
    states=st.lists(st.sampled_from(list(State)), max_size=30),
    limit=st.integers(1, 7),
)
def test_pages_have_neither_gaps_nor_repeats(states, limit):
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        for number, state in enumerate(states):
            version = journal.add(f"/data/{number}.tif", 1, A, 0.0)
            if state is State.INTEGRATED:
                journal.add_result(result_of(version.path))
            if state is not State.PENDING:
                journal.end(version.id, state, 0.0, "reason")
        for pages, mark, wanted in (
            (journal.results, "cursor", (State.INTEGRATED,)),
            (journal.endings, "number", (State.FAILED, State.SKIPPED)),
            (journal.pending_after, "id", (State.PENDING,)),
        ):
            paths, since = [], 0
            while page := pages(since, limit):
                assert len(page) <= limit
                paths += [each.path for each in page]
                since = getattr(page[-1], mark)
            expected = [f"/data/{i}.tif" for i, state in enumerate(states) if state in wanted]
            assert paths == expected
        journal.close()


@pytest.mark.parametrize(
    ("ask", "how"),
    [
        (lambda journal: journal.newest("/data/a.tif"), "(folder=? AND name=?)"),
        (lambda journal: journal.claim("/a", ["a.chi"], "/a.tif"), "(folder=? AND name=?)"),
        (lambda journal: journal.owners_in("/data"), "(folder=?)"),
        (lambda journal: journal.pending_after(0, 10), "INDEX pending (id>?)"),
        (lambda journal: journal.endings(0, 10), "INDEX unsuccessful (ending>?)"),
        (lambda journal: journal.results(0, 10), "PRIMARY KEY (rowid>?)"),
    ],
    ids=["newest", "claim", "owners", "pending", "endings", "results"],
)
def test_what_is_asked_while_images_come_is_found_without_reading_all(journal, ask, how):
    journal.add("/data/a.tif", 1, A, 0.0)
    asked = []
    journal._db.set_trace_callback(asked.append)
    ask(journal)
    journal._db.set_trace_callback(None)
    (question,) = (statement for statement in asked if statement.startswith("SELECT"))
    ((*_, way),) = journal._ask(f"EXPLAIN QUERY PLAN {question}")
    assert way.endswith(how)


# ------------------------------------------------------------------------- results


def test_a_result_comes_back_as_it_was(journal, tmp_path):
    result = result_of(
        "/data/in/a.tif", ("work/a.chi", "work/a_cM1.chi"), {"M1": {"I0": 1.25, "I1": -3.0}}
    )
    cursor = journal.add_result(result)
    journal = reopened(journal, tmp_path)
    (found,) = journal.results(0, 10)
    assert cursor == journal.last_cursor
    assert found == replace(result, cursor=cursor)
    journal.close()


@pytest.mark.parametrize("unknown", ["time", "exposure"])
def test_a_result_without_a_time_has_none(journal, unknown):
    journal.add_result(replace(result_of("/data/a.tif"), **{unknown: None}))
    (found,) = journal.results(0, 10)
    assert getattr(found, unknown) is None


def test_the_newest_results_come_oldest_first(journal):
    for i in range(5):
        journal.add_result(result_of(f"/data/{i}.tif"))
    assert [each.path for each in journal.newest_results(2)] == ["/data/3.tif", "/data/4.tif"]


@pytest.mark.parametrize("restart", [False, True])
def test_a_cursor_is_never_used_twice(journal, tmp_path, restart):
    last = [journal.add_result(result_of("/data/a.tif")) for _ in range(3)][-1]
    journal.clear()
    if restart:
        journal = reopened(journal, tmp_path)
    assert journal.results(0, 10) == []
    assert journal.last_cursor == last
    assert journal.add_result(result_of("/data/b.tif")) == last + 1
    journal.close()


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("by", ["clear", "wait_again"])
def test_the_number_of_an_ending_is_never_used_twice(journal, tmp_path, restart, by):
    journal.end(journal.add("/data/a.tif", 1, A, 0.0).id, State.FAILED, 0.0, "poison")
    (former,) = journal.endings(0, 10)
    if by == "clear":
        journal.clear()
    else:
        journal.wait_again(journal.newest("/data/a.tif"), A, 0.0)
    if restart:
        journal = reopened(journal, tmp_path)
    journal.end(journal.add("/data/b.tif", 1, A, 0.0).id, State.FAILED, 0.0, "poison")
    (ending,) = journal.endings(former.number, 10)
    assert ending.path == "/data/b.tif"
    journal.close()


def test_images_and_endings_that_come_after_a_restart_are_the_last(journal, tmp_path):
    for name in "ab":
        fail(journal, f"/data/{name}.tif")
        journal.add(f"/data/{name}_waits.tif", 1, A, 0.0)
    journal = reopened(journal, tmp_path)
    journal.add("/data/c_waits.tif", 1, A, 0.0)
    fail(journal, "/data/c.tif")
    endings = [(each.number, each.path) for each in journal.endings(0, 10)]
    assert endings == [(1, "/data/a.tif"), (2, "/data/b.tif"), (3, "/data/c.tif")]
    pending = [each.path for each in journal.pending_after(0, 10)]
    assert pending == [f"/data/{name}_waits.tif" for name in "abc"]
    journal.close()


# ------------------------------------------------------------------------- owners and facts


def test_a_curve_file_belongs_to_the_first_that_claims_it(journal, tmp_path):
    assert journal.claim("/work", ["a.chi", "a_c2.chi"], "/data/a.tif") == ["a.chi", "a_c2.chi"]
    assert journal.claim("/work", ["b.chi", "a.chi"], "/other/a.tif") is None
    journal.clear()
    journal = reopened(journal, tmp_path)
    assert journal.claim("/work", ["a.chi"], "/other/a.tif") is None
    assert journal.claim("/work", ["a.chi", "a_c3.chi"], "/data/a.tif") == ["a_c3.chi"]
    assert journal.claim("/work", ["b.chi"], "/other/a.tif") == ["b.chi"]
    journal.close()


def test_the_owners_of_a_folder_are_those_of_its_curves(journal):
    journal.claim("/work", ["a.chi", "a_c2.chi"], "/data/a.tif")
    journal.claim("/work", ["b.chi"], "/other/b.tif")
    assert journal.claim("/work/other", ["a.chi"], "/other/c.tif") == ["a.chi"]
    assert sorted(journal.owners_in("/work")) == [
        ("a.chi", "/data/a.tif"),
        ("a_c2.chi", "/data/a.tif"),
        ("b.chi", "/other/b.tif"),
    ]
    assert journal.owners_in("/data") == journal.owners_in("/unknown") == []
    assert sorted(journal.output_folders()) == ["/work", "/work/other"]


def test_folders_are_known_that_held_an_image(journal, tmp_path):
    journal.add("/data/a.tif", 1, A, 0.0)
    journal = reopened(journal, tmp_path)
    assert journal.folder_known("/data")
    assert not journal.folder_known("/")
    journal.close()


def test_a_fact_is_replaced_by_the_next(journal, tmp_path):
    assert journal.fact("queue") is None
    journal.set_fact("queue", "one")
    journal.set_fact("queue", "two")
    journal = reopened(journal, tmp_path)
    assert journal.fact("queue") == "two"
    journal.close()


# ------------------------------------------------------------------------- transactions


def test_nothing_is_permanent_before_it_is_committed(journal, tmp_path):
    other = Journal(tmp_path / "journal.sqlite")
    assert not journal.changed
    journal.add("/data/a.tif", 1, A, 0.0)
    assert journal.changed
    assert other.counts()[State.PENDING] == 0
    journal.commit()
    assert not journal.changed
    assert other.counts()[State.PENDING] == 1
    other.close()


def test_what_is_rolled_back_has_not_been(journal):
    journal.add("/data/a.tif", 1, A, 0.0)
    journal.set_fact("queue", "one")
    journal.commit()
    journal.set_fact("queue", "two")
    journal.add("/other/b.tif", 1, A, 0.0)
    journal.roll_back()
    assert not journal.changed
    assert journal.fact("queue") == "one"
    assert journal.newest("/data/a.tif") is not None
    assert not journal.folder_known("/other")
    added = journal.add("/other/b.tif", 1, B, 0.0)  # and it can be done anew
    assert journal.newest("/other/b.tif") == added


@pytest.mark.parametrize("forget", [Journal.roll_back, Journal.open_again])
def test_numbers_that_were_forgotten_are_not_used_again(journal, forget):
    fail(journal, "/data/a.tif")
    journal.commit()
    fail(journal, "/data/b.tif")
    *_, forgotten = journal.endings(0, 10)
    forget(journal)
    fail(journal, "/data/b.tif")
    *_, ending = journal.endings(0, 10)
    assert ending.number > forgotten.number


def test_what_was_not_committed_is_forgotten_when_the_file_is_opened_again(journal):
    assert not journal.open_again()
    journal.add("/data/a.tif", 1, A, 0.0)
    journal.commit()
    journal.add("/other/b.tif", 1, A, 0.0)
    assert not journal.open_again()
    assert journal.newest("/data/a.tif") is not None
    assert not journal.folder_known("/other")
    assert journal.counts()[State.PENDING] == 1


def test_a_journal_works_in_a_thread_that_did_not_make_it(journal):
    thread = threading.Thread(target=fail, args=(journal, "/data/a.tif"))
    thread.start()
    thread.join()
    assert journal.counts()[State.FAILED] == 1


def test_a_disk_that_takes_nothing_costs_what_was_not_committed(journal):
    fail(journal, "/data/a.tif")
    journal.commit()
    allow_pages(journal, 1)
    with pytest.raises(JournalError, match="cannot be written"):
        fail(journal, "/data/b.tif", "long " * 10_000)
    journal.roll_back()
    assert sum(journal.counts().values()) == 1
    allow_pages(journal, 10_000)
    fail(journal, "/data/b.tif", "long " * 10_000)
    journal.commit()
    assert journal.counts()[State.FAILED] == 2


def test_a_mistake_of_ours_is_not_told_as_one_of_the_disk(journal):
    journal.add("/data/a.tif", 1, A, 0.0)
    with pytest.raises(sqlite3.IntegrityError):
        journal.add("/data/a.tif", 1, A, 0.0)
    journal.close()
    with pytest.raises(sqlite3.ProgrammingError):
        journal.counts()


def test_a_journal_may_be_closed_twice(journal):
    journal.add("/data/a.tif", 1, A, 0.0)
    journal.close()
    journal.close()


def test_a_journal_needs_a_folder(tmp_path):
    with pytest.raises(OutputError, match="journal that can be written"):
        Journal(tmp_path / "none" / "journal.sqlite")


def test_a_folder_is_no_journal(tmp_path):
    with pytest.raises(OutputError, match="journal that can be written"):
        Journal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_journal_needs_a_folder_that_can_be_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="journal that can be written"):
            Journal(tmp_path / "journal.sqlite")
    finally:
        tmp_path.chmod(0o700)


def test_a_journal_that_is_damaged_while_it_is_open_gives_way_to_an_empty_one(tmp_path):
    file = tmp_path / "journal.sqlite"
    journal = Journal(file)
    for _ in range(3):
        last = journal.add_result(result_of("/data/1.tif"))
    fail(journal, "/data/1.tif", "cut off")
    (known,) = journal.endings(0, 10)
    journal.commit()
    journal.close()
    journal = Journal(file)
    file.write_bytes(b"noise" * 10_000)
    journal._db.execute("PRAGMA shrink_memory")  # or it would not look
    with pytest.raises(JournalError, match=r"cannot be (read|written)"):
        journal.endings(0, 10)
    assert journal.open_again()
    assert journal.was_damaged
    assert journal.endings(0, 10) == []
    journal.commit()
    journal = reopened(journal, tmp_path)
    fail(journal, "/data/1.tif", "cut off")
    (ending,) = journal.endings(known.number, 10)  # who has read the first page sees it as well
    assert ending.path == "/data/1.tif"
    assert journal.add_result(result_of("/data/1.tif")) == last + 1
    journal.close()


def test_that_a_journal_was_begun_anew_is_told_until_it_is_written_down(journal):
    fail(journal, "/data/a.tif")
    journal.add_result(result_of("/data/a.tif"))
    journal.commit()
    damage(journal, "image")
    assert journal.open_again()
    allow_pages(journal, 1)
    with pytest.raises(JournalError, match="cannot be written"):
        journal.set_fact("queue", "long " * 10_000)
    journal.roll_back()
    assert journal.open_again()  # the empty one is whole, but nobody has told it of the queue
    journal.set_fact("queue", "one")
    journal.commit()
    assert not journal.open_again()
    assert journal.was_damaged
    fail(journal, "/data/a.tif")
    assert [ending.path for ending in journal.endings(1, 10)] == ["/data/a.tif"]
    assert journal.add_result(result_of("/data/a.tif")) == 2


def test_a_journal_whose_folders_cannot_be_read_says_so_until_it_is_opened_again(journal):
    journal.add_result(result_of("/data/a.tif"))
    journal.commit()
    damage(journal, "folder")
    with pytest.raises(JournalError, match="cannot be read"):
        journal.roll_back()
    with pytest.raises(JournalError, match="cannot be read"):
        journal.results(0, 10)
    assert journal.open_again()
    assert journal.results(0, 10) == []


def test_a_journal_that_cannot_be_opened_again_says_so_until_it_can(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    journal = Journal(folder / "journal.sqlite")
    journal.set_fact("a", "b")
    journal.commit()
    folder.rename(tmp_path / "away")
    with pytest.raises(JournalError, match="expected a journal that can be written"):
        journal.open_again()
    with pytest.raises(JournalError, match="expected a journal that can be written"):
        journal.set_fact("a", "c")
    assert not journal.changed
    (tmp_path / "away").rename(folder)
    assert not journal.open_again()
    assert journal.fact("a") == "b"
    journal.close()
