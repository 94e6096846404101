"""The history as the window keeps it."""

import numpy as np
import pytest

from saxsleash.models.data_sets import DataSet, Kind
from saxsleash.models.history_columns import INTENSITY, INVARIANT, LENGTH, MOMENT, Quantity
from saxsleash.models.history_model import HistoryModel, TimeSource
from tests.helpers.histories import page_of


@pytest.fixture
def model():
    return HistoryModel()


def count_of(signal):
    told = []
    signal.connect(lambda: told.append(True))
    return told


def test_it_begins_with_nothing(model):
    assert len(model) == model.cursor == model.selected.size == 0
    assert model.channels == model.quantities == ()
    assert model.index_of(1) is None


def test_rows_are_appended_and_told_once_a_page(model):
    told = count_of(model.changed)
    model.extend("q", *page_of([1, 2], R0=[5.0, 6.0]))
    model.extend("q", *page_of([3], R0=[7.0]))
    assert len(told) == 2
    assert model.cursor == 3
    assert model.values("R0", "I0").tolist() == [5.0, 6.0, 7.0]
    assert model.row_at(2).file == "run/x_00003.tif"
    assert model.row_at(2).cursor == 3


def test_a_row_that_is_there_already_is_passed_over(model):
    model.extend("q", *page_of([1, 2, 3], R0=[1.0, 2.0, 3.0]))
    told = count_of(model.changed)
    model.extend("q", *page_of([2, 3], R0=[8.0, 9.0]))
    assert not told
    model.extend("q", *page_of([3, 4, 4], R0=[9.0, 4.0, 5.0]))
    assert model.values("R0", "I0").tolist() == [1.0, 2.0, 3.0, 4.0]
    assert [model.row_at(n).file[-5] for n in range(4)] == ["1", "2", "3", "4"]


def test_another_queue_forgets_all_rows(model):
    model.extend("q", *page_of([1, 2], R0=[5.0, 6.0]))
    model.choose_data_set(DataSet.typed("x"))
    told = count_of(model.selection_changed)
    model.extend("r", *page_of([9], R1=[7.0]))
    assert told
    assert (len(model), model.cursor, model.channels) == (1, 9, ("R1",))
    assert model.data_set == DataSet()
    told.clear()
    model.extend("s", *page_of([]))
    assert told
    assert len(model) == 0


def test_columns_come_and_go(model):
    model.extend("q", *page_of([1], R0=[5.0]))
    model.extend("q", *page_of([2], R1=[6.0]))
    assert model.channels == ("R0", "R1")
    np.testing.assert_array_equal(model.values("R0", "I0"), [5.0, np.nan])
    np.testing.assert_array_equal(model.values("R1", "I0"), [np.nan, 6.0])
    np.testing.assert_array_equal(model.values("R7", "I0"), [np.nan, np.nan])


def test_channels_are_in_the_order_of_their_numbers(model):
    model.extend("q", *page_of([1], R10=[1.0], R9=[1.0], R0=[1.0]))
    assert model.channels == ("R0", "R9", "R10")


def test_the_correlation_length_is_made_of_moments_where_the_server_does_not_send_it(model):
    files, numbers = page_of([1, 2, 3])
    numbers |= {"R0.I1": np.array([2.0, 1.0, np.nan]), "R0.I2": np.array([4.0, 0.0, 1.0])}
    model.extend("q", files, numbers)
    np.testing.assert_allclose(
        model.values("R0", LENGTH.name), [np.pi / 2, np.nan, np.nan], equal_nan=True
    )
    assert model.values("R0", LENGTH.name, np.array([0])).tolist() == [np.pi / 2]
    assert model.quantities == (INVARIANT, LENGTH, MOMENT)


def test_what_the_server_sends_is_believed(model):
    files, numbers = page_of([1], R0=[1.0])
    one = np.ones(1)
    numbers |= {"R0.I1": one, "R0.I2": one, "R0.correlation_length": 4 * one, "R0.peak": 3 * one}
    model.extend("q", files, numbers)
    assert model.values("R0", LENGTH.name).tolist() == [4.0]
    assert model.quantities == (INTENSITY, INVARIANT, LENGTH, MOMENT, Quantity("peak", "peak"))


def test_every_parameter_that_comes_is_offered_with_its_label_and_unit(model):
    files, numbers = page_of([1], R0=[1.0])
    names = ("b.position", "zingers", "a.Rg", "a.mine", "a.I0", "a.r2")
    numbers |= {f"R0.{name}": np.ones(1) for name in names}
    model.extend("q", files, numbers)
    assert model.quantities == (
        INTENSITY,
        Quantity("zingers", "Zingers", "pixels"),
        Quantity("a.I0", "a: I(0)"),
        Quantity("a.Rg", "a: radius of gyration", "nm"),
        Quantity("a.mine", "a: mine"),
        Quantity("a.r2", "a: r² of the fit"),
        Quantity("b.position", "b: position", "nm⁻¹"),
    )
    assert model.values("R0", "b.position").tolist() == [1.0]


