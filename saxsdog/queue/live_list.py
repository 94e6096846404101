"""The file list of the original: one line for each curve, appended as they come."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from saxsdog.errors import OutputError
from saxsdog.queue.records import Result
from saxsdog.whole_file import append_to

COLUMNS = ("I0", "I1", "I2")


class LiveList:
    """``<parent of the data folder>/results/filelist_<folder>.log``.

    Parameters
    ----------
    directory
        Folder of the images.
    channels
        Names of the curves of each image.
    allowed
        Whether something may be written to a folder: the list of a root lies inside it.
    """

    def __init__(
        self, directory: Path, channels: Iterable[str], allowed: Callable[[Path], bool]
    ) -> None:
        parent = directory.parent if allowed(directory.parent) else directory
        self._allowed = allowed
        self.path = parent / "results" / f"filelist_{directory.name}.log"
        self._channels = tuple(channels)

    def append(self, results: Iterable[Result]) -> None:
        """Add a line ``path, I0, I1, I2`` for every curve.

        Raises
        ------
        OutputError
            If the file cannot be written, or its folder has become a link to elsewhere.
        """
        text = "".join(line for result in results for line in self._lines(result))
        if not text:
            return
        if not self._allowed(Path(os.path.realpath(self.path.parent))):
            message = "leads out of the folders that this server works in"
            raise OutputError(f"{self.path.parent}: {message}")
        try:
            append_to(self.path, text.encode(errors="surrogateescape"))
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror}") from error

    def _lines(self, result: Result) -> Iterable[str]:
        for channel, curve in zip(self._channels, result.curves, strict=False):
            numbers = result.parameters.get(channel)
            if numbers is not None and numbers.keys() >= set(COLUMNS):
                values = ", ".join(f"{numbers[name]:.10g}" for name in COLUMNS)
                yield f"{curve}, {values}\n"
            else:
                yield f"{curve}\n"
