"""What the journal keeps of images: plain records, without the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from saxsdog.io.status import Fingerprint


class State(IntEnum):
    """What became of a version of an image, as the journal keeps it."""

    PENDING = 0
    INTEGRATED = 1
    FAILED = 2
    SKIPPED = 3


AGAIN = "again"
"""The reason of a pending image that has ended before."""


@dataclass(slots=True)
class Version:
    """One content of an image file; ``reason``: why it ended, or :data:`AGAIN`."""

    id: int
    path: str
    version: int
    fingerprint: Fingerprint | None
    state: State
    deaths: int
    announced: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One integration, as the history tells it; ``cursor`` 0 until it is in the journal."""

    cursor: int
    path: str
    time: float | None
    time_source: str
    exposure: float | None
    announced: float
    done: float
    curves: tuple[str, ...]
    parameters: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Ending:
    """An image that was not integrated, and why; ``number`` counts all endings."""

    number: int
    path: str
    state: State
    reason: str
    message: str
    ended: float