def test_quantities_have_the_unit_of_the_intensities_of_their_queue(model):
    model.extend("q", *page_of([1], R0=[1.0]))
    assert [quantity.unit for quantity in model.quantities] == [""]
    told = count_of(model.changed)
    for _ in range(2):
        model.set_intensity_unit("cm⁻¹")
    assert len(told) == 1
    files, numbers = page_of([2], R0=[1.0])
    names = ("zingers", "a.I0", "a.constant", "a.height", "a.Rg", "a.total", "a.chi2")
    model.extend("q", files, numbers | {f"R0.{name}": np.ones(1) for name in names})
    assert {quantity.name: quantity.unit for quantity in model.quantities} == {
        "I0": "cm⁻¹ nm⁻¹",
        "zingers": "pixels",
        "a.I0": "cm⁻¹",
        "a.constant": "cm⁻¹ nm⁻⁴",
        "a.height": "cm⁻¹",
        "a.Rg": "nm",
        "a.total": "counts",
        "a.chi2": "",
    }
    model.extend("another", *page_of([1], R0=[1.0]))
    assert model.intensity_unit == ""


def test_where_no_time_is_known_the_end_of_the_integration_stands_in(model):
    files, numbers = page_of([1, 2, 3])
    numbers["time"] = np.array([10.0, 20.0, np.nan])
    numbers["done"] = np.array([31.0, 32.0, 33.0])
    numbers["time_source"] = np.array([1.0, 0.0, 0.0])
    model.extend("q", files, numbers, time_sources=("file", "header"))
    assert model.times().tolist() == [10.0, 20.0, 33.0]
    sources = [model.row_at(n).source for n in range(3)]
    assert sources == [TimeSource.HEADER, TimeSource.FILE, TimeSource.NONE]
    assert model.doubtful_times() == {TimeSource.FILE: 1, TimeSource.NONE: 1}
    model.choose_frames(0, 0)
    assert model.doubtful_times().total() == 0


def test_rows_of_a_page_of_other_length_are_refused(model):
    files, numbers = page_of([1, 2], R0=[1.0, 2.0])
    numbers["R0.I0"] = np.zeros(3)
    with pytest.raises(ValueError, match=r"'R0.I0': expected 2 rows, got 3"):
        model.extend("q", files, numbers)
    assert len(model) == 0


def test_the_selection_is_told_when_it_is_another(model):
    model.extend("q", *page_of(range(1, 11)))
    told = count_of(model.selection_changed)
    model.choose_frames(2, 4)
    model.choose_frames(2, 4)
    assert len(told) == 1
    assert model.selected.tolist() == [2, 3, 4]
    model.choose_data_set(DataSet(Kind.FOLDER, "nowhere/"))
    model.choose_data_set(DataSet(Kind.FOLDER, "nowhere/"))
    assert len(told) == 2
    assert model.selected.size == 0


def test_a_row_is_found_by_its_cursor(model):
    model.extend("q", *page_of([3, 7, 9]))
    assert [model.index_of(cursor) for cursor in (3, 7, 9, 8, 10, 0)] == [0, 1, 2, None, None, None]


def test_the_newest_row_of_an_image_is_the_one_that_is_selected(model):
    model.extend("q", *page_of([1, 2, 3], R0=[1.0, 2.0, 3.0]))
    _, numbers = page_of([4, 5], R0=[40.0, 50.0])
    numbers["time"] = numbers["time"] - 3
    model.extend("q", ["run/x_00001.tif", "other/x_00002.tif"], numbers)
    assert model.values("R0", "I0", model.selected).tolist() == [40.0, 2.0, 50.0, 3.0]
    assert (len(model), model.n_images, model.offers()[0].count) == (5, 4, 4)
    assert [model.newest_of(index) for index in range(5)] == [3, 1, 2, 3, 4]
    assert model.values("R0", "I0").tolist() == [1.0, 2.0, 3.0, 40.0, 50.0]
    assert model.index_of(1) == 0
    assert model.rate.histogram().sum() == 5


def test_another_queue_knows_nothing_of_the_images_of_the_former(model):
    model.extend("q", *page_of([1, 2]))
    _, numbers = page_of([3])
    model.extend("r", ["run/x_00001.tif"], numbers)
    assert (len(model), model.n_images, model.newest_of(0)) == (1, 1, 0)
    assert model.selected.tolist() == [0]


def test_counts_of_the_server_are_told(model):
    told = count_of(model.server_changed)
    model.set_counts(10, 3)
    model.set_counts(10, 3)
    assert len(told) == 1
    assert (model.known, model.integrated) == (10, 3)
    model.set_server_time(5.0)
    assert len(told) == 2


def test_it_can_be_emptied(model):
    model.extend("q", *page_of([1, 2]))
    model.set_counts(10, 2)
    told = count_of(model.changed)
    model.clear()
    assert told
    assert (len(model), model.known) == (0, None)
    model.extend("q", *page_of([1]))
    assert len(model) == 1


def test_a_night_fits_into_memory(model):
    for start in range(1, 300_001, 10_000):
        cursors = range(start, start + 10_000)
        values = np.arange(10_000.0)
        model.extend("q", *page_of(cursors, R0=values, R1=values))
    assert len(model) == len(model.selected) == 300_000
    assert model.offers()[0].count == 300_000
