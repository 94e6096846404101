"""``saxsdog bench``: how fast this machine integrates."""

import argparse
import json
import platform
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from saxsdog.benchmark import peers
from saxsdog.benchmark.kernel import KernelBench
from saxsdog.benchmark.plans import build_plans
from saxsdog.benchmark.serving import ServingBench
from saxsdog.benchmark.tables import Grid, Table
from saxsdog.cli.arguments import command_parser, n_cores, positive_integer
from saxsdog.cli.progress import progress_bar

DESCRIPTION = """\
Measure how fast this machine integrates: the kernel on frames in memory, several channels in one
pass, error models and types of counts, building plans. Where pyFAI is installed, it does the same
work in turn with saxsdog in the same run. Times are medians.

With --server: the server with its processes, feeder and leash, over simulated images on disk: how
many it takes in a second, what they cost, and how long a curve takes from its event."""

PACKAGES = ("saxsdog", "numpy", "scipy", "numba", "pyFAI")
N_KERNEL_TABLES = 3
N_SERVING_STEPS = 8


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    tables = _serving(options) if options.server else _integrating(options)
    machine = _machine()
    if options.json:
        print(json.dumps({"machine": machine, "tables": [t.as_dict() for t in tables]}, indent=2))
    else:
        print("; ".join(f"{key} {value}" for key, value in machine.items()))
        console = Console()
        for table in tables:
            console.print(f"\n[bold]{table.title}[/bold]")
            console.print(_drawn(table) if isinstance(table, Table) else _grid(table))
    return 0


def _serving(options: argparse.Namespace) -> list[Table | Grid]:
    with (
        tempfile.TemporaryDirectory(prefix="saxsdog-bench-", dir=options.directory) as folder,
        progress_bar("measuring", N_SERVING_STEPS) as advance,
    ):
        bench = ServingBench(Path(folder), options.images, options.detector)
        return [
            measure(advance) for measure in (bench.throughput, bench.latency, bench.first_curve)
        ]


def _integrating(options: argparse.Namespace) -> list[Table | Grid]:
    peers.limit_to_one_thread()
    with progress_bar("measuring", N_KERNEL_TABLES * options.rounds) as advance:
        kernel = KernelBench(options.detector)
        tables: list[Table | Grid] = [
            measure(options.rounds, advance)
            for measure in (kernel.beside_peers, kernel.several_channels, kernel.variants)
        ]
    return [*tables, build_plans()]


def _grid(grid: Grid) -> RichTable:
    drawn = RichTable()
    for i, column in enumerate(grid.columns):
        drawn.add_column(column, justify="right" if i else "left")
    for row in grid.rows:
        drawn.add_row(*row)
    return drawn


def _drawn(table: Table) -> RichTable:
    drawn = RichTable()
    drawn.add_column("")
    drawn.add_column("ms", justify="right")
    relative = any(row.relative is not None for row in table.rows)
    if relative:
        drawn.add_column("relative", justify="right")
    notes = any(row.note for row in table.rows)
    if notes:
        drawn.add_column("memory")
    for row in table.rows:
        cells = [row.name, f"{1e3 * row.seconds:.3f}"]
        cells += [f"{row.relative:.2f}" if row.relative is not None else ""] if relative else []
        cells += [row.note] if notes else []
        drawn.add_row(*cells)
    return drawn


def _machine() -> dict[str, str]:
    found = {
        "cores": str(n_cores()),
        "processor": _processor(),
        "system": platform.system(),
        "Python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    if names.exists():  # Linux; elsewhere the platform module knows
        for line in names.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("bench", DESCRIPTION)
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=positive_integer,
        default=25,
        help="measurements of each work, in turn (default: %(default)s)",
    )
    parser.add_argument(
        "--detector",
        metavar="NAME",
        default="Pilatus 1M",
        help="of the frame in memory; see 'saxsdog simulate --help' (default: %(default)s)",
    )
    parser.add_argument("--server", action="store_true", help="measure the server instead")
    parser.add_argument(
        "--images",
        metavar="N",
        type=positive_integer,
        default=1000,
        help="images of each run of the server (default: %(default)s)",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=Path,
        help="where the images of the server lie, some 400 MB (default: that for temporary files)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, no tables")
    return parser
