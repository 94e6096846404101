"""Read the same frame from files of every format."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import fabio
import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.formats import DATASET, Stored, write_formats
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance, in_turn, timed_each
from saxsdog.io.images import FrameReader

IN_A_ROW = 4
"""Frames that are read before it is the turn of the next: a detector writes one format."""

MILLISECOND = 1e-3
MEGABYTE = 1e6


def reading(bench: Bench, advance: Advance) -> Table:
    """Read by saxsdog, by the usual library, and the bare bytes; from the cache of the system."""
    folder = bench.folder / "formats"
    folder.mkdir()
    files = write_formats(folder, bench.image)
    works: dict[str, Callable[[], object]] = {}
    with ExitStack() as stack:
        for stored in files:
            works[f"ours, {stored.label}"] = _ours(stored)
            works[f"bytes, {stored.label}"] = partial(
                _read_bytes, stored.path, np.empty(stored.nbytes, dtype=np.uint8)
            )
            if bench.peers:
                works[f"peer, {stored.label}"] = stack.enter_context(_peer(stored))
        measures = {
            name: timed_each(_ignoring(work), range(IN_A_ROW)) for name, work in works.items()
        }
        times = in_turn(measures, bench.rounds, advance)
    rows = []
    for stored in files:
        ours, floor = times[f"ours, {stored.label}"], times[f"bytes, {stored.label}"]
        theirs = times.get(f"peer, {stored.label}")
        cells = (
            stored.nbytes / MEGABYTE,
            floor / MILLISECOND,
            ours / MILLISECOND,
            None if theirs is None else theirs / MILLISECOND,
            stored.peer if bench.peers else None,
            None if theirs is None else theirs / ours,
        )
        rows.append(Row(stored.label, cells))
    columns = (
        Column("stored", "MB"),
        Column("bare bytes", "ms"),
        Column("saxsdog", "ms"),
        Column("peer", "ms"),
        Column("peer is", ""),
        Column("gain"),
    )
    caption = (
        "'bare bytes': open, read what is stored into memory that is used again, close; nothing "
        f"reads faster. {IN_A_ROW} frames of a format in each turn. 'gain' is the time of the peer "
        "over that of saxsdog. The peers are fabio.open(path).data and dataset[i] of a file that "
        "stays open."
    )
    return Table(bench.of("reading a frame"), columns, tuple(rows), caption)


def _ignoring(work: Callable[[], object]) -> Callable[[int], object]:
    return lambda _: work()


def _ours(stored: Stored) -> Callable[[], object]:
    reader = FrameReader()
    if not stored.n_frames:
        return lambda: reader.read(stored.path)
    pages = itertools.cycle(range(stored.n_frames))
    return lambda: reader.read(stored.path, page=next(pages))


@contextmanager
def _peer(stored: Stored) -> Iterator[Callable[[], object]]:
    if not stored.n_frames:
        yield lambda: fabio.open(stored.path).data
        return
    import h5py

    # Who opens a file twice in a process shares the cache of unpacked frames.
    own = shutil.copy(stored.path, stored.path.with_suffix(".peer.h5"))
    with h5py.File(own) as file:
        dataset: Any = file[DATASET]
        pages = itertools.cycle(range(stored.n_frames))
        yield lambda: dataset[next(pages)]


def _read_bytes(path: Path, buffer: NDArray[np.uint8]) -> None:
    with path.open("rb", buffering=0) as file:
        file.readinto(buffer.data)
