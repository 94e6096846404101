import json

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QModelIndex, QPoint, Qt
from PyQt5.QtGui import QHelpEvent
from PyQt5.QtWidgets import QApplication, QComboBox, QLineEdit, QSpinBox, QToolTip, QWidget

from saxsleash.appearance import Theme, apply_theme
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.calibration_tree import MARK_ROLE, NAME, VALUE, Mark
from saxsleash.models.mask_store import MaskStore
from saxsleash.panels.calibration_panel import CalibrationPanel
from tests.helpers.calibrations import FULL, SMALL
from tests.helpers.schemas import add_temperature, changed_schema

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

DISTANCE = ("Geometry", "DedectorDistanceMM")
WAVELENGTH = ("Wavelength",)


class Editor:
    """A panel, and the hands of who uses it."""

    def __init__(self, qtbot, document):
        self.qtbot = qtbot
        self.calibration, self.masks = CalibrationModel(), MaskStore()
        if document is not None:
            self.calibration.open_document(document)
        self.panel = CalibrationPanel(self.calibration, self.masks)
        qtbot.addWidget(self.panel)
        self.panel.resize(620, 1400)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.view = self.panel.view

    def row(self, path, column=NAME):
        return self.view.tree.index_of(path, column)

    def click(self, path, column=VALUE, act=None, at=None):
        self.view.scrollTo(self.row(path, column))
        rect = self.view.visualRect(self.row(path, column))
        place = rect.center() if at is None else at(rect)
        (act or self.qtbot.mouseClick)(self.view.viewport(), Qt.LeftButton, pos=place)

    def press_button(self, path):
        self.click(path, at=lambda rect: QPoint(rect.right() - 8, rect.center().y()))

    def edit(self, path, kind=QLineEdit):
        self.view.show_path(path)
        self.view.setFocus()
        self.qtbot.keyClick(self.view, Qt.Key_Return)
        return self.open_editor(kind)

    def open_editor(self, kind=QLineEdit):
        found = [
            one
            for one in self.view.viewport().findChildren(kind, options=Qt.FindDirectChildrenOnly)
            if isinstance(one, QLineEdit | QSpinBox | QComboBox) and one.isVisible()
        ]
        return found[-1] if found else None

    def type(self, path, text, end=Qt.Key_Return):
        editor = self.edit(path)
        editor.selectAll()
        self.qtbot.keyClicks(editor, text)
        if end is not None:
            self.finish(end)
        return editor

    def finish(self, key=Qt.Key_Return):
        """Press a key that ends editing, which the view does when the editor has had its turn."""
        with self.qtbot.waitSignal(self.view.itemDelegate().closeEditor):
            self.qtbot.keyClick(self.open_editor(QWidget), key)

    def names(self):
        tree, names = self.view.tree, []
        index = next(
            (
                tree.index(i, NAME)
                for i in range(tree.rowCount())
                if not self.view.isRowHidden(i, QModelIndex())
            ),
            QModelIndex(),
        )
        while index.isValid():
            names.append(index.data())
            index = self.view.indexBelow(index)
        return names


@pytest.fixture
def editor(qtbot):
    return Editor(qtbot, FULL)


def test_without_a_calibration_the_panel_says_what_to_do(qtbot):
    editor = Editor(qtbot, None)
    assert not editor.view.isVisible()
    with qtbot.waitSignal(editor.panel.open_wanted):
        qtbot.mouseClick(editor.panel.open_button, Qt.LeftButton)
    with qtbot.waitSignal(editor.panel.new_wanted):
        qtbot.mouseClick(editor.panel.new_button, Qt.LeftButton)
    editor.calibration.open_document(SMALL)
    assert editor.view.isVisible()


def test_everything_is_open_at_first(editor):
    assert {"vertical", "TiltRotDeg", "MaskFile", "CutMargin", "Fraction"} <= set(editor.names())


def test_a_number_is_typed_with_all_its_digits(editor):
    editor.type(WAVELENGTH, "1.549871234567")
    assert editor.calibration.document["Wavelength"] == 1.549871234567
    editor.type(DISTANCE, "1.5e3")
    assert editor.calibration.document["Geometry"]["DedectorDistanceMM"] == 1500
    assert editor.row(DISTANCE, VALUE).data() == "1500"


