"""The log of a server: one line an event, the same fields in each, easy to read and to search."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from saxsdog.cli.log_places import Place, RotatedFile, StandardError
from saxsdog.cli.log_writer import LogWriter
from saxsdog.errors import SettingsError
from saxsdog.settings import LogSettings

logger = logging.getLogger(__name__)


class LogLine(logging.Formatter):
    """``2026-01-31T03:12:45.123Z level=INFO part=session msg="new queue ..."``, logfmt."""

    converter = time.gmtime  # type: ignore[assignment] # as the manual of logging says
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        part = record.name.removeprefix("saxsdog.")
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        text = json.dumps(message, ensure_ascii=False)
        return f"{self.formatTime(record)} level={record.levelname} part={part} msg={text}"


@contextmanager
def logging_to(settings: LogSettings) -> Iterator[None]:
    """Log to the standard error, or to a file that is set aside when it is full.

    Nobody waits for either: what they do not take in time is left out, and the log says so. What
    threads die of goes there as well, and warnings of libraries.

    Raises
    ------
    SettingsError
        If the file cannot be written.
    """
    writer = LogWriter(_place(settings))
    writer.setFormatter(LogLine())
    logging.basicConfig(level=settings.level.upper(), handlers=[writer])
    logging.getLogger("fabio").setLevel(logging.ERROR)  # its remarks are not ours
    logging.captureWarnings(capture=True)
    before, threading.excepthook = threading.excepthook, _log_death
    try:
        yield
    finally:
        threading.excepthook = before
        logging.captureWarnings(capture=False)
        writer.stop()


def _place(settings: LogSettings) -> Place:
    if settings.file is None:
        return StandardError()
    try:
        settings.file.parent.mkdir(parents=True, exist_ok=True)
        return RotatedFile(settings.file, settings.max_bytes, settings.keep)
    except OSError as error:
        raise SettingsError(f"{settings.file}: cannot log there: {error.strerror}") from error


def _log_death(died: threading.ExceptHookArgs) -> None:
    """Log why a thread has died; it must not wait for the standard error, or it seems to live."""
    if died.exc_value is None or isinstance(died.exc_value, SystemExit):
        return
    name = "a thread" if died.thread is None else died.thread.name
    logger.critical("%s died of a bug", name, exc_info=died.exc_value)
