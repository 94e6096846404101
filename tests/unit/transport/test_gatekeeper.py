import json
import logging

import pytest

from saxsdog.protocol.envelope import DENIED, MEBIBYTE, Kind, seal_request
from saxsdog.protocol.messages import (
    Abort,
    Attachment,
    Hello,
    New,
    Requeue,
    Requeued,
    Stat,
)
from saxsdog.transport import gatekeeper as module
from saxsdog.transport.gatekeeper import Gatekeeper, Ticket
from tests.helpers.clocks import Clock
from tests.helpers.promises import promise
from tests.helpers.wires import ID, flipped, keys_of, opened, sealed, welcome

FAR, NEAR = "192.0.2.7", "127.0.0.1"
NOW = 1.79e9
OTHERS = keys_of("the secret of somebody else")


class Gate:
    """A gatekeeper with a clock at hand."""

    def __init__(self):
        self.clock = Clock()
        self.wall = Clock(NOW)
        self.keeper = Gatekeeper(keys_of(), self.clock, self.wall)

    def sealed(self, request, **how):
        off = how.pop("off", 0.0)
        moment = NOW + self.clock.now - 1000.0 + off
        return sealed(request, **({"epoch": self.keeper.epoch, "time": moment} | how))

    def judge(self, frames, route=b"route", address=NEAR):
        return self.keeper.judge(frames, route, address)

    def refusal(self, message, **where):
        return opened(self.judge(message.frames, **where), message.context).reply

    def carry_out(self, ticket, reply=None):
        frames = self.keeper.seal(ticket.context, reply or Requeued(3))
        return frames, self.keeper.settle(ticket, frames)


@pytest.fixture
def gate():
    return Gate()


def test_a_genuine_request_gets_a_ticket_and_its_reply_opens(gate):
    message = gate.sealed(Requeue("poison"))
    ticket = gate.judge(message.frames)
    assert ticket.request == Requeue("poison")
    frames, routes = gate.carry_out(ticket)
    assert routes == [b"route"]
    answer = opened(frames, message.context)
    assert (answer.reply, answer.epoch) == (Requeued(3), gate.keeper.epoch)
    assert answer.time == pytest.approx(NOW)


def test_a_hello_needs_no_epoch_and_no_time_and_may_come_again(gate):
    message = gate.sealed(Hello(), time=3.0)
    for _ in range(3):
        ticket = gate.judge(message.frames)
        assert ticket.request == Hello()
        gate.carry_out(ticket, welcome())
    assert gate.keeper.counts.replayed == 0


def test_an_epoch_is_not_the_same_twice():
    assert Gate().keeper.epoch != Gate().keeper.epoch


def test_the_same_frames_get_the_same_reply_and_are_carried_out_once(gate):
    message = gate.sealed(Abort())
    ticket = gate.judge(message.frames)
    frames, _ = gate.carry_out(ticket)
    for _ in range(100):
        assert gate.judge(message.frames) == frames


def test_the_reply_goes_to_everyone_who_asked_while_it_was_made(gate):
    message = gate.sealed(Abort())
    ticket = gate.judge(message.frames, b"first")
    assert gate.judge(message.frames, b"second") is None
    assert gate.judge(message.frames, b"first") is None
    _, routes = gate.carry_out(ticket)
    assert routes == [b"first", b"second"]


def test_a_question_that_changes_nothing_is_answered_afresh(gate):
    message = gate.sealed(Stat())
    first = gate.judge(message.frames, b"first")
    gate.carry_out(first)
    second = gate.judge(message.frames, b"second")
    assert isinstance(second, Ticket)
    assert gate.carry_out(second)[1] == [b"second"]


def test_a_change_whose_reply_is_not_known_any_more_is_not_made_again(gate):
    message = gate.sealed(Abort())
    ticket = gate.judge(message.frames)
    gate.keeper.settle(ticket, [bytes(100_000)])
    assert gate.refusal(message).code == "conflict"


