"""What a picture queue must know of images, in the simplest words, and what it hears of them."""

from collections import Counter
from dataclasses import dataclass, field, replace

from saxsdog.curves.jobs import Outcome, Status
from saxsdog.io.status import Fingerprint
from saxsdog.queue.picture_queue import Item
from saxsdog.queue.records import State
from saxsdog.queue.settling import Patience
from saxsdog.reasons import Reason

EPOCH = 1.7e9
"""s; wall time when the clocks of these tests say 0."""

PATIENCE = Patience(truncated=30.0, undecodable=2.0, vanished=5.0, disturbed=30.0, longest=100.0)


@dataclass(eq=False)
class Known:
    """A content of an image that was announced or found."""

    fingerprint: Fingerprint | None
    state: State = State.PENDING
    reason: str = ""
    deaths: int = 0
    newer: Fingerprint | None = None
    entered: int = 0
    again: bool = False


@dataclass
class QueueModel:
    """Versions of each image, of which only the newest may be pending."""

    entries: int = 0

    versions: dict[str, list[Known]] = field(default_factory=dict)
    unread: list[tuple[str, Known]] = field(default_factory=list)
    duplicates: int = 0

    def newest(self, path: str) -> Known:
        return self.versions[path][-1]

    def pending(self) -> dict[str, Known]:
        newest = {path: versions[-1] for path, versions in self.versions.items()}
        return {path: known for path, known in newest.items() if known.state is State.PENDING}

    def counts(self) -> dict[State, int]:
        counter = Counter(known.state for each in self.versions.values() for known in each)
        return {state: counter[state] for state in State}

    def because(self, state: State) -> dict[str, int]:
        each = [known for versions in self.versions.values() for known in versions]
        return dict(Counter(known.reason for known in each if known.state is state))

    def sight(
        self, path: str, fingerprint: Fingerprint | None, *, again: bool, leased: bool
    ) -> bool:
        if path not in self.versions:
            self.versions[path] = [self._enter(Known(fingerprint))]
            return True
        known = self.newest(path)
        other = fingerprint not in (None, known.fingerprint)
        if known.state is State.PENDING:
            self.duplicates += 1
            if other and leased:
                known.newer = fingerprint
            elif other:
                known.fingerprint = fingerprint
            return False
        if other:
            self._add(path, fingerprint)
        elif again:
            self._wait_again(known)
        else:
            self.duplicates += 1
        return other

    def refuse(self, path: str, reason: str) -> None:
        if path in self.versions:
            self.duplicates += 1
            return
        self.versions[path] = [self._enter(Known(None))]
        self.end(path, State.SKIPPED, reason)

    def sight_in(self, path: str, image: str, *, leased: bool) -> None:
        """Note an image of a file; it waits again if the file does and was entered later."""
        known = self.newest(path)
        earlier = image in self.versions and self.newest(image).entered < known.entered
        self.sight(image, known.fingerprint, again=known.again and earlier, leased=leased)

    def requeue(self, reason: str | None) -> int:
        newest = [versions[-1] for versions in self.versions.values()]
        failed = [
            known
            for known in newest
            if known.state is State.FAILED and reason in (None, known.reason)
        ]
        for known in failed:
            self._wait_again(known)
        return len(failed)

    def forget_pending(self) -> int:
        paths = list(self.pending())
        for path in paths:
            self.versions[path].pop()
        self.versions = {path: each for path, each in self.versions.items() if each}
        return len(paths)

    def give_back(self, path: str) -> None:
        known = self.newest(path)
        if known.newer is not None:
            known.fingerprint, known.newer = known.newer, None

    def read(self, path: str, fingerprint: Fingerprint | None) -> None:
        """Note what a worker has read."""
        known = self.newest(path)
        known.fingerprint = fingerprint or known.fingerprint
        if known.newer == known.fingerprint:
            known.newer = None

    def end(self, path: str, state: State, reason: str = "") -> None:
        """End the newest version; a content that was seen meanwhile is the next."""
        known = self.newest(path)
        known.state, known.reason = state, reason
        if state is not State.INTEGRATED:
            self.unread.append((path, known))
        if known.newer is not None:
            self._add(path, known.newer)
            known.newer = None

    def start_again(self) -> None:
        """Forget what no journal keeps."""
        self.duplicates = 0
        for known in self.pending().values():
            known.newer = None

    def carry_over(self) -> None:
        """Begin a new queue with what is pending."""
        pending = sorted(self.pending().items(), key=lambda each: each[1].entered)
        self.versions = {path: [self._enter(Known(each.fingerprint))] for path, each in pending}
        self.unread.clear()
        self.duplicates = 0

    def _add(self, path: str, fingerprint: Fingerprint | None) -> None:
        """Take up another content; that the former one failed concerns nobody any more."""
        former = self.newest(path)
        if former.state is State.FAILED:
            former.state, former.reason = State.SKIPPED, "superseded"
            self.unread = [(path, each) for path, each in self.unread if each is not former]
            self.unread.append((path, former))
        self.versions[path].append(self._enter(Known(fingerprint)))

    def _enter(self, known: Known) -> Known:
        self.entries += 1
        known.entered = self.entries
        return known

    def _wait_again(self, known: Known) -> None:
        self._enter(known)
        known.state, known.reason, known.deaths, known.again = State.PENDING, "", 0, True
        self.unread = [(path, each) for path, each in self.unread if each is not known]


def several(item: Item, n_images: int, fingerprint: Fingerprint) -> Outcome:
    """Return what a worker reports of a file that holds several images."""
    outcome = outcome_of(item, Reason.SEVERAL_IMAGES, fingerprint, Status.SKIPPED)
    return replace(outcome, n_images=n_images)


def outcome_of(
    item: Item,
    reason: str = "",
    fingerprint: Fingerprint | None = None,
    status: Status | None = None,
) -> Outcome:
    """Return what a worker reports; integrated if there is no reason."""
    if not reason:
        return Outcome(
            item.path,
            Status.INTEGRATED,
            curves=[f"{item.path}.chi"],
            time_source="header",
            fingerprint=fingerprint,
        )
    return Outcome(
        item.path,
        status or Status.FAILED,
        reason=reason,
        message=f"{item.path}: {reason}",
        fingerprint=fingerprint,
    )
