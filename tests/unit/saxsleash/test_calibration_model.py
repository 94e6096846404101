import json
from pathlib import Path

import pytest

from saxsdog.calibration import Calibration
from saxsdog.explanations import path_text
from saxsdog.schema import load_schema, with_defaults
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.edits import value_at
from tests.helpers.calibrations import FULL, MISSING, SMALL, changed
from tests.helpers.schemas import add_temperature, changed_schema

WAVELENGTH = ("Wavelength",)
HEIGHT = ("Geometry", "BeamCenter", 0)


@pytest.fixture
def model(qapp):
    model = CalibrationModel()
    model.open_document(FULL)
    return model


def emissions(signal):
    """Count how often a signal is emitted from now on."""
    told = []
    signal.connect(lambda: told.append(1))
    return told


def test_nothing_is_there_at_first(qapp):
    model = CalibrationModel()
    assert (model.is_empty, model.is_modified, model.path, model.calibration) == (
        True,
        False,
        None,
        None,
    )
    assert set(model.problems) == {("Geometry",), WAVELENGTH}
    assert (model.undo_text, model.redo_text) == (None, None)


def test_a_document_that_was_opened_stays_as_it_was(model):
    assert json.dumps(model.document) == json.dumps(FULL)
    assert model.calibration == Calibration.from_document(FULL)
    assert not model.problems


def test_an_opened_document_is_a_copy(model):
    model.set_value(HEIGHT, 99)
    assert FULL["Geometry"]["BeamCenter"][0] == 12.25


def test_a_document_that_someone_keeps_does_not_change(model):
    kept = model.document
    model.set_value(HEIGHT, 99)
    model.add(("Masks", 0))
    assert kept == FULL


def test_a_value_is_set_and_the_calibration_follows(model):
    told = emissions(model.changed)
    model.set_value(WAVELENGTH, 0.5)
    assert model.document["Wavelength"] == 0.5
    assert model.calibration.geometry.wavelength == pytest.approx(0.05)
    assert len(told) == 1


def test_setting_what_is_there_changes_nothing(model):
    told = emissions(model.changed)
    model.set_value(WAVELENGTH, 1.54)
    assert (told, model.undo_text, model.is_modified) == ([], None, False)


def test_a_number_and_a_truth_are_not_the_same(model):
    model.set_value(("Masks", 0, "Oversampling"), 1)
    model.set_value(("Masks", 0, "Oversampling"), True)
    assert "Masks[0].Oversampling" in {path_text(path) for path in model.problems}


def test_the_value_of_an_absent_key_is_its_default(model):
    assert model.value(("Masks", 1, "Oversampling")) == 3
    assert not model.has(("Masks", 1, "Oversampling"))
    assert model.value(("Masks", 1, "Name")) == ""
    assert model.value(("Nothing",)) is None


def test_a_wrong_value_is_kept_with_its_problem(model):
    model.set_value(WAVELENGTH, "1,54")
    assert model.document["Wavelength"] == "1,54"
    assert model.calibration is None
    (message,) = model.problems.values()
    assert message == ('expected a number (Å), got the text "1,54": write a point, not a comma')


def test_what_the_schema_cannot_see_is_a_problem_too(model):
    model.set_value(("Masks", 0, "qStop"), 0.05)
    model.set_value(("Slices", 0, "MaskRef"), 7)
    assert list(model.problems) != []
    assert {path_text(path) for path in model.problems} == {"Masks[0].qStop", "Slices[0].MaskRef"}
    assert model.calibration is None


def test_problems_come_in_the_order_of_the_document(model):
    model.set_value(("Threads",), 0)
    model.set_value(HEIGHT, "x")
    model.set_value(("Masks", 1, "Oversampling"), 99)
    assert [problem.where for problem in model.found] == [
        "Geometry.BeamCenter[0]",
        "Masks[1].Oversampling",
        "Threads",
    ]


def test_a_missing_key_and_an_unknown_key_are_marked_where_they_are(qapp):
    model = CalibrationModel()
    model.open_document(changed({**FULL, "Speed": 3, "Colour": 4}, "Wavelength", MISSING))
    assert set(model.problems) == {WAVELENGTH, ("Speed",), ("Colour",)}


