"""The list above the button that starts a queue."""

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication

from saxsleash.appearance import Tone
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.shown_frame import ShownFrame
from saxsleash.panels.checklist_panel import MARKS, ChecklistPanel
from tests.helpers.ring_frames import (
    CENTER,
    SHAPE,
    gaps_and_beamstop,
    ring_calibration,
    ring_image,
)

GAPS = gaps_and_beamstop()


@pytest.fixture
def model():
    model = DetectorModel()
    model.show_frame(ShownFrame.of_image("rings.tif", ring_image(gaps=GAPS)))
    model.set_calibration(ring_calibration(), [GAPS])
    return model


@pytest.fixture
def panel(qtbot, model):
    panel = ChecklistPanel(model)
    panel.resize(700, 200)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    qtbot.waitUntil(lambda: words(panel) != [])
    return panel


def words(panel):
    return [word.text() for word in panel._words if word.isVisible()]


def rows(panel):
    return [text.text() for _, text in panel._rows if text.isVisible()]


def test_what_is_well_takes_one_word_each(panel, model):
    assert words(panel) == [f"{MARKS[Tone.GOOD]} {check.name}" for check in model.checks]
    assert rows(panel) == []
    assert panel.worst is Tone.GOOD


def test_what_is_not_well_takes_a_line_until_it_is(qtbot, panel, model):
    model.set_calibration(ring_calibration(), [np.flipud(GAPS)])
    qtbot.waitUntil(lambda: len(rows(panel)) == 1)
    assert rows(panel)[0].startswith("Dead pixels – ")
    assert "upside down?" in rows(panel)[0]
    assert len(words(panel)) == len(model.checks) - 1
    assert panel.worst is Tone.DOUBTFUL
    model.set_calibration(ring_calibration(), [GAPS])
    qtbot.waitUntil(lambda: rows(panel) == [])
    assert len(words(panel)) == len(model.checks)


def off_center():
    """The calibration with a beam centre that is 20 pixels too far to the right."""
    return ring_calibration(BeamCenter=[SHAPE[0] - CENTER[0], CENTER[1] + 20])


def test_a_centre_that_fits_better_is_offered_until_it_is_used(qtbot, panel, model):
    assert not panel.use_center.isVisible()
    model.set_calibration(off_center(), [GAPS])
    qtbot.waitUntil(panel.use_center.isVisible)
    row, column = model.better_center
    assert panel.use_center.text() == f"&Use {SHAPE[0] - row:.1f}, {column:.1f}"
    with qtbot.waitSignal(panel.center_wanted) as wanted:
        qtbot.mouseClick(panel.use_center, Qt.LeftButton)
    assert wanted.args == [row, column]
    assert wanted.args == pytest.approx(CENTER, abs=3)
    model.set_calibration(ring_calibration(), [GAPS])
    qtbot.waitUntil(lambda: not panel.use_center.isVisible())


def test_no_centre_is_offered_to_a_document_that_is_not_valid(qtbot, panel, model):
    model.set_calibration(off_center(), [GAPS])
    qtbot.waitUntil(panel.use_center.isVisible)
    model.set_calibration(None, [], "Wavelength: expected a number")
    qtbot.waitUntil(lambda: not panel.use_center.isVisible())


def test_the_keyboard_does_not_go_from_the_centre_to_the_start(qtbot, panel, model):
    model.set_calibration(off_center(), [GAPS])
    qtbot.waitUntil(panel.use_center.isVisible)
    panel.activateWindow()
    panel.use_center.setFocus()
    qtbot.waitUntil(panel.use_center.hasFocus)
    model.set_calibration(ring_calibration(), [GAPS])
    qtbot.waitUntil(lambda: not panel.use_center.isVisible())
    with qtbot.assertNotEmitted(panel.start_wanted):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key_Space)


def test_in_a_narrow_panel_a_number_stands_for_the_words(qtbot, panel, model):
    panel.resize(430, 200)
    qtbot.waitUntil(panel.summary.isVisible)
    assert words(panel) == []
    assert panel.summary.text() == f"{MARKS[Tone.GOOD]} 6 of 6 checks are good"
    assert all(check.text in panel.summary.toolTip() for check in model.checks)
    model.set_calibration(off_center(), [GAPS])
    qtbot.waitUntil(lambda: panel.summary.text().endswith("5 of 6 checks are good"))
    assert len(rows(panel)) == 1


def test_the_worst_check_is_known_for_whoever_starts_the_queue(panel, model):
    model.set_calibration(None, [], "Wavelength: expected a number")
    assert panel.worst is Tone.BAD


def test_the_whole_answer_is_a_tooltip(panel, model):
    for word, check in zip(panel._words, model.checks, strict=True):
        assert check.text in word.toolTip()


def test_the_button_asks_for_a_start_even_with_bad_checks(qtbot, panel, model):
    model.set_problem("cannot be read")
    with qtbot.waitSignal(panel.start_wanted):
        qtbot.mouseClick(panel.start, Qt.LeftButton)


def test_a_start_that_is_not_possible_says_why(qtbot, panel):
    panel.set_can_start(False, "Not connected")
    assert panel.why.text() == "Not connected"
    assert panel.start.toolTip() == "Not connected"
    with qtbot.assertNotEmitted(panel.start_wanted):
        qtbot.mouseClick(panel.start, Qt.LeftButton)
    panel.set_can_start(True)
    assert panel.why.text() == ""
    assert panel.start.isEnabled()
