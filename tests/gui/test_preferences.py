"""What the window remembers."""

from pathlib import Path

import pytest
from PyQt5.QtCore import QByteArray

from saxsleash.appearance import Theme
from saxsleash.models.preferences import MOST_RECENT, Preferences, names_in


@pytest.fixture
def preferences():
    return Preferences()


def test_at_the_first_start_nothing_is_remembered(preferences):
    assert preferences.recent_files == ()
    assert preferences.local_roots == ()
    assert preferences.last_server == ""
    assert preferences.theme is Theme.SYSTEM
    assert preferences.layout("window").isEmpty()


def test_recent_files_are_listed_newest_first_and_once(preferences):
    for name in "aba":
        preferences.add_recent_file(Path(f"/data/{name}.saxsconf"))
    names = [path.stem for path in Preferences().recent_files]
    assert names == ["a", "b"]


def test_the_list_of_recent_files_ends_somewhere(preferences):
    for i in range(MOST_RECENT + 5):
        preferences.add_recent_file(Path(f"/data/{i}.saxsconf"))
    assert len(preferences.recent_files) == MOST_RECENT
    assert preferences.recent_files[0].stem == str(MOST_RECENT + 4)


def test_a_single_recent_file_stays_a_list(preferences):
    preferences.add_recent_file(Path("/data/a, b.saxsconf"))
    assert Preferences().recent_files == (Path("/data/a, b.saxsconf"),)


@pytest.mark.parametrize("name", ["gone", "x" * 300, "a\0b"])
def test_a_folder_that_is_out_of_reach_is_not_begun_in(preferences, tmp_path, name):
    preferences.remember_folder("images", tmp_path)
    assert preferences.folder("images") == tmp_path
    preferences.remember_folder("images", tmp_path / name)
    assert preferences.folder("images") == Path.home()


def test_a_file_that_is_gone_is_forgotten(preferences, qtbot):
    preferences.add_recent_file(Path("/data/a.saxsconf"))
    with qtbot.waitSignal(preferences.recent_changed):
        preferences.forget_recent_file(Path("/data/a.saxsconf"))
    assert preferences.recent_files == ()


def test_a_folder_that_is_gone_is_not_offered(preferences, tmp_path):
    preferences.remember_folder("images", tmp_path)
    assert preferences.folder("images") == tmp_path
    preferences.remember_folder("images", tmp_path / "gone")
    assert preferences.folder("images") == Path.home()


def test_files_are_looked_for_where_the_user_works(preferences, tmp_path):
    work, other = tmp_path / "work", tmp_path / "other"
    work.mkdir()
    other.mkdir()
    preferences.remember_folder("images", other)
    preferences.work_in(work)
    assert preferences.folder("images") == preferences.folder("masks") == work
    preferences.remember_folder("images", other)
    assert preferences.folder("images") == other
    assert preferences.folder("masks") == work
    assert Preferences().folder("images") == other


def test_theme_server_and_layout_come_back(preferences):
    preferences.theme = Theme.DARK
    preferences.last_server = "Pilatus1M"
    preferences.remember_layout("window", QByteArray(b"\x01\x02"))
    again = Preferences()
    assert (again.theme, again.last_server) == (Theme.DARK, "Pilatus1M")
    assert again.layout("window") == QByteArray(b"\x01\x02")


def test_a_theme_that_nobody_knows_is_that_of_the_desktop(preferences):
    preferences._settings.setValue("theme", "purple")
    assert preferences.theme is Theme.SYSTEM


def test_choices_come_back_as_they_were(preferences):
    chosen = {"a": True, "b": 1.5, "c": ["R1"], "d": "text, with a comma", "e": None}
    assert preferences.choices("plot") == {}
    preferences.remember_choices("plot", chosen)
    assert Preferences().choices("plot") == chosen
    assert Preferences().choices("history") == {}


@pytest.mark.parametrize(
    "garbage", ["", "{", "[1]", "5", "a, b", ["a", "b"], "[" * 100_000, 7, QByteArray(b"\x00")]
)
def test_choices_that_are_not_understood_are_none(preferences, garbage):
    preferences._settings.setValue("choices/plot", garbage)
    assert Preferences().choices("plot") == {}


def test_only_texts_are_names():
    assert names_in(["R0", 1, None, ["R1"], "R2"]) == ["R0", "R2"]
    assert names_in("R0") == names_in(None) == names_in({"R0": 1}) == []