def test_a_new_key_goes_where_the_schema_has_it(model):
    model.open_document({"Wavelength": 1, "Geometry": FULL["Geometry"], "Threads": 1})
    model.set_value(("Masks",), [{}])
    model.set_value(("Title",), "first")
    model.set_value(("ErrorModel",), "azimuthal")
    assert list(model.document) == [
        "Title",
        "Wavelength",
        "Masks",
        "ErrorModel",
        "Geometry",
        "Threads",
    ]


def test_keys_keep_their_order_whatever_is_done(model):
    order = ["Threads", "Wavelength", "Masks", "Title", "Geometry"]
    model.open_document({key: FULL[key] for key in order})
    model.set_value(WAVELENGTH, 2.0)
    model.set_value(("Masks", 0, "qStop"), 3.0)
    model.remove(("Masks", 0, "Name"))
    assert list(model.document) == order
    assert list(model.document["Masks"][0]) == [k for k in FULL["Masks"][0] if k != "Name"]


def test_setting_a_key_in_an_absent_object_adds_both(qapp):
    model = CalibrationModel()
    model.open_document(SMALL)
    model.set_value(("Geometry", "Tilt", "TiltAngleDeg"), 3)
    assert model.document["Geometry"]["Tilt"] == {"TiltAngleDeg": 3}
    assert model.calibration is not None


def test_a_step_back_and_forth(model):
    model.set_value(WAVELENGTH, 2.0)
    model.set_value(("Title",), "other")
    assert model.undo_text == "change Title"
    model.undo()
    model.undo()
    assert model.document == FULL
    assert model.redo_text == "change Wavelength"
    model.redo()
    assert model.document["Wavelength"] == 2.0
    model.set_value(WAVELENGTH, 3.0)
    assert model.redo_text is None


def test_undo_without_a_step_does_nothing(model):
    told = emissions(model.changed)
    model.undo()
    model.redo()
    assert told == []


def test_going_back_to_what_is_saved_is_no_modification(model):
    told = emissions(model.file_changed)
    model.set_value(WAVELENGTH, 2.0)
    model.set_value(WAVELENGTH, 2.5)
    assert model.is_modified
    model.undo()
    model.undo()
    assert not model.is_modified
    assert len(told) == 2


def test_saving_is_told_and_remembered(model, tmp_path):
    model.set_value(WAVELENGTH, 2.0)
    told = emissions(model.file_changed)
    model.mark_saved(tmp_path / "a.saxsconf")
    assert (model.is_modified, model.path, len(told)) == (False, tmp_path / "a.saxsconf", 1)
    model.undo()
    assert model.is_modified


def test_opening_forgets_the_steps_before(model):
    model.set_value(WAVELENGTH, 2.0)
    model.open_document(SMALL, Path("small.saxsconf"))
    assert (model.undo_text, model.is_modified, model.path) == (None, False, Path("small.saxsconf"))


def test_what_replaces_the_document_can_be_undone(model):
    model.replace(SMALL, "import a.poni")
    assert (model.document, model.undo_text, model.is_modified) == (SMALL, "import a.poni", True)
    model.undo()
    assert model.document == FULL


def test_typing_is_one_step(model):
    for value in (1, 1.5, 1.54987):
        model.set_value(WAVELENGTH, value, merge=True)
    model.finish_merge()
    model.set_value(WAVELENGTH, 2, merge=True)
    model.undo()
    assert model.document["Wavelength"] == 1.54987
    model.undo()
    assert model.document == FULL


def test_typing_elsewhere_is_another_step(model):
    model.set_value(WAVELENGTH, 2, merge=True)
    model.set_value(HEIGHT, 3, merge=True)
    model.set_value(WAVELENGTH, 4, merge=True)
    model.undo()
    assert (model.document["Wavelength"], model.value(HEIGHT)) == (2, 3)


def test_what_was_typed_can_be_given_up(model):
    model.set_value(("Title",), "kept")
    for value in ("1", "1.5"):
        model.set_value(WAVELENGTH, value, merge=True)
    model.cancel_merge(HEIGHT)
    model.cancel_merge(WAVELENGTH)
    assert model.document == {**FULL, "Title": "kept"}
    assert model.redo_text is None
    model.cancel_merge(WAVELENGTH)
    assert model.undo_text == "change Title"


def test_an_optional_key_is_added_with_its_default_and_taken_out(model):
    path = ("Masks", 1, "Oversampling")
    model.add(path)
    assert list(model.document["Masks"][1])[:2] == ["MaskFile", "Oversampling"]
    assert model.document["Masks"][1]["Oversampling"] == 3
    model.remove(path)
    assert model.document == FULL
    assert model.undo_text == "reset Oversampling"


