import logging

import pytest

from saxsfeeder.delivery import RETRY_AFTER, Delivery
from saxsfeeder.scanning import Scanner
from saxsfeeder.settling import Settling
from tests.helpers.clocks import Clock

INTERVAL = 0.25


class Bench:
    """A delivery in a world where time passes only in pauses."""

    def __init__(self, folder):
        self.folder = folder
        self.clock = Clock()
        self.delivered = []
        self.trouble = {}
        self.plan = []
        scanner = Scanner(str(folder), (".tif",), self.clock, lambda text: None)
        settling = Settling(0.2, self.clock)
        self.delivery = Delivery(scanner, settling, self._deliver, INTERVAL, self.clock)

    def write(self, *names):
        for name in names:
            with (self.folder / name).open("ab") as file:
                file.write(b"x")

    def run(self, *plan):
        """Do each step of a plan in one pause, then stop."""
        self.plan = list(plan)
        self.delivery.run(lambda: not self.plan, self._pause)

    def run_once(self):
        return self.delivery.run_once(lambda: False, self._pause)

    def _pause(self, seconds):
        self.clock.now += seconds
        if self.plan:
            self.plan.pop(0)()

    def _deliver(self, path):
        name = path.rpartition("/")[2]
        if name in self.trouble:
            raise self.trouble[name]
        self.delivered.append(name)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def nothing():
    """Let time pass."""


def test_finished_files_are_delivered_once_in_the_order_of_their_names(bench):
    bench.write("b.tif", "a.tif")
    bench.run(*[nothing] * 10)
    assert bench.delivered == ["a.tif", "b.tif"]


def test_files_that_come_later_are_delivered(bench):
    bench.run(lambda: bench.write("a.tif"), *[nothing] * 3, lambda: bench.write("b.tif"))
    assert bench.delivered == ["a.tif"]
    bench.run(*[nothing] * 3)
    assert bench.delivered == ["a.tif", "b.tif"]


def test_what_is_there_at_the_start_may_be_skipped_unless_it_grows(bench):
    bench.write("old.tif", "growing.tif")
    bench.delivery.skip_existing()
    bench.run(lambda: bench.write("growing.tif"), *[nothing] * 5)
    assert bench.delivered == ["growing.tif"]


def test_images_of_now_overtake_a_backlog(bench):
    bench.write("a.tif", "b.tif", "c.tif")
    deliver = bench.delivery._deliver

    def deliver_slowly(path):
        deliver(path)
        if path.endswith("a.tif"):
            bench.write("now.tif")
        bench.clock.now += INTERVAL

    bench.delivery._deliver = deliver_slowly
    bench.run(*[nothing] * 6)
    assert sorted(bench.delivered) == ["a.tif", "b.tif", "c.tif", "now.tif"]
    assert bench.delivered.index("now.tif") < bench.delivered.index("c.tif")


def test_one_file_that_cannot_be_delivered_does_not_stop_the_others(bench, caplog):
    bench.write("a.tif", "b.tif")
    bench.trouble["a.tif"] = PermissionError(13, "Permission denied")
    bench.run(*[nothing] * 5)
    assert bench.delivered == ["b.tif"]
    bench.trouble.clear()
    bench.run(*[nothing] * int(RETRY_AFTER / INTERVAL + 2))
    assert bench.delivered == ["b.tif", "a.tif"]
    bench.run(*[nothing] * int(2 * RETRY_AFTER / INTERVAL))
    assert bench.delivered == ["b.tif", "a.tif"]


def test_the_same_trouble_is_told_once(bench, caplog):
    bench.write("a.tif")
    bench.trouble["a.tif"] = PermissionError(13, "Permission denied")
    pauses = [nothing] * int(3 * RETRY_AFTER / INTERVAL)
    bench.run(*pauses)
    assert len(caplog.messages) == 1
    assert "a.tif: not delivered" in caplog.messages[0]
    bench.trouble["a.tif"] = OSError(28, "No space left on device")
    bench.run(*pauses)
    assert len(caplog.messages) == 2
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_a_file_that_is_gone_is_not_tried_again(bench, caplog):
    bench.write("a.tif")
    bench.trouble["a.tif"] = FileNotFoundError(2, "No such file or directory")
    deliver = bench.delivery._deliver

    def remove_and_deliver(path):
        (bench.folder / "a.tif").unlink()
        deliver(path)

    bench.delivery._deliver = remove_and_deliver
    bench.run(*[nothing] * int(3 * RETRY_AFTER / INTERVAL))
    assert len(caplog.messages) == 1
    assert "gone" in caplog.messages[0]


def test_a_destination_that_is_missing_does_not_count_as_a_file_that_is_gone(bench):
    bench.write("a.tif")
    bench.trouble["a.tif"] = FileNotFoundError(2, "No such file or directory")
    bench.run(*[nothing] * 5)
    bench.trouble.clear()
    bench.run(*[nothing] * int(RETRY_AFTER / INTERVAL + 2))
    assert bench.delivered == ["a.tif"]


def test_once_ends_when_all_that_was_there_is_delivered(bench):
    bench.write("a.tif", "b.tif")
    assert bench.run_once()
    assert bench.delivered == ["a.tif", "b.tif"]


def test_once_waits_for_a_file_that_grows(bench):
    bench.write("a.tif")
    bench.plan = [lambda: bench.write("a.tif")] * 4
    assert bench.run_once()
    assert bench.delivered == ["a.tif"]
    assert bench.plan == []


def test_once_tells_if_something_was_not_delivered(bench):
    bench.write("a.tif", "b.tif")
    bench.trouble["a.tif"] = PermissionError(13, "Permission denied")
    assert not bench.run_once()
    assert bench.delivered == ["b.tif"]


def test_a_slow_tree_is_looked_at_less_often(bench):
    looks = []
    scan = bench.delivery._scanner.scan

    def scan_slowly():
        looks.append(bench.clock.now)
        bench.clock.now += 2.0
        return scan()

    bench.delivery._scanner.scan = scan_slowly
    bench.run(*[nothing] * 17)
    assert looks == [1000.0, 1004.0, 1008.0]


def test_a_file_that_grows_after_its_disk_was_away_is_delivered_again(tmp_path):
    root = tmp_path / "mount"
    root.mkdir()
    bench = Bench(root)
    bench.write("a.tif")
    a_minute = int(60 / INTERVAL)
    bench.run(*[nothing] * a_minute)
    root.rename(tmp_path / "away")
    bench.run(*[nothing] * a_minute)
    (tmp_path / "away").rename(root)
    bench.run(*[nothing] * a_minute)
    assert bench.delivered == ["a.tif"]
    bench.write("a.tif")
    bench.run(*[nothing] * a_minute)
    assert bench.delivered == ["a.tif", "a.tif"]
