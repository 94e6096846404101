"""A server: its parts put together, started, watched and stopped."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from saxsdog import systemd
from saxsdog.archive.archivist import Archivist
from saxsdog.errors import SaxsdogError
from saxsdog.legacy.desk import Desk, expect_own_secret
from saxsdog.network import NetworkEntry, bind_address
from saxsdog.paths import Roots
from saxsdog.pipeline.starting import make_ready_to_start
from saxsdog.protocol.envelope import Keys
from saxsdog.queue.foreman import Foreman
from saxsdog.queue.settling import Patience
from saxsdog.session.intake import Intake
from saxsdog.session.keeper import Keeper
from saxsdog.session.session import Session
from saxsdog.settings import Settings, default_state_folder
from saxsdog.sources.looker import Looker
from saxsdog.state_folder import StateFolder
from saxsdog.transport.endpoint import Endpoint
from saxsdog.whole_file import remove_leftovers_of_the_dead

logger = logging.getLogger(__name__)

_LEGACY = "legacy-change"

JOURNAL = "journal.sqlite"

STALLED_AFTER = 5.0
"""s; a loop that has not turned for so long hangs, and systemd is told no more that we live."""

LOOK_AT_LOOPS = 1.0
MEND_EVERY = 5.0


class ServerBrokenError(SaxsdogError):
    """A part of the server has died of a bug; what was committed is safe."""

    code = "broken"


@dataclass(frozen=True)
class _Loop:
    """A thread that must turn."""

    name: str
    last_turn: Callable[[], float]
    alive: Callable[[], bool]


class Server:
    """Serves one entry of the network file; a context manager.

    Parameters
    ----------
    entry
        Name, addresses and secret.
    settings
        Everything else; ``roots`` must not be empty.
    """

    def __init__(self, entry: NetworkEntry, settings: Settings) -> None:
        self._entry = entry
        self._settings = settings
        self._stack = ExitStack()
        self._loops: list[_Loop] = []
        self._mend: Callable[[], None] = lambda: None
        self.address = ""

    def __enter__(self) -> Self:
        """Start all parts, the control socket last; it can be asked when this returns.

        Raises
        ------
        SettingsError
            If roots, state folder or address cannot be used.
        OutputError
            If the journal cannot be written.
        """
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        systemd.notify("READY=1", f"STATUS=serving {self._entry.name} at {self.address}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        systemd.notify("STOPPING=1")
        self._stack.close()

    def serve(self, stop: threading.Event) -> None:
        """Watch over the parts until ``stop`` is set.

        Raises
        ------
        ServerBrokenError
            If one of them has died; start again, and go on with the same queue.
        """
        interval = systemd.watchdog_interval()
        pause = LOOK_AT_LOOPS if interval is None else min(LOOK_AT_LOOPS, interval / 3)
        mend_at = time.monotonic() + MEND_EVERY
        while not stop.wait(pause):
            if time.monotonic() >= mend_at:
                mend_at += MEND_EVERY
                self._mend()
            dead = [loop.name for loop in self._loops if not loop.alive()]
            if dead:
                raise ServerBrokenError(f"{', '.join(dead)} died; the log says why")
            oldest = min(loop.last_turn() for loop in self._loops)
            if interval is not None and time.monotonic() - oldest < STALLED_AFTER:
                systemd.notify("WATCHDOG=1")

    def _start(self, stack: ExitStack) -> None:
        entry, settings = self._entry, self._settings
        expect_own_secret(settings.legacy, entry.secret)
        roots = Roots(settings.roots)
        keys = Keys.from_secret(entry.secret)
        folder = stack.enter_context(
            StateFolder(settings.state or default_state_folder(entry.name))
        )
        state = folder.path
        _sweep_state(state)
        make_ready_to_start()
        patience = Patience(
            truncated=settings.settling.truncated, longest=settings.settling.longest
        )
        foreman = Foreman(
            state / JOURNAL,
            patience,
            look=lambda questions: looker.look(questions),
            on_results=lambda: session.notify(),
            on_loss=lambda reason: intake.search(reason, full=True),
            on_empty_journal=lambda: keeper.write_again(),
        )
        looker = stack.enter_context(Looker(foreman.looked))
        intake = Intake(settings, roots, foreman, looker, entry.feeder)
        archivist = Archivist(state)

        def on_change() -> None:
            session.notify()
            archivist.mend()

        keeper = Keeper(settings, roots, folder, foreman, intake, on_change)
        session = Session(
            entry.name,
            roots,
            foreman,
            intake,
            keeper,
            lambda: _denials(endpoint),
            lambda: folder.trouble + archivist.trouble,
            lambda: None if desk is None else desk.counts,
        )
        desk = _desk(settings, session, keeper, state)
        _sweep_results(foreman.journal.output_folders())
        endpoint = Endpoint(bind_address(entry, settings.bind), keys, session.answer, guests=desk)
        stack.callback(keeper.close_plan)  # when no worker can be about to open it any more
        stack.callback(archivist.stop)  # when the last worker has left its results
        stack.enter_context(foreman)
        stack.enter_context(session)
        stack.callback(intake.stop)
        keeper.resume()
        intake.start()
        if desk is not None:
            stack.enter_context(desk)
        stack.enter_context(endpoint)
        self.address = endpoint.address
        archivist.mend()  # a queue may have ended with the former server

        def mend() -> None:
            folder.look()
            session.mend()
            if not folder.trouble:
                archivist.mend()

        self._mend = mend
        self._loops = [
            _Loop("foreman", lambda: foreman.last_turn, foreman.is_alive),
            _Loop("endpoint", lambda: endpoint.last_turn, endpoint.is_alive),
        ]
        logger.info("serving %s at %s, root %s", entry.name, self.address, roots.folders[0])


def _desk(settings: Settings, session: Session, keeper: Keeper, state: Path) -> Desk | None:
    """Make who serves clients of the original, if they are served."""

    def calibration() -> dict[str, Any] | None:
        queue = keeper.queue
        return None if queue is None else queue.stored.document

    if not settings.legacy.enabled:
        return None
    return Desk(settings.legacy, session.answer, calibration, memory=state / _LEGACY)


def _denials(endpoint: Endpoint) -> tuple[int, int]:
    counts = endpoint.counts
    return counts.denied, counts.replayed


def _sweep_state(folder: Path) -> None:
    """Remove plans of a server that was killed."""
    for plan in folder.glob("saxsdog-plan-*.bin"):
        plan.unlink(missing_ok=True)


def _sweep_results(folders: list[str]) -> None:
    """Remove what killed workers had not finished writing."""
    for folder in map(Path, folders):
        try:
            if folder.is_dir() and os.access(folder, os.W_OK):
                remove_leftovers_of_the_dead(folder)
        except OSError as error:  # a disk that does not answer must not keep us from starting
            logger.warning("%s: cannot be tidied up: %s", folder, error.strerror)
