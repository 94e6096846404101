from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from saxsleash.models.newest_rows import NewestRows

PAGES = st.lists(st.lists(st.integers(0, 12).map("run/x_{}.tif".format), max_size=8), max_size=8)


@given(PAGES, st.sampled_from([0, 2, 100]))
def test_every_row_but_the_last_of_each_image_is_superseded(pages, fewest_recent):
    rows = NewestRows(fewest_recent)
    for page in pages:
        rows.extend(page)
    files = list(chain.from_iterable(pages))
    last = {file: row for row, file in enumerate(files)}
    assert sorted(rows.superseded.tolist()) == sorted(set(range(len(files))) - set(last.values()))
    assert rows.n_images == len(last)
    assert rows.newest(np.arange(len(files))).tolist() == [last[file] for file in files]


def test_equal_names_in_other_folders_are_other_images():
    rows = NewestRows()
    rows.extend(["a/x_1.tif", "b/x_1.tif", "x_1.tif", "a/x_1.tif"])
    assert rows.superseded.tolist() == [0]


def test_what_was_superseded_before_stays_where_it_is():
    rows = NewestRows()
    rows.extend(["a", "b", "a"])
    before = rows.superseded
    rows.extend(["b"] * 3000)
    assert before.tolist() == [0]
    assert rows.superseded[:3].tolist() == [0, 1, 3]


def test_a_night_that_is_integrated_again():
    rows = NewestRows()
    for start in [*range(0, 100_000, 10_000)] * 2:
        rows.extend([f"run/x_{n:05d}.tif" for n in range(start, start + 10_000)])
    assert rows.n_images == 100_000
    np.testing.assert_array_equal(rows.superseded, np.arange(100_000))
    np.testing.assert_array_equal(
        rows.newest(np.arange(0, 100_000, 777)), np.arange(100_000, 200_000, 777)
    )
