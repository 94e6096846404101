"""Commands that stay with a server while it works."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.cli.leash.live_line import LiveLine
from saxsdog.client import Client
from saxsdog.errors import ServerUnreachableError
from saxsdog.protocol.messages import Counters, QueueState, Statistics
from saxsdog.words import count, moment, printable, reasons, sparkline

LONGEST_LOOK = 1.0
"""s that a look waits for an image; failures, which do not end it, show no later than that."""

BETWEEN_REWRITES = 0.2
BETWEEN_LINES = 1.0
"""s between two looks, however many images come in."""

SECONDS_DRAWN = 20


def watch(options: argparse.Namespace) -> int:
    """Follow a server until Ctrl-C, also over its restart."""
    with connect(options) as client, LiveLine() as line:
        rewriting = line.in_place and not options.json
        shown: object = None
        try:
            for statistics in looks(client, BETWEEN_REWRITES if rewriting else BETWEEN_LINES):
                happened = what_happened(statistics)
                if rewriting or happened != shown:
                    _show(client, statistics, line, as_document=options.json)
                shown = happened
        except KeyboardInterrupt:
            return ExitStatus.WELL
    return ExitStatus.WELL


def looks(
    client: Client, interval: float, pause: Callable[[float], None] = time.sleep
) -> Iterator[Statistics | None]:
    """Yield the statistics whenever there is something new, for ever; ``None``: no answer.

    The long-polled history says when to look; looks are ``interval`` seconds apart at least.

    Raises
    ------
    ServerUnreachableError
        If the server does not answer the first time.
    """
    statistics = client.stat()
    answers, cursor = True, statistics.cursor
    while True:
        earliest = time.monotonic() + interval
        yield statistics if answers else None
        try:
            client.history(cursor, limit=1, wait=LONGEST_LOOK)
            pause(max(0.0, earliest - time.monotonic()))
            statistics = client.stat()
            answers, cursor = True, statistics.cursor
        except ServerUnreachableError:
            answers = False


def what_happened(statistics: Statistics | None) -> object:
    """Return what of the statistics is worth a line if it changes."""
    if statistics is None:
        return None
    return statistics.state, statistics.counters, statistics.newest_image, statistics.trouble


def line_of(statistics: Statistics) -> str:
    """Say in one line what a server does, what is wrong first."""
    counters = statistics.counters
    trouble = f"TROUBLE: {'; '.join(statistics.trouble)}  " if statistics.trouble else ""
    bars = sparkline(statistics.rate[-SECONDS_DRAWN:]) or "-"
    rate = statistics.rate[-1] if statistics.rate else 0
    newest = f"  {statistics.newest_image}" if statistics.newest_image else ""
    return printable(
        f"{trouble}{statistics.state}  {rate}/s {bars}  {counters.pending} pending  "
        f"{counters.integrated} integrated  {counters.failed} failed{newest}"
    )


def wait(options: argparse.Namespace) -> int:
    """Wait for the end of the work, with a line that shows how far it is."""
    latest: list[Statistics] = []
    late: TimeoutError | None = None
    with connect(options) as client, LiveLine(sys.stderr) as line:

        def note(statistics: Statistics) -> None:
            latest[:] = [statistics]
            if line.in_place:
                line.show(line_of(statistics))

        try:
            client.wait(options.timeout, note)
        except TimeoutError as error:
            late = error
    counters = latest[0].counters
    if options.json:
        print_document(document_of(latest[0]))
    else:
        print(printable(sum_of(counters)))
    if late is not None:
        print(f"saxsleash wait: {late}", file=sys.stderr)
        return ExitStatus.TIMED_OUT
    if latest[0].state in (QueueState.IDLE, QueueState.ABORTED):
        print(f"saxsleash wait: no queue is open, it is {latest[0].state}", file=sys.stderr)
        return ExitStatus.BAD_CALL
    return ExitStatus.SOME_FAILED if counters.failed else ExitStatus.WELL


def sum_of(counters: Counters) -> str:
    """Say what became of all images."""
    why = f" ({reasons(counters.failed_because)})" if counters.failed else ""
    text = f"{counters.integrated} integrated, {counters.failed} failed{why}, "
    pending = f", {counters.pending} pending" if counters.pending else ""
    return f"{count(counters.known, 'image')}: {text}{counters.skipped} skipped{pending}"


def _show(
    client: Client, statistics: Statistics | None, line: LiveLine, *, as_document: bool
) -> None:
    if statistics is None:
        # In a document there is nothing to say; a terminal or a log wants to know.
        if not as_document:
            line.show(f"{client.name} does not answer")
    elif as_document:
        print_document(document_of(statistics))
    elif line.in_place:
        line.show(line_of(statistics))
    else:
        line.show(f"{moment(statistics.time, '%H:%M:%S')}  {line_of(statistics)}")
