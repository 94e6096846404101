"""What is known of the files that the calibration names, masks above all."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from saxsdog.reduction.channels import Mask


@dataclass(frozen=True, eq=False)
class _Entry:
    mask: Mask | None = None
    contents: bytes | None = None
    problem: str | None = None
    share: float | None = None


class MaskStore(QObject):
    """Holds masks by the name that the calibration has for them, and says what is wrong with files.

    Reads no files itself.
    """

    changed = pyqtSignal()
    """Something else is known of masks; what becomes known while this is told is told together.

    A calibration may name hundreds of files, and whoever hears this looks at all of them.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, _Entry] = {}
        self._has_more = False
        self._rest = QTimer(self)  # ends when all events that wait are handled
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._on_rest_ended)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that something is known of."""
        return tuple(self._entries)

    def mask(self, name: str) -> NDArray[np.bool_] | None:
        """Return a mask, ``True`` where a pixel is left out; ``None`` if it is not there."""
        return self._entry(name).mask

    def problem(self, name: str) -> str | None:
        """Say why a file cannot be used."""
        return self._entry(name).problem

    def contents(self, name: str) -> bytes | None:
        """Return the file of a mask that came from a server."""
        return self._entry(name).contents

    def share(self, name: str) -> float | None:
        """Return the masked share of the pixels, from 0 to 1."""
        return self._entry(name).share

    def set_mask(self, name: str, mask: NDArray[np.bool_], contents: bytes | None = None) -> None:
        """Keep a mask; ``contents`` are the bytes of its file where nobody has that file."""
        share = float(np.count_nonzero(mask)) / mask.size if mask.size else 0.0
        self._entries[name] = _Entry(mask, contents, None, share)
        self._tell()

    def set_fine(self, name: str) -> None:
        """Note that a file that is no mask can be used."""
        self._entries[name] = _Entry()
        self._tell()

    def set_problem(self, name: str, text: str) -> None:
        """Note why a file cannot be used; an older mask of this name is dropped."""
        self._entries[name] = _Entry(problem=text)
        self._tell()

    def forget(self, names_to_keep: Collection[str]) -> None:
        """Drop what is known of files that are not among these."""
        kept = {name: entry for name, entry in self._entries.items() if name in names_to_keep}
        if len(kept) != len(self._entries):
            self._entries = kept
            self._tell()

    def _tell(self) -> None:
        """Tell at once, or when the events are handled that have come since the last time."""
        if self._rest.isActive():
            self._has_more = True
            return
        self._rest.start(0)
        self.changed.emit()

    def _on_rest_ended(self) -> None:
        if self._has_more:
            self._has_more = False
            self._tell()

    def _entry(self, name: str) -> _Entry:
        return self._entries.get(name, _Entry())
