"""The geometry from the rings of the frame on view."""

import numpy as np
import pytest
from PyQt5.QtWidgets import QMainWindow

from saxsdog.errors import SaxsdogError
from saxsleash.background import Background
from saxsleash.controllers.refinement import Refinements
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.shown_frame import ShownFrame
from saxsleash.panels.detector_panel import DetectorPanel
from tests.helpers.powder_frames import SMALL, powder_image

IMAGE = powder_image(SMALL, seed=1)
CENTER = ("Geometry", "BeamCenter")
DISTANCE = ("Geometry", "DedectorDistanceMM")
START = {
    "Geometry": {
        "BeamCenter": [185.0, 155.0],
        "DedectorDistanceMM": 325.0,
        "Imagesize": [320, 300],
        "PixelSizeMicroM": [172.0],
    },
    "Wavelength": 1.54987,
    "Masks": [{"Name": "all"}],
}


class Shown:
    """The panel and all that the button needs, without a server and a whole window."""

    def __init__(self, qtbot):
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.detector, self.calibration = DetectorModel(), CalibrationModel()
        self.panel = DetectorPanel(self.detector)
        self.window.setCentralWidget(self.panel)
        self.background = Background((SaxsdogError,))
        self.calibration.changed.connect(self._show)
        self.refinements = Refinements(
            self.window, self.panel, self.detector, self.calibration, self.background
        )
        self.dialog = self.refinements.dialog
        self.calibration.open_document(START)
        self.detector.show_frame(ShownFrame.of_image("agbeh.tif", IMAGE))
        self.window.resize(700, 700)
        with qtbot.waitExposed(self.window):
            self.window.show()

    def _show(self):
        self.detector.set_calibration(self.calibration.calibration, [None])


@pytest.fixture
def shown(qtbot):
    shown = Shown(qtbot)
    yield shown
    shown.background.stop()
    shown.dialog.close()


def refined(qtbot, shown):
    shown.panel.refine.click()
    shown.dialog.refine.click()
    qtbot.waitUntil(shown.dialog.use.isEnabled, timeout=30_000)


def drawn(item):
    return np.column_stack(item.getData()).shape[0]


def test_the_result_is_shown_with_uncertainties_and_drawn_on_the_frame(qtbot, shown):
    refined(qtbot, shown)
    assert shown.dialog.message.text().startswith("5 rings of Silver behenate, ")
    values = [
        [shown.dialog.values.item(row, column).text() for column in range(5)] for row in range(3)
    ]
    assert values[2][:2] == ["DedectorDistanceMM", "325.000"]
    assert float(values[2][2]) == pytest.approx(300.0, abs=0.3)
    assert 0 < float(values[2][3]) < 0.3
    assert shown.dialog.rings.rowCount() == 5
    used, _ = shown.detector.points
    qtbot.waitUntil(lambda: drawn(shown.panel.view.overlay._points) == used.rows.size)
    assert used.rows.size > 100


def test_use_is_one_step_to_undo(qtbot, shown):
    refined(qtbot, shown)
    shown.dialog.use.click()
    assert shown.calibration.value(CENTER) == pytest.approx([199.7, 141.7], abs=0.1)
    assert shown.calibration.value(DISTANCE) == pytest.approx(300.0, rel=1e-3)
    assert shown.calibration.undo_text == "refinement of the geometry"
    shown.calibration.undo()
    assert shown.calibration.document == START


def test_nothing_waits_while_it_works(qtbot, shown):
    shown.panel.refine.click()
    shown.dialog.refine.click()
    assert shown.dialog.busy.isVisible()
    assert not shown.dialog.refine.isEnabled()
    qtbot.waitUntil(shown.dialog.use.isEnabled, timeout=30_000)
    assert not shown.dialog.busy.isVisible()
    assert shown.dialog.refine.isEnabled()


def test_a_wrong_calibrant_is_said(qtbot, shown):
    shown.panel.refine.click()
    shown.dialog.choose_calibrant("LaB₆")
    shown.dialog.refine.click()
    qtbot.waitUntil(
        lambda: shown.dialog.message.text().startswith("Not refined: expected a ring of LaB₆"),
        timeout=30_000,
    )
    assert not shown.dialog.use.isEnabled()


def test_another_frame_takes_the_points_and_the_result_away(qtbot, shown):
    refined(qtbot, shown)
    shown.detector.show_frame(ShownFrame.of_image("next.tif", IMAGE))
    assert shown.detector.points is None
    assert not shown.dialog.use.isEnabled()
    qtbot.waitUntil(lambda: drawn(shown.panel.view.overlay._points) == 0)


def test_the_result_of_a_frame_that_has_gone_is_dropped(qtbot, shown):
    shown.panel.refine.click()
    with qtbot.waitSignal(shown.background._ended, timeout=30_000):
        shown.dialog.refine.click()
        shown.detector.show_frame(ShownFrame.of_image("next.tif", IMAGE))
    assert shown.detector.points is None
    assert not shown.dialog.use.isEnabled()
    assert not shown.dialog.busy.isVisible()


def test_without_a_frame_or_a_calibration_it_says_what_is_missing(shown):
    shown.panel.refine.click()
    shown.detector.show_frame(None)
    assert not shown.dialog.refine.isEnabled()
    assert shown.dialog.message.text() == "Show an image of the powder first"
    shown.detector.show_frame(ShownFrame.of_image("agbeh.tif", IMAGE))
    assert shown.dialog.refine.isEnabled()
    shown.calibration.set_value(DISTANCE, "far")
    assert "must be valid" in shown.dialog.message.text()