def test_a_whole_number_stays_whole(editor):
    editor.type(DISTANCE, "829")
    assert json.dumps(editor.calibration.value(DISTANCE)) == "829"


def test_what_is_wrong_is_marked_while_it_is_typed(editor):
    editor.type(DISTANCE, "829,7", end=None)
    assert editor.row(DISTANCE).data(MARK_ROLE) is Mark.WRONG
    assert editor.row(("Geometry",)).data(MARK_ROLE) is Mark.BELOW
    assert "write a point, not a comma" in editor.panel.problems.text()
    assert editor.open_editor().text() == "829,7"
    editor.finish()
    assert editor.calibration.value(DISTANCE) == "829,7"
    editor.type(DISTANCE, "829.7")
    assert editor.panel.problems.text() == "No problems"


def test_escape_takes_back_what_was_typed(editor):
    editor.type(DISTANCE, "12", end=Qt.Key_Escape)
    assert editor.calibration.document == FULL
    assert editor.calibration.undo_text is None


def test_typing_is_one_step_to_undo(editor):
    editor.type(DISTANCE, "1234")
    editor.type(DISTANCE, "5678")
    editor.qtbot.mouseClick(editor.panel.undo_button, Qt.LeftButton)
    assert editor.calibration.value(DISTANCE) == 1234
    editor.qtbot.mouseClick(editor.panel.undo_button, Qt.LeftButton)
    assert editor.calibration.document == FULL
    assert not editor.panel.undo_button.isEnabled()
    editor.qtbot.mouseClick(editor.panel.redo_button, Qt.LeftButton)
    assert editor.calibration.value(DISTANCE) == 1234


def test_looking_into_an_editor_changes_nothing(editor):
    for path in (DISTANCE, ("Masks", 1, "PixelPerRadialElement"), ("Masks", 0, "MaskFile")):
        editor.edit(path)
        editor.finish()
    assert json.dumps(editor.calibration.document) == json.dumps(FULL)
    assert editor.calibration.undo_text is None


def test_a_key_pressed_on_a_row_starts_its_editor(editor):
    editor.view.show_path(WAVELENGTH)
    editor.qtbot.keyClick(editor.view, Qt.Key_7)
    assert editor.calibration.value(WAVELENGTH) == 7


def test_a_double_click_anywhere_in_a_row_edits_its_value(editor):
    editor.click(WAVELENGTH, NAME)
    editor.click(WAVELENGTH, NAME, act=editor.qtbot.mouseDClick)
    assert editor.open_editor().text() == "1.54"


def test_tab_goes_to_the_next_value(editor):
    editor.type(("Geometry", "BeamCenter", 1), "20", end=Qt.Key_Tab)
    assert editor.view.path == DISTANCE
    editor.qtbot.keyClick(editor.open_editor(), Qt.Key_Backtab)
    assert editor.view.path == ("Geometry", "BeamCenter", 1)
    assert editor.calibration.value(("Geometry", "BeamCenter", 1)) == 20


def test_a_whole_number_has_the_limits_of_the_schema(editor):
    spin = editor.edit(("Masks", 0, "Oversampling"), QSpinBox)
    assert (spin.minimum(), spin.maximum(), spin.value()) == (1, 8, 5)
    editor.qtbot.keyClick(spin, Qt.Key_Up)
    editor.qtbot.keyClick(spin, Qt.Key_Up)
    editor.finish()
    assert editor.calibration.document["Masks"][0]["Oversampling"] == 7
    editor.calibration.undo()
    assert editor.calibration.document == FULL


def test_a_wrong_whole_number_can_be_mended(editor):
    editor.calibration.set_value(("Threads",), "many")
    assert editor.edit(("Threads",)).text() == "many"
    editor.finish(Qt.Key_Escape)
    editor.type(("Threads",), "8")
    assert editor.calibration.document["Threads"] == 8


