"""What is known of every image, in a database that survives the server.

SQLite with a write-ahead log on a local disk: nothing that was committed is lost when the process
dies; if the power fails, the last moments may roll back, which costs repeated work and no image.
Changes gather in one transaction until :meth:`Journal.commit`. A journal belongs to one thread.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from saxsdog.errors import OutputError, SaxsdogError
from saxsdog.io.status import Fingerprint
from saxsdog.queue.database import open_database
from saxsdog.queue.records import AGAIN, Ending, Result, State, Version
from saxsdog.reasons import Reason


class JournalError(SaxsdogError):
    """The journal cannot be written or read; what was committed before is safe."""

    code = "journal-failed"


class Journal:
    """The database of one server.

    Parameters
    ----------
    path
        The file; made if it is not there. One that is damaged is set aside: :attr:`was_damaged`
        then tells, and a walk finds the images again.

    Raises
    ------
    OutputError
        If the file cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self._file = path
        self._closed_because = ""
        self._db, self.was_damaged = open_database(path)
        self._begun_anew = False  # by open_again, and not yet committed
        self._folder_ids: dict[str, int] = {}
        self._folders: dict[int, str] = {}
        self._last_cursor = self._endings = 0
        self._begin_with_what_is_there()

    # -------------------------------------------------------------------- transactions

    @property
    def changed(self) -> bool:
        """Whether there is something to commit."""
        return not self._closed_because and self._db.in_transaction

    def commit(self) -> None:
        """Make everything so far permanent.

        Raises
        ------
        JournalError
            As every change does, if the disk takes nothing; see :meth:`roll_back`.
        """
        if self.changed:
            self._execute("COMMIT")
            self._begun_anew = False

    def roll_back(self) -> None:
        """Forget what was not committed; what was learnt from the journal since is wrong."""
        if self.changed:
            self._execute("ROLLBACK")
        self._begin_with_what_is_there()

    def open_again(self) -> bool:
        """Close the file and open it anew, after an error; what was not committed is forgotten.

        Returns
        -------
        bool
            Whether it was damaged, and an empty one was begun, in which nothing was committed yet.
            Its cursors go on where those of the former ended, so that nobody who follows the
            history waits in vain.

        Raises
        ------
        JournalError
            If it cannot be opened; this may be tried again.
        """
        self._db.close()
        try:
            self._db, damaged = open_database(self._file)
        except OutputError as error:
            self._closed_because = str(error)
            raise JournalError(self._closed_because) from error
        self._closed_because = ""
        self.was_damaged |= damaged
        self._begun_anew |= damaged
        self._begin_with_what_is_there()
        self._change("DELETE FROM sqlite_sequence WHERE name = 'result'")
        self._change("INSERT INTO sqlite_sequence VALUES ('result', ?)", (self._last_cursor,))
        self.set_fact("endings", str(self._endings))
        return self._begun_anew

    def close(self) -> None:
        """Commit and close; safe to call twice."""
        try:
            self.commit()
            self._db.close()
        except sqlite3.ProgrammingError:
            return  # closed already

    def _change(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        if not self.changed:
            self._execute("BEGIN")
        return self._execute(statement, values)

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        self._expect_open()
        try:
            return self._db.execute(statement, values)
        except sqlite3.DatabaseError as error:
            if not _concerns_the_file(error):
                raise
            raise JournalError(f"the journal cannot be written: {error}") from error

    def _ask(self, question: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows."""
        self._expect_open()
        try:
            return self._db.execute(question, values).fetchall()
        except sqlite3.DatabaseError as error:
            if not _concerns_the_file(error):
                raise
            raise JournalError(f"the journal cannot be read: {error}") from error

    def _expect_open(self) -> None:
        if self._closed_because:
            raise JournalError(self._closed_because)

    def _begin_with_what_is_there(self) -> None:
        """Learn folders and numbers anew; a number that was given is not given again."""
        self._folder_ids.clear()
        self._folders.clear()
        try:
            for number, folder in self._ask("SELECT id, path FROM folder"):
                self._remember(number, os.fsdecode(folder))
            ((last, ending),) = self._ask("SELECT max(id), max(ending) FROM image")
            self._last_id = last or 0
            self._endings = max(self._endings, ending or 0, int(self.fact("endings") or 0))
            self._last_cursor = max(self._last_cursor, self.last_cursor)
        except JournalError as error:
            self._closed_because = str(error)  # without its folders nothing in it makes sense
            raise

    # -------------------------------------------------------------------- facts of the queue

    def fact(self, key: str) -> str | None:
        rows = self._ask("SELECT value FROM fact WHERE key = ?", (_text(key),))
        return str(rows[0][0]) if rows else None

    def set_fact(self, key: str, value: str) -> None:
        self._change("INSERT OR REPLACE INTO fact VALUES (?, ?)", (_text(key), value))

    # -------------------------------------------------------------------- images

    def newest(self, path: str) -> Version | None:
        """Return the last version of an image."""
        folder, name = os.path.split(path)
        number = self._folder_ids.get(folder)
        if number is None:
            return None
        rows = self._ask(
            f"SELECT {_COLUMNS} FROM image WHERE folder = ? AND name = ? "  # noqa: S608 - constant
            "ORDER BY version DESC LIMIT 1",
            (number, os.fsencode(name)),
        )
        return self._version(rows[0]) if rows else None

    def add(
        self, path: str, version: int, fingerprint: Fingerprint | None, announced: float
    ) -> Version:
        """Note a version that waits to be integrated."""
        folder, name = os.path.split(path)
        number = self._next_id()
        self._change(
            "INSERT INTO image "
            "(id, folder, name, version, size, mtime_ns, inode, state, announced) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
            (
                number,
                self._folder_id(folder),
                os.fsencode(name),
                version,
                *_numbers(fingerprint),
                announced,
            ),
        )
        return Version(number, path, version, fingerprint, State.PENDING, 0, announced)

    def set_fingerprint(self, number: int, fingerprint: Fingerprint | None) -> None:
        self._change(
            "UPDATE image SET size = ?, mtime_ns = ?, inode = ? WHERE id = ?",
            (*_numbers(fingerprint), number),
        )

    def wait_again(
        self, old: Version, fingerprint: Fingerprint | None, announced: float
    ) -> Version:
        """Let an image that has ended wait once more, at the end of the queue; its row says so."""
        number = self._next_id()
        self.set_fact("endings", str(self._endings))  # the last of them may be this one's
        self._change(
            "UPDATE image SET id = ?, size = ?, mtime_ns = ?, inode = ?, state = 0, deaths = 0, "
            "announced = ?, ending = NULL, ended = NULL, reason = ?, message = NULL WHERE id = ?",
            (number, *_numbers(fingerprint), announced, AGAIN, old.id),
        )
        return Version(
            number, old.path, old.version, fingerprint, State.PENDING, 0, announced, AGAIN
        )

    def count_death(self, number: int) -> None:
        self._change("UPDATE image SET deaths = deaths + 1 WHERE id = ?", (number,))

    def end(
        self,
        number: int,
        state: State,
        when: float,
        reason: str = "",
        message: str = "",
    ) -> None:
        """Note how a pending image ended; one that has ended stays as it is."""
        self._endings += 1
        self._change(
            "UPDATE image SET state = ?, ending = ?, ended = ?, reason = ?, message = ? "
            "WHERE id = ? AND state = 0",
            (int(state), self._endings, when, reason or None, _text(message) or None, number),
        )

    def supersede(self, number: int, when: float, message: str) -> None:
        """Note that a failed version does not matter any more: the file has another content."""
        self._endings += 1
        self._change(
            "UPDATE image SET state = 3, reason = ?, message = ?, ending = ?, ended = ? "
            "WHERE id = ? AND state = 2",
            (Reason.SUPERSEDED, _text(message), self._endings, when, number),
        )

    def add_result(self, result: Result) -> int:
        """Append to the history and return the cursor."""
        folder, name = os.path.split(result.path)
        first = result.curves[0] if result.curves else ""  # it may be in an archive only
        curves_in = os.path.dirname(first)  # noqa: PTH120 - hot, a Path costs more
        curves = b"\0".join(os.fsencode(os.path.basename(c)) for c in result.curves)  # noqa: PTH119
        inserted = self._change(
            "INSERT INTO result VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._folder_id(folder),
                os.fsencode(name),
                result.time,
                result.time_source,
                result.exposure,
                result.announced,
                result.done,
                curves,
                self._folder_id(curves_in),
                json.dumps(result.parameters),
            ),
        )
        self._last_cursor = inserted.lastrowid or 0
        return self._last_cursor

    def pending_after(self, number: int, limit: int) -> list[Version]:
        """Return pending versions in the order in which they came, after one of them."""
        rows = self._ask(
            f"SELECT {_COLUMNS} FROM image WHERE state = 0 AND id > ? "  # noqa: S608 - constant
            "ORDER BY id LIMIT ?",
            (number, limit),
        )
        return [self._version(row) for row in rows]

    def counts(self) -> dict[State, int]:
        rows = self._ask("SELECT state, count(*) FROM image GROUP BY state")
        return dict.fromkeys(State, 0) | {State(state): count for state, count in rows}

    def reasons(self, state: State) -> dict[str, int]:
        """Return how many images ended in a state for each reason."""
        rows = self._ask(
            "SELECT reason, count(*) FROM image WHERE state = ? GROUP BY reason", (int(state),)
        )
        return {str(reason): count for reason, count in rows}

    def unsuccessful(self, reason: str | None) -> list[Version]:
        """Return the images whose newest version failed, all or those of one reason."""
        rows = self._ask(
            f"SELECT {_COLUMNS} FROM image AS this "  # noqa: S608 - constant
            "WHERE state = 2 AND (reason = ?1 OR ?1 IS NULL) AND NOT EXISTS (SELECT 1 FROM image "
            "WHERE folder = this.folder AND name = this.name AND version > this.version) "
            "ORDER BY ending",
            (reason,),
        )
        return [self._version(row) for row in rows]

    def forget_pending(self) -> int:
        return self._change("DELETE FROM image WHERE state = 0").rowcount

    def clear(self) -> None:
        """Forget images and history; who owns which curve file stays, and so do the cursors."""
        self.set_fact("endings", str(self._endings))
        self._change("DELETE FROM image")
        self._change("DELETE FROM result")

    # -------------------------------------------------------------------- pages

    @property
    def last_cursor(self) -> int:
        """Of the newest result there ever was."""
        rows = self._ask("SELECT seq FROM sqlite_sequence WHERE name = 'result'")
        return int(rows[0][0]) if rows else 0

    def results(self, since: int, limit: int) -> list[Result]:
        rows = self._ask(
            "SELECT * FROM result WHERE cursor > ? ORDER BY cursor LIMIT ?", (since, limit)
        )
        return [self._result(*row) for row in rows]

    def newest_results(self, limit: int) -> list[Result]:
        rows = self._ask("SELECT * FROM result ORDER BY cursor DESC LIMIT ?", (limit,))
        return [self._result(*row) for row in rows][::-1]

    def endings(self, since: int, limit: int) -> list[Ending]:
        rows = self._ask(
            "SELECT ending, folder, name, state, reason, message, ended FROM image "
            "WHERE state > 1 AND ending > ? ORDER BY ending LIMIT ?",
            (since, limit),
        )
        return [
            Ending(number, self._path(folder, name), State(state), reason or "", message or "", at)
            for number, folder, name, state, reason, message, at in rows
        ]

    # -------------------------------------------------------------------- owners of curve files

    def claim(self, folder: str, names: Iterable[str], image: str) -> list[str] | None:
        """Reserve curve files for an image.

        Returns
        -------
        list of str or None
            Those that are new in its possession; ``None``, and nothing is reserved, if one
            belongs to another image.
        """
        place = self._folder_id(folder)
        owner_folder, owner_name = os.path.split(image)
        owner = (self._folder_id(owner_folder), os.fsencode(owner_name))
        new = []
        for name in names:
            rows = self._ask(
                "SELECT owner_folder, owner_name FROM output WHERE folder = ? AND name = ?",
                (place, os.fsencode(name)),
            )
            if not rows:
                new.append(name)
            elif rows[0] != owner:
                return None
        for name in new:
            self._change(
                "INSERT INTO output VALUES (?, ?, ?, ?)", (place, os.fsencode(name), *owner)
            )
        return new

    def owners_in(self, folder: str) -> list[tuple[str, str]]:
        """Return name of the curve, and image, for all that belongs to somebody in a folder."""
        number = self._folder_ids.get(folder)
        rows = self._ask(
            "SELECT name, owner_folder, owner_name FROM output WHERE folder = ?", (number,)
        )
        return [(os.fsdecode(name), self._path(where, image)) for name, where, image in rows]

    # -------------------------------------------------------------------- folders

    def folder_known(self, folder: str) -> bool:
        return folder in self._folder_ids

    def output_folders(self) -> list[str]:
        """Return every folder that curves were written to."""
        rows = self._ask("SELECT DISTINCT folder FROM output")
        return [self._folders[number] for (number,) in rows]

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _folder_id(self, folder: str) -> int:
        number = self._folder_ids.get(folder)
        if number is None:
            inserted = self._change("INSERT INTO folder (path) VALUES (?)", (os.fsencode(folder),))
            number = inserted.lastrowid or 0
            self._remember(number, folder)
        return number

    def _remember(self, number: int, folder: str) -> None:
        self._folder_ids[folder] = number
        self._folders[number] = folder

    def _path(self, folder: int, name: bytes) -> str:
        return os.path.join(self._folders[folder], os.fsdecode(name))  # noqa: PTH118 - hot

    # -------------------------------------------------------------------- rows to objects

    def _version(self, row: tuple[Any, ...]) -> Version:
        number, folder, name, version, size, mtime_ns, inode, state, deaths = row[:9]
        fingerprint = None if size is None else Fingerprint(size, mtime_ns, inode % 2**64)
        path = self._path(folder, name)
        return Version(
            number,
            path,
            version,
            fingerprint,
            State(state),
            deaths,
            row[9],
            row[10] or "",
        )

    def _result(
        self,
        cursor: int,
        folder: int,
        name: bytes,
        time: float | None,
        time_source: str,
        exposure: float | None,
        announced: float,
        done: float,
        curves: bytes,
        curves_in: int,
        parameters: str,
    ) -> Result:
        return Result(
            cursor,
            self._path(folder, name),
            time,
            time_source,
            exposure,
            announced,
            done,
            tuple(self._path(curves_in, curve) for curve in curves.split(b"\0") if curve),
            json.loads(parameters),
        )


_COLUMNS = "id, folder, name, version, size, mtime_ns, inode, state, deaths, announced, reason"


def _concerns_the_file(error: sqlite3.DatabaseError) -> bool:
    """Tell a disk that is full or gone, and a file that is damaged, from a bug of ours."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _text(text: str) -> str:
    """Escape the bytes of file names that are no UTF-8: SQLite keeps texts in nothing else."""
    return text.encode("utf-8", "backslashreplace").decode()


def _numbers(fingerprint: Fingerprint | None) -> tuple[int | None, ...]:
    if fingerprint is None:
        return (None, None, None)
    size, mtime_ns, inode = fingerprint
    return (size, mtime_ns, _signed(inode))


def _signed(number: int) -> int:
    """Fold an unsigned 64-bit number, as some file systems give for inodes, into SQLite's range."""
    return number - 2**64 if number >= 2**63 else number