@pytest.mark.parametrize(
    "path", [WAVELENGTH, HEIGHT, ("Slices", 0, "Plane"), ("Masks", 9), ("Nothing",), ()]
)
def test_what_must_be_there_cannot_be_removed(model, path):
    assert not model.can_remove(path)
    with pytest.raises(ValueError, match="can be removed"):
        model.remove(path)


@pytest.mark.parametrize("path", [WAVELENGTH, ("Masks", 9), ("Nothing",), (*HEIGHT[:2], 2), ()])
def test_what_has_no_room_cannot_be_added(model, path):
    assert not model.can_add(path)
    with pytest.raises(ValueError, match="can be added"):
        model.add(path)


def test_a_list_is_full_one_day(model):
    model.set_value(("Masks",), [{}] * 32)
    assert not model.can_add(("Masks", 32))


def test_an_unknown_key_can_be_removed(model):
    model.replace({**FULL, "Speed": 3}, "test")
    model.remove(("Speed",))
    assert model.document == FULL


def test_what_is_added_is_valid(qapp):
    model = CalibrationModel()
    model.open_document(SMALL)
    model.add(("PolarizationCorrection",))
    model.add(("Slices", 0))
    model.add(("Masks", 1))
    model.add(("ErrorModel",))
    model.add(("Geometry", "Tilt"))
    model.add(("Geometry", "PixelSizeMicroM", 1))
    assert model.calibration is not None
    assert model.document["Geometry"]["PixelSizeMicroM"] == [172, 172]
    assert model.document["PolarizationCorrection"]["Angle"] == 0
    assert model.document["Slices"][0]["CutPosition"] == 13  # the row of 12.25 from the bottom


def test_a_slice_is_added_where_nothing_is_known(qapp):
    model = CalibrationModel()
    model.open_document({"Geometry": "lost"})
    model.add(("Slices", 0))
    assert model.document["Slices"][0]["CutPosition"] == 1


def test_a_wrong_object_is_replaced_by_adding_it(model):
    model.set_value(("Geometry",), 5)
    assert model.can_add(("Geometry",))
    model.add(("Geometry",))
    assert len(model.document["Geometry"]["BeamCenter"]) == 2


@pytest.mark.parametrize("add_to", [{}, {"Geometry": None}])
def test_a_geometry_is_added_where_there_is_none(qapp, add_to):
    model = CalibrationModel()
    model.open_document(add_to)
    model.add(("Geometry",))
    geometry = json.loads(json.dumps(model.document))["Geometry"]
    assert geometry["Imagesize"] == [1, 1]
    assert geometry["BeamCenter"] == [0, 0]


@pytest.mark.parametrize("geometry", [{"BeamCenter": [1, 2]}, {"Imagesize": 5}, {"Imagesize": {}}])
def test_a_pair_of_numbers_is_added_as_a_whole(qapp, geometry):
    model = CalibrationModel()
    model.open_document({"Geometry": geometry})
    model.add(("Geometry", "Imagesize"))
    assert model.document["Geometry"]["Imagesize"] == [1, 1]


def test_a_pixel_may_get_a_second_edge(qapp):
    model = CalibrationModel()
    model.open_document(SMALL)
    model.set_value(("Geometry", "PixelSizeMicroM", 1), 75)
    assert model.document["Geometry"]["PixelSizeMicroM"] == [172, 75]
    model.remove(("Geometry", "PixelSizeMicroM", 1))
    assert model.document["Geometry"]["PixelSizeMicroM"] == [172]


def test_slices_follow_the_masks_that_stay(model):
    model.remove(("Masks", 0))
    assert model.value(("Slices", 0, "MaskRef")) == 0
    model.undo()
    assert model.value(("Slices", 0, "MaskRef")) == 1


def test_a_slice_loses_the_mask_that_goes(model):
    model.remove(("Masks", 1))
    assert model.value(("Slices", 0, "MaskRef")) == -1
    assert "MaskRef" not in model.document["Slices"][1]


def test_slices_follow_masks_that_come_and_move(model):
    model.add(("Masks", 0))
    assert model.value(("Slices", 0, "MaskRef")) == 2
    model.move(("Masks", 2), -2)
    assert model.value(("Slices", 0, "MaskRef")) == 0
    model.duplicate(("Masks", 0))
    assert model.value(("Slices", 0, "MaskRef")) == 0
    assert model.document["Masks"][0] == model.document["Masks"][1]
    model.remove(("Masks",))
    assert model.value(("Slices", 0, "MaskRef")) == -1


