"""What the manual tells a site to write works."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from saxsfeeder import Feeder
from tests.helpers.feeder_process import copy_of_the_package
from tests.helpers.feeds import PATIENCE, Listener, RawPublisher, RawSubscriber, wait_until

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "feed-from-a-transfer-script.md"
HOOK, PAPER = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def address():
    """An address that is free."""
    with RawPublisher() as publisher:
        return publisher.address


def test_the_script_of_the_paper_is_understood(tmp_path, address):
    (tmp_path / "storage").mkdir()
    (tmp_path / "x.tif").write_bytes(b"12345")
    target = tmp_path / "storage" / "x.tif"
    setup, each = PAPER.split("# for each image:\n")
    script = setup.replace("tcp://*:5555", address) + "while sys.stdin.readline():\n"
    script += textwrap.indent(each, "    ")
    with (
        Listener(address) as listener,
        RawSubscriber(address) as subscriber,
        subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-c", script, str(tmp_path / "x.tif"), str(target)],
            stdin=subprocess.PIPE,
            text=True,
        ) as process,
    ):

        def image_arrives():
            process.stdin.write("\n")
            process.stdin.flush()
            return listener.paths and subscriber.has_something()

        wait_until(image_arrives)  # a publisher drops what it says before somebody listens
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        expected = b'{"command": "new file", "argument": "%s"}' % str(target).encode()
        assert subscriber.receive_bytes() == expected
    assert set(listener.paths) == {str(target)}
    assert listener.subscription.rejected == 0
    assert target.read_bytes() == b"12345"


def test_the_hook_announces_images(tmp_path, address, monkeypatch):
    folder = copy_of_the_package(tmp_path)
    (folder / "site_hook.py").write_text(HOOK.replace("tcp://*:5555", address), encoding="utf-8")
    script = """
import sys, site_hook
print("here", flush=True)
for line in sys.stdin:
    site_hook.after_transfer(line.strip())
"""
    with (
        Listener(address) as listener,
        subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-c", script],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout.readline() == "here\n"
        listener.wait_for_gap("first time")
        process.communicate("/mnt/storage/x.tif\n/mnt/storage/notes.txt\n/mnt/storage/y.cbf\n")
        listener.wait_for_paths(2)
    assert listener.paths == ["/data/x.tif", "/data/y.cbf"]


def test_the_defaults_are_those_of_the_manual():
    assert Feeder.__init__.__defaults__ == ("tcp://*:5555",)
