"""The log of a server: one line an event, the same fields in each, easy to read and to search."""

import json
import logging
import time
from logging.handlers import RotatingFileHandler

from saxsdog.errors import SettingsError
from saxsdog.settings import LogSettings


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


def set_up_logging(settings: LogSettings) -> None:
    """Log to the standard error, or to a file that is set aside when it is full.

    Raises
    ------
    SettingsError
        If the file cannot be written.
    """
    handler: logging.Handler = logging.StreamHandler()
    if settings.file is not None:
        try:
            settings.file.parent.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(
                settings.file,
                maxBytes=settings.max_bytes,
                backupCount=settings.keep,
                encoding="utf-8",
                errors="backslashreplace",
            )
        except OSError as error:
            raise SettingsError(f"{settings.file}: cannot log there: {error.strerror}") from error
    handler.setFormatter(LogLine())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler])
    logging.getLogger("fabio").setLevel(logging.ERROR)  # its remarks are not ours
