"""What belongs to the window as a whole: closing it, and its colours."""

import pyqtgraph as pg
import pytest
from PyQt5.QtWidgets import QApplication

from saxsleash.appearance import Theme, apply_theme
from tests.helpers.leash_windows import leash_window

TITLE = ("Title",)


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        window.leash.connect_dialog.reject()
        yield window


@pytest.fixture
def themes(qapp):
    """Leave the colours of other tests alone."""
    before = qapp.palette()
    yield
    qapp.setPalette(before)


def edit(window):
    window.leash.window.new_action.trigger()
    window.leash.calibration.set_value(TITLE, "not saved")


def test_a_window_without_edits_closes_at_the_first_click(window):
    assert window.leash.window.close()
    assert not window.leash.window.isVisible()


def test_a_window_with_edits_asks_and_stays_when_that_is_cancelled(window):
    edit(window)
    assert not window.leash.window.close()
    window.answer("Cancel")
    assert window.leash.window.isVisible()
    assert not window.leash.window.close()
    window.answer("Cancel")


def test_a_window_with_edits_closes_when_they_are_discarded(window):
    edit(window)
    window.leash.window.close()
    window.answer("Discard")
    window.until(lambda: not window.leash.window.isVisible())


def test_every_plot_takes_the_colours_of_a_theme_whether_it_is_seen_or_not(window, themes):
    views = window.leash.window.findChildren(pg.GraphicsView)
    grounds = {}
    for theme in (Theme.LIGHT, Theme.DARK, Theme.LIGHT):
        apply_theme(QApplication.instance(), theme)
        QApplication.processEvents()
        base = window.leash.window.palette().base().color()
        followers = [view for view in views if view.backgroundBrush().color() == base]
        grounds[theme] = len(followers)
    # The picture of the detector is dark in every theme.
    assert grounds[Theme.LIGHT] == grounds[Theme.DARK] >= len(views) - 1
