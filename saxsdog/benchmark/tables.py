"""What the benchmarks measure: plain numbers with their units, in tables of one kind."""

import math
from dataclasses import dataclass
from typing import Any

Cell = float | int | str | None


@dataclass(frozen=True)
class Column:
    """What the numbers below each other are; a unit of ``"1"`` is a ratio or a number of things."""

    name: str
    unit: str = "1"


@dataclass(frozen=True)
class Row:
    """One thing that was measured; a cell is ``None`` where there is nothing to tell."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Measurements that belong together.

    Attributes
    ----------
    title
        What was measured, on what.
    columns
        Of the cells of each row.
    rows
        In the order in which a person reads them.
    caption
        What a ratio means, and how it was measured.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers by the names of their columns; ``None`` for what is not finite."""
        names = [column.name for column in self.columns]
        return {
            "title": self.title,
            "caption": self.caption,
            "units": {column.name: column.unit for column in self.columns},
            "rows": [
                {"label": row.label} | dict(zip(names, map(_without_nan, row.cells), strict=True))
                for row in self.rows
            ],
        }


def _without_nan(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
