"""What is shown, what is remembered, and what is kept to compare with."""

import tracemalloc

import numpy as np
import pytest

from saxsleash.models.curves_model import MOST_REFERENCES, CurvesModel, ShownCurve

Q = np.linspace(0.1, 3.0, 100)


def curve(image, channel="R0", *, q=Q, level=1.0, time=None, parameters=None):
    intensity = np.full(q.shape, level)
    return ShownCurve(
        channel, "Radial", "q", image, time, q, intensity, np.sqrt(intensity), parameters or {}
    )


@pytest.fixture
def model():
    return CurvesModel()


@pytest.fixture
def changes(model):
    told = []
    model.changed.connect(lambda: told.append("changed"))
    model.references_changed.connect(lambda: told.append("references"))
    return told


def test_the_newest_image_is_shown(model, changes):
    model.show([curve("a"), curve("a", "R1")])
    model.show([curve("b"), curve("b", "R1")])
    assert model.image == "b"
    assert model.channels == ("R0", "R1")
    assert changes == ["changed", "changed"]


def test_no_curves_change_nothing(model, changes):
    model.show([])
    assert changes == []


def test_a_picked_image_stays_while_others_come(model):
    model.show([curve("a")])
    model.pin([curve("old")])
    model.show([curve("b")])
    assert (model.image, model.is_pinned) == ("old", True)
    model.unpin()
    assert (model.image, model.is_pinned) == ("b", False)


def test_a_picked_image_is_not_among_the_last_ones(model):
    model.show([curve("a")])
    model.pin([curve("old")])
    assert [one.image for one in model.recent("R0")] == ["a"]


def test_a_paused_display_stands_still_and_counts(model):
    model.show([curve("a")])
    model.pause(True)
    model.show([curve("b")])
    model.show([curve("c")])
    assert (model.image, model.missed) == ("a", 2)
    assert [one.image for one in model.recent("R0")] == ["a"]
    model.pause(False)
    assert (model.image, model.missed) == ("c", 0)
    assert [one.image for one in model.recent("R0")] == ["a", "b", "c"]


def test_going_back_to_the_newest_ends_a_pause(model):
    model.show([curve("a")])
    model.pause(True)
    model.pin([curve("old")])
    model.show([curve("b")])
    model.unpin()
    assert (model.image, model.is_paused) == ("b", False)


def test_the_last_curves_of_each_channel_are_remembered(model):
    model.remember(3)
    for number in range(5):
        model.show([curve(f"{number}"), curve(f"{number}", "R1")])
    assert [one.image for one in model.recent("R1")] == ["2", "3", "4"]
    assert model.recent("unknown") == []


def test_remembering_fewer_forgets_the_oldest(model):
    for number in range(5):
        model.show([curve(f"{number}")])
    model.remember(2)
    assert [one.image for one in model.recent("R0")] == ["3", "4"]
    with pytest.raises(ValueError, match="1 curve or more, got 0"):
        model.remember(0)


def test_an_image_that_is_told_twice_is_remembered_once(model):
    model.show([curve("a", time=5.0)])
    model.show([curve("a", time=5.0, level=2.0)])
    assert [one.intensity[0] for one in model.recent("R0")] == [2.0]


def test_remembered_curves_share_their_axis_and_keep_no_message_alive(model):
    for number in range(2):
        message = np.ones((3, 100))
        model.show([ShownCurve("R0", "Radial", "q", f"{number}", None, *message)])
    one, other = model.recent("R0")
    assert one.q is other.q
    assert other.intensity.base is None


def test_memory_stays_the_same_over_many_images(model):
    model.remember(20)
    for number in range(40):
        model.show([curve(f"{number}")])
    tracemalloc.start()
    for number in range(200):
        model.show([curve(f"{number}")])
    before = tracemalloc.get_traced_memory()[0]
    for number in range(400):
        model.show([curve(f"{number}")])
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000  # 400 curves would be 640,000


def test_what_is_shown_can_be_kept_as_a_reference(model, changes):
    model.show([curve("run/a_1.tif", level=4.0), curve("run/a_1.tif", "R1")])
    reference = model.freeze()
    model.show([curve("run/a_2.tif")])
    assert reference.name == "a_1"
    assert model.references == (reference,)
    assert model.divisor is reference
    assert reference.of("R0").intensity[0] == 4.0
    assert reference.of("P7") is None
    assert changes == ["changed", "references", "changed"]


def test_references_of_one_image_have_names_of_their_own(model):
    model.show([curve("a.tif")])
    assert [model.freeze().name for _ in range(3)] == ["a", "a (2)", "a (3)"]


def test_nothing_is_kept_without_curves_or_room(model):
    assert model.freeze() is None
    model.show([curve("a")])
    for _ in range(MOST_REFERENCES):
        assert model.can_freeze
        model.freeze()
    assert not model.can_freeze
    assert model.freeze() is None


def test_a_reference_can_be_renamed_chosen_and_removed(model, changes):
    model.show([curve("a.tif")])
    model.freeze()
    model.freeze()
    model.rename_reference("a", "  empty cell ")
    model.divide_by("empty cell")
    assert model.divisor.name == "empty cell"
    model.rename_reference("empty cell", "")
    model.remove_reference("empty cell")
    assert [one.name for one in model.references] == ["a (2)"]
    assert model.divisor.name == "a (2)"
    model.remove_references()
    assert model.references == ()
    assert model.divisor is None
    assert changes.count("references") == 6


def test_another_queue_clears_curves_but_not_what_to_compare_with(model):
    model.show([curve("a")])
    model.freeze()
    model.pause(True)
    model.clear()
    assert model.curves == ()
    assert model.channels == ()
    assert model.recent("R0") == []
    assert not model.is_paused
    assert len(model.references) == 1


def test_the_correlation_length_is_that_of_the_history_or_follows_from_moments():
    assert curve("a", parameters={"correlation_length": 7.5}).correlation_length == 7.5
    moments = curve("a", parameters={"I1": 2.0, "I2": 4.0})
    assert moments.correlation_length == pytest.approx(np.pi / 2)
    assert np.isnan(curve("a").correlation_length)
    assert np.isnan(curve("a", parameters={"I1": 0.0, "I2": 0.0}).correlation_length)
