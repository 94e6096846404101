"""How ``saxsdog bench`` shows what it does and what it has found."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from saxsdog.benchmark.tables import Cell, Table

WIDTH = 100
"""Columns where nobody looks at a terminal."""

DIGITS = 3
"""Significant ones: these machines are not the same from one second to the next."""

Describe = Callable[[str], None]
Spend = Callable[[float], None]


@contextmanager
def measuring_bar(total: float) -> Iterator[tuple[Describe, Spend]]:
    """Show one progress bar while open, on a terminal only.

    Yields what tells it what is measured now, and how many more of ``total`` seconds are spent.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("measuring {task.description:<9}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield (
            lambda description: progress.update(task, description=description),
            lambda seconds: progress.advance(task, seconds),
        )


def print_report(
    machine: Mapping[str, str | int | None], sections: Mapping[str, list[Table]]
) -> None:
    """Print the machine and all tables, for people."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    known = [f"{key} {value}" for key, value in map(_readable, machine.items()) if value]
    console.print("; ".join(known), highlight=False, markup=False)
    for tables in sections.values():
        for table in tables:
            console.print()
            console.print(table.title, style="bold", highlight=False, markup=False)
            console.print(_drawn(table))
            console.print(table.caption, style="dim", highlight=False, markup=False)


def _readable(fact: tuple[str, str | int | None]) -> tuple[str, str | int | None]:
    """Show sizes in bytes as people say them."""
    key, value = fact
    if not key.endswith("_bytes") or not isinstance(value, int):
        return key, value
    name = key.removesuffix("_bytes").replace("_", " ")
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= size:
            return name, f"{value / size:.3g} {unit}"
    return name, f"{value} bytes"


def _drawn(table: Table) -> RichTable:
    drawn = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("", overflow="fold")
    texts = [[cell_text(cell) for cell in row.cells] for row in table.rows]
    for i, column in enumerate(table.columns):
        unit = "" if column.unit == "1" else column.unit
        widest = max((len(cells[i]) for cells in texts), default=0)
        # On a narrow terminal words may be folded, and no number cut off.
        drawn.add_column(
            f"{column.name}\n{unit}", justify="right", min_width=widest, overflow="fold"
        )
    for row, cells in zip(table.rows, texts, strict=True):
        drawn.add_row(row.label, *cells)
    return drawn


def cell_text(cell: Cell) -> str:
    """Write a number with three digits that mean something, and whole numbers as they are."""
    if cell is None:
        return "-"
    if not isinstance(cell, float):
        return str(cell)
    if not math.isfinite(cell):
        return "-"
    places = DIGITS - 1 - (math.floor(math.log10(abs(cell))) if cell else 0)
    rounded = round(cell, places)  # 9.996 has one digit more before the point then
    places = DIGITS - 1 - (math.floor(math.log10(abs(rounded))) if rounded else 0)
    return f"{rounded:.{max(places, 0)}f}"
