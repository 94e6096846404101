"""What an operator's machine does to a server, found by trying."""

import os
import shutil
import sys

import pytest

from saxsdog.errors import RequestError
from tests.helpers.promises import promise
from tests.helpers.served import reasons_of, serving, write_frame

linux_names = pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")


@promise(
    "C9",
    fault="images and folders whose names are no text",
    kept="they end with a reason, and the server goes on",
)
@linux_names
def test_a_name_that_is_no_text_ends_no_server(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        folder = served.images / os.fsdecode(b"f\xff")
        folder.mkdir()
        for path in (served.images / os.fsdecode(b"bad\xfe.tif"), folder / "bad.tif"):
            path.write_text("this is no image")
        write_frame(served.images / "good.tif", 1)
        served.until_ended(3)
        assert served.client.stat().counters.integrated == 1
        assert sorted(reasons_of(served.client).values()) == ["not-an-image"] * 2


@promise(
    "G7",
    fault="the journal is removed while the server stands, twice",
    kept="the calibration and its masks are still known",
)
def test_a_missing_journal_costs_neither_calibration_nor_masks(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        write_frame(served.images / "1.tif", 1)
        served.until_ended(1)
        for _ in range(2):
            served.server.stop()
            for file in served.server.state.glob("journal.sqlite*"):
                file.unlink()
            served.server.restart()
            served.until_ended(1)
        assert served.client.stat().counters.integrated == 1


@promise(
    "G6",
    fault="what is asked for cannot be written down",
    kept="it is refused in a sentence, has not happened, and the queue goes on",
)
def test_a_close_that_cannot_be_written_down_has_not_happened(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        backup = served.server.state / "queue.json"
        backup.unlink()
        backup.mkdir()  # nobody can replace a folder by a file
        for change in (served.client.close, served.client.abort, served.new):
            with pytest.raises(RequestError, match="cannot be"):
                change()
        write_frame(served.images / "1.tif", 1)
        served.until_ended(1)
        assert served.client.stat().state == "running"
        backup.rmdir()
        assert served.client.close().pending == 0


def test_an_aborted_queue_can_be_looked_at_after_a_restart(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        write_frame(served.images / "1.tif", 1)
        served.until_ended(1)
        served.client.abort()
        served.server.restart()
        assert served.client.get().calibration["Title"] == "a small detector"
        assert served.client.plot().image == "in/1.tif"
        assert served.client.stat().state == "aborted"


@promise(
    "C5",
    fault="the folder of the results is replaced by a link out of the root while the server works",
    kept="nothing is written through it; the images fail with a reason",
)
def test_results_do_not_follow_a_link_that_is_planted_while_the_server_works(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with serving(tmp_path) as served:
        served.new()
        write_frame(served.images / "1.tif", 1)
        served.until_ended(1)
        work = served.root / "work"
        shutil.rmtree(work)
        work.symlink_to(elsewhere)
        served.until(lambda stat: stat.time > stat.newest_time + 1.1)
        write_frame(served.images / "2.tif", 2)
        served.until_ended(2)
        assert not list(elsewhere.iterdir())
        assert reasons_of(served.client) == {"2.tif": "output-collision"}


@promise(
    "G6",
    fault="the directory of the queue cannot be used when the server starts",
    kept="`stat` says so, and the queue goes on by itself when it can",
)
def test_a_bad_calibration_takes_nothing_from_a_queue_that_waits_to_be_resumed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with serving(tmp_path) as served:
        served.new()
        folders = list(served.server.state.glob("queue-*"))
        served.server.stop()
        served.images.rename(tmp_path / "aside")
        served.images.symlink_to(elsewhere)  # the directory leads out of the root for a while
        served.server.restart()
        assert "cannot be resumed" in served.client.stat().trouble[0]
        with pytest.raises(RequestError, match="leads out"):
            served.new()
        assert list(served.server.state.glob("queue-*")) == folders
        served.images.unlink()
        (tmp_path / "aside").rename(served.images)
        served.until(lambda stat: stat.state == "running")
        write_frame(served.images / "1.tif", 1)
        served.until_ended(1)