def test_an_enum_is_chosen_from_its_values(editor):
    box = editor.edit(("ErrorModel",), QComboBox)
    assert [box.itemText(i) for i in range(box.count())] == ["poisson", "propagated", "azimuthal"]
    editor.qtbot.waitUntil(box.view().isVisible)
    editor.qtbot.keyClick(box.view(), Qt.Key_Down)
    editor.qtbot.keyClick(box.view(), Qt.Key_Return)
    assert editor.calibration.document["ErrorModel"] == "azimuthal"
    assert not box.isVisible()


def test_the_mask_of_a_slice_is_chosen_by_name(editor):
    box = editor.edit(("Slices", 1, "MaskRef"), QComboBox)
    assert [box.itemText(i) for i in range(box.count())] == [
        "-1  (no mask)",
        "0  (all)",
        "1  (ring.msk)",
    ]
    editor.qtbot.waitUntil(box.view().isVisible)
    editor.qtbot.keyClick(box.view(), Qt.Key_Down)
    editor.qtbot.keyClick(box.view(), Qt.Key_Return)
    assert editor.calibration.document["Slices"][1]["MaskRef"] == 0


def test_a_truth_is_a_check_box(editor):
    editor.view.show_path(("OverwriteFiles",))
    editor.qtbot.keyClick(editor.view, Qt.Key_Space)
    assert editor.calibration.document["OverwriteFiles"] is True
    editor.qtbot.keyClick(editor.view, Qt.Key_Return)
    assert editor.calibration.document["OverwriteFiles"] is False
    editor.click(("OverwriteFiles",), at=lambda rect: QPoint(rect.left() + 10, rect.center().y()))
    assert editor.calibration.document["OverwriteFiles"] is True


def test_an_absent_key_is_added_by_editing_it_and_taken_out_by_emptying_it(editor):
    path = ("Masks", 1, "PixelPerRadialElement")
    editor.type(path, "0.5")
    assert list(editor.calibration.document["Masks"][1])[:2] == ["MaskFile", path[-1]]
    line = editor.edit(path)
    line.selectAll()
    editor.qtbot.keyClick(line, Qt.Key_Delete)
    editor.finish()
    assert editor.calibration.document == FULL


def test_a_name_of_a_mask_counts_when_it_is_finished(editor):
    told = []
    editor.calibration.changed.connect(lambda: told.append(editor.calibration.mask_names))
    editor.type(("Masks", 0, "MaskFile"), "new.msk")
    assert told == [("new.msk", "ring.msk")]


def test_an_optional_key_is_reset_with_delete(editor):
    editor.view.show_path(("Masks", 0, "Oversampling"))
    editor.view.setFocus()
    editor.qtbot.keyClick(editor.view, Qt.Key_Delete)
    assert "Oversampling" not in editor.calibration.document["Masks"][0]
    assert editor.row(("Masks", 0, "Oversampling"), VALUE).data() == "3 (default)"
    editor.view.show_path(WAVELENGTH)
    editor.qtbot.keyClick(editor.view, Qt.Key_Delete)
    assert "Wavelength" in editor.calibration.document


def test_masks_come_go_and_move_by_keys(editor):
    editor.view.setFocus()
    editor.view.show_path(("Masks", 0, "qStart"))
    editor.qtbot.keyClick(editor.view, Qt.Key_Insert)
    assert editor.view.path == ("Masks", 1)
    assert len(editor.calibration.document["Masks"]) == 3
    editor.qtbot.keyClick(editor.view, Qt.Key_Up, Qt.AltModifier)
    assert (editor.view.path, editor.calibration.document["Masks"][0]) == (("Masks", 0), {})
    editor.qtbot.keyClick(editor.view, Qt.Key_Down, Qt.AltModifier)
    editor.qtbot.keyClick(editor.view, Qt.Key_Delete)
    assert editor.calibration.document == FULL
    editor.view.show_path(("Masks", 1))
    editor.qtbot.keyClick(editor.view, Qt.Key_D, Qt.ControlModifier)
    assert editor.calibration.document["Masks"][2] == FULL["Masks"][1]


def test_a_mask_is_added_by_the_button_in_its_row(editor):
    editor.press_button(("Masks",))
    assert editor.view.path == ("Masks", 2)
    assert editor.view.isExpanded(editor.row(("Masks", 2)))


