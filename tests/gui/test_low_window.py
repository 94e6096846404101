"""A low window, as on a small laptop, still shows data, and stays as it was made."""

import numpy as np
import pytest

from saxsleash.appearance import in_lines
from tests.gui.test_plot_panel import radial
from tests.helpers.histories import page_of
from tests.helpers.leash_windows import leash_window

LOW, HIGH = (900, 600), (1280, 860)
N = 20
CHANNELS = {f"R{i}": i + np.arange(N) for i in range(5)}


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch):
    """A window that has integrated a few images, and shows its history."""
    with leash_window(qtbot, tmp_path, monkeypatch) as window:
        leash = window.leash
        leash.connect_dialog.reject()
        leash.history.extend("q", *page_of(range(1, N + 1), **CHANNELS))
        leash.curves.show([radial("a.tif")])
        leash.window.tabs.setCurrentWidget(leash.window.history_tab)
        window.until(lambda: set(leash.history_panel.intensity._items) == set(CHANNELS))
        yield window


def resize(window, size):
    window.leash.window.resize(*size)
    window.leash.window.grab()  # lays out and paints


def size_of(window):
    return window.leash.window.width(), window.leash.window.height()


def heights(window):
    """How high the areas of the plots are, in lines of text."""
    panel = window.leash.history_panel
    line = in_lines(panel, 1)
    boxes = [*(plot.box for plot in panel.plots), panel.rate.view.getViewBox()]
    return [box.height() / line for box in boxes]


def test_the_history_shows_its_points_in_a_low_window(window):
    resize(window, LOW)
    assert min(heights(window)) > 2.5
    assert not window.leash.picked_curve_panel.isVisible()
    assert not window.leash.history_panel.overview.isVisible()


def test_a_low_window_stays_as_low_as_it_was_made_whatever_is_shown(qtbot, window):
    for tab in range(window.leash.window.tabs.count()):
        resize(window, HIGH)
        window.leash.window.tabs.setCurrentIndex(tab)
        resize(window, LOW)
        assert size_of(window) == LOW
    panel = window.leash.history_panel
    panel.tools.pause.setChecked(True)
    window.leash.history.extend("other", *page_of(range(1, N + 1), **CHANNELS, R5=np.arange(N)))
    qtbot.waitUntil(lambda: "R5" in panel.tools.boxes)
    resize(window, LOW)
    assert size_of(window) == LOW


def test_a_window_that_is_made_higher_shows_everything_again(window):
    resize(window, LOW)
    resize(window, HIGH)
    assert window.leash.picked_curve_panel.isVisible()
    assert window.leash.history_panel.overview.isVisible()
    assert min(heights(window)) > 2.5
    assert all(plot.axis.label.isVisible() for plot in window.leash.history_panel.plots)


def test_a_window_that_was_low_meanwhile_shares_its_height_as_before(qtbot, window):
    splitter = window.leash.window._splitters["history"]
    resize(window, HIGH)
    splitter.setSizes([400, 300])
    before, state = splitter.sizes(), splitter.saveState()
    resize(window, LOW)
    assert splitter.saveState() == state
    resize(window, HIGH)
    qtbot.waitUntil(lambda: splitter.sizes() == before)


def test_the_image_of_the_curves_below_the_history_is_named(window):
    resize(window, HIGH)
    window.leash.curves.pin([radial("folder/picked.tif")])
    panel = window.leash.picked_curve_panel
    window.until(panel._name.isVisible)
    resize(window, LOW)
    resize(window, HIGH)
    assert panel._name.text() == "folder/picked.tif"
    assert panel._unit.text() == "intensity / (counts/pixel)"
