"""The database behind the journal: its tables, and how a damaged one is set aside."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from saxsdog.errors import OutputError

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE folder (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
CREATE TABLE image (
    id        INTEGER PRIMARY KEY,      -- order of the queue
    folder    INTEGER NOT NULL,
    name      BLOB NOT NULL,
    version   INTEGER NOT NULL,          -- 1, 2, ... whenever the file has another content
    size      INTEGER,                   -- NULL: announced, but not there yet
    mtime_ns  INTEGER,
    inode     INTEGER,
    state     INTEGER NOT NULL,
    deaths    INTEGER NOT NULL DEFAULT 0,
    announced REAL NOT NULL,             -- s since the epoch
    ending    INTEGER,                   -- counts all endings, in order
    ended     REAL,
    reason    TEXT,
    message   TEXT,
    UNIQUE (folder, name, version)
);
CREATE INDEX pending ON image (id) WHERE state = 0;
CREATE INDEX unsuccessful ON image (ending) WHERE state > 1;
CREATE TABLE result (                    -- one row for every integration, never changed
    cursor      INTEGER PRIMARY KEY AUTOINCREMENT,
    folder      INTEGER NOT NULL,
    name        BLOB NOT NULL,
    time        REAL,
    time_source TEXT NOT NULL,
    exposure    REAL,
    announced   REAL NOT NULL,
    done        REAL NOT NULL,
    curves      BLOB NOT NULL,           -- file names in the folder of the first, NUL between
    curves_in   INTEGER NOT NULL,
    parameters  TEXT NOT NULL
);
CREATE TABLE output (                    -- which image owns which curve file, for ever
    folder INTEGER NOT NULL,
    name   BLOB NOT NULL,
    owner_folder INTEGER NOT NULL,
    owner_name   BLOB NOT NULL,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

TABLES = ("folder", "image", "result", "output", "fact")

WAL_PAGES = 4000
"""Pages of 4 KiB after which the log is folded into the database."""


def open_database(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open or make a database; one that is damaged is set aside, and the second value true.

    Raises
    ------
    OutputError
        If the file cannot be made or written.
    """
    try:
        try:
            return _open(path), False
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            _set_aside(path, error)
            return _open(path), True
    except (sqlite3.Error, OSError) as error:
        raise OutputError(f"{path}: expected a journal that can be written: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        if _version(db) == 0:
            db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        _check(db)
        # A write, so that a file that can only be read says so now.
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    """Raise :exc:`sqlite3.DatabaseError` if a database is not what we have written."""
    version = _version(db)
    if version != SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"expected version {SCHEMA_VERSION}, got {version}")
    for table in TABLES:
        db.execute(f"SELECT * FROM {table} LIMIT 0")  # noqa: S608 - constant
    (problem,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if problem != "ok":
        raise sqlite3.DatabaseError(problem)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell a file that is no proper journal from a disk that cannot be written."""
    return not isinstance(error, sqlite3.OperationalError) or error.sqlite_errorcode in (
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CORRUPT,
    )


def _set_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    logger.error("%s is damaged (%s): set aside, and a new one is begun", path, error)
    for old in _files_of(path):
        old.replace(f"{old}.damaged")


def _files_of(path: Path) -> Iterator[Path]:
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            yield file
