"""Until when clients of the original have signed changes that were carried out, over a restart.

Requests from before the start are refused. But where the clock of a client is ahead, what it has
signed then looks as if it came later.
"""

import logging
import math
from pathlib import Path

from saxsdog.whole_file import write_whole

logger = logging.getLogger(__name__)

LONGEST = 64
"""Characters of a number."""


class LastChange:
    """Remembers the newest time that a change was signed at, in a file.

    Parameters
    ----------
    path
        Of the file; ``None`` to remember nothing over a restart.

    Attributes
    ----------
    time
        On the clock of the client, s since the epoch; minus infinity before the first change.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.time = -math.inf if path is None else _read(path)

    def note(self, time: float) -> None:
        """Remember a change that is about to be carried out.

        A full disk is no reason not to abort a queue, so a file that cannot be written is logged.
        """
        if self._path is None or time <= self.time:
            return
        self.time = time
        try:
            write_whole(self._path, repr(time).encode())
        except OSError as error:
            logger.warning("%s: cannot be written: %s", self._path, error)


def _read(path: Path) -> float:
    try:
        with path.open("rb") as file:
            time = float(file.read(LONGEST))
    except FileNotFoundError:
        return -math.inf
    except (OSError, ValueError) as error:
        logger.warning("%s: expected a time: %s", path, error)
        return -math.inf
    return time if math.isfinite(time) else -math.inf
