"""The file list of the original: one line for each curve, appended as they come."""

from collections.abc import Iterable
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
    root
        Folder that is never left: the list of the root itself lies inside it.
    channels
        Names of the curves of each image.
    """

    def __init__(self, directory: Path, root: Path, channels: Iterable[str]) -> None:
        parent = root if directory == root else directory.parent
        self.path = parent / "results" / f"filelist_{directory.name}.log"
        self._channels = tuple(channels)

    def append(self, results: Iterable[Result]) -> None:
        """Add a line ``path, I0, I1, I2`` for every curve.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        text = "".join(line for result in results for line in self._lines(result))
        if not text:
            return
        try:
            append_to(self.path, text.encode(errors="surrogateescape"))
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror}") from error

    def _lines(self, result: Result) -> Iterable[str]:
        for channel, curve in zip(self._channels, result.curves, strict=False):
            numbers = result.parameters.get(channel)
            if numbers is not None:
                values = ", ".join(f"{numbers[name]:.10g}" for name in COLUMNS)
                yield f"{curve}, {values}\n"
            else:
                yield f"{curve}\n"
