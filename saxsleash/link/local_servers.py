"""Hidden servers on this machine, which end with the window however that ends."""

import itertools
import threading
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.errors import SaxsdogError
from saxsdog.local_server import LocalServer
from saxsdog.network import NetworkEntry
from saxsdog.words import printable
from saxsleash.link.folder_mark import FolderMark
from saxsleash.link.post import Post
from saxsleash.places import from_home

LONGEST_END = 5.0
"""Seconds that :meth:`LocalServers.stop` waits; a server that takes longer ends by itself."""

LONGEST_NAME = 45
"""Characters of a folder in the name of its server, which has 60, with a number behind it."""


class LocalServers(QObject):
    """Starts a server for a folder, once for each; they run until :meth:`stop`.

    Starting and ending takes seconds and is done in other threads.
    """

    local_started = pyqtSignal(object)
    """:class:`~saxsdog.network.NetworkEntry` of a server that can be asked."""

    shared = pyqtSignal(object)
    """The folder of a server that was started, for which another window here has one as well."""

    local_failed = pyqtSignal(str)
    """Why one did not start."""

    broke = pyqtSignal(object)
    """An error that nobody expected: a bug."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._post = Post(self)
        self._lock = threading.Lock()
        self._names: dict[Path, str] = {}
        self._servers: dict[Path, LocalServer] = {}
        self._starting: dict[Path, threading.Thread] = {}
        self._marks: dict[Path, FolderMark] = {}
        self._is_stopped = False

    @property
    def entries(self) -> tuple[NetworkEntry, ...]:
        """Those that run."""
        with self._lock:
            servers = tuple(self._servers.values())
        return tuple(server.entry for server in servers if server.process.poll() is None)

    def start(self, root: Path) -> None:
        """Have a server for the images below a folder; :attr:`local_started` tells where it is."""
        root = from_home(root).absolute()
        if self._is_stopped or root in self._starting:
            return
        if root not in self._names:
            self._names[root] = _name_of(root, self._names.values())
        # A daemon: a start that hangs must not keep a program that has ended.
        thread = threading.Thread(target=self._start, args=(root,), name="start", daemon=True)
        self._starting[root] = thread
        thread.start()

    def stop(self, seconds: float = LONGEST_END) -> None:
        """End all servers and wait for that, not too long; safe to call twice."""
        self._post.close()
        with self._lock:
            self._is_stopped = True
            servers = [*self._servers.values()]
            self._servers.clear()
        threads = [threading.Thread(target=_end, args=(each,), daemon=True) for each in servers]
        for thread in threads:
            thread.start()
        for mark in self._marks.values():
            mark.remove()
        self._marks.clear()
        end = time.monotonic() + seconds
        for thread in (*threads, *self._starting.values()):
            thread.join(max(0.0, end - time.monotonic()))

    def _start(self, root: Path) -> None:
        try:
            entry = self._entry_of(root)
        except (SaxsdogError, OSError) as error:
            self._post.hand_in(partial(self._on_failed, root, str(error)))
        except Exception as error:  # a bug: reported in the thread of the window
            self._post.hand_in(partial(self._on_bug, root, error))
        else:
            self._post.hand_in(partial(self._on_started, root, entry))

    def _entry_of(self, root: Path) -> NetworkEntry:
        """Return the server for a folder, started if it does not run."""
        with self._lock:
            server = self._servers.get(root)
        if server is not None and server.process.poll() is None:
            return server.entry
        if server is not None:
            _end(server)
        server = LocalServer(root, name=self._names[root]).__enter__()
        with self._lock:
            if not self._is_stopped:
                self._servers[root] = server
                return server.entry
        _end(server)
        return server.entry

    def _on_started(self, root: Path, entry: NetworkEntry) -> None:
        del self._starting[root]
        mark = self._marks.setdefault(root, FolderMark(root))
        self.local_started.emit(entry)
        if not mark.set():
            self.shared.emit(root)

    def _on_failed(self, root: Path, reason: str) -> None:
        del self._starting[root]
        self.local_failed.emit(reason)

    def _on_bug(self, root: Path, error: Exception) -> None:
        self._on_failed(root, str(error))
        self.broke.emit(error)


def _name_of(root: Path, others: Collection[str]) -> str:
    """Return a name that tells the folder, the end of it if it is long, and no other."""
    text = printable(str(root))
    shown = text if len(text) <= LONGEST_NAME else f"…{text[-LONGEST_NAME:]}"
    numbers = itertools.chain([""], (f" ({number})" for number in itertools.count(2)))
    return next(name for number in numbers if (name := f"local {shown}{number}") not in others)


def _end(server: LocalServer) -> None:
    server.__exit__(None, None, None)