def test_an_absent_object_is_added_by_the_button_in_its_row(editor):
    editor.calibration.remove(("PolarizationCorrection",))
    editor.press_button(("PolarizationCorrection",))
    assert editor.calibration.document["PolarizationCorrection"]["Fraction"] == 0.98
    assert editor.calibration.calibration is not None


def test_the_menu_of_the_button_offers_what_is_not_there(editor):
    editor.calibration.open_document(SMALL)
    menu = editor.panel.add_button.menu()
    menu.aboutToShow.emit()
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions)[:2] == ["Add mask", "Add slice"]
    sections = {"PolarizationCorrection", "Corrections", "BadPixels", "Tilt"}
    assert {f"Add {name}" for name in sections} <= set(actions)
    actions["Add slice"].trigger()
    assert editor.view.path == ("Slices", 0)
    assert editor.calibration.calibration is not None


def test_buttons_say_what_they_would_do(editor):
    editor.view.show_path(("Masks", 1))
    assert editor.panel.remove_button.toolTip() == "Remove mask 1 (Del)"
    assert editor.panel.up_button.isEnabled()
    assert not editor.panel.down_button.isEnabled()
    editor.view.show_path(("Masks", 1, "AzimuthalBins"))
    assert editor.panel.remove_button.toolTip() == "Reset AzimuthalBins to default (Del)"
    editor.qtbot.mouseClick(editor.panel.remove_button, Qt.LeftButton)
    assert "AzimuthalBins" not in editor.calibration.document["Masks"][1]


def test_folders_and_files_are_chosen_elsewhere(editor):
    with editor.qtbot.waitSignal(editor.panel.directory_wanted):
        editor.press_button(("Directory",))
    with editor.qtbot.waitSignal(editor.panel.file_wanted) as wanted:
        editor.press_button(("Masks", 1, "MaskFile"))
    assert wanted.args == [("Masks", 1, "MaskFile")]
    with editor.qtbot.waitSignal(editor.panel.directory_wanted):
        editor.qtbot.mouseClick(editor.panel.pick_folder, Qt.LeftButton)


def test_a_folder_is_typed_as_a_path(editor):
    editor.type(("Directory",), "2026/ user /run 1")
    assert editor.calibration.document["Directory"] == ["2026", "user", "run 1"]
    assert editor.panel.folder.text() == "2026 / user / run 1"
    editor.panel.folder.clear()
    editor.panel.folder.setFocus()
    editor.qtbot.keyClicks(editor.panel.folder, "a/b")
    editor.qtbot.keyClick(editor.panel.folder, Qt.Key_Return)
    assert editor.calibration.document["Directory"] == ["a", "b"]


def test_the_title_is_one_text_in_two_places(editor):
    editor.panel.title.setFocus()
    editor.panel.title.selectAll()
    editor.qtbot.keyClicks(editor.panel.title, "Run 7")
    assert editor.calibration.document["Title"] == "Run 7"
    editor.qtbot.keyClick(editor.panel.title, Qt.Key_Return)
    editor.calibration.undo()
    assert editor.panel.title.text() == "everything"


def test_a_click_on_the_line_of_problems_leads_from_one_to_the_next(editor):
    editor.calibration.set_value(WAVELENGTH, "x")
    editor.calibration.set_value(("Threads",), 0)
    assert editor.panel.problems.text().startswith("2 problems: Wavelength: expected a number")
    editor.qtbot.mouseClick(editor.panel.problems, Qt.LeftButton)
    assert editor.view.path == WAVELENGTH
    editor.qtbot.mouseClick(editor.panel.problems, Qt.LeftButton)
    assert editor.view.path == ("Threads",)
    editor.qtbot.mouseClick(editor.panel.problems, Qt.LeftButton)
    assert editor.view.path == WAVELENGTH


def test_a_problem_behind_the_search_is_found(editor):
    editor.calibration.set_value(WAVELENGTH, "x")
    editor.qtbot.keyClicks(editor.panel.search, "slices")
    editor.qtbot.mouseClick(editor.panel.problems, Qt.LeftButton)
    assert editor.view.path == WAVELENGTH
    assert editor.panel.search.text() == ""


