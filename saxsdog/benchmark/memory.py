"""How fast this machine reads its memory: no program integrates faster."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.machine import cache_bytes, memory_bytes
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance, in_turn, timed
from saxsdog.benchmark.yardstick import sum_once, words_of

SMALLEST = 1 << 28
LARGEST = 1 << 30
TIMES_THE_CACHE = 4
"""A buffer that much larger than the last cache finds nothing there when it is read again."""

SHARE_OF_MEMORY = 8
REPETITIONS = 20
"""Of a frame for each measurement, so that to hand work to a thread costs nothing beside it."""

GIGABYTE = 1e9
MILLISECOND = 1e-3

Words = NDArray[np.int64]


def memory_limit(bench: Bench, advance: Advance) -> Table:
    """Sum a frame that the caches hold, and a buffer that they cannot hold, on 1 and all cores."""
    frame = bench.image
    n_words = -(-frame.nbytes // 8)
    buffer = np.ones(_buffer_bytes() // 8, dtype=np.int64)
    cores = sorted({1, bench.n_cores})
    with ThreadPoolExecutor(bench.n_cores) as pool:
        works: dict[str, Callable[[], object]] = {}
        sizes: dict[str, int] = {}
        for n in cores:
            threads = f"{n} thread{'s' if n > 1 else ''}"
            frames = [np.ones(n_words, dtype=np.int64) for _ in range(n)]
            parts = np.array_split(buffer, n)
            for where, pieces, times in (
                ("a frame, from the caches", frames, REPETITIONS),
                (f"{buffer.nbytes >> 20} MiB, from memory", parts, 1),
            ):
                name = f"{where}, {threads}"
                works[name] = partial(_all, pool, pieces, times)
                sizes[name] = times * sum(piece.nbytes for piece in pieces)
        seconds = in_turn(
            {name: timed(work) for name, work in works.items()}, bench.few_rounds, advance
        )
    rows = []
    for name, time in seconds.items():
        rate = sizes[name] / time
        rows.append(Row(name, (rate / GIGABYTE, frame.nbytes / rate / MILLISECOND)))
    columns = (Column("rate", "GB/s"), Column("a frame", "ms"))
    caption = (
        "Each byte is summed once, in words of 64 bits. 'a frame' is what one would take at this "
        "rate."
    )
    return Table(bench.of("reading memory"), columns, tuple(rows), caption)


def _all(pool: ThreadPoolExecutor, pieces: list[Words], times: int) -> None:
    """Sum each piece in a thread of its own; the compiled loop holds no lock."""
    list(pool.map(partial(_repeat, times=times), pieces))


def _repeat(piece: Words, times: int) -> None:
    words = words_of(piece)
    for _ in range(times):
        sum_once(words)


def _buffer_bytes() -> int:
    wanted = max([TIMES_THE_CACHE * size for size in cache_bytes().values()] + [SMALLEST])
    memory = memory_bytes()
    most = LARGEST if memory is None else min(LARGEST, memory // SHARE_OF_MEMORY)
    return min(wanted, most)