def test_the_same_id_with_another_content_is_a_conflict(gate):
    gate.judge(gate.sealed(Abort()).frames)
    for other in (gate.sealed(Stat()), gate.sealed(Abort())):
        assert gate.refusal(other).code == "conflict"
    attached = gate.sealed(New({}, (Attachment("a", b"1"),)))
    assert gate.refusal(attached).code == "conflict"
    assert gate.keeper.counts.replayed == 3


@promise(
    "A7",
    fault="a recorded request is sent to a second server with the same secret",
    kept="it is refused",
)
def test_another_server_with_the_same_secret_refuses_a_captured_request(gate):
    message = gate.sealed(Abort())
    refusal = Gate().refusal(message)
    assert (refusal.code, refusal.retry) == ("stale-epoch", True)
    assert isinstance(gate.judge(message.frames), Ticket)


@pytest.mark.parametrize("off", [-60.1, 60.1, -1e6, 1e6])
def test_an_old_or_future_request_is_refused_and_not_remembered(gate, off):
    assert gate.refusal(gate.sealed(Abort(), off=off)).code == "stale-epoch"
    assert gate.keeper.counts.replayed == 1
    assert isinstance(gate.judge(gate.sealed(Abort()).frames), Ticket)


@pytest.mark.parametrize("off", [-59.9, 59.9])
def test_a_request_may_be_a_minute_off(gate, off):
    assert isinstance(gate.judge(gate.sealed(Abort(), off=off).frames), Ticket)


@pytest.mark.parametrize("off", [-59.9, 0.0, 59.9])
def test_a_captured_request_is_never_carried_out_again(gate, off):
    message = gate.sealed(Abort(), off=off)
    gate.carry_out(gate.judge(message.frames))
    for _ in range(300):
        gate.clock.now += 1.0
        assert not isinstance(gate.judge(message.frames), Ticket)


def test_setting_the_clock_of_the_machine_makes_nothing_fresh_again(gate):
    message = gate.sealed(Abort())
    gate.carry_out(gate.judge(message.frames))
    gate.clock.now += 130.0
    gate.wall.now = NOW
    assert gate.refusal(message).code == "stale-epoch"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"a": 1, "a": 2}',
        b'{"time": NaN}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"9" * 1_000_000 + b"}",
        b"\xef\xbb\xbf{}",
        b'{"' + b"k" * (MEBIBYTE - 10) + b'": 1}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_genuine_message_that_is_no_request_is_refused_politely(gate, body):
    message = seal_request(keys_of(), [body])
    refusal = gate.refusal(message)
    assert refusal.code == "bad-request"
    assert "Traceback" not in refusal.message
    assert len(refusal.message) < 1000


def test_an_unknown_command_has_a_code_of_its_own(gate):
    body = json.dumps({"command": "__class__"}).encode()
    assert gate.refusal(seal_request(keys_of(), [body])).code == "unknown-command"


def test_the_kind_in_the_header_must_be_that_of_the_command(gate):
    for message in (gate.sealed(Hello(), kind=Kind.REQUEST), gate.sealed(Abort(), kind=Kind.HELLO)):
        assert gate.refusal(message).code == "bad-request"


@promise(
    "B11",
    fault="all kinds of messages come that are not genuine",
    kept="every answer is the same, or none",
)
def test_without_the_secret_every_answer_is_the_same_or_none(gate):
    genuine = gate.sealed(Abort())
    header, body = genuine.frames
    answers = []
    for frames in (
        sealed(Abort(), keys=OTHERS).frames,
        sealed(Hello(), keys=OTHERS).frames,
        [flipped(header, 9), body],
        [header, flipped(body, 9)],
        [header],
        [header, body, body],
        [header, bytes(MEBIBYTE + 17)],
        [header, b"short"],
        [b'{"command": "stat"}'],
        [b"x" * 68, b"y" * 50],
        [b"z" * 12],
        [b""] * 500,
        [],
        gate.keeper.seal(genuine.context, Requeued(1)),
    ):
        gate.clock.now += 1.0
        answers.append(gate.judge(frames))
    assert answers == [[DENIED]] * 11 + [None] * 2 + [[DENIED]]
    assert gate.keeper.counts.denied == len(answers)


