"""Looks how the server is going, and fetches the newest curves."""

import threading
import time
from collections.abc import Callable
from functools import partial

from saxsdog.client import Client
from saxsdog.errors import AuthenticationError, ProtocolError, RequestError, SaxsdogError
from saxsdog.network import NetworkEntry
from saxsdog.protocol.messages import NewestCurves, Statistics, Welcome
from saxsleash.link.post import Post
from saxsleash.link.talker import Talker

HEARTBEAT = 0.5
"""Seconds between two looks when nothing comes."""

BETWEEN_CURVES = 0.2
"""Seconds between two looks, however many images come."""

PATIENCE = 4.0
"""Seconds, less than a client has: with the pause before, a dead server shows within five."""


class Watching(Talker):
    """Tells whether the server is there, its statistics, and curves of new images.

    Parameters
    ----------
    on_welcome
        Called when the server answers, for the first time and after each problem.
    on_statistics, on_curves
        Called with what it says; curves only if there are newer ones.
    on_lost
        Called when it does not answer as it should, each time that it was asked in vain.
    on_no_curves
        Called when it has no curves of its newest image, once for each reason.
    """

    def __init__(
        self,
        entry: NetworkEntry,
        post: Post,
        on_bug: Callable[[Exception], None],
        *,
        on_welcome: Callable[[Welcome], None],
        on_statistics: Callable[[Statistics], None],
        on_curves: Callable[[NewestCurves], None],
        on_lost: Callable[[SaxsdogError], None],
        on_no_curves: Callable[[SaxsdogError], None],
    ) -> None:
        super().__init__(entry, post, on_bug, PATIENCE)
        self._on_welcome = on_welcome
        self._on_statistics = on_statistics
        self._on_curves = on_curves
        self._on_lost = on_lost
        self._on_no_curves = on_no_curves
        self._news = threading.Event()
        self._told = ""

    def hurry(self) -> None:
        """Look soon: there is a new image. Any thread may say so."""
        self._news.set()

    def stop(self) -> None:
        super().stop()
        self._news.set()

    def talk(self, client: Client) -> None:
        welcome = client.hello()
        self.tell(partial(self._on_welcome, welcome))
        statistics = self._look(client)
        shown = -1  # no row has this cursor: what there is by now is fetched at once
        while not self.is_stopping:
            looked = time.monotonic()
            hurried = self._news.is_set()
            self._news.clear()
            if hurried or statistics.cursor != shown:
                statistics, shown = self._fetch(client, shown)
            else:
                statistics = self._look(client)
            self.rest(looked + BETWEEN_CURVES - time.monotonic())
            if statistics.cursor == shown:
                self._news.wait(max(0.0, looked + HEARTBEAT - time.monotonic()))

    def on_problem(self, error: SaxsdogError) -> None:
        self.tell(partial(self._on_lost, error))

    def _look(self, client: Client) -> Statistics:
        statistics = client.stat()
        self.answered()
        self.tell(partial(self._on_statistics, statistics))
        return statistics

    def _fetch(self, client: Client, shown: int) -> tuple[Statistics, int]:
        """Tell curves and statistics; return these, and the cursor of what is shown now."""
        try:
            curves = client.plot()
        except AuthenticationError:
            raise
        except (RequestError, ProtocolError) as error:  # its files were moved away, as a rule
            if str(error) != self._told:
                self._told = str(error)
                self.tell(partial(self._on_no_curves, error))
            statistics = self._look(client)
            return statistics, statistics.cursor
        statistics = curves.statistics
        if curves.image is not None and curves.cursor != shown:
            self.tell(partial(self._on_curves, curves))
            shown = curves.cursor
        else:
            shown = statistics.cursor
        self.tell(partial(self._on_statistics, statistics))
        return statistics, shown
