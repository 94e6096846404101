"""The archive of a given set of images, kept by the program that integrates them."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.archive.description import DataSet, Description, describe
from saxsdog.archive.records import BUNDLE, DESCRIPTION, waiting
from saxsdog.errors import OutputError, SaxsdogError
from saxsdog.integrator import Integrator
from saxsdog.provenance.bundle import Bundle, Packed
from saxsdog.whole_file import is_running, write_whole

ARCHIVED = ("nexus", "csv", "parquet")
"""Formats of the archive."""

RESULTS = "results"
PAUSE = 0.5
"""s between two looks for records."""

_SPOOL = re.compile(r"\.saxsdog-archive-(?P<process>[0-9]{1,9})")


def data_sets(roots: Iterable[Path], folder: Path | None) -> list[DataSet]:
    """Return where the archive of each data set goes.

    Parameters
    ----------
    roots
        Folders that were asked for.
    folder
        Of all results; ``None``: ``results`` beside each of them.
    """
    found: dict[str, DataSet] = {}
    for root in dict.fromkeys(roots):
        place = root.parent / RESULTS if folder is None else folder.absolute()
        target = str(place / (root.name or "images"))
        if target in found:  # two folders of the same name
            target = f"{place / root.parent.name}_{root.name}"
        found.setdefault(target, DataSet(str(root), target))
    return list(found.values())


class BatchArchive:
    """Takes what workers leave while images are integrated; a context manager.

    What a run that was killed has left is archived first.

    Parameters
    ----------
    integrator
        Whose results come.
    bundle
        Of its calibration.
    formats
        Of the archive.
    sets
        At least one.
    expected
        How many images there will be.

    Raises
    ------
    OutputError
        If something cannot be written.
    """

    def __init__(
        self,
        integrator: Integrator,
        bundle: Bundle,
        formats: Sequence[str],
        sets: Sequence[DataSet],
        expected: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from saxsdog.archive.archive import Archive  # HDF5, which few runs need
        from saxsdog.archive.tables import require_parquet

        if "parquet" in formats:
            require_parquet()
        self._place = Path(sets[0].target).parent
        self.spool = self._place / f".saxsdog-archive-{os.getpid()}"
        try:
            description = describe(integrator.calibration, integrator.plan, bundle, formats, sets)
            shutil.rmtree(self.spool, ignore_errors=True)  # of a dead process with our number
            self.spool.mkdir(parents=True)
            self._take_leftovers()
            Packed.write(bundle, self.spool / BUNDLE)
            write_whole(self.spool / DESCRIPTION, description.to_json().encode())
        except OSError as error:
            raise OutputError(f"{self._place}: cannot be written: {error.strerror}") from error
        self._archive = Archive(description, self.spool, expected)
        self._clock = clock
        self._due = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt | GeneratorExit):
            self._archive.close()  # what waits is for the next run
            return
        self._archive.drain()
        self._archive.finish()
        if not waiting(self.spool):
            shutil.rmtree(self.spool, ignore_errors=True)

    def take(self) -> None:
        """Take what waits, if the last time is some time ago."""
        if self._clock() >= self._due:
            self._archive.drain()
            self._due = self._clock() + PAUSE

    def _take_leftovers(self) -> None:
        from saxsdog.archive.archive import Archive

        for folder in self._place.iterdir():
            match = _SPOOL.fullmatch(folder.name)
            if match is None or is_running(int(match["process"])):
                continue
            try:
                text = (folder / DESCRIPTION).read_text(encoding="utf-8")
                with Archive(Description.from_json(text), folder) as left:
                    left.drain()
                    left.finish()
            except (SaxsdogError, OSError, ValueError, KeyError, TypeError):
                continue  # it stays for somebody to look at
            shutil.rmtree(folder, ignore_errors=True)
