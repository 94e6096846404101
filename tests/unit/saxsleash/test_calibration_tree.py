import pytest
from PyQt5.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PyQt5.QtTest import QAbstractItemModelTester

from saxsdog.schema import load_schema
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.calibration_tree import (
    MARK_ROLE,
    NAME,
    PATH_ROLE,
    PRESENT_ROLE,
    PROBLEM_ROLE,
    UNIT,
    VALUE,
    CalibrationTree,
    Mark,
)
from saxsleash.models.mask_store import MaskStore
from tests.helpers.calibrations import FULL, SMALL
from tests.helpers.schemas import add_temperature, changed_schema


@pytest.fixture
def parts(qapp):
    calibration, masks = CalibrationModel(), MaskStore()
    calibration.open_document(FULL)
    tree = CalibrationTree(calibration, masks)
    tester = QAbstractItemModelTester(tree, QAbstractItemModelTester.FailureReportingMode.Warning)
    yield calibration, masks, tree
    del tester


@pytest.fixture
def calibration(parts):
    return parts[0]


@pytest.fixture
def tree(parts):
    return parts[2]


def names(tree, path=()):
    around = tree.index_of(path)
    return [tree.index(i, NAME, around).data() for i in range(tree.rowCount(around))]


def text(tree, *path):
    index = tree.index_of(path, VALUE)
    assert index.data(PATH_ROLE) == path
    return index.data()


def test_there_is_a_row_for_every_key_of_the_schema(tree):
    schema = load_schema("calibration")["properties"]
    assert set(names(tree)) == set(schema)
    assert set(names(tree, ("Masks", 1))) == set(schema["Masks"]["items"]["properties"])
    assert names(tree, ("Geometry", "BeamCenter")) == ["vertical", "horizontal"]
    assert names(tree, ("Masks",)) == ["Mask 0", "Mask 1"]


def test_of_a_long_number_only_the_first_digits_are_shown(tree, calibration):
    calibration.set_value(("Wavelength",), 1.549871234567)
    calibration.set_value(("Geometry", "BeamCenter"), [804.68604651163, 422.3256])
    assert text(tree, "Wavelength") == "1.549871…"
    assert text(tree, "Geometry", "BeamCenter") == "804.686…, 422.3256"
    assert tree.index_of(("Wavelength",), VALUE).data(Qt.EditRole) == 1.549871234567


def test_values_are_shown_as_people_read_them(tree, calibration):
    calibration.set_value(("Wavelength",), 1.54987)
    assert text(tree, "Wavelength") == "1.54987"
    assert tree.index_of(("Wavelength",), UNIT).data() == "Å"
    assert text(tree, "Geometry", "BeamCenter") == "12.25, 17.5"
    assert text(tree, "Directory") == "2026 / user"
    assert text(tree, "Masks") == "2 masks"
    assert text(tree, "Masks", 0) == "all"
    assert text(tree, "Masks", 1) == "ring.msk"
    assert text(tree, "Slices", 0) == "S2 · x · InPlane"
    assert text(tree, "Slices", 0, "MaskRef") == "1  (ring.msk)"


def test_what_is_absent_shows_what_it_stands_for(tree, calibration):
    calibration.open_document(SMALL)
    assert text(tree, "Masks", 0, "Oversampling") == "3 (default)"
    assert text(tree, "Masks", 0, "MaskFile") == "none"
    assert text(tree, "Geometry", "Tilt") == "default"
    assert text(tree, "Geometry", "Tilt", "TiltRotDeg") == "0 (default)"
    assert text(tree, "Geometry", "PixelSizeMicroM", 1) == "not given"
    assert text(tree, "PolarizationCorrection") == "none"
    assert text(tree, "OverwriteFiles") == "yes (default)"
    assert not tree.index_of(("Threads",)).data(PRESENT_ROLE)
    calibration.open_document({})
    assert text(tree, "Wavelength") == "missing"


def test_what_is_wrong_is_marked_with_all_above_it(tree, calibration):
    calibration.set_value(("Geometry", "BeamCenter", 1), "left")
    assert tree.index_of(("Geometry", "BeamCenter", 1)).data(MARK_ROLE) is Mark.WRONG
    assert "left" in tree.index_of(("Geometry", "BeamCenter", 1)).data(PROBLEM_ROLE)
    assert tree.index_of(("Geometry", "BeamCenter")).data(MARK_ROLE) is Mark.BELOW
    assert tree.index_of(("Geometry",)).data(MARK_ROLE) is Mark.BELOW
    assert tree.index_of(("Geometry", "BeamCenter", 0)).data(MARK_ROLE) is Mark.NONE
    calibration.undo()
    assert tree.index_of(("Geometry",)).data(MARK_ROLE) is Mark.NONE


