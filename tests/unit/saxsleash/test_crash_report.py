"""A report of a bug says what is needed to mend it, and nothing that is nobody's business."""

import secrets
import sys
from pathlib import Path

import pytest

from saxsleash.models.crash_report import LONGEST, cause_of, keep, report_of

NOON = 1_800_000_000.0


def fail(message):
    raise ValueError(message)


def fail_for_a_cause():
    try:
        {}["first"]
    except KeyError as error:
        raise ValueError("second") from error


def reported(message="broken", *, at=NOON, thread="MainThread"):
    try:
        fail(message)
    except ValueError:
        return report_of(*sys.exc_info(), lambda: at, thread=thread)


def test_a_report_names_versions_time_thread_and_place():
    report = reported(thread="saxsleash_1")
    for part in ("saxsdog ", "Python 3.", "Qt 5.", "PyQt5 5.", "pyqtgraph ", "numpy ", "2027-01-1"):
        assert part in report
    assert "thread saxsleash_1" in report
    assert report.rstrip().endswith("ValueError: broken")
    assert Path(__file__).name in report


def test_an_error_without_a_trace_is_reported():
    report = report_of(KeyboardInterrupt, None, None, lambda: NOON)
    assert "KeyboardInterrupt" in cause_of(report)


def test_the_causes_of_errors_are_told():
    try:
        fail_for_a_cause()
    except ValueError:
        report = report_of(*sys.exc_info())
    assert "KeyError: 'first'" in report
    assert "direct cause" in report


def test_the_same_bug_is_known_again_at_another_time():
    reports = [reported(at=NOON + i) for i in range(2)]
    assert reports[0] != reports[1]
    assert cause_of(reports[0]) == cause_of(reports[1])
    assert cause_of(reported("other")) != cause_of(reports[0])


def test_the_home_of_the_user_is_not_named():
    home = Path.home()
    report = reported(f"{home}/data/x.tif and '{home}' but {home}less")
    assert f"~/data/x.tif and '~' but {home}less" in report


@pytest.mark.parametrize(
    "secret",
    [
        *(secrets.token_urlsafe(32) for _ in range(20)),
        "NQeNLfOiqJiAEoOfyy-LSfSO_gTSkHxzPHXXvERvdug",
    ],
    ids=[*map(str, range(20)), "without a digit"],
)
def test_a_secret_is_hidden(secret):
    report = reported(f"bad entry {{'Secret': '{secret}'}}")
    assert secret not in report


def test_names_and_paths_are_not_taken_for_secrets():
    name = "test_a_very_long_name_of_a_function_Of_2026_that_somebody_wrote.py"
    assert f"/data/{name}" in reported(f"/data/{name}")


def test_a_very_long_report_is_cut_in_its_middle():
    report = reported("x" * 1_000_000)
    assert len(report) < LONGEST + 200
    assert report.startswith("Crash report")
    assert "characters left out" in report


def test_a_report_is_kept_in_a_file_named_after_its_time(tmp_path):
    path = keep(reported(), tmp_path / "new" / "crashes", lambda: NOON)
    assert path is not None
    assert path.name.startswith("crash-2027011")
    assert "ValueError: broken" in path.read_text(encoding="utf-8")


def test_reports_of_one_moment_have_a_file_each(tmp_path):
    paths = [keep(reported(message), tmp_path, lambda: NOON) for message in ("one", "two")]
    assert paths == sorted(tmp_path.iterdir())
    for path, message in zip(paths, ("one", "two"), strict=True):
        assert path.read_text(encoding="utf-8").count("Crash report") == 1
        assert f"ValueError: {message}" in path.read_text(encoding="utf-8")


def test_the_newest_files_are_kept_and_others_left_alone(tmp_path):
    (tmp_path / "mine.txt").touch()
    for i in range(25):
        keep(reported(), tmp_path, lambda at=NOON + i: at)
    kept = sorted(tmp_path.glob("crash-*"))
    assert len(kept) == 20
    newest = keep(reported(), tmp_path, lambda: NOON + 25)
    assert sorted(tmp_path.glob("crash-*")) == [*kept[1:], newest]
    assert (tmp_path / "mine.txt").exists()


def test_files_of_an_older_version_make_room(tmp_path):
    (tmp_path / "crash-20200101-120000.txt").touch()
    for i in range(20):
        keep(reported(), tmp_path, lambda at=NOON + i: at)
    assert not (tmp_path / "crash-20200101-120000.txt").exists()
    assert len(list(tmp_path.iterdir())) == 20


def test_a_new_report_stays_when_the_clock_was_put_back(tmp_path):
    for i in range(20):
        keep(reported(), tmp_path, lambda at=NOON + i: at)
    path = keep(reported(), tmp_path, lambda: NOON - 3600)
    assert path.exists()
    assert len(list(tmp_path.iterdir())) == 20


def test_a_folder_that_cannot_be_made_costs_the_file_only(tmp_path):
    (tmp_path / "file").touch()
    assert keep(reported(), tmp_path / "file" / "crashes") is None
