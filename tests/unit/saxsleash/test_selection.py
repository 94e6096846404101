from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsleash.models.data_sets import DataSet, Kind
from saxsleash.models.file_names import FileNames
from saxsleash.models.growing import Growing
from saxsleash.models.newest_rows import NewestRows
from saxsleash.models.selection import Selection

FILES = st.sampled_from(["a/x_1.tif", "a/x_2.tif", "a/y.tif", "b/x_1.tif", "b/x_12.tif", "z_3.tif"])
ROWS = st.tuples(FILES, st.integers(0, 9))
SETS = st.sampled_from(
    [
        DataSet(),
        DataSet(Kind.FOLDER, "a/"),
        DataSet(Kind.SERIES, "b/x_"),
        DataSet.typed("x_1"),
        DataSet.typed("b/x_1"),
        DataSet.typed("y"),
        DataSet.typed("nowhere"),
    ]
)


class Rows:
    def __init__(self):
        self.files = FileNames()
        self.when = Growing(np.float64)
        self.newest = NewestRows()
        self.selection = Selection(self.files, self.when, self.newest)

    def add(self, rows):
        files = [file for file, _ in rows]
        self.files.extend(files)
        self.newest.extend(files)
        self.when.extend([when for _, when in rows])

    def selected(self):
        """Names of the selected rows."""
        return self.files.names(self.selection.selected)


def holds(data_set, file):
    match data_set.kind:
        case Kind.EVERYTHING:
            return True
        case Kind.FOLDER:
            return file.startswith(data_set.text)
        case Kind.SERIES:
            return file.startswith(data_set.text) and "/" not in file[len(data_set.text) :]
        case Kind.PREFIX:
            return (file if "/" in data_set.text else file.rpartition("/")[2]).startswith(
                data_set.text
            )


def newest_rows(rows):
    """The last row of each image."""
    return {file: n for n, (file, _) in enumerate(rows)}.values()


@given(st.lists(st.lists(ROWS, max_size=8), max_size=5), SETS, st.integers(0, 5), st.booleans())
def test_the_last_row_of_each_image_is_shown_in_order_of_time(pages, data_set, chosen_at, looks):
    rows = Rows()
    for number, page in enumerate(pages):
        if number == chosen_at:
            rows.selection.choose(data_set)
        rows.add(page)
        if looks:
            len(rows.selection.members)
    if chosen_at >= len(pages):
        rows.selection.choose(data_set)
    everything = list(chain.from_iterable(pages))
    expected = [n for n in sorted(newest_rows(everything)) if holds(data_set, everything[n][0])]
    expected.sort(key=lambda n: everything[n][1])
    assert rows.selection.members.tolist() == expected
    assert rows.selection.times.tolist() == [everything[n][1] for n in expected]


def test_frames_are_the_same_images_when_those_before_them_move():
    rows = Rows()
    rows.add([(f"x_{n}.tif", n) for n in range(6)])
    rows.selection.limit(2, 3)
    rows.add([("x_0.tif", 7), ("x_0.tif", 8), ("x_9.tif", 9), ("x_4.tif", 4), ("x_2.tif", 2)])
    assert rows.selected() == ["x_2.tif", "x_3.tif"]
    assert (rows.selection.first, rows.selection.last) == (1, 2)
    rows.add([("x_0.tif", 0), ("x_5.tif", 0)])
    assert rows.selected() == ["x_2.tif", "x_3.tif"]
    assert (rows.selection.first, rows.selection.last) == (3, 4)


def test_an_image_that_moves_out_of_the_frames_is_no_longer_among_them():
    rows = Rows()
    rows.add([(f"x_{n}.tif", n) for n in range(4)])
    rows.selection.limit(1, 2)
    rows.add([("x_1.tif", 9)])
    assert rows.selected() == ["x_2.tif"]
    rows.selection.limit(1, None)
    rows.add([("x_0.tif", 9)])
    assert rows.selected() == ["x_2.tif", "x_3.tif", "x_1.tif", "x_0.tif"]


@given(st.lists(st.lists(ROWS, max_size=8), max_size=5), st.integers(0, 4), st.integers(0, 4))
def test_frames_can_be_shown_whatever_moves(pages, first, more):
    rows = Rows()
    rows.selection.limit(first, first + more)
    for page in pages:
        rows.add(page)
        selection = rows.selection
        assert 0 <= selection.first <= selection.last
        assert selection.selected.size == max(0, selection.stop - selection.first)


def test_new_rows_join_the_data_set_without_a_look_at_the_old():
    rows = Rows()
    rows.add([("a/x_1.tif", 1), ("b/x_1.tif", 2)])
    rows.selection.choose(DataSet(Kind.FOLDER, "a/"))
    rows.add([("a/x_2.tif", 4), ("c/x_3.tif", 5), ("a/x_0.tif", 0)])
    assert rows.selection.members.tolist() == [4, 0, 2]


def test_frames_are_counted_in_the_data_set():
    rows = Rows()
    rows.add([(f"a/x_{n}.tif", n) for n in range(10)])
    rows.selection.limit(2, 4)
    assert rows.selection.selected.tolist() == [2, 3, 4]
    rows.selection.limit(8, None)
    rows.add([("a/x_10.tif", 10)])
    assert rows.selection.selected.tolist() == [8, 9, 10]
    rows.selection.limit(8, 99)
    assert rows.selection.selected.tolist() == [8, 9, 10]
    rows.selection.limit(50, 99)
    assert rows.selection.selected.tolist() == []


def test_another_data_set_begins_with_all_of_its_frames():
    rows = Rows()
    rows.add([("a/x_1.tif", 1), ("b/x_1.tif", 2)])
    rows.selection.limit(1, 1)
    rows.selection.choose(DataSet())
    assert rows.selection.selected.tolist() == [0, 1]


@pytest.mark.parametrize(("first", "last"), [(-1, None), (3, 2)])
def test_there_are_no_frames_before_the_first(first, last):
    with pytest.raises(ValueError, match="expected frames 0 <= first <= last"):
        Rows().selection.limit(first, last)
