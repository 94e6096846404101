"""Which images a server finds by itself: by feeder, by events of the file system, by searching."""

import json
import os
import subprocess
import sys
from pathlib import Path

from saxsfeeder import Feeder
from tests.helpers.feeds import RawPublisher, new_file
from tests.helpers.promises import promise
from tests.helpers.served import serving, times_integrated, write_frame

ONLY_FEEDER = '[watcher]\nmode = "off"\n[walk]\ninterval = 3600\n'
ONLY_WALKS = '[watcher]\nmode = "off"\n[walk]\ninterval = 1\nclock_slack = 0\n'
ONLY_NEW = "[walk]\ninterval = 3600\nclock_slack = 0\n"

FEED = """
import sys
from saxsfeeder import Feeder
with Feeder(sys.argv[1]) as feeder:
    print(feeder.address, flush=True)
    for line in sys.stdin:
        feeder.announce(line.rstrip("\\n"))
"""

FIVE_LINES = """
import zmq, json, sys
context = zmq.Context()
socket = context.socket(zmq.PUB)
socket.bind(sys.argv[1])
print(socket.getsockopt(zmq.LAST_ENDPOINT).decode(), flush=True)
pub_msg_obj = {"command": "new file", "argument": ""}
for remotedest in sys.stdin:
    pub_msg_obj["argument"] = remotedest.rstrip("\\n")
    socket.send(json.dumps(pub_msg_obj).encode())
"""


