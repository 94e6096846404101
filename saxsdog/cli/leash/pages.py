"""Long lists, page after page."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from saxsdog.protocol.messages import CurveFiles, Failures, HistoryPage

Page = TypeVar("Page", HistoryPage, Failures, CurveFiles)


def pages_of(ask: Callable[[int], Page], since: int = 0) -> Iterator[Page]:
    """Yield every page behind a cursor, at least one."""
    while True:
        page = ask(since)
        yield page
        if not page.more or page.next <= since:
            return
        since = page.next
