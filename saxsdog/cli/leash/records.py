"""Commands that list what became of the images."""

import argparse
from collections.abc import Iterable, Iterator, Sequence

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.cli.leash.pages import pages_of
from saxsdog.cli.leash.tables import show_table
from saxsdog.client import Client
from saxsdog.protocol.messages import Failure, Failures, HistoryPage, Row
from saxsdog.words import moment, printable

CURSOR_WIDTH = 8
MOMENT_WIDTH = len(moment(0.0))
NUMBER_WIDTH = len("-1.234e-100")


def history(options: argparse.Namespace) -> int:
    """List integrated images, line by line."""
    with connect(options) as client:
        if options.follow:
            return _follow(client, options)
        if options.json:
            return _print_all(list(pages_of(client.history, options.since or 0)))
        rows = (row for page in pages_of(client.history, options.since or 0) for row in page.rows)
        line = None
        for line in lines_of(rows):
            print(line)
    if line is None:
        print("no image was integrated")
    return ExitStatus.WELL


def failed(options: argparse.Namespace) -> int:
    """List images that ended without a curve, and why."""
    with connect(options) as client:
        if options.json:
            return _print_all(list(pages_of(client.failed)))
        for page in pages_of(client.failed):
            _show_failures(page.rows)
    return ExitStatus.WELL


def _show_failures(rows: Sequence[Failure]) -> None:
    if rows:
        show_table(
            ("time", "status", "reason", "image", "message"),
            [
                (moment(row.time), row.status, row.reason, row.file, _without_name(row))
                for row in rows
            ],
        )
    else:
        print("no image failed or was skipped")


def _without_name(row: Failure) -> str:
    """Return the message of a failure without the image that it begins with."""
    return row.message.removeprefix(f"{row.file}: ")


def _follow(client: Client, options: argparse.Namespace) -> int:
    rows = client.live(options.since)
    try:
        if options.json:
            for row in rows:
                print_document(document_of(row))
        else:
            for line in lines_of(rows):
                print(line, flush=True)
    except KeyboardInterrupt:
        pass
    return ExitStatus.WELL


def lines_of(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a heading and a line for each row, with columns that need not know what comes."""
    headings: dict[str, str] | None = None
    for row in rows:
        channel, parameters = next(iter(row.parameters.items()), ("", {}))
        if headings is None:
            headings = {
                name: printable(f"{channel} {name}").rjust(NUMBER_WIDTH) for name in parameters
            }
            title = "integrated".ljust(MOMENT_WIDTH)
            yield _line("cursor", title, *headings.values(), "image")
        numbers = (
            _number(parameters.get(name)).rjust(len(heading)) for name, heading in headings.items()
        )
        yield _line(str(row.cursor), moment(row.done), *numbers, printable(row.file))


def _line(cursor: str, *cells: str) -> str:
    return "  ".join((cursor.rjust(CURSOR_WIDTH), *cells))


def _number(value: float | None) -> str:
    return "-" if value is None else format(value, ".4g")


def _print_all(pages: Sequence[HistoryPage] | Sequence[Failures]) -> int:
    rows = [document_of(row) for page in pages for row in page.rows]
    print_document(document_of(pages[-1]) | {"rows": rows})
    return ExitStatus.WELL
