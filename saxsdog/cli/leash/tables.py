"""Tables for people: with rich on a terminal, plain text elsewhere."""

import sys
from collections.abc import Sequence
from typing import NamedTuple

from saxsdog.words import printable


class Fact(NamedTuple):
    """One line of what is to be said; ``style`` is a colour of rich."""

    label: str
    text: str
    style: str = ""


def show_facts(facts: Sequence[Fact]) -> None:
    """Print facts below each other; equal labels in a row are said once."""
    facts = [
        fact._replace(label="") if i and fact.label == facts[i - 1].label else fact
        for i, fact in enumerate(facts)
    ]
    if sys.stdout.isatty():
        _show_rich((), [[fact.label, fact.text] for fact in facts], [fact.style for fact in facts])
    else:
        _show_plain([(fact.label, fact.text) for fact in facts])


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their headings."""
    if sys.stdout.isatty():
        _show_rich(headings, rows, [""] * len(rows))
    else:
        _show_plain([headings, *rows])


def _show_plain(rows: Sequence[Sequence[str]]) -> None:
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _show_rich(
    headings: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        *headings, box=None, show_header=bool(headings), pad_edge=False, padding=(0, 2, 0, 0)
    )
    for row, style in zip(rows, styles, strict=True):
        # Text, because square brackets in names are no markup.
        table.add_row(*(Text(printable(cell), overflow="fold") for cell in row), style=style)
    Console().print(table)