class FeederProcess:
    """A feeder that can be killed."""

    def __init__(self, bind, program=FEED):
        self._process = subprocess.Popen(  # noqa: S603 - a few lines of ours
            [sys.executable, "-c", program, bind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.address = self._process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.kill()

    def announce(self, path):
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()

    def kill(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                continue


@promise(
    "D10",
    fault="the feeder cannot be reached",
    kept="the server works all the same: images are found by other means",
)
def test_without_a_feeder_what_was_there_before_waits_until_it_is_asked_for(tmp_path):
    nobody = "tcp://no-such-host.invalid:5555"
    with serving(tmp_path, feeder=nobody, settings=ONLY_NEW) as served:
        for seed in range(5):
            write_frame(served.images / f"old{seed}.tif", seed)
        served.new()
        below = served.folder("in/run 2")
        write_frame(served.images / "new.tif", 1)
        write_frame(below / "deep.tif", 2)
        served.until_ended(2)
        assert times_integrated(served.client) == {"new.tif": 1, "deep.tif": 1}
        served.client.readdir()
        stat = served.until_ended(7)
        assert stat.sources.feeder in ("waiting", "down")
        assert times_integrated(served.client)["old4.tif"] == 1


@promise(
    "D12",
    fault="a file system that tells of no events, and no feeder",
    kept="searches find what is new",
)
def test_without_events_a_search_finds_what_is_new(tmp_path):
    with serving(tmp_path, settings=ONLY_WALKS) as served:
        write_frame(served.images / "old.tif", 1)
        served.new()
        served.until(lambda stat: stat.sources.walks > 0)
        write_frame(served.images / "new.tif", 2)
        stat = served.until_ended(1)
        assert stat.sources.watcher == "off"
        assert stat.sources.found_by_walk == 1
        assert times_integrated(served.client) == {"new.tif": 1}


@promise(
    "D6",
    fault="every event comes five times",
    kept="each image is integrated once; the others count as duplicates",
)
@promise(
    "D8",
    fault="events for files outside of the directory, or that are no images",
    kept="they are counted and left alone",
)
def test_a_feeder_is_enough_and_only_images_of_the_directory_are_taken(tmp_path):
    with (
        Feeder("tcp://127.0.0.1:*") as feeder,
        serving(tmp_path, feeder=feeder.address, settings=ONLY_FEEDER) as served,
    ):
        served.new("user1")
        served.greet(feeder)
        before = served.until(lambda stat: not stat.sources.walking).sources
        folder = served.folder("user1")
        ours = [write_frame(folder / f"{seed}.TIF", seed) for seed in range(20)]
        foreign = [
            write_frame(served.folder("user10") / "a.tif", 1),
            write_frame(served.folder("user") / "b.tif", 1),
            write_frame(tmp_path / "outside.tif", 1),
            folder / "notes.txt",
            folder / ".." / "user10" / "a.tif",
            Path("/dev/zero"),
        ]
        for path in (*ours, *foreign) * 5:
            feeder.announce(path)
        stat = served.until(lambda stat: stat.counters.duplicates == 80)
        stat = served.until_ended(20)
        assert stat.counters.known == stat.counters.integrated == 20
        assert stat.sources.not_ours >= before.not_ours + 5 * len(foreign)
        assert stat.sources.events >= before.events + 5 * len(ours + foreign)
        assert stat.sources.found_by_walk == 0
        assert set(times_integrated(served.client).values()) == {1}


@promise(
    "D1",
    fault="none: a feeder of five lines, as printed in the paper",
    kept="its image is integrated",
)
@promise(
    "D2",
    fault="a feeder that sends garbage: no JSON, other types, 10 MB, several frames",
    kept="it is counted, and the next event is heard",
)
def test_the_script_of_the_paper_and_garbage_beside_it(tmp_path):
    with (
        RawPublisher() as publisher,
        serving(tmp_path, feeder=publisher.address, settings=ONLY_FEEDER) as served,
    ):
        served.new()

        def is_heard(stat):
            publisher.send(new_file("/greeting"))
            return stat.sources.events > 0

        served.until(is_heard)
        garbage = [b"", b"\xff\0", b"7", b"[]", b"{}", b'{"command": "new file"}', b"x" * 10**7]
        for each in garbage:
            publisher.send(each)
        publisher.send(b"a", b"b", b"c")
        publisher.send(b'{"command": "new file", "argument": ["list"]}')
        path = write_frame(served.images / "paper.tif", 1)
        publisher.send(json.dumps({"command": "new file", "argument": str(path)}).encode())
        stat = served.until_ended(1)
        assert stat.counters.integrated == 1
        assert stat.sources.events_rejected == len(garbage) + 2
        assert stat.sources.feeder == "up"


@promise(
    "D17",
    fault="the feeder of the original, on Windows or not, names images from the root on, absolute, "
    "in either direction of slashes, or by a drive; and files that lie elsewhere",
    kept="the images are integrated, each once; nothing else is taken",
)
def test_a_feeder_of_the_original_may_name_images_in_its_own_way(tmp_path):
    settings = (
        f"{ONLY_FEEDER}[feeder]\npath_map = [['Z:', '{tmp_path}'], ['Z:\\D', '{tmp_path}/data']]\n"
    )
    with (
        FeederProcess("tcp://127.0.0.1:*", FIVE_LINES) as feeder,
        serving(tmp_path, feeder=feeder.address, settings=settings) as served,
    ):
        served.new()
        served.greet(feeder)
        before = served.until(lambda stat: not stat.sources.walking).sources
        outside = write_frame(tmp_path / "outside.tif", 1)
        elsewhere = [
            outside,
            "../outside.tif",
            "..\\outside.tif",
            "in\\..\\..\\outside.tif",
            "z:\\outside.tif",
            "z:\\d\\..\\outside.tif",
            "C:\\in\\0.tif",
            "\\\\pc\\in\\0.tif",
            str(outside).replace("/", "\\"),
        ]
        names = [write_frame(served.images / f"{seed}.tif", seed) for seed in range(5)]
        ways = [
            "in/0.tif",
            "in\\1.tif",
            names[2],
            str(names[3]).replace("/", "\\"),
            "z:\\d\\in\\4.tif",
        ]
        for path in (*elsewhere, *ways):
            feeder.announce(path)
        stat = served.until_ended(len(ways))
        assert stat.counters.known == stat.counters.integrated == len(ways)
        assert stat.sources.not_ours >= before.not_ours + len(elsewhere)
        assert stat.sources.events_rejected == stat.sources.found_by_walk == 0
        assert set(times_integrated(served.client).values()) == {1}


@promise(
    "D4",
    fault="the feeder is killed, 200 images are written, it is started again",
    kept="all of them are found and integrated once",
)
def test_images_written_while_the_feeder_was_dead_are_found(tmp_path):
    with (
        FeederProcess("tcp://127.0.0.1:*") as feeder,
        serving(tmp_path, feeder=feeder.address, settings=ONLY_FEEDER) as served,
    ):
        served.new()
        served.greet(feeder)
        served.until(lambda stat: stat.sources.feeder == "up")
        feeder.kill()
        served.until(lambda stat: stat.sources.feeder == "down")
        for seed in range(200):
            write_frame(served.images / f"{seed}.tif", seed)
        with FeederProcess(feeder.address):
            stat = served.until_ended(200)
        assert stat.counters.integrated == stat.sources.found_by_walk == 200
        assert set(times_integrated(served.client).values()) == {1}