def test_keys_are_found_by_their_name_or_by_what_people_call_them(editor):
    editor.qtbot.keyClicks(editor.panel.search, "detector")
    assert editor.names() == ["Geometry", "DedectorDistanceMM"]
    editor.panel.search.setText("Tilt")
    assert editor.names() == ["Geometry", "Tilt", "TiltRotDeg", "TiltAngleDeg"]
    editor.panel.search.clear()
    assert editor.names()[:3] == ["Title", "Geometry", "BeamCenter"]


def test_what_is_not_there_yet_is_found_where_it_will_be(editor):
    editor.panel.search.setText("solid angle")
    assert editor.names() == ["Corrections"]
    editor.press_button(("Corrections",))
    assert editor.names() == ["Corrections", "SolidAngle"]
    editor.panel.search.setText("sectors")
    assert editor.names() == ["Masks", "Mask 0", "Sectors", "Mask 1", "Sectors"]


def test_a_key_is_found_by_its_help_where_no_name_has_the_word(editor):
    editor.panel.search.setText("grazing incidence")
    assert editor.names()[0] == "Slices"
    editor.panel.search.setText("sasview")
    assert editor.names() == ["DatUnit"]


def test_borders_of_bins_are_added_one_by_one(editor):
    editor.calibration.set_value(("Masks", 0, "Bins"), {})
    path = ("Masks", 0, "Bins", "Edges")
    assert editor.row(path, VALUE).data() == "none"
    for number in range(1, 4):
        editor.press_button(path)
        assert len(editor.calibration.value(path)) == number
    assert editor.calibration.value(path) == [0.0, 1.0, 2.0]


def test_formats_are_chosen_from_a_menu_or_typed(editor):
    path = ("Formats",)
    assert editor.row(path, VALUE).data() == "not given"
    for word in ("nexus", "chi"):
        menu = editor.view.selection_of(path)
        next(each for each in menu.actions() if each.text() == word).trigger()
    assert editor.calibration.document["Formats"] == ["nexus", "chi"]
    assert editor.row(path, VALUE).data() == "nexus, chi"
    editor.type(path, "dat csv, parquet")
    assert editor.calibration.document["Formats"] == ["dat", "csv", "parquet"]
    editor.type(path, "dat, pdf")
    assert "Formats" in editor.panel.problems.text()
    editor.type(path, "dat")
    menu = editor.view.selection_of(path)
    assert [each.text() for each in menu.actions() if each.isChecked()] == ["dat"]
    menu.actions()[1].trigger()
    assert "Formats" not in editor.calibration.document


def test_the_button_of_the_formats_opens_their_menu_and_asks_for_no_folder(editor):
    asked = []
    editor.view.directory_wanted.connect(lambda: asked.append(True))
    editor.press_button(("Formats",))
    menu = QApplication.activePopupWidget()
    assert [each.text() for each in menu.actions()] == ["chi", "dat", "nexus", "csv", "parquet"]
    menu.close()
    assert not asked


def test_a_search_that_hides_what_was_added_ends(editor):
    editor.qtbot.keyClicks(editor.panel.search, "wavelength")
    editor.view.actions_of_row.add_at(("Slices",))
    assert editor.view.path == ("Slices", 2)
    assert editor.panel.search.text() == ""
    assert "Title" in editor.names()


def test_a_search_goes_on_while_rows_come_and_go(editor):
    editor.panel.search.setText("qstop")
    assert editor.names() == ["Masks", "Mask 0", "qStop", "Mask 1", "qStop"]
    editor.calibration.add(("Masks", 1))
    assert editor.names() == ["Masks", "Mask 0", "qStop", "Mask 1", "qStop", "Mask 2", "qStop"]
    editor.panel.search.setText("nothing of that name")
    assert editor.names() == []


def test_what_was_closed_and_chosen_stays_so(editor):
    editor.view.collapse(editor.row(("Geometry",)))
    editor.view.collapse(editor.row(("Masks", 1)))
    editor.view.setCurrentIndex(editor.row(("Slices", 0, "Plane")))
    editor.calibration.set_value(("Geometry", "Tilt", "TiltRotDeg"), 3)
    editor.calibration.remove(("Masks", 0))
    editor.panel.search.setText("slices")
    editor.panel.search.clear()
    assert not editor.view.isExpanded(editor.row(("Geometry",)))
    assert editor.view.isExpanded(editor.row(("Slices",)))
    assert editor.view.path == ("Slices", 0, "Plane")


