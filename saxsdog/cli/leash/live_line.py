"""One line that is written again and again."""

import shutil
import sys
from types import TracebackType
from typing import Self, TextIO

ERASE_REST = "\x1b[K"


class LiveLine:
    """Rewritten in place on a terminal; elsewhere every new text gets a line.

    A context manager that leaves the last text standing.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._written = False
        self.in_place = self._stream.isatty()

    def show(self, text: str) -> None:
        """Write a text, cut off at the end of the line where it replaces the one before."""
        if self.in_place:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r{_cut(text, width)}{ERASE_REST}")
            self._written = True
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._written:
            self._stream.write("\n")
            self._stream.flush()


def _cut(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width)
