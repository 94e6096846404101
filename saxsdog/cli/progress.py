"""A progress bar with rate and time left, on a terminal only."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class RateColumn(ProgressColumn):
    """Images per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f} images/s")


class Stopwatch:
    """Tells the time to start apart from the rate of what follows."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._laps = 0
        self._first = self._last = self._started

    def lap(self) -> None:
        """Note that one more image is done."""
        self._last = time.perf_counter()
        self._laps += 1
        if self._laps == 1:
            self._first = self._last

    def __str__(self) -> str:
        """Return for example ``3.4 s, of these 0.6 s to start, then 890 images/s``."""
        text = f"{self._last - self._started:.1f} s"
        if self._last > self._first:
            rate = (self._laps - 1) / (self._last - self._first)
            text += (
                f", of these {self._first - self._started:.1f} s to start, then {rate:.0f} images/s"
            )
        return text


class Advance(Protocol):
    """Notes that one more image is done, perhaps of more than were known before."""

    def __call__(self, total: int | None = None) -> None: ...


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Advance]:
    """Show progress while open; call what it gives for each image done."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(description, total=total)
        yield lambda total=None: progress.update(task, advance=1, total=total)
