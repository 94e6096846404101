"""What the window knows of its server: how old it is, and who started the queue."""

from dataclasses import replace

import pytest

from saxsdog.network import NetworkEntry
from saxsdog.protocol.messages import Counters, QueueState, SourceStatus
from saxsleash.appearance import Tone
from saxsleash.models.server_model import Connection, ServerModel
from tests.helpers.clocks import Clock
from tests.helpers.leashes import statistics

ENTRY = NetworkEntry("hutch", "tcp://127.0.0.1:7777", "", "a secret that only tests know")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    model = ServerModel(clock=clock)
    model.set_connecting(ENTRY)
    return model


@pytest.fixture
def replaced(server):
    noted = []
    server.queue_replaced.connect(lambda: noted.append(1))
    return noted


def stat(**changes):
    fine = {
        "state": QueueState.RUNNING,
        "trouble": (),
        "counters": Counters(),
        "sources": SourceStatus(),
        "opened": 100.0,
        "time": 500.0,
        "rate": (0,) * 60,
    }
    return replace(statistics(), **(fine | changes))


def test_a_model_without_server_says_so():
    model = ServerModel()
    assert model.connection is Connection.DISCONNECTED
    assert (model.light.tone, model.light.word) == (Tone.UNKNOWN, "not connected")
    assert (model.entry, model.name, model.newest_age, model.time_left) == (None, "", None, None)


def test_statistics_mean_that_the_server_is_there(server):
    assert not server.is_online
    server.set_statistics(stat())
    assert server.is_online
    assert (server.light.tone, server.light.word) == (Tone.GOOD, "running")


def test_failures_and_trouble_decide_the_colour(server):
    server.set_statistics(stat(counters=Counters(known=3, failed=3)))
    assert server.light.tone is Tone.DOUBTFUL
    assert server.light.sentence == "running, 3 failures"
    server.set_statistics(stat(trouble=("the disk is full",)))
    assert server.light.tone is Tone.BAD
    assert "the disk is full" in server.light.sentence


def test_what_was_known_stays_while_the_server_does_not_answer(server):
    server.set_statistics(stat(counters=Counters(known=9, pending=9)))
    server.set_lost("not-reachable", "nobody is there")
    assert server.light.word == "not reachable"
    assert server.problem == ("not-reachable", "nobody is there")
    assert (server.pending, server.rate) == (9, 0.0)
    server.set_online()
    assert server.problem == ("", "")


def test_another_server_does_not_inherit_anything(server):
    server.set_statistics(stat(newest_image="a.tif", newest_time=1.0))
    server.set_connecting(replace(ENTRY, name="other"))
    assert (server.name, server.statistics, server.newest_image) == ("other", None, "")


def test_the_age_of_the_newest_image_grows_on_the_clock_of_the_server(server, clock):
    server.set_statistics(stat(newest_image="a.tif", newest_time=497.0))
    assert server.newest_age == pytest.approx(3.0)
    clock.now += 4.0
    assert server.newest_age == pytest.approx(7.0)


def test_the_rate_is_the_mean_of_five_seconds(server):
    server.set_statistics(stat(rate=(1000,) * 55 + (10, 20, 30, 40, 50)))
    assert server.rate == pytest.approx(30.0)


def test_the_time_left_follows_from_the_seconds_in_which_something_was_done(server):
    counters = Counters(known=600, integrated=100, pending=500)
    server.set_statistics(stat(counters=counters, rate=(0,) * 58 + (50, 50)))
    assert server.time_left == pytest.approx(10.0)
    server.set_statistics(stat(counters=counters))
    assert server.time_left is None


@pytest.mark.parametrize("pending", [1, 10])
def test_no_time_is_told_that_is_over_before_it_is_read(server, pending):
    counters = Counters(known=100 + pending, integrated=100, pending=pending)
    server.set_statistics(stat(counters=counters, rate=(0,) * 58 + (50, 50)))
    assert server.time_left is None


def test_a_calibration_can_be_had_when_there_was_a_queue_and_somebody_answers(server):
    assert not server.has_calibration
    server.set_statistics(stat(opened=None, state=QueueState.IDLE))
    assert not server.has_calibration
    server.set_statistics(stat(opened=100.0, state=QueueState.ABORTED))
    assert server.has_calibration
    server.set_lost("not-reachable", "nobody is there")
    assert not server.has_calibration


def test_a_queue_of_somebody_else_is_noticed(server, replaced):
    server.set_statistics(stat(opened=100.0))
    server.set_statistics(stat(opened=100.0))
    assert replaced == []
    server.set_statistics(stat(opened=200.0))
    assert replaced == [1]


def test_the_first_queue_after_none_is_noticed_too(server, replaced):
    server.set_statistics(stat(opened=None, state=QueueState.IDLE))
    server.set_statistics(stat(opened=200.0))
    assert replaced == [1]


def test_a_queue_replaced_while_the_server_was_lost_is_noticed(server, replaced):
    server.set_statistics(stat(opened=100.0))
    server.set_lost("not-reachable", "nobody is there")
    server.set_online()
    server.set_statistics(stat(opened=200.0))
    assert replaced == [1]


def test_our_own_queue_is_expected_once(server, replaced):
    server.set_statistics(stat(opened=100.0))
    server.expect_replacement()
    server.set_statistics(stat(opened=200.0))
    assert replaced == []
    server.set_statistics(stat(opened=300.0))
    assert replaced == [1]


def test_what_was_expected_and_refused_is_not_ours(server, replaced):
    server.set_statistics(stat(opened=100.0))
    server.expect_replacement()
    server.forget_replacement()
    server.set_statistics(stat(opened=200.0))
    assert replaced == [1]


def test_an_expectation_does_not_last_for_ever(server, replaced, clock):
    server.set_statistics(stat(opened=100.0))
    server.expect_replacement()
    clock.now += 1000.0
    server.set_statistics(stat(opened=200.0))
    assert replaced == [1]


def test_a_closed_queue_is_busy_until_nothing_is_pending(server):
    server.set_statistics(stat(state=QueueState.CLOSED, counters=Counters(known=1, pending=1)))
    assert (server.light.tone, server.light.word) == (Tone.BUSY, "closing")
    server.set_statistics(stat(state=QueueState.CLOSED))
    assert server.light.word == "closed"
