"""What the benchmarks measure, as tables."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One measurement; ``relative`` is the time over that of saxsdog, or what ``note`` says."""

    name: str
    seconds: float
    relative: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Measurements that belong together, taken in turn."""

    title: str
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Grid:
    """Measurements of several kinds, as text under the names of their columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
