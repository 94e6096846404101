"""Looks how all servers of a list are."""

from collections.abc import Callable, Sequence
from functools import partial

from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.client import Client
from saxsdog.errors import SaxsdogError
from saxsdog.network import NetworkEntry
from saxsleash.link.post import Post
from saxsleash.link.talker import Talker
from saxsleash.models.light import Light, glance_of, light_of_problem

BETWEEN_LOOKS = 3.0
"""Seconds."""


class Probe(QObject):
    """Asks each of several servers, all at the same time, every three seconds."""

    seen = pyqtSignal(str, object)
    """Name of a server and its :class:`~saxsleash.models.light.Light`."""

    broke = pyqtSignal(object)
    """An error that nobody expected: a bug."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._post: Post | None = None
        self._talkers: dict[NetworkEntry, _Looking] = {}

    def start(self, entries: Sequence[NetworkEntry]) -> None:
        """Ask these servers from now on, and no others."""
        post = self._post = self._post or Post(self)
        for entry in set(self._talkers).difference(entries):
            self._talkers.pop(entry).stop()
        for entry in entries:
            if entry not in self._talkers:
                self._talkers[entry] = _Looking(entry, post, self.broke.emit, self._on_seen)
                self._talkers[entry].start()

    def stop(self) -> None:
        """Ask nobody any more; returns at once, safe to call twice."""
        for talker in self._talkers.values():
            talker.stop()
        self._talkers.clear()
        if self._post is not None:
            self._post.close()
            self._post.deleteLater()
            self._post = None

    def _on_seen(self, entry: NetworkEntry, light: Light) -> None:
        if entry in self._talkers:
            self.seen.emit(entry.name, light)


class _Looking(Talker):
    """Asks one of the servers."""

    def __init__(
        self,
        entry: NetworkEntry,
        post: Post,
        on_bug: Callable[[Exception], None],
        on_seen: Callable[[NetworkEntry, Light], None],
    ) -> None:
        super().__init__(entry, post, on_bug)
        self._on_seen = on_seen

    def talk(self, client: Client) -> None:
        while not self.is_stopping:
            light = glance_of(client.stat())
            self.answered()
            self.tell(partial(self._on_seen, self._entry, light))
            self.rest(BETWEEN_LOOKS)

    def on_problem(self, error: SaxsdogError) -> None:
        light = light_of_problem(error.code, str(error))
        self.tell(partial(self._on_seen, self._entry, light))
