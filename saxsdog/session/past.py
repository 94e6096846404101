"""What was integrated: the newest results from memory, older ones from the journal."""

from collections.abc import Sequence
from dataclasses import dataclass

from saxsdog.queue.foreman import Foreman
from saxsdog.queue.records import Result
from saxsdog.session.keeper import Keeper

BATCH = 1000
"""Results that are read from the journal in a row: workers wait for the foreman meanwhile."""


@dataclass(frozen=True)
class Excerpt:
    """Results of one queue, oldest first.

    Attributes
    ----------
    next
        The cursor behind which to go on.
    more
        Whether there is more already.
    """

    queue: str
    results: Sequence[Result]
    next: int
    more: bool


class Past:
    """Safe to use from several threads, except from that of the foreman."""

    def __init__(self, foreman: Foreman, keeper: Keeper) -> None:
        self._foreman = foreman
        self._keeper = keeper

    def is_in_memory(self, since: int) -> bool:
        """Whether nobody needs to wait for what came after a cursor."""
        return self._foreman.history.since(since, 0) is not None

    def after(self, since: int, limit: int) -> Excerpt:
        """Return at most ``limit`` results after a cursor.

        Raises
        ------
        TimeoutError
            If the foreman does not answer.
        """
        queue = self._keeper.queue_id
        results, more = self._results(since, limit)
        if queue != self._keeper.queue_id:  # these may be of two queues
            return self.after(since, limit)
        after = results[-1].cursor if results else min(since, self._foreman.history.last_cursor)
        return Excerpt(queue, results, after, more)

    def _results(self, since: int, limit: int) -> tuple[list[Result], bool]:
        history = self._foreman.history
        results: list[Result] = []
        while (left := limit - len(results)) > 0:
            found = history.since(since, left)
            if found is not None:
                return results + found[0], found[1]
            batch = self._recorded(since, min(left, BATCH))
            if not batch:
                break
            results += batch
            since = batch[-1].cursor
        return results, bool(results) and since < history.last_cursor

    def _recorded(self, since: int, limit: int) -> list[Result]:
        """Return results of the journal without those that are not committed yet."""
        foreman = self._foreman
        results = self._keeper.ask(lambda: foreman.journal.results(since, limit))
        return [result for result in results if result.cursor <= foreman.history.last_cursor]
