"""What the header of an image, a log and the calibration say, for the formulas of the latter."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from saxsdog.io.headers import EXPOSURE_KEYS, FrameHeader
from saxsdog.io.log_tables import LogTable
from saxsdog.scale_settings import LogSettings

_NUMBER = re.compile(
    r"[-+]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:[eE][-+]?\d{1,3})?"
    r"(?![.,]?\d)"  # 12,5 is no 12, and 1,234 no 1
)


class ImageValues:
    """Finds the values of each image.

    Parameters
    ----------
    constants
        Of the calibration, by lower-case names.
    log
        Where the log is, if there is one.
    roots
        Folders that it must lie in; none of them allows all.
    """

    def __init__(
        self,
        constants: Mapping[str, float],
        log: LogSettings | None = None,
        roots: Sequence[Path] = (),
    ) -> None:
        self._constants = constants
        self._log = log
        self._roots = roots
        self._logs: dict[Path, LogTable] = {}

    def of(self, names: Sequence[str], image: Path, header: FrameHeader) -> Mapping[str, float]:
        """Return the values of an image that have these names, and for the message some others.

        Of equal names constants count before the log, and the log before the header.

        Raises
        ------
        FrameError
            ``no-log-row`` while the row of the image may still come.
        """
        known = self._constants
        if not known.keys() >= set(names):
            known = {**self._row(image), **known}
        if not known.keys() >= set(names):
            known = {**header_values(header), **known}
        return known

    def _row(self, image: Path) -> Mapping[str, float]:
        log = self._log
        if log is None:
            return {}
        path = image.parent / log.file
        if path not in self._logs:
            self._logs = {path: LogTable(path, log.key, self._roots)}
        return self._logs[path].row(image.name)


def header_values(header: FrameHeader) -> dict[str, float]:
    """Return the numbers at the start of the texts of a header, by lower-case names.

    ``exposure_time`` is in seconds, whatever the unit and the name that the header has for it.
    """
    found = {
        re.sub(r"\W", "_", name.lower()): float(number[0])
        for name, text in header.fields.items()
        if (number := _NUMBER.match(text.strip()))
    }
    if header.exposure is not None:
        found |= dict.fromkeys([key for key in EXPOSURE_KEYS if key in found], header.exposure)
        found["exposure_time"] = header.exposure
    return found
