import io
import json
from dataclasses import replace
from itertools import islice

import pytest

from saxsdog.cli.leash.live_line import ERASE_REST, LiveLine
from saxsdog.cli.leash.watching import line_of, looks, what_happened
from saxsdog.client import Client
from saxsdog.errors import ServerUnreachableError
from saxsdog.protocol.messages import Counters, HistoryPage, QueueState, SourceStatus
from tests.helpers.leashes import Terminal, scripted_leash, statistics

DONE = Counters(known=3, integrated=2, skipped=1)
NOTHING_NEW = HistoryPage("q", (), 0, False)


def at(counters, **changes):
    sources = SourceStatus(walking=False)
    return replace(statistics(), counters=counters, sources=sources, **changes)


# ---------------------------------------------------------------------------- wait


def test_waiting_ends_well_when_no_image_failed(tmp_path, capsys):
    busy = at(Counters(known=3, integrated=1, pending=2))
    with scripted_leash(tmp_path, stat=[busy, at(DONE)], history=NOTHING_NEW) as leash:
        assert leash("wait") == 0
    assert capsys.readouterr().out == "3 images: 2 integrated, 0 failed, 1 skipped\n"


def test_waiting_ends_with_1_when_an_image_failed(tmp_path, capsys):
    failed = Counters(known=3, integrated=1, failed=2, failed_because={"truncated": 2})
    with scripted_leash(tmp_path, stat=at(failed)) as leash:
        assert leash("wait") == 1
    assert "2 failed (2 truncated)" in capsys.readouterr().out


@pytest.mark.parametrize("state", [QueueState.IDLE, QueueState.ABORTED])
def test_without_a_queue_there_is_nothing_to_wait_for(tmp_path, capsys, state):
    with scripted_leash(tmp_path, stat=at(DONE, state=state)) as leash:
        assert leash("wait") == 2
    assert f"no queue is open, it is {state}" in capsys.readouterr().err


def test_waiting_goes_on_while_a_folder_is_searched(tmp_path):
    walking = replace(at(DONE), sources=SourceStatus(walking=True))
    with scripted_leash(tmp_path, stat=[walking, at(DONE)], history=NOTHING_NEW) as leash:
        assert leash("wait") == 0
        assert [r.command for r in leash.script.requests] == ["stat", "history", "stat"]


def test_waiting_too_long_ends_with_3(tmp_path, capsys):
    busy = at(Counters(known=1, pending=1))
    with scripted_leash(tmp_path, stat=busy, history=NOTHING_NEW) as leash:
        assert leash("wait", "--timeout", "0.01", "--json") == 3
    told = capsys.readouterr()
    assert told.err == "saxsleash wait: test: 1 images are pending after 0.01 s\n"
    assert json.loads(told.out)["counters"]["pending"] == 1


def test_progress_is_shown_on_a_terminal_only(tmp_path, monkeypatch, capsys):
    terminal = Terminal()
    with scripted_leash(tmp_path, stat=at(DONE)) as leash:
        assert leash("wait") == 0
        assert capsys.readouterr().err == ""
        monkeypatch.setattr("sys.stderr", terminal)
        assert leash("wait") == 0
    assert "2 integrated" in terminal.getvalue()
    assert terminal.getvalue().endswith(f"{ERASE_REST}\n")


# ---------------------------------------------------------------------------- watch


class Flaky:
    """A client that answers its looks in turn; ``None`` is silence."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.waited_behind = []

    def stat(self):
        answer = self._answers.pop(0)
        if answer is None:
            raise ServerUnreachableError("nobody there")
        return answer

    def history(self, since, limit, wait):
        assert (limit, 0 < wait <= 10) == (1, True)
        self.waited_behind.append(since)


def test_a_look_waits_for_what_comes_after_the_one_before():
    client = Flaky(at(DONE, cursor=5), at(DONE, cursor=9), at(DONE, cursor=9))
    seen = list(islice(looks(client, 1.0, pause=lambda _: None), 3))
    assert [look.cursor for look in seen] == [5, 9, 9]
    assert client.waited_behind == [5, 9]


def test_looks_are_never_closer_than_their_interval():
    pauses = []
    client = Flaky(*[at(DONE)] * 4)
    list(islice(looks(client, 1.0, pause=pauses.append), 4))
    assert len(pauses) == 3
    assert all(0.9 < pause <= 1.0 for pause in pauses)


def test_watching_goes_on_over_a_restart():
    client = Flaky(at(DONE, cursor=5), None, None, at(DONE, cursor=6))
    seen = list(islice(looks(client, 1.0, pause=lambda _: None), 4))
    assert [look and look.cursor for look in seen] == [5, None, None, 6]


def test_a_server_that_is_not_there_at_first_is_an_error():
    with pytest.raises(ServerUnreachableError):
        next(looks(Flaky(None), 1.0))


def test_a_client_has_what_looks_ask_for(tmp_path):
    with (
        scripted_leash(tmp_path, stat=at(DONE), history=NOTHING_NEW) as leash,
        Client(leash.entry) as client,
    ):
        assert list(islice(looks(client, 0.0), 2)) == [at(DONE)] * 2


def test_the_rate_alone_is_no_event():
    before, after = at(DONE, rate=(1, 2)), at(DONE, rate=(2, 3), time=9.0)
    assert what_happened(before) == what_happened(after)
    assert what_happened(before) != what_happened(at(replace(DONE, failed=1)))
    assert what_happened(before) != what_happened(None)


def test_the_line_begins_with_what_is_wrong():
    line = line_of(at(DONE, trouble=("the disk is full",), newest_image="a\nb.tif"))
    assert line.startswith("TROUBLE: the disk is full")
    assert line.endswith(r"a\nb.tif")


# ---------------------------------------------------------------------------- the line


def test_a_terminal_shows_the_newest_text_in_one_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "11")
    terminal = Terminal()
    with LiveLine(terminal) as line:
        line.show("a long text that does not fit")
        line.show("光光光光光光")  # each as wide as two letters
    assert terminal.getvalue() == f"\ra long tex{ERASE_REST}\r光光光光光{ERASE_REST}\n"


def test_elsewhere_each_text_has_its_line():
    stream = io.StringIO()
    with LiveLine(stream) as line:
        line.show("one")
        line.show("two")
    assert stream.getvalue() == "one\ntwo\n"


def test_a_line_that_showed_nothing_leaves_nothing():
    terminal = Terminal()
    with LiveLine(terminal):
        pass
    assert terminal.getvalue() == ""
