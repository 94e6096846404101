"""Images that show the background of others: found, integrated once, and averaged.

Every worker finds the same ones, because what counts are the files: of those whose name says so,
the newest that are old enough. So nothing has to be told from worker to worker, a server that
starts again knows as much as before, and an image integrated anew gets the same background.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from saxsdog.errors import FrameError
from saxsdog.io.status import Fingerprint, fingerprint_of, reason_of
from saxsdog.reasons import Reason
from saxsdog.reduction.scaling import Background, mean
from saxsdog.words import count

AGE_NS = 2_000_000_000
"""ns by which a background must be older than the image: it is whole by then, and known."""

REST = 4.0
"""To list a folder of 100 000 images takes a tenth of a second; so many times as long it is not
listed again, although it grows with every image."""

MOST_FOLDERS = 16
"""Whose listings are kept."""

Curves = Mapping[str, Background]
"""The curves of one image, by channel."""


@dataclass(frozen=True)
class _Listing:
    """Images that show the background, oldest first.

    Attributes
    ----------
    changed
        When the folder had last changed by then, ns since the epoch.
    ended, took
        When the folder had been listed, and for how long that took, s.
    """

    found: Sequence[tuple[Fingerprint, str]]
    changed: int
    ended: float
    took: float

    def is_good(self, folder: Path) -> bool:
        """Whether the folder need not be listed again."""
        rested = time.monotonic() - self.ended
        return rested < REST * self.took or folder.stat().st_mtime_ns == self.changed


class MeanBackground:
    """Averages the newest images with certain names in the folder of an image.

    Parameters
    ----------
    pattern
        Of their names, as in a shell.
    last
        How many to average.
    integrate
        Gives the curves of an image, or raises ``FrameError``.
    """

    def __init__(self, pattern: str, last: int, integrate: Callable[[Path], Curves]) -> None:
        self._pattern = pattern
        self._last = last
        self._integrate = integrate
        self._listings: dict[Path, _Listing] = {}
        self._curves: dict[tuple[str, Fingerprint], Curves | FrameError] = {}

    def is_one(self, image: Path) -> bool:
        """Whether an image shows the background itself."""
        return fnmatch(image.name.partition("::")[0], self._pattern)

    def of(self, image: Path, taken_ns: int) -> Curves:
        """Return the mean background of an image whose file was written at that time.

        Raises
        ------
        FrameError
            If there is none: ``no-background``.
        """
        latest = taken_ns - AGE_NS
        found = self._found(image.parent)
        old_enough = [(seen, name) for seen, name in found if seen.mtime_ns <= latest]
        usable: list[Curves] = []
        problem: FrameError | None = None
        for seen, name in reversed(old_enough):
            curves = self._curves_of(image.parent / name, seen)
            if isinstance(curves, FrameError):
                problem = curves
                continue
            usable.append(curves)
            if len(usable) == self._last:
                break
        if not usable:
            got = str(problem) if problem else count(len(found), "younger one")
            raise FrameError(
                f"expected an image {self._pattern} in {image.parent} that is at least "
                f"{AGE_NS // 10**9} s older, got {got}",
                Reason.NO_BACKGROUND,
            )
        return {channel: mean([each[channel] for each in usable]) for channel in usable[0]}

    def _found(self, folder: Path) -> Sequence[tuple[Fingerprint, str]]:
        """List the folder if it has changed, but do not spend the time with that."""
        listing = self._listings.pop(folder, None)
        try:
            if listing is None or not listing.is_good(folder):
                listing = self._listed(folder)
        except OSError as error:
            message = f"{folder}: expected a folder of images: {error.strerror}"
            raise FrameError(message, reason_of(error)) from error
        self._listings[folder] = listing
        if len(self._listings) > MOST_FOLDERS:
            del self._listings[next(iter(self._listings))]
        return listing.found

    def _listed(self, folder: Path) -> _Listing:
        began, changed = time.monotonic(), folder.stat().st_mtime_ns
        found = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if fnmatch(entry.name, self._pattern) and entry.is_file():
                    with suppress(FileNotFoundError):
                        found.append((fingerprint_of(entry.stat()), entry.name))
        found.sort(key=lambda each: (each[0].mtime_ns, each[1]))
        ended = time.monotonic()
        return _Listing(found, changed, ended, ended - began)

    def _curves_of(self, image: Path, seen: Fingerprint) -> Curves | FrameError:
        key = (str(image), seen)
        known = self._curves.get(key)
        if known is None:
            try:
                known = self._integrate(image)
            except FrameError as error:
                known = error
            while len(self._curves) >= 4 * self._last:
                del self._curves[next(iter(self._curves))]
            self._curves[key] = known
        return known
