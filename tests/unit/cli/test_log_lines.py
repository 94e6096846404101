import contextlib
import logging
import re
import threading
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.cli.log_lines import LogLine, logging_to
from saxsdog.errors import SettingsError
from saxsdog.settings import LogSettings

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=[A-Z]+ part=[\w.]+ msg=\"([^\"\\]|\\.)*\""
)


def record_of(message, *values, name="saxsdog.session.session", error=None):
    kind = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord(name, logging.WARNING, "file.py", 1, message, values, kind)
    record.created, record.msecs = 1769829165.123, 123
    return record


@contextlib.contextmanager
def log_of(settings):
    """Log as a server does, with none of the handlers that pytest has given to the root."""
    root, fabio = logging.getLogger(), logging.getLogger("fabio")
    former, levels = root.handlers[:], (root.level, fabio.level)
    root.handlers.clear()
    try:
        with logging_to(settings):
            yield
    finally:
        root.handlers[:] = former
        root.setLevel(levels[0])
        fabio.setLevel(levels[1])


def settings_of(file, **fields):
    usual = {"level": "info", "max_bytes": 100_000, "keep": 2}
    return LogSettings(file=file, **usual | fields)


def test_a_line_has_time_level_part_and_message():
    line = LogLine().format(record_of("skipped %s: %d", "a.tif", 3))
    assert line == (
        '2026-01-31T03:12:45.123Z level=WARNING part=session.session msg="skipped a.tif: 3"'
    )


def test_the_names_of_others_stay_whole():
    assert "part=asyncio " in LogLine().format(record_of("x", name="asyncio"))


def test_a_traceback_is_in_the_same_line():
    try:
        int("what\nwas wrong")
    except ValueError as error:
        line = LogLine().format(record_of("a bug", error=error))
    assert "\n" not in line
    assert r'msg="a bug\nTraceback (most recent' in line
    assert r"'what\\nwas wrong'" in line


@given(message=st.text())
def test_an_event_is_one_line_whatever_it_says(message):
    line = LogLine().format(record_of("%s", message))
    assert LINE.fullmatch(line)
    assert not re.search(r"[\x00-\x1f]", line)


def test_nobody_forges_a_line_with_a_file_name():
    name = 'a.tif"\n2026-01-31T03:12:45.123Z level=ERROR part=x msg="forged'
    line = LogLine().format(record_of("skipped %s", name))
    assert LINE.fullmatch(line)
    assert line.count(" level=") == 2
    assert r"a.tif\"\n2026" in line


def test_a_log_goes_to_its_file(tmp_path):
    with log_of(settings_of(tmp_path / "logs" / "saxsdog.log")):
        logging.getLogger("saxsdog.test").info("grün %s", "\udcff")
        logging.getLogger("saxsdog.test").debug("not this")
    (line,) = (tmp_path / "logs" / "saxsdog.log").read_text(encoding="utf-8").splitlines()
    assert line.endswith(r'level=INFO part=test msg="grün \udcff"')


def test_a_full_log_is_set_aside(tmp_path):
    with log_of(settings_of(tmp_path / "saxsdog.log", max_bytes=1000)):
        for i in range(100):
            logging.getLogger("saxsdog.test").info("number %d", i)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["saxsdog.log", "saxsdog.log.1", "saxsdog.log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert "number 99" in (tmp_path / "saxsdog.log").read_text()


def test_without_a_file_a_log_goes_to_the_standard_error(capfd):
    with log_of(settings_of(None, level="warning")):
        logging.getLogger("saxsdog.test").warning("look")
        logging.getLogger("saxsdog.test").info("not this")
    shown = capfd.readouterr()
    assert LINE.fullmatch(shown.err.strip())
    assert shown.out == ""


def test_remarks_of_the_library_that_reads_images_are_left_out(capfd):
    with log_of(settings_of(None)):
        logging.getLogger("fabio.tifimage").warning("a tag is odd")
    assert capfd.readouterr().err == ""


def test_a_log_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    for file in (tmp_path, tmp_path / "file" / "saxsdog.log"):
        with pytest.raises(SettingsError, match="cannot log there"), log_of(settings_of(file)):
            pytest.fail("it logs")


def test_what_a_thread_dies_of_is_logged(tmp_path):
    with log_of(settings_of(tmp_path / "saxsdog.log")):
        thread = threading.Thread(target=lambda: 1 / 0, name="foreman")
        thread.start()
        thread.join()
    (line,) = (tmp_path / "saxsdog.log").read_text().splitlines()
    assert LINE.fullmatch(line)
    assert "level=CRITICAL" in line
    assert "foreman died of a bug\\nTraceback" in line
    assert "ZeroDivisionError" in line


@pytest.mark.filterwarnings("always")
def test_a_warning_of_a_library_is_logged(tmp_path):
    with log_of(settings_of(tmp_path / "saxsdog.log")):
        warnings.warn("look out", stacklevel=1)
    (line,) = (tmp_path / "saxsdog.log").read_text().splitlines()
    assert "look out" in line
