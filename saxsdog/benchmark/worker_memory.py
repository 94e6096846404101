"""What one more worker costs in memory."""

from saxsdog.benchmark.beamline import beamline
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.processes import memory_of
from saxsdog.benchmark.tables import Cell, Column, Row, Table
from saxsdog.benchmark.timing import Advance

N_WORKERS = (2, 3)
MEGABYTE = 1e6


def worker_memory(bench: Bench, advance: Advance) -> Table:
    """Memory of all processes of a server with 3 workers, less that with 2."""
    sizes: list[int | None] = []
    for n_workers in N_WORKERS:
        with beamline(bench.images, n_workers) as line:
            since = line.leash.stat().cursor
            line.leash.readdir()
            line.curves(since, len(line.images.files))
            sizes.append(memory_of(line.processes))
        advance(1 / len(N_WORKERS))
    rows = [
        Row(f"all processes with {n_workers} workers", (_megabytes(size),))
        for n_workers, size in zip(N_WORKERS, sizes, strict=True)
    ]
    few, many = sizes
    more = None if few is None or many is None else many - few
    rows.append(Row("a further worker", (_megabytes(more),)))
    caption = "PSS: what processes share is divided among them. All have integrated images."
    return Table(bench.of("server, memory"), (Column("memory", "MB"),), tuple(rows), caption)


def _megabytes(size: int | None) -> Cell:
    return None if size is None else size / MEGABYTE
