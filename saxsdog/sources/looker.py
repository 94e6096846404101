"""Looks at files that are waited for, in a thread of its own: a disk may take its time."""

import queue
import threading
from collections.abc import Callable, Sequence

from saxsdog.running import Running
from saxsdog.sources.sightings import Scout, Sighting, SourceKind


class Looker(Running):
    """Answers what became of a file; a context manager around its thread.

    Parameters
    ----------
    answer
        Called with the number that came with the question, and what was seen; and if that is
        nothing because nothing can be seen, with the reason.
    """

    def __init__(self, answer: Callable[[int, Sighting | None, str], None]) -> None:
        self._answer = answer
        self._scout: Scout | None = None
        self._questions: queue.SimpleQueue[Sequence[tuple[int, str]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="looker", daemon=True)

    def look_with(self, scout: Scout | None) -> None:
        """Look with these rules from now on."""
        self._scout = scout

    def look(self, questions: Sequence[tuple[int, str]]) -> None:
        """Ask for number and path of files; does not wait."""
        if questions:
            self._questions.put(questions)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; safe to call twice. One that waits for a dead disk is left behind."""
        self._questions.put(None)
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _run(self) -> None:
        while (questions := self._questions.get()) is not None:
            for number, path in questions:
                scout = self._scout
                seen = None if scout is None else scout.look(path, SourceKind.WALKER)
                missing = scout is not None and (seen is None or seen.fingerprint is None)
                self._answer(number, seen, scout.why_away() if scout and missing else "")