def test_an_open_editor_bears_changes_from_elsewhere(editor):
    line = editor.type(DISTANCE, "12", end=None)
    editor.calibration.set_value(("Geometry", "BeamCenter"), [1.5, 2.5], merge=True)
    editor.masks.set_problem("mask.msk", "gone")
    editor.calibration.add(("Masks", 0))
    assert line.text() == "12"
    editor.qtbot.keyClicks(line, "34")
    editor.finish()
    assert editor.calibration.value(DISTANCE) == 1234
    assert editor.calibration.value(("Geometry", "BeamCenter")) == [1.5, 2.5]


def test_an_editor_goes_with_its_row(editor):
    editor.type(("Masks", 1, "qStop"), "3", end=None)
    editor.calibration.open_document(SMALL)
    editor.qtbot.waitUntil(lambda: editor.open_editor() is None)
    assert editor.calibration.document == SMALL


def test_a_mask_shows_its_picture_and_its_share(editor, qtbot):
    mask = np.zeros((40, 50), bool)
    mask[:10] = True
    editor.masks.set_mask("mask.msk", mask)
    unit = editor.row(("Masks", 0, "MaskFile"), 2)
    assert unit.data() == "25.0 %"
    text = tip_of(editor, ("Masks", 0, "MaskFile"), qtbot)
    assert "<img" in text
    assert "25.0 % masked" in text
    assert "FIT2D" in text


def test_a_tip_holds_help_range_default_and_problem(editor, qtbot):
    editor.calibration.set_value(("Masks", 0, "Oversampling"), 99)
    text = tip_of(editor, ("Masks", 0, "Oversampling"), qtbot)
    for part in ("sub-pixels", "from 1 to 8", "Default: 3", "expected at most 8"):
        assert part in text


def tip_of(editor, path, qtbot):
    rect = editor.view.visualRect(editor.row(path))
    place = rect.center()
    event = QHelpEvent(QEvent.ToolTip, place, editor.view.viewport().mapToGlobal(place))
    QApplication.sendEvent(editor.view.viewport(), event)
    qtbot.waitUntil(lambda: QToolTip.text() != "")
    text = QToolTip.text()
    QToolTip.hideText()
    return text


def test_a_wrong_mask_is_a_problem(editor):
    editor.masks.set_problem("ring.msk", "there is no such file")
    assert editor.panel.problems.text() == "1 problem: MaskFile: there is no such file"
    editor.qtbot.mouseClick(editor.panel.problems, Qt.LeftButton)
    assert editor.view.path == ("Masks", 1, "MaskFile")


def test_the_menu_of_a_row_offers_what_can_be_done(editor):
    editor.view.show_path(("Masks", 0, "MaskFile"))
    menu = editor.view.menu_of(editor.row(("Masks", 0, "MaskFile")))
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts[:3] == ["Edit value", "Choose file…", "Add mask"]
    assert "Remove MaskFile" in texts
    assert "Move mask 0 down" in texts


def test_a_key_that_the_code_has_never_heard_of_is_edited(qtbot, tmp_path):
    with changed_schema(tmp_path, "calibration", add_temperature):
        editor = Editor(qtbot, FULL)
        assert "Temperature" in editor.names()
        editor.type(("Temperature",), "77.4")
        assert editor.calibration.calibration is not None
        assert editor.calibration.document["Temperature"] == 77.4
        assert editor.calibration.document.keys() - FULL.keys() == {"Temperature"}


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_the_panel_is_drawn_in_any_theme(editor, qapp, theme):
    before = qapp.palette(), qapp.style().objectName()
    editor.calibration.set_value(("Speed",), [1, 2])
    editor.calibration.set_value(WAVELENGTH, None)
    apply_theme(qapp, theme)
    try:
        picture = editor.panel.grab().toImage()
    finally:
        qapp.setPalette(before[0])
        qapp.setStyle(before[1])
    assert picture.width() >= editor.panel.width()
