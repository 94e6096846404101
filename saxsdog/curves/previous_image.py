"""The image before an image: found by its number, and integrated if nobody here has done it.

Every worker finds the same one, because what counts are the names of the files: nothing has to be
told from worker to worker, and an image that is integrated again is compared with the same one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from saxsdog.errors import FrameError
from saxsdog.image_names import file_of, join, split
from saxsdog.io.status import Fingerprint, fingerprint_of
from saxsdog.reduction.integrate import Curve

MOST_KEPT = 8
"""Images whose curves are kept: the one before was often integrated here, some images ago."""

_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})([^0-9]*)", re.DOTALL)
"""A name without its suffix; the number is the last one in it."""


class PreviousImage:
    """Gives the curves of the image before.

    Parameters
    ----------
    integrate
        Gives the curves of an image, and which version of its file was read; or raises
        ``FrameError``.
    """

    def __init__(self, integrate: Callable[[Path], tuple[list[Curve], Fingerprint]]) -> None:
        self._integrate = integrate
        self._kept: dict[Path, tuple[Sequence[Curve], Fingerprint]] = {}

    def keep(self, image: Path, curves: Sequence[Curve], fingerprint: Fingerprint) -> None:
        """Keep the curves of an image that was integrated; the next one may ask for them."""
        self._kept.pop(image, None)
        self._kept[image] = curves, fingerprint
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def of(self, image: Path) -> dict[str, Curve]:
        """Return the curves of the image before, by channel; none if there is no good one."""
        for name in names_before(image.name):
            previous = image.with_name(name)
            try:
                version = fingerprint_of(file_of(previous).stat())
            except OSError:
                continue
            curves, known = self._kept.get(previous, ((), None))
            if known != version:
                try:
                    curves, known = self._integrate(previous)
                except FrameError:
                    return {}
                self.keep(previous, curves, known)
            return {curve.channel: curve for curve in curves}
        return {}


def names_before(name: str) -> Iterator[str]:
    """Yield what the image before may be called: with as many digits, or with one fewer.

    Images of one file have only each other.
    """
    file, page = split(name)
    if page is not None:
        if page > 0:
            yield join(file, page - 1)
        return
    path = Path(name)
    found = _NUMBERED.fullmatch(path.stem)
    if found is None or int(found[2]) == 0:
        return
    number = int(found[2]) - 1
    numbers = {f"{number:0{len(found[2])}d}": None}
    if not found[2].startswith("0"):
        numbers[str(number)] = None
    for digits in numbers:
        yield f"{found[1]}{digits}{found[3]}{path.suffix}"
