"""The command ``saxsleash`` opens a window, or serves a terminal without one."""

import subprocess
import sys

import pytest

from saxsleash.command import main


def fails_with(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_a_command_for_the_terminal_never_loads_qt():
    script = (
        "import sys; from saxsleash.command import main\n"
        "try: main(['stat', '--help'])\n"
        "except SystemExit: print(*sys.modules)"
    )
    words = [sys.executable, "-c", script]
    run = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    assert "PyQt5" not in run.stdout.split()
    assert "pyqtgraph" not in run.stdout.split()


def test_what_is_neither_a_command_nor_a_file_is_explained(capsys):
    assert "expected a calibration file or one of hello" in fails_with(capsys, "stats")


def test_names_that_no_disk_takes_are_explained(capsys):
    assert "expected a calibration file" in fails_with(capsys, "x" * 300)
    assert "expected a folder of images" in fails_with(capsys, "--local", "x" * 300)


def test_a_folder_that_is_not_there_is_named(capsys, tmp_path):
    assert str(tmp_path / "gone") in fails_with(capsys, "--local", tmp_path / "gone")


def test_without_a_screen_it_says_so(capsys, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "expected a screen" in fails_with(capsys)


def test_local_and_a_name_exclude_each_other(capsys, tmp_path):
    assert "not allowed with" in fails_with(capsys, "--local", tmp_path, "--name", "a")


def test_help_lists_window_options_and_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert "--local DIR" in text
    assert "requeue" in text
