"""A server at work on small images: what tests ask it, and what they see of it from outside."""

import io
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile

from saxsdog.calibration import Calibration
from saxsdog.integrator import Integrator
from saxsdog.io.chi import read_chi
from tests.helpers.experiments import SHAPE, write_calibration
from tests.helpers.feeds import GREETING, wait_until
from tests.helpers.servers import running_server

PATIENCE = 30.0
LOOK = 0.05
"""s between two looks while nothing is integrated; a result ends the wait at once."""


class Served:
    """A server, a client of it, and the folders that it works in.

    Attributes
    ----------
    server, client
        The running server, and somebody who may ask it.
    root
        Of all images; the folder ``in`` below it is there.
    """

    def __init__(self, server, client, root):
        self.server = server
        self.client = client
        self.root = root
        self.images = self.folder("in")

    def folder(self, name):
        """Make a folder below the root."""
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def new(self, name="in", **changes):
        """Open a queue for a folder below the root; keyword arguments change the calibration."""
        self.folder(name)
        return self.client.new(self.calibration(name, **changes))

    def calibration(self, name="in", **changes):
        """Write a calibration for a folder below the root."""
        return write_calibration(self.root.parent, Directory=name.split("/"), **changes)

    def until(self, condition):
        """Ask until the statistics are as expected, and return them; sums must always be right."""
        return until(self.client, condition)

    def until_ended(self, number):
        """Wait until so many images are known, and none of them is pending."""
        return self.until(lambda stat: stat.counters.known >= number and is_idle(stat))

    def greet(self, feeder):
        """Return when the server hears a feeder: what is announced before is lost."""

        def is_heard(stat):
            feeder.announce(GREETING)
            return stat.sources.events > 0

        self.until(is_heard)


@contextmanager
def serving(tmp_path, workers=1, **options):
    """Run a server for the images in ``tmp_path/data``; options as for :func:`running_server`."""
    root = tmp_path / "data"
    root.mkdir(exist_ok=True)
    with (
        running_server(tmp_path / "server", root, workers=workers, **options) as server,
        server.client() as client,
    ):
        yield Served(server, client, root)
        if server.process.poll() is None:
            check_sums(client.stat().counters)
    assert not temporary_files(root)
    wait_until(lambda: not processes_of(server.process.pid))


def until(client, condition):
    """Ask until the statistics are as expected, and return them."""
    stat = client.stat()
    end = stat.time + PATIENCE
    while not condition(stat):
        assert stat.time < end, f"waited in vain: {stat}"
        client.history(stat.cursor, limit=1, wait=LOOK)
        stat = client.stat()
        check_sums(stat.counters)
    return stat


def is_idle(stat):
    """Whether nothing is pending, and no folder is being searched."""
    return stat.counters.pending == 0 and not stat.sources.walking


def check_sums(counters):
    """The promise of every ``stat``."""
    ended = counters.integrated + counters.failed + counters.skipped
    assert counters.known == ended + counters.pending, counters
    assert counters.failed == sum(counters.failed_because.values()), counters
    assert counters.skipped == sum(counters.skipped_because.values()), counters
    assert 0 <= counters.leased + counters.settling <= counters.pending, counters


def rows_of(client, since=0):
    """Every row of the history after a cursor; their cursors must grow."""
    rows, more = [], True
    while more:
        page = client.history(since)
        rows += page.rows
        since, more = page.next, page.more
    cursors = [row.cursor for row in rows]
    assert cursors == sorted(set(cursors))
    return rows


def times_integrated(client, since=0):
    """How often each image stands in the history, by its name."""
    return Counter(Path(row.file).name for row in rows_of(client, since))


def reasons_of(client):
    """Reason for each image that was not integrated, by its name; every page, every message."""
    reasons, since, more = {}, 0, True
    while more:
        page = client.failed(since)
        for row in page.rows:
            assert row.message or row.status == "skipped", row
            reasons[Path(row.file).name] = str(row.reason)
        since, more = page.next, page.more
    return reasons


def frame_of(seed):
    """A frame that is not flat, and another one for each seed."""
    return _NOISE + np.int32(seed)


def tiff_of(frame):
    """The bytes of a frame as a TIFF."""
    return _HEADER + frame.tobytes()


def write_frame(path, seed):
    """Write the frame of a seed."""
    path.write_bytes(tiff_of(frame_of(seed)))
    return path


def _header():
    """What tifffile writes before the pixels; to let it write them all takes too long."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, _NOISE)
    content, pixels = buffer.getvalue(), _NOISE.tobytes()
    assert content.endswith(pixels)
    return content.removesuffix(pixels)


_NOISE = np.random.default_rng(7).integers(1, 1000, SHAPE).astype(np.int32)
_HEADER = _header()


class Expected:
    """Integrates frames without a server."""

    def __init__(self, calibration):
        self._integrator = Integrator(Calibration.load(calibration), calibration.parent)

    def check(self, curve, frame, channel=0):
        """Compare a file with the curve of a frame."""
        written, expected = read_chi(curve), self._integrator.integrate(frame)[channel]
        for name in ("q", "intensity", "sigma"):
            np.testing.assert_allclose(getattr(written, name), getattr(expected, name), rtol=1e-9)


def check_results(served, name="in", every=1):
    """Integrate what lies on the disk without the server, and compare with its curves.

    Every image that the history names and that is still there must have the curve of its present
    content; ``every`` larger than 1 takes only some of them. Returns how many were compared.
    """
    expected = Expected(served.calibration(name))
    images = sorted({served.root / row.file for row in rows_of(served.client)})
    compared = [image for image in images if image.is_file()][::every]
    for image in compared:
        curve = image.parent.parent / "work" / f"{image.stem}.chi"
        expected.check(curve, tifffile.imread(image))
    return len(compared)


def temporary_files(root):
    """What was not written to its end."""
    return [path for path in root.rglob("*") if path.name.endswith(".tmp")]


def processes_of(server):
    """Processes of the group of a server that have not ended; empty where nobody can tell."""
    return [int(each.name) for each in Path("/proc").glob("[0-9]*") if _group(each) == server]


def _group(process):
    """Group of a process, ``None`` for one that has ended."""
    try:
        state, _, group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return None
    return None if state in "ZX" else int(group)