def test_a_mask_that_cannot_be_read_is_marked(parts):
    _, masks, tree = parts
    masks.set_problem("ring.msk", "no such file")
    assert tree.problems == [(("Masks", 1, "MaskFile"), "no such file")]
    assert tree.index_of(("Masks", 1, "MaskFile")).data(MARK_ROLE) is Mark.WRONG


def test_a_check_box_sets_its_key(tree, calibration):
    index = tree.index_of(("GISAXSmode",), VALUE)
    assert index.data(Qt.CheckStateRole) == Qt.Checked
    assert tree.setData(index, Qt.Unchecked, Qt.CheckStateRole)
    assert calibration.document["GISAXSmode"] is False


def test_only_what_changes_is_told(tree, calibration):
    told = []
    tree.dataChanged.connect(lambda first, last: told.append(first.data(PATH_ROLE)))
    calibration.set_value(("Geometry", "BeamCenter", 0), 13)
    assert told == [("Geometry", "BeamCenter"), ("Geometry", "BeamCenter", 0)]


def test_a_row_stays_the_same_while_others_come_and_go(tree, calibration):
    kept = QPersistentModelIndex(tree.index_of(("Masks", 1, "qStop")))
    cut = QPersistentModelIndex(tree.index_of(("Slices", 0, "Plane")))
    calibration.add(("Masks", 0))
    assert kept.data(PATH_ROLE) == ("Masks", 2, "qStop")
    calibration.remove(("Masks", 1))
    assert kept.data(PATH_ROLE) == ("Masks", 1, "qStop")
    calibration.move(("Masks", 1), -1)
    assert kept.data(PATH_ROLE) == ("Masks", 0, "qStop")
    assert cut.data(PATH_ROLE) == ("Slices", 0, "Plane")
    for _ in range(3):
        calibration.undo()
    assert kept.data(PATH_ROLE) == ("Masks", 1, "qStop")


def test_a_row_stays_where_it_is_when_its_key_is_added(tree, calibration):
    before = names(tree, ("Masks", 1))
    calibration.set_value(("Masks", 1, "Oversampling"), 5)
    assert names(tree, ("Masks", 1)) == before
    calibration.remove(("Masks", 1, "MaskFile"))
    assert names(tree, ("Masks", 1)) == before


def test_rows_go_with_what_they_show(tree, calibration):
    index = QPersistentModelIndex(tree.index_of(("Masks", 0, "qStop")))
    calibration.remove(("Masks",))
    assert not index.isValid()
    assert names(tree, ("Masks",)) == []
    calibration.remove(("PolarizationCorrection",))
    assert names(tree, ("PolarizationCorrection",)) == []


def test_the_order_of_keys_is_that_of_the_file(tree, calibration):
    calibration.open_document(dict(reversed(FULL.items())))
    assert [name for name in names(tree) if name in FULL] == list(reversed(FULL))


@pytest.mark.parametrize(
    "document",
    [
        {},
        SMALL,
        {"Geometry": 5, "Masks": {}, "Slices": "none", "Wavelength": None, "Speed": [1]},
        {"Geometry": {"BeamCenter": [1, 2, 3], "Tilt": []}, "Directory": 3},
        {"Masks": [1, None, {"MaskFile": []}], "Wavelength": float("inf")},
    ],
)
def test_any_document_is_shown(tree, calibration, document):
    calibration.replace(document, "test")
    assert tree.rowCount(QModelIndex()) >= len(calibration.schema.children)
    calibration.undo()
    assert [name for name in names(tree) if name in FULL] == list(FULL)


def test_an_unknown_key_is_shown_and_marked(tree, calibration):
    calibration.set_value(("Speed",), {"of": "light"})
    assert text(tree, "Speed") == '{"of": "light"}'
    assert tree.index_of(("Speed",)).data(MARK_ROLE) is Mark.WRONG
    assert not tree.index_of(("Speed",), VALUE).flags() & Qt.ItemIsEditable


def test_a_key_that_the_code_has_never_heard_of_appears(qapp, tmp_path):
    with changed_schema(tmp_path, "calibration", add_temperature):
        calibration = CalibrationModel()
        calibration.open_document(FULL)
        tree = CalibrationTree(calibration, MaskStore())
    assert text(tree, "Temperature") == "293 (default)"
    assert tree.index_of(("Temperature",), UNIT).data() == "K"
    assert names(tree)[names(tree).index("Wavelength") + 1] == "Temperature"