def test_denials_are_at_most_five_a_second_together(gate):
    forged = sealed(Abort(), keys=OTHERS).frames
    answers = [gate.judge(forged, address=f"192.0.2.{i}") for i in range(200)]
    assert answers.count([DENIED]) == 5
    gate.clock.now += 1.0
    assert gate.judge(forged) == [DENIED]


def test_one_that_fails_often_gets_no_answer_for_a_minute(gate):
    forged = sealed(Abort(), keys=OTHERS).frames
    for _ in range(20):
        gate.clock.now += 1.0
        assert gate.judge(forged, address=FAR) == [DENIED]
    gate.clock.now += 1.0
    assert gate.judge(forged, address=FAR) is None
    assert gate.judge(forged, address="192.0.2.8") == [DENIED]
    gate.clock.now += 60.0
    assert gate.judge(forged, address=FAR) == [DENIED]
    assert gate.keeper.counts.denied == 23


@promise(
    "B15",
    fault="a stranger floods the server from the address of an honest client",
    kept="the honest client is heard as before",
)
def test_a_forger_takes_nothing_from_others_at_the_same_address(gate):
    forged = sealed(Abort(), keys=OTHERS).frames
    for _ in range(1000):
        gate.judge(forged, route=b"forger", address=FAR)
    assert isinstance(gate.judge(gate.sealed(Abort()).frames, address=FAR), Ticket)


def test_one_that_asks_too_often_is_slowed_down(gate):
    passed = sum(
        isinstance(gate.judge(gate.sealed(Stat(), identity=f"{i:032x}").frames), Ticket)
        for i in range(600)
    )
    assert passed == 400
    assert isinstance(gate.judge(gate.sealed(Stat()).frames, route=b"another"), Ticket)


@promise(
    "A24",
    fault="a question that was recorded is asked again and again",
    kept="it is answered sixteen times, then refused",
)
def test_a_question_that_was_recorded_costs_no_work_without_end(gate):
    question = gate.sealed(Stat())
    for number in range(16):
        gate.carry_out(gate.judge(question.frames, route=b"%d" % number))
    assert gate.refusal(question).code == "conflict"
    assert gate.keeper.counts.replayed == 1


def test_a_forger_is_named_in_the_log_once_a_minute(gate, caplog):
    caplog.set_level(logging.WARNING)
    for _ in range(10):
        gate.clock.now += 1.0
        gate.judge(sealed(Abort(), keys=OTHERS).frames, address=FAR)
    assert [record.getMessage() for record in caplog.records] == [
        f"a message from {FAR} is not sealed with our secret"
    ]


def test_too_many_requests_under_way_are_refused_and_may_come_again(gate, monkeypatch):
    monkeypatch.setattr(module, "MOST_UNDER_WAY", 2)
    tickets = [gate.judge(gate.sealed(Stat(), identity=c * 32).frames) for c in "ab"]
    late = gate.sealed(Abort(), identity="c" * 32)
    refusal = gate.refusal(late)
    assert (refusal.code, refusal.retry) == ("busy", True)
    gate.carry_out(tickets[0])
    assert isinstance(gate.judge(late.frames), Ticket)


@promise(
    "A15",
    fault="more requests come than ids can be remembered",
    kept="new ones are refused as `busy`, none of the old ones is carried out again",
)
def test_a_full_memory_refuses_new_ids_and_still_knows_the_old_ones(gate, monkeypatch):
    monkeypatch.setattr("saxsdog.transport.seen.MOST_IDS", 1)
    first = gate.sealed(Abort())
    frames, _ = gate.carry_out(gate.judge(first.frames))
    late = gate.sealed(Abort(), identity="c" * 32)
    assert gate.refusal(late).code == "busy"
    assert gate.judge(first.frames) == frames
    gate.clock.now += 120.0
    fresh = gate.sealed(Abort(), identity="c" * 32)
    assert isinstance(gate.judge(fresh.frames), Ticket)


def test_the_id_of_a_forged_message_is_not_remembered(gate):
    header, body = gate.sealed(Abort()).frames
    gate.judge([header, flipped(body, 3)])
    assert isinstance(gate.judge(gate.sealed(Abort(), identity=ID).frames), Ticket)
