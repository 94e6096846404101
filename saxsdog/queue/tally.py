"""Counts what became of images, without asking the journal for each."""

from collections import Counter
from typing import Self

from saxsdog.protocol.messages import Counters
from saxsdog.queue.journal import Journal
from saxsdog.queue.records import State, Version


class Tally:
    """How many versions of images are in each state, and for which reasons.

    Attributes
    ----------
    duplicates, retries, deaths, timeouts
        What has happened since the server was started.
    """

    def __init__(self) -> None:
        self.duplicates = self.retries = self.deaths = self.timeouts = 0
        self._states: Counter[State] = Counter()
        self._pictures: dict[State, dict[str, int]] = {}
        self._reasons: dict[State, Counter[str]] = {
            State.FAILED: Counter(),
            State.SKIPPED: Counter(),
        }

    @classmethod
    def of(cls, journal: Journal) -> Self:
        """Count what a journal holds."""
        tally = cls()
        tally.recount(journal)
        return tally

    def recount(self, journal: Journal) -> None:
        """Count again what a journal holds; what has happened stays as it is."""
        self._states = Counter(journal.counts())
        self._reasons = {state: Counter(journal.reasons(state)) for state in self._reasons}
        self._pictures.clear()

    def enter(self, version: Version) -> None:
        """Count a version that was not known."""
        self._count(version, 1)

    def move(self, version: Version, state: State, reason: str = "") -> None:
        """Count a version in another state than before, and note that in it."""
        self._count(version, -1)
        version.state, version.reason = state, reason
        self._count(version, 1)

    def counters(self, *, leased: int, settling: int) -> Counters:
        """Return a picture of all counters that fit together."""
        return Counters(
            known=self._states.total(),
            pending=self._states[State.PENDING],
            integrated=self._states[State.INTEGRATED],
            failed=self._states[State.FAILED],
            skipped=self._states[State.SKIPPED],
            leased=leased,
            settling=settling,
            duplicates=self.duplicates,
            retries=self.retries,
            worker_deaths=self.deaths,
            timeouts=self.timeouts,
            failed_because=self._because(State.FAILED),
            skipped_because=self._because(State.SKIPPED),
        )

    def _because(self, state: State) -> dict[str, int]:
        """Return the reasons of a state; the same object until one of them changes."""
        picture = self._pictures.get(state)
        if picture is None:
            picture = self._pictures[state] = dict(+self._reasons[state])
        return picture

    def _count(self, version: Version, by: int) -> None:
        self._states[version.state] += by
        if version.state in self._reasons:
            self._reasons[version.state][version.reason] += by
            self._pictures.pop(version.state, None)
