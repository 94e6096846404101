import json
from concurrent.futures import Future
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import SaxsdogError, SettingsError
from saxsdog.legacy.desk import MOST_CHANGES, MOST_QUESTIONS, Desk, expect_own_secret
from saxsdog.protocol.messages import (
    Abort,
    Attachment,
    HistoryColumns,
    LegacyCounts,
    ListDir,
    New,
    Plot,
    Stat,
)
from saxsdog.settings import LegacySettings
from saxsdog.transport.gatekeeper import refusal_of
from tests.helpers.canned_session import CALIBRATION, MASKS, NOW, CannedSession
from tests.helpers.legacy import frames_of, signed

DATA = Path(__file__).parents[2] / "data"
RECORDED = json.loads((DATA / "wire" / "legacy.json").read_text(encoding="utf-8"))
PATIENCE = 20.0
DEFAULT = ("stat", "plot", "get", "fileslist", "listdir")
CHANGES = ("new", "readdir", "close", "abort")
SETTINGS = LegacySettings(True, RECORDED["secret"], DEFAULT, (ip_network("127.0.0.1"),))
KEYS = (
    "cal Error syncplot mergeinfo directory attachments threads dircontent history fileslist stat "
    "filename IntegralParameters graphs"
)
WORDS = (
    "new queue,queue aborted,queue closed,queue restarted with all files,stat,plot,cal,no queue,"
    "Empty,listdir,resultfileslists,mergedata,Error,ValueError,IOError,AuthenticationError,"
    "ErrorNotimplemented"
)


class Visitor:
    """Asks a desk as an endpoint would."""

    def __init__(self, session, allow=DEFAULT + CHANGES):
        self.session = session
        self.desk = Desk(
            replace(SETTINGS, allow=allow),
            session,
            lambda: session.calibration,
            lambda: 0.0,
            lambda: NOW - 1,
        )
        self._asked = 0

    def begin(self, command, argument=None, masks=()):
        self._asked += 1  # no two requests at the same time
        message = signed(command, argument, RECORDED["secret"], NOW + self._asked / 1000)
        return self.send(frames_of(message, masks))

    def send(self, frames):
        return self.desk.admit(frames, b"route", "127.0.0.1")

    def text_of(self, future):
        try:
            return future.result(PATIENCE)
        except SaxsdogError as error:
            return self.desk.excuse(refusal_of(error))

    def ask(self, command, argument=None, masks=()):
        reply = json.loads(self.text_of(self.begin(command, argument, masks)))
        assert reply["result"] in WORDS.split(",")
        assert reply["data"].keys() <= set(KEYS.split())
        return reply


@pytest.fixture
def visit():
    """Make visitors, and close their desks."""
    visitors = []

    def make(session=None, **how):
        visitors.append(Visitor(session or CannedSession(), **how))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.desk.stop()


def test_the_recorded_conversation_goes_as_it_went(visit):
    visitor = visit(allow=(*DEFAULT, *CHANGES, "mergedata"))
    for exchange in RECORDED["conversation"]:
        future = visitor.send([frame.encode() for frame in exchange["request"]])
        assert visitor.text_of(future).decode() == exchange["reply"]
    assert visitor.desk.counts == LegacyCounts(len(RECORDED["conversation"]), 1, NOW - 1)


def test_the_recorded_conversation_has_all_words_that_we_use():
    replies = [json.loads(exchange["reply"]) for exchange in RECORDED["conversation"]]
    heard = {reply["result"] for reply in replies}
    assert heard == set(WORDS.split(",")) - {"mergedata", "Error", "AuthenticationError"}
    keys = {key for reply in replies for key in reply["data"]}
    assert keys == set(KEYS.split()) - {"syncplot", "mergeinfo"}


def test_a_copy_of_the_recorded_conversation_is_noise(visit):
    visitor = visit(allow=DEFAULT + CHANGES)
    frames = [frame.encode() for frame in RECORDED["conversation"][0]["request"]]
    assert visitor.send(frames) is not None
    assert visitor.send(frames) is None
    assert visitor.desk.counts == LegacyCounts(1, 1, NOW - 1)


@pytest.mark.parametrize("command", [*CHANGES, "mergedata"])
def test_what_a_site_has_not_named_is_not_carried_out(visit, command):
    visitor = visit(allow=DEFAULT)
    assert visitor.ask(command, CALIBRATION)["result"] == "AuthenticationError"
    assert visitor.session.requests == []
    assert visitor.desk.counts == LegacyCounts(0, 1)


@pytest.mark.parametrize("command", DEFAULT)
def test_each_command_can_be_taken_away(visit, command):
    visitor = visit(allow=tuple(each for each in DEFAULT if each != command))
    assert visitor.ask(command)["result"] == "AuthenticationError"


@pytest.mark.parametrize("command", ["hello", "__class__", "STAT", "", "requeue", "plotdata"])
def test_other_commands_are_not_there(visit, command):
    assert visit().ask(command)["result"] == "ErrorNotimplemented"


def test_large_first_messages_are_for_masks_only(visit):
    assert visit(allow=("new",)).desk.may_send_much("127.0.0.1")
    assert not visit(allow=("new",)).desk.may_send_much("192.0.2.1")
    assert not visit(allow=DEFAULT).desk.may_send_much("127.0.0.1")


@pytest.mark.parametrize(
    "argument", [None, "", {}, [], {"directory": []}, {"directory": None}, {"directory": [""]}]
)
def test_without_a_folder_the_root_is_listed(visit, argument):
    visitor = visit()
    assert visitor.ask("listdir", argument)["data"]["directory"] == []
    assert visitor.session.requests == [ListDir(())]


