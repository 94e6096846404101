"""From records to files: every result of a folder of records comes to the archive of its data set.

Records are taken in the order in which they came, and are removed when all files hold them. Whoever
dies in between leaves records that may be in some of the files: there they replace themselves.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.archive.description import DataSet, Description
from saxsdog.archive.nexus import SUFFIX as NEXUS
from saxsdog.archive.nexus import NexusFile, identity_of
from saxsdog.archive.records import BUNDLE, Record, read_records, waiting
from saxsdog.archive.tables import CSV, Table, columns_of
from saxsdog.errors import OutputError
from saxsdog.provenance.bundle import Packed
from saxsdog.provenance.notes import (
    FOLDER,
    Note,
    image_seen_from,
    keep_bundle,
    read_notes,
    write_down,
)
from saxsdog.regular_file import open_regular
from saxsdog.state_folder import take_lock

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 64
"""Records; all of their curves are in memory."""

LARGEST_AT_ONCE = 32 << 20
"""Bytes of them, unless one alone has more, as a cake may."""


class Archive:
    """The files of some data sets, and the folder of records that come to them; a context manager.

    Parameters
    ----------
    description
        Of the results.
    spool
        Folder of the records.
    expected
        How many images there will be in all, as far as that is known.
    """

    def __init__(self, description: Description, spool: Path, expected: int = 0) -> None:
        self._spool = spool
        self._within = tuple(map(Path, description.within))
        if len(description.data_sets) > 1:
            expected = 0  # of which nobody knows
        self._books = [
            _Book(description, each, spool / BUNDLE, expected) for each in description.data_sets
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def targets(self) -> frozenset[str]:
        """Paths of the files, without their endings."""
        return frozenset(book.data_set.target for book in self._books)

    def drain(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Take what waits, until nothing does or ``stop`` says so; return how many these were.

        Raises
        ------
        OutputError
            If something cannot be written; the records are still there.
        """
        taken = 0
        try:
            while paths := waiting(self._spool):
                for some in _portions(paths):
                    taken += self._take(some)
                    if stop():
                        return taken
        except OSError as error:
            raise OutputError(f"{self._spool}: cannot be read: {error.strerror}") from error
        return taken

    def _take(self, paths: Sequence[Path]) -> int:
        found = read_records(paths)
        for book in self._books:
            records = [record for _, record in found if self._book_of(record) is book]
            if records:
                self._check(book.folder)
                book.add(records)
        for path, _ in found:
            path.unlink(missing_ok=True)
        return len(found)

    def finish(self) -> None:
        """Bring all files into their final form; further records may come nevertheless.

        Raises
        ------
        OutputError
            If something cannot be written.
        """
        for book in self._books:
            book.finish()

    def close(self) -> None:
        for book in self._books:
            book.close()

    def _book_of(self, record: Record) -> "_Book":
        """Return the files of an image: those of the nearest folder above it."""
        path = Path(record.image)
        holders = [book for book in self._books if path.is_relative_to(book.data_set.folder)]
        return max(holders or self._books[:1], key=lambda book: len(book.data_set.folder))

    def _check(self, folder: Path) -> None:
        real = Path(os.path.realpath(folder))
        if self._within and not any(real.is_relative_to(root) for root in self._within):
            raise OutputError(f"{folder}: leads out of the folders that this server works in")


def _portions(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Divide records into as many as are taken at once."""
    portion: list[Path] = []
    size = 0
    for path in paths:
        more = path.stat().st_size
        if portion and (len(portion) == MOST_AT_ONCE or size + more > LARGEST_AT_ONCE):
            yield portion
            portion, size = [], 0
        portion.append(path)
        size += more
    if portion:
        yield portion


_HELD = (errno.EAGAIN, errno.EACCES)
"""Errors of a lock that somebody else has."""


class _Book:
    """The files of one data set, opened with the first result."""

    def __init__(
        self, description: Description, data_set: DataSet, bundle: Path, expected: int
    ) -> None:
        self.data_set = data_set
        self.folder = Path(data_set.target).parent
        self._description = description
        self._bundle = Packed(bundle, description.bundle)
        self._noted = self._complained = False
        self._expected = expected
        self._nexus: NexusFile | None = None
        self._table: Table | None = None
        self._begun = False
        self._lock: FileIO | None = None

    def add(self, records: Sequence[Record]) -> None:
        """Add results to all files; errors as of :meth:`Archive.drain`."""
        if self._begun and not self.folder.is_dir():
            # Its disk may be away: what is written to the place of a disk is hidden later.
            raise OutputError(f"{self.folder}: expected the folder of the archive, it is gone")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._begun = True
        self._take_lock()
        self._keep_bundle()
        formats = self._description.formats
        if "nexus" in formats:
            if self._nexus is None:
                self._nexus = self._open_nexus()
            self._nexus.add(records)
        if "csv" in formats or "parquet" in formats:
            columns = columns_of(records)
            if self._table is None or not self._table.takes(columns):
                self._table = self._open_table(columns)
            self._table.add(records)

    def finish(self) -> None:
        if self._nexus is not None:
            self._nexus.finish()
            self._nexus = None
        if self._table is not None:
            self._table.finish()
        self.close()

    def close(self) -> None:
        if self._nexus is not None:
            self._nexus.close()
            self._nexus = None
        self._table = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _keep_bundle(self) -> None:
        """Keep what the results are made of, and note where the images are."""
        images = image_seen_from(self.folder, Path(self.data_set.folder))
        note = Note(Path(self.data_set.target).name, images, "", self._bundle.id)
        try:
            keep_bundle(self.folder, self._bundle)
            if not self._noted and note not in read_notes(self.folder):
                write_down(self.folder, note)
            self._noted = True
        except OSError as error:  # results are good without
            if not self._complained:
                logger.warning("%s: %s: cannot be written: %s", self.folder, FOLDER, error.strerror)
            self._complained = True

    def _take_lock(self) -> None:
        """Make sure that nobody else writes these files, as a process that is just ending may."""
        if self._lock is not None:
            return
        path = self.folder / f".{Path(self.data_set.target).name}.lock"
        lock = FileIO(open_regular(path, os.O_RDWR | os.O_CREAT), "r+")
        try:
            take_lock(lock)
        except OSError as error:
            lock.close()
            if error.errno not in _HELD:  # this file system knows no locks
                return
            target = self.data_set.target
            raise OutputError(f"{target}: another process writes the archive") from error
        self._lock = lock

    def _open_nexus(self) -> NexusFile:
        """Go on with the file of this calibration, or begin the next one."""
        for path in self._candidates(NEXUS):
            if not path.exists() or identity_of(path) == self._description.identity:
                folder = self.data_set.folder
                return NexusFile(path, self._description, folder, self._expected)
        raise AssertionError("there is no end of numbers")

    def _open_table(self, columns: Sequence[str]) -> Table:
        if self._table is not None:
            self._table.finish()
        for path in self._candidates(CSV):
            table = Table(path, self._description, self.data_set.folder)
            if table.takes(columns):
                return table
        raise AssertionError("there is no end of numbers")

    def _candidates(self, suffix: str) -> Iterator[Path]:
        """Name files: ``frames.hdf``, ``frames_2.hdf`` and so on."""
        target = Path(self.data_set.target)
        yield target.with_name(f"{target.name}{suffix}")
        for number in count(2):
            yield target.with_name(f"{target.name}_{number}{suffix}")
