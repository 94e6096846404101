"""A mark on a folder that a window has a local server for it, which other windows here see."""

import hashlib
import os
from pathlib import Path

from PyQt5.QtCore import QDir, QLockFile


class FolderMark:
    """Held as long as this object, or as the process that made it.

    It does not lie in the folder itself: that belongs to the images, and may be only for reading.
    """

    def __init__(self, root: Path) -> None:
        name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
        self._lock = QLockFile(str(Path(QDir.tempPath(), f"saxsleash-{name}.lock")))
        self._lock.setStaleLockTime(0)  # old it may become: a mark ends with its process alone

    def set(self) -> bool:
        """Mark the folder, and tell whether nobody else has."""
        if self._lock.isLocked() or self._lock.tryLock(0):
            return True
        return self._lock.error() != QLockFile.LockFailedError  # if none can be made, none is there

    def remove(self) -> None:
        """Take the mark away; safe to call twice."""
        self._lock.unlock()
