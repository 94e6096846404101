"""Damaged images of every format among good ones, for as long as the budget allows."""

import io
import itertools
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import fabio
import h5py
import pytest
import tifffile

from saxsdog.reasons import Reason
from tests.helpers.experiments import SHAPE
from tests.helpers.frames import cbf_bytes, edf_bytes, tiff_bytes
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    frame_of,
    reasons_of,
    serving,
    times_integrated,
    write_frame,
)

pytestmark = pytest.mark.soak

SETTINGS = "[settling]\ntruncated = 0.5\n"
BATCH = 1000
GOOD_AMONG = 10
"""Every so many images is a good one."""

EXTREMES = [
    value.to_bytes(size, order)
    for size in (1, 2, 4, 8)
    for order in ("little", "big")
    for value in (0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1)
]
LISTED = {str(reason) for reason in Reason}


def samples():
    """Return good images of every format, by their suffix."""
    frame = frame_of(3)

    def tiff(**options):
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, frame, **options)
        return buffer.getvalue()

    def hdf5(**options):
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.create_dataset("entry/data", data=frame[None], chunks=(1, *SHAPE), **options)
        return buffer.getvalue()

    return [
        (".tif", tiff()),
        (".tif", tiff(compression="zlib", predictor=True)),
        (".tif", tiff(tile=(16, 16))),
        (".tif", tiff(bigtiff=True, byteorder=">")),
        (".tif", tiff_bytes(frame, rows_per_strip=7, gap=3)),
        (".tif", tiff_bytes(frame, page=2)),
        (".cbf", cbf_bytes(frame)),
        (".cbf", fabio_bytes(frame)),
        (".edf", edf_bytes(frame)),
        (".edf", edf_bytes(frame, order=">")),
        (".h5", hdf5()),
        (".h5", hdf5(compression="gzip", shuffle=True)),
        (".h5", hdf5(fletcher32=True)),
    ]


def fabio_bytes(frame):
    """Return a CBF that another program has written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.cbf"
        fabio.cbfimage.CbfImage(data=frame).write(os.fspath(path))
        return path.read_bytes()


def damaged(chance, data, others):
    """Return bytes with one to four faults; most of them in the first kilobyte, the header."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        reach = min(len(data), 1024) if chance.random() < 0.7 else len(data)
        at = chance.randrange(reach) if reach else 0
        match chance.randrange(7):
            case 0 if data:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data = data[:at]
            case 2:
                del data[at : at + chance.choice((1, 4, 100, 5000))]
            case 3:
                data[at:at] = data[at : at + chance.choice((1, 8, 300))]
            case 4:
                other = chance.choice(others)[1]
                data[at:] = other[chance.randrange(len(other)) :]
            case _:
                value = chance.choice(EXTREMES)
                data[at : at + len(value)] = value
    return bytes(data)


@promise(
    "F8",
    fault="damaged TIFF, CBF, EDF and HDF5 images among good ones, for as long as one likes",
    kept="they end with a listed reason or a curve, no good image is lost or wrong, and the death "
    "of a worker is counted",
)
@pytest.mark.timeout(0)
def test_damaged_images_cost_no_good_one(tmp_path, budget, capsys):
    seed = int(os.environ.get("SAXSDOG_SEED", time.time_ns() % 2**32))
    chance, originals = random.Random(seed), samples()  # noqa: S311 - no secret
    ended, deaths, growth, reasons = 0, 0, 0, Counter()
    with capsys.disabled():
        print(f"\nSAXSDOG_SEED={seed}")  # noqa: T201 - who wants to see it again needs it
    started = time.monotonic()
    with serving(tmp_path, workers=2, settings=SETTINGS) as served:
        memory = 0
        for turn in itertools.count():
            if time.monotonic() - started > budget:
                break
            name = f"{turn}/in"
            served.images = served.folder(name)
            served.new(name)
            good = {}
            for number in range(BATCH):
                if number % GOOD_AMONG == 0:
                    image = served.images / f"{number}-good.tif"
                    good[write_frame(image, number)] = frame_of(number)
                else:
                    suffix, data = chance.choice(originals)
                    content = damaged(chance, data, originals)
                    (served.images / f"{number}{suffix}").write_bytes(content)
            stat = served.until_ended(BATCH)
            why = reasons_of(served.client)
            assert set(why.values()) <= LISTED
            assert not [image for image in good if image.name in why], why
            integrated = times_integrated(served.client)
            expected = Expected(served.calibration(name))
            for image, frame in good.items():
                assert integrated[image.name] >= 1
                expected.check(image.parent.parent / "work" / f"{image.stem}.chi", frame)
            for path in served.images.iterdir():
                images = [each for each in integrated if each.startswith(f"{path.name}::")]
                assert path.name in why or path.name in integrated or images, path
            ended += stat.counters.known
            reasons.update(stat.counters.failed_because)
            reasons.update(stat.counters.skipped_because)
            deaths += stat.counters.worker_deaths
            memory = memory or served.server.memory
            growth = served.server.memory - memory
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what one runs this for
            f"{ended} images ended in {time.monotonic() - started:.0f} s, {deaths} workers died, "
            f"the server grew by {growth / 2**20:.1f} MiB; {dict(reasons)}"
        )
