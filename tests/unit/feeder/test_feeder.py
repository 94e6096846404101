import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from saxsfeeder import Feeder
from tests.helpers.feeds import PATIENCE, RawSubscriber

FEEDER_FOLDER = Path(__file__).parents[3] / "feeder"


@pytest.fixture
def make_feeder():
    """Make feeders that beat often, and close them."""
    made = []

    def make(**options):
        made.append(Feeder("tcp://127.0.0.1:*", heartbeat_interval=0.01, **options))
        return made[-1]

    yield make
    for feeder in made:
        feeder.close()


@pytest.fixture
def feeder(make_feeder):
    return make_feeder()


@pytest.fixture
def subscriber(feeder):
    """One that hears the feeder."""
    with RawSubscriber(feeder.address) as subscriber:
        subscriber.receive()
        yield subscriber


def test_the_address_names_the_real_port(feeder):
    assert feeder.address.startswith("tcp://127.0.0.1:")
    assert int(feeder.address.rpartition(":")[2]) > 0


def test_an_announcement_is_the_event_of_the_paper_with_number_size_and_time(
    feeder, subscriber, tmp_path
):
    path = tmp_path / "x.tif"
    path.write_bytes(b"12345")
    feeder.announce(path)
    event = subscriber.next_of("new file")
    assert len(event.pop("stream")) == 32
    assert event == {
        "command": "new file",
        "argument": str(path),
        "seq": 1,
        "size": 5,
        "mtime_ns": path.stat().st_mtime_ns,
    }


def test_a_file_that_is_not_here_is_announced_without_size(feeder, subscriber):
    feeder.announce("/storage/of/others/x.tif")
    event = subscriber.next_of("new file")
    assert sorted(event) == ["argument", "command", "seq", "stream"]


def test_a_heartbeat_tells_the_number_of_the_last_announcement(feeder, subscriber):
    assert subscriber.next_of("heartbeat")["seq"] == 0
    feeder.announce("/data/1.tif")
    feeder.announce("/data/2.tif")
    while (beat := subscriber.next_of("heartbeat"))["seq"] != 2:
        assert beat["seq"] < 2
    assert sorted(beat) == ["command", "seq", "stream"]


def test_every_start_of_a_feeder_has_a_stream_of_its_own(make_feeder):
    streams = set()
    for _ in range(3):
        with RawSubscriber(make_feeder().address) as subscriber:
            streams.add(subscriber.receive()["stream"])
    assert len(streams) == 3


@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_a_path_may_be_text_bytes_or_a_path(feeder, subscriber, kind):
    feeder.announce(kind("/data/x.tif"))
    assert subscriber.next_of("new file")["argument"] == "/data/x.tif"


def test_a_relative_path_becomes_absolute(feeder, subscriber, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    feeder.announce("x.tif")
    assert subscriber.next_of("new file")["argument"] == str(tmp_path / "x.tif")


def test_names_of_any_bytes_survive(feeder, subscriber):
    names = [b"/data/\xff\xfe.tif", "/data/Müller 測定.tif".encode(), b'/data/"\\\n.tif']
    for name in names:
        feeder.announce(name)
    for name in names:
        assert os.fsencode(subscriber.next_of("new file")["argument"]) == name


@pytest.mark.parametrize(
    ("here", "there", "path", "expected"),
    [
        ("/mnt/storage", "/data", "/mnt/storage/a/x.tif", "/data/a/x.tif"),
        ("/mnt/storage/", "/data/", "/mnt/storage/a/x.tif", "/data/a/x.tif"),
        ("/mnt/storage", "/data", "/mnt/storage2/x.tif", "/mnt/storage2/x.tif"),
        ("/mnt/storage", "/data", "/mnt/x.tif", "/mnt/x.tif"),
        ("/mnt/storage", "/data", "/mnt/storage", "/data"),
        ("/", "/export", "/a/x.tif", "/export/a/x.tif"),
        ("/mnt/storage", "/", "/mnt/storage/a/x.tif", "/a/x.tif"),
        ("/mnt", "\\\\server\\share", "/mnt/a/x.tif", "\\\\server\\share\\a\\x.tif"),
    ],
)
def test_folders_that_the_server_calls_otherwise_are_renamed_by_their_parts(
    make_feeder, here, there, path, expected
):
    feeder = make_feeder(map_path=(here, there))
    with RawSubscriber(feeder.address) as subscriber:
        subscriber.receive()
        feeder.announce(path)
        assert subscriber.next_of("new file")["argument"] == expected


def test_threads_may_announce_together(feeder, subscriber):
    def announce(name):
        for number in range(500):
            feeder.announce(f"/data/{name}/{number}.tif")

    threads = [threading.Thread(target=announce, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = [subscriber.next_of("new file") for _ in range(2000)]
    assert [event["seq"] for event in events] == list(range(1, 2001))
    assert set(Counter(event["argument"] for event in events).values()) == {1}


def test_nothing_waits_for_a_server(feeder):
    for number in range(20_000):
        feeder.announce(f"/data/{number}.tif")


def test_a_closed_feeder_announces_nothing(make_feeder):
    threads = threading.active_count()
    with make_feeder() as feeder:
        assert threading.active_count() == threads + 1
    feeder.close()
    assert threading.active_count() == threads
    with pytest.raises(ValueError, match="closed"):
        feeder.announce("/data/x.tif")


def test_two_feeders_cannot_share_an_address(feeder):
    threads = threading.active_count()
    with pytest.raises(OSError, match="cannot listen"):
        Feeder(feeder.address)
    assert threading.active_count() == threads


def test_the_last_events_of_a_script_that_just_ends_arrive():
    with zmq.Context() as context, context.socket(zmq.REP) as ready:
        port = ready.bind_to_random_port("tcp://127.0.0.1")
        script = f"""
import sys, zmq
from saxsfeeder import Feeder
feeder = Feeder("tcp://127.0.0.1:*", heartbeat_interval=0.01)
with zmq.Context() as context, context.socket(zmq.REQ) as ask:
    ask.connect("tcp://127.0.0.1:{port}")
    ask.send_string(feeder.address)
    ask.recv()
for number in range(5000):
    feeder.announce("/data/%d.tif" % number)
"""
        with subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-c", script], cwd=FEEDER_FOLDER
        ) as process:
            with RawSubscriber(ready.recv_string()) as subscriber:
                subscriber.receive()
                ready.send(b"")
                events = [subscriber.next_of("new file") for _ in range(5000)]
            assert process.wait(PATIENCE) == 0
    assert events[-1]["argument"] == "/data/4999.tif"


@given(st.text(min_size=1).filter(lambda name: "\0" not in name))
def test_any_text_is_announced(name):
    with Feeder("tcp://127.0.0.1:*") as feeder:
        feeder.announce("/" + name)
