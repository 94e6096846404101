"""A thread that talks to one server."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from saxsdog.client import Client
from saxsdog.errors import SaxsdogError
from saxsdog.network import NetworkEntry
from saxsdog.transport.client import PATIENCE
from saxsleash.link.pauses import Pauses
from saxsleash.link.post import Post

AFTER_A_BUG = 30.0
"""Seconds until something is tried again that should never have gone wrong."""

_deriving = threading.Lock()
"""One at a time: the keys of a client take 32 MiB while they are derived."""


class Talker(ABC):
    """Asks a server in a thread of its own, with a client of its own, until it is told to stop.

    Parameters
    ----------
    entry
        The server.
    post
        Takes what it has to say.
    on_bug
        Called, in the thread of the window, with an error that nobody expected.
    patience
        Seconds until a server that says nothing counts as not there.
    """

    def __init__(
        self,
        entry: NetworkEntry,
        post: Post,
        on_bug: Callable[[Exception], None],
        patience: float = PATIENCE,
    ) -> None:
        self._entry = entry
        self._post = post
        self._on_bug = on_bug
        self._patience = patience
        self._pauses = Pauses()
        self._stopping = threading.Event()
        # A daemon: a server that does not answer must not keep a program that has ended.
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End when the server has answered what it is just asked, or has not; returns at once."""
        self._stopping.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end and return whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    @abstractmethod
    def talk(self, client: Client) -> None:
        """Ask and tell until :attr:`is_stopping`, or until the server does not answer well."""

    @abstractmethod
    def on_problem(self, error: SaxsdogError) -> None:
        """Tell, or do not tell, that it does not; it is asked again after a pause."""

    def answered(self) -> None:
        """Note that the server answers."""
        self._pauses.answered()

    def rest(self, seconds: float) -> None:
        """Wait, not longer than until the stop."""
        self._stopping.wait(seconds)

    def tell(self, function: Callable[[], None]) -> None:
        """Have a function called in the thread of the window."""
        self._post.hand_in(function)

    def _run(self) -> None:
        while not self.is_stopping:
            try:
                self._talk_for_ever()
            except Exception as error:  # a bug: reported in the thread of the window
                self._report(error)
                self.rest(AFTER_A_BUG)

    def _talk_for_ever(self) -> None:
        """Talk until the stop, whatever the server says or does not say."""
        client = None
        try:
            while not self.is_stopping:
                try:
                    client = client or self._new_client()
                    self.talk(client)
                except SaxsdogError as error:
                    if not self.is_stopping:
                        self.on_problem(error)
                        self.rest(self._pauses.after(error))
        finally:
            if client is not None:
                client.disconnect()

    def _new_client(self) -> Client:
        with _deriving:
            return Client(self._entry, self._patience)

    def _report(self, error: Exception) -> None:
        self.tell(lambda: self._on_bug(error))