@pytest.mark.parametrize("argument", ["a/b", 5, {"directory": "a"}, [["a"]], [5]])
def test_a_folder_that_is_no_list_of_parts_is_refused(visit, argument):
    assert visit().ask("listdir", argument)["result"] == "ValueError"


def test_the_calibration_is_taken_as_it_is(visit):
    visitor = visit()
    assert visitor.ask("new", CALIBRATION, MASKS)["result"] == "new queue"
    (new,) = [each for each in visitor.session.requests if isinstance(each, New)]
    assert new.calibration == CALIBRATION
    assert [(mask.name, mask.data) for mask in new.attachments] == list(MASKS)


def test_a_change_is_not_carried_out_again_after_a_restart(tmp_path):
    def served(session):
        times = lambda: 0.0, lambda: NOW - 1
        settings = replace(SETTINGS, allow=CHANGES)
        return Desk(settings, session, lambda: CALIBRATION, *times, memory=tmp_path / "change")

    frames = frames_of(signed("abort", None, RECORDED["secret"], NOW + 100))
    for n_carried_out in (1, 0):
        session = CannedSession()
        session(New(CALIBRATION, tuple(Attachment(*mask) for mask in MASKS)))
        desk = served(session)
        future = desk.admit(frames, b"route", "127.0.0.1")
        if future is not None:
            future.result(PATIENCE)
        desk.stop()
        assert sum(isinstance(each, Abort) for each in session.requests) == n_carried_out


def test_directory_and_threads_beside_a_calibration_count(visit):
    visitor = visit()
    argument = {"calibration": CALIBRATION, "directory": ["other"], "threads": 3}
    assert visitor.ask("new", argument, MASKS)["result"] == "new queue"
    (new,) = [each for each in visitor.session.requests if isinstance(each, New)]
    assert new.calibration == CALIBRATION | {"Directory": ["other"], "Threads": 3}


@pytest.mark.parametrize("generation", ["first", "second", "last"])
def test_calibrations_of_all_generations_are_understood(visit, generation):
    path = DATA / "calibrations" / f"{generation}_generation.saxsconf"
    document = json.loads(path.read_text(encoding="utf-8"))
    asked = []

    class Session(CannedSession):
        def __call__(self, request):
            asked.append(request)
            return super().__call__(request)

    n_masks = len(document.get("Masks", [0]))
    names = [mask["MaskFile"] for mask in document.get("Masks", [document]) if "MaskFile" in mask]
    assert n_masks >= 1
    visit(Session()).ask("new", document, [(name, b"") for name in names])
    (new,) = asked
    assert Calibration.from_document(new.calibration).masks


@pytest.mark.parametrize("argument", [None, 5, "x", [], {}, {"calibration": 5}])
def test_what_is_no_calibration_is_refused(visit, argument):
    visitor = visit()
    assert visitor.ask("new", argument)["result"] == "ValueError"
    assert visitor.desk.counts.refused == 1


def test_a_mask_that_belongs_to_another_one_is_refused(visit):
    visitor = visit()
    assert visitor.ask("new", CALIBRATION, MASKS[::-1])["result"] == "ValueError"
    assert visitor.session.requests == []


class SlowSession(CannedSession):
    """Never comes to an end with what needs a disk."""

    def __init__(self):
        super().__init__()
        self.calibration = CALIBRATION
        self.slow = Future()

    def __call__(self, request):
        return self.slow if isinstance(request, (New, Plot)) else super().__call__(request)


def test_statistics_wait_for_nobody(visit):
    visitor = visit(SlowSession())
    waiting = [visitor.begin("plot") for _ in range(5)]
    waiting.append(visitor.begin("new", CALIBRATION, MASKS))
    assert visitor.ask("stat")["result"] == "stat"
    assert not any(future.done() for future in waiting)
    visitor.session.slow.cancel()


def test_too_many_requests_at_once_are_refused(visit):
    visitor = visit(SlowSession())
    for _ in range(MOST_QUESTIONS):
        visitor.begin("plot")
    for _ in range(MOST_CHANGES):
        visitor.begin("new", CALIBRATION, MASKS)
    assert visitor.ask("plot")["result"] == "Error"
    assert visitor.ask("new", CALIBRATION, MASKS)["result"] == "Error"
    assert visitor.ask("stat")["result"] == "stat"
    assert visitor.desk.counts.refused == 2
    visitor.session.slow.cancel()


def test_rows_that_came_before_the_queue_are_not_asked_for_again(visit):
    visitor = visit()
    visitor.session.calibration = CALIBRATION
    visitor.ask("stat")
    visitor.ask("readdir")
    for _ in range(3):
        visitor.ask("stat")
    since = [each.since for each in visitor.session.requests if isinstance(each, HistoryColumns)]
    assert since == [0, 0, 1, 0, 1, 0, 1]
    assert sum(isinstance(each, Stat) for each in visitor.session.requests) == 5


@pytest.mark.parametrize("secret", [SETTINGS.secret, f" {SETTINGS.secret}\n"])
def test_the_secret_of_our_own_messages_is_refused(secret):
    with pytest.raises(SettingsError, match="expected another one") as caught:
        expect_own_secret(SETTINGS, secret)
    assert SETTINGS.secret not in str(caught.value)
    expect_own_secret(SETTINGS, f"{secret}x")
    expect_own_secret(replace(SETTINGS, enabled=False), secret)
