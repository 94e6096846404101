"""How long to wait for an image that is not complete, and when to look again.

A detector may announce a file before it has written it. Such an image goes back from the worker
and is looked at from outside, ever more rarely, until its size or time changes; then a worker tries
again. What does not change any more for as long as its reason deserves, has failed.
"""

from dataclasses import dataclass

from saxsdog.io.status import Fingerprint
from saxsdog.reasons import Reason

FIRST_LOOK = 0.02
"""s; every further look comes after twice the time."""

RAREST_LOOK = 2.0
LOOK_AFTER_CHANGE = 0.1
"""s; a file that grows is nearly complete more often than not."""


OF_THE_CONTENT = (Reason.TRUNCATED, Reason.NOT_AN_IMAGE, Reason.DECODE_ERROR)
OF_THE_SYSTEM = (Reason.IO_ERROR, Reason.PERMISSION)

SHARE_OF_WAIT = 0.1
"""Of the time that an image has waited for the system, before it is tried again."""


@dataclass(frozen=True)
class Patience:
    """Seconds to wait after the last change of a file.

    Attributes
    ----------
    truncated
        For one that is shorter than its header says.
    undecodable
        For one that is no image at all, or cannot be decoded.
    vanished
        For one that was announced, but is not there.
    disturbed
        For one that changes whenever it is read, or whose row in a log is not there.
    unreadable
        For one whose disk does not answer: a file server may take minutes to come back.
    forbidden
        For one that may not be read, or its curve not be written: rights are often set last.
    longest
        For any of them, however often it changes.
    """

    truncated: float = 30.0
    undecodable: float = 2.0
    vanished: float = 5.0
    disturbed: float = 30.0
    unreadable: float = 600.0
    forbidden: float = 60.0
    longest: float = 600.0

    def with_reason(self, reason: str) -> float | None:
        """Seconds that a reason deserves; ``None`` if waiting does not help."""
        match reason:
            case Reason.TRUNCATED:
                return self.truncated
            case Reason.NOT_AN_IMAGE | Reason.DECODE_ERROR:
                return self.undecodable
            case Reason.VANISHED:
                return self.vanished
            case Reason.CHANGED_WHILE_READING | Reason.NO_LOG_ROW:
                return self.disturbed
            case Reason.IO_ERROR:
                return self.unreadable
            case Reason.PERMISSION:
                return self.forbidden
            case _:
                return None


@dataclass(slots=True)
class Wait:
    """An image that is waited for; times are those of a clock that never jumps.

    ``due`` is ``None`` while somebody is looking.
    """

    reason: str
    message: str
    first: float
    changed: float
    looks: int = 0
    due: float | None = None

    def schedule(self, now: float) -> float:
        """Return when to look next."""
        pause = min(FIRST_LOOK * 2.0**self.looks, RAREST_LOOK)
        if self.reason in OF_THE_SYSTEM:  # mostly many images at a time, and for long
            pause = max(pause, (now - self.first) * SHARE_OF_WAIT)
        self.due = now + pause
        self.looks = min(self.looks + 1, _looks_until(RAREST_LOOK))
        return self.due

    def note_change(self, now: float) -> None:
        self.changed = now
        self.looks = min(self.looks, _looks_until(LOOK_AFTER_CHANGE))

    def vanish(self, message: str, now: float) -> None:
        """Wait from now on for a file that is not there any more."""
        self.reason, self.message, self.changed = Reason.VANISHED, message, now

    def is_over(self, patience: Patience, now: float) -> bool:
        limit = patience.with_reason(self.reason)
        return limit is None or now - self.changed >= limit or now - self.first >= patience.longest


def begin_wait(
    reason: str, message: str, fingerprint: Fingerprint | None, now: float, wall: float
) -> Wait:
    """Start to wait for an image; a content that was written long ago has waited already."""
    quiet = 0.0
    if fingerprint is not None and reason in OF_THE_CONTENT:
        quiet = max(0.0, wall - fingerprint.mtime_ns * 1e-9)
    return Wait(reason, message, first=now, changed=now - quiet)


def _looks_until(delay: float) -> int:
    looks = 0
    while FIRST_LOOK * 2.0**looks < delay:
        looks += 1
    return looks
