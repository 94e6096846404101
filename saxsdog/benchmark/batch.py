"""Integrate images on disk: the engine of ``saxsdog integrate``, beside pools of other programs."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from saxsdog.benchmark.bench import Bench, doubling
from saxsdog.benchmark.engines import Engine, numpy_engine, pyfai_engine, saxsdog_engine
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance

MILLISECOND = 1e-3


def batch(bench: Bench, advance: Advance) -> Table:
    """Integrate all images by 1, 2, 4 ... processes, and by other programs, in turn."""
    rows = []
    numbers = doubling(bench.n_cores)
    for number in numbers:
        engines = _measured(bench, number, lambda share: advance(share / len(numbers)))
        ours = engines[0].rate
        for engine in engines:
            cost = None if engine.cost is None else engine.cost / MILLISECOND
            label = f"{engine.name}, {number} process{'es' if number > 1 else ''}"
            rows.append(Row(label, (engine.rate, cost, ours / engine.rate)))
    columns = (Column("rate", "images/s"), Column("CPU", "ms/image"), Column("gain"))
    caption = (
        f"The same uncompressed TIFFs in turn, medians of {bench.few_rounds} rounds; other "
        "programs get the first half of them. All read a file, integrate with error, write a file, "
        "in processes that are warm. 'gain' is the rate of saxsdog over that of the row."
    )
    return Table(bench.of("images to curves"), columns, tuple(rows), caption)


def _measured(bench: Bench, number: int, advance: Advance) -> list[Engine]:
    folder = bench.folder / f"batch-{number}"
    folder.mkdir()
    with ExitStack() as stack:
        engines = [stack.enter_context(saxsdog_engine(bench, number, folder))]
        if bench.peers:
            engines += [stack.enter_context(peer) for peer in _peers(bench, number, folder)]
        for _ in range(bench.few_rounds):
            for engine in engines:
                engine.take_a_turn()
                advance(1 / bench.few_rounds / len(engines))
    return engines


def _peers(bench: Bench, number: int, folder: Path) -> Iterator[AbstractContextManager[Engine]]:
    if bench.pyfai:
        yield pyfai_engine(bench, number, folder)
    if number == 1:
        yield numpy_engine(bench, number, folder)