def test_a_reference_that_is_no_number_is_left_alone(model):
    model.set_value(("Slices", 0, "MaskRef"), "x")
    model.set_value(("Slices", 1, "MaskRef"), 17)
    model.move(("Masks", 0), 1)
    assert [model.value(("Slices", i, "MaskRef")) for i in range(2)] == ["x", 17]


def test_items_move_within_their_list(model):
    first, second = FULL["Slices"]
    model.move(("Slices", 0), 1)
    assert model.document["Slices"] == [second, first]
    assert model.undo_text == "move slice 0"
    assert not model.can_move(("Slices", 1), 1)
    with pytest.raises(ValueError, match="can be moved"):
        model.move(("Slices", 1), 1)
    assert not model.can_move(HEIGHT, 1)
    assert not model.can_move((), 1)


def test_masks_are_named_once_each_in_order(model):
    assert model.mask_names == ("mask.msk", "ring.msk")
    model.set_value(("Masks", 1, "MaskFile"), "mask.msk")
    assert model.mask_names == ("mask.msk",)
    model.set_value(("Masks", 0, "MaskFile"), 5)
    model.add(("Masks", 0))
    assert model.mask_names == ("mask.msk",)
    model.set_value(("Masks",), "none")
    assert model.mask_names == ()


@pytest.mark.parametrize(
    "document",
    [
        {"Geometry": 5, "Masks": {}, "Slices": "none", "Wavelength": None},
        {"Geometry": {"BeamCenter": {}, "Tilt": []}, "Directory": 3},
        {"Masks": [1, None, {"MaskFile": []}], "Wavelength": float("inf")},
    ],
)
def test_a_document_of_rubbish_is_held_and_explained(qapp, document):
    model = CalibrationModel()
    model.open_document(document)
    assert model.problems
    assert model.calibration is None
    assert repr(model.document) == repr(document)


def test_a_round_trip_keeps_what_the_code_has_never_heard_of(qapp, tmp_path):
    document = {"Temperature": 293.15, **FULL}
    with changed_schema(tmp_path, "calibration", add_temperature):
        model = CalibrationModel()
        model.open_document(document)
        assert not model.problems
        model.set_value(WAVELENGTH, 3.0)
        model.set_value(WAVELENGTH, 1.54)
        assert json.dumps(model.document) == json.dumps(document)


def test_a_new_key_of_the_schema_can_be_added(qapp, tmp_path):
    with changed_schema(tmp_path, "calibration", add_temperature):
        model = CalibrationModel()
        model.open_document(FULL)
        model.add(("Temperature",))
        keys = list(model.document)
        assert keys[keys.index("Wavelength") + 1] == "Temperature"
        assert model.calibration is not None


def test_all_defaults_written_down_mean_the_same(model):
    full = with_defaults(FULL, load_schema("calibration"))
    model.replace(full, "defaults")
    assert model.calibration.masks == Calibration.from_document(FULL).masks


def test_new_classifiers_are_valid_and_have_names_of_their_own(model):
    model.add(("Classifiers", 0))
    model.add(("Classifiers", 1))
    names = [entry["Name"] for entry in value_at(model.document, ("Classifiers",))]
    assert names == ["classifier1", "classifier2"]
    assert not model.problems


def test_a_new_sector_is_valid_and_lies_along_the_horizon(model):
    model.add(("Masks", 0, "Sectors", 0))
    assert value_at(model.document, ("Masks", 0, "Sectors")) == [
        {"From": -15, "To": 15, "Mirrored": True}
    ]
    assert not model.problems


@pytest.mark.parametrize(
    ("edges", "index", "expected"),
    [
        ([], 0, [0]),
        ([2], 1, [2, 3]),
        ([1, 3], 2, [1, 3, 5]),
        ([1, 3], 1, [1, 2, 3]),
    ],
)
def test_a_new_border_of_bins_lies_where_the_others_stay_in_order(model, edges, index, expected):
    model.set_value(("Masks", 0, "Bins"), {"Edges": edges})
    model.add(("Masks", 0, "Bins", "Edges", index))
    assert value_at(model.document, ("Masks", 0, "Bins", "Edges")) == expected


def test_a_cake_can_be_added_and_is_valid(model):
    model.add(("Masks", 0, "Cake"))
    assert model.calibration.masks[0].cake_bins == 72
