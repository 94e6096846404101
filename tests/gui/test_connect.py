"""The dialog of servers: what it lists, what it says if there is nothing, what it asks for."""

import json
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog

from saxsdog.network import VARIABLE, NetworkEntry, save_network
from saxsleash.appearance import Theme, apply_theme
from saxsleash.dialogs.connect import STATE, ConnectDialog
from saxsleash.models.light import light_of_problem
from saxsleash.models.preferences import Preferences
from saxsleash.models.servers_model import ServersModel

SECRET = "a secret that only tests know"  # noqa: S105
HUTCH = NetworkEntry("hutch", "tcp://storage.example.org:7777", "", SECRET)
OTHER = NetworkEntry("other", "tcp://127.0.0.1:7778", "", SECRET)


@pytest.fixture
def network(tmp_path, monkeypatch):
    path = tmp_path / "network.json"
    monkeypatch.setenv(VARIABLE, str(path))
    save_network([HUTCH, OTHER], path)
    return path


@pytest.fixture
def servers(network):
    model = ServersModel(Preferences())
    model.reload()
    return model


@pytest.fixture
def dialog(qtbot, servers):
    dialog = ConnectDialog(servers)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def cell(dialog, row, column):
    return dialog.table.visualItemRect(dialog.table.item(row, column)).center()


def test_a_double_click_connects(qtbot, dialog):
    viewport, where = dialog.table.viewport(), cell(dialog, 1, STATE)
    qtbot.mouseClick(viewport, Qt.LeftButton, pos=where)
    with qtbot.waitSignals([dialog.server_chosen, dialog.accepted]) as signals:
        qtbot.mouseDClick(viewport, Qt.LeftButton, pos=where)
    assert signals.all_signals_and_args[0].args == (OTHER,)


def test_return_connects_to_the_selected_server(qtbot, dialog):
    qtbot.keyClick(dialog.table, Qt.Key_Down)
    assert dialog.chosen == "other"
    with qtbot.waitSignal(dialog.server_chosen) as chosen:
        qtbot.keyClick(dialog.table, Qt.Key_Return)
    assert chosen.args == [OTHER]


def test_the_last_server_is_selected(qtbot, servers):
    servers.remember("other")
    dialog = ConnectDialog(servers)
    qtbot.addWidget(dialog)
    assert dialog.chosen == "other"


def test_what_is_known_of_a_server_shows_in_its_row(qtbot, dialog, servers):
    assert dialog.table.item(0, STATE).text() == "asking…"
    servers.set_light("hutch", light_of_problem("denied", "wrong secret or version"))
    assert dialog.table.item(0, STATE).text() == "wrong secret"
    assert dialog.table.item(0, STATE).toolTip() == "wrong secret or version"
    assert dialog.table.item(1, STATE).text() == "asking…"


def test_the_selection_survives_another_reading_of_the_file(qtbot, dialog, network):
    qtbot.keyClick(dialog.table, Qt.Key_Down)
    first = NetworkEntry("first", "tcp://127.0.0.1:7779", "", SECRET)
    save_network([first, HUTCH, OTHER], network)
    qtbot.keyClick(dialog, Qt.Key_F5)
    assert dialog.table.rowCount() == 3
    assert dialog.chosen == "other"


def test_without_a_file_it_is_said_how_to_get_one(qtbot, dialog, servers, network):
    network.unlink()
    servers.reload()
    assert not dialog.table.isVisible()
    assert "saxsdog netconf" in dialog._hint.text()
    assert str(network) in dialog._hint.text()
    assert not dialog._connect.isEnabled()


def test_a_wrong_file_is_told_and_shows_no_secret(qtbot, dialog, servers, network):
    network.write_text(json.dumps([{"Name": "<b>", "Server": "nonsense", "Secret": SECRET}]))
    servers.reload()
    assert "cannot be used" in dialog._hint.text()
    assert "nonsense" in dialog._hint.text()
    assert SECRET not in dialog._hint.text()


def test_a_file_that_others_can_read_is_a_warning(qtbot, dialog, servers, network):
    assert not dialog._warning.isVisible()
    network.chmod(0o644)
    servers.reload()
    assert dialog._warning.isVisible()
    assert "netconf --fix" in dialog._warning.text()


def test_a_local_server_is_wanted_for_the_folder_that_was_typed(qtbot, dialog, tmp_path):
    assert not dialog._start.isEnabled()
    dialog.root.lineEdit().setFocus()
    qtbot.keyClicks(dialog.root.lineEdit(), str(tmp_path))
    with qtbot.waitSignal(dialog.local_server_wanted) as wanted:
        qtbot.mouseClick(dialog._start, Qt.LeftButton)
    assert wanted.args == [tmp_path]
    assert not dialog._start.isEnabled()  # it is being started
    assert "starts" in dialog._local_words.text()
    dialog.show_local_problem("the server did not start")
    assert dialog._start.isEnabled()
    assert dialog._local_words.text() == "the server did not start"


def test_return_in_the_line_of_the_folder_starts_there_and_connects_nowhere(
    qtbot, dialog, tmp_path
):
    dialog.root.setEditText(str(tmp_path))
    dialog.root.lineEdit().setFocus()
    qtbot.waitUntil(dialog.root.lineEdit().hasFocus)
    with (
        qtbot.assertNotEmitted(dialog.server_chosen),
        qtbot.waitSignal(dialog.local_server_wanted),
    ):
        qtbot.keyClick(dialog.root.lineEdit(), Qt.Key_Return)


def test_a_folder_that_is_not_there_is_told_at_once(qtbot, dialog, tmp_path):
    dialog.root.setEditText(str(tmp_path / "nowhere"))
    with qtbot.assertNotEmitted(dialog.local_server_wanted):
        qtbot.mouseClick(dialog._start, Qt.LeftButton)
    assert "expected a folder" in dialog._local_words.text()


def test_folders_of_former_local_servers_are_offered(qtbot, servers):
    servers.remember_local_root(Path("/data/2025"))
    servers.remember_local_root(Path("/data/2026"))
    dialog = ConnectDialog(servers)
    qtbot.addWidget(dialog)
    dialog.show()
    assert [dialog.root.itemText(i) for i in range(2)] == ["/data/2026", "/data/2025"]
    assert dialog.root.currentText() == "/data/2026"


def test_the_folder_can_be_looked_for(qtbot, dialog):
    qtbot.mouseClick(dialog._browse, Qt.LeftButton)
    chooser = dialog.findChild(QFileDialog)
    assert chooser.isVisible()
    chooser.reject()


@pytest.mark.parametrize("text", ["~nobody-of-this-name/x", "x" * 300])
def test_a_folder_that_is_out_of_reach_is_refused(qtbot, dialog, text):
    dialog.root.setEditText(text)
    qtbot.mouseClick(dialog._start, Qt.LeftButton)
    assert f"{text}: expected a folder" in dialog._local_words.text()
    assert dialog._start.isEnabled()


def test_both_themes_can_be_drawn(qtbot, qapp, dialog):
    for theme in (Theme.DARK, Theme.LIGHT):
        apply_theme(qapp, theme)
        assert not dialog.grab().isNull()
