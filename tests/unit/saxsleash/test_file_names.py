from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsleash.models.file_names import FileNames, Group

names = st.text(st.sampled_from("ab/_.:059é\udc80"), min_size=1, max_size=12)


def files_of(*files):
    names = FileNames()
    names.extend(files)
    return names


@given(st.lists(st.lists(names, max_size=20), max_size=4))
def test_names_come_back_as_they_came(pages):
    files = FileNames()
    for page in pages:
        files.extend(page)
    expected = list(chain.from_iterable(pages))
    assert [files.name(index) for index in range(len(files))] == expected
    assert files.names(np.arange(len(files))) == expected


@given(st.lists(names, min_size=1, max_size=20))
def test_every_name_begins_as_its_group_says(expected):
    files = files_of(*expected)
    for index, name in enumerate(expected):
        group = files.groups[files.group_of[index]]
        assert name.startswith(group.start)
        assert group.folder == name[: name.rfind("/") + 1]
    assert files.counts().sum() == len(expected)


@pytest.mark.parametrize(
    ("file", "folder", "series"),
    [
        ("run/agbeh_00017.tif", "run/", "agbeh_"),
        ("agbeh_3_00017.tif", "", "agbeh_3_"),
        ("a/b/scan12.5keV_001.cbf", "a/b/", "scan12.5keV_"),
        ("a/x.h5::17", "a/", "x.h5::"),
        ("a/agbeh.tif", "a/", ""),
        ("a/00017.tif", "a/", ""),
        ("a/17", "a/", ""),
        ("run5/.17", "run5/", "."),
        ("run5/x", "run5/", ""),
    ],
)
def test_the_last_number_is_that_of_the_frame(file, folder, series):
    assert files_of(file).groups == [Group(folder, series)]


@given(st.lists(names, min_size=1, max_size=30), names)
def test_names_are_searched_for_how_they_go_on(expected, text):
    files = files_of(*expected)
    rests = [name[len(files.groups[files.group_of[i]].start) :] for i, name in enumerate(expected)]
    indices = np.arange(len(expected))[::2]
    found = files.go_on_with(indices, text)
    # Bytes of a cut character can match where characters do not: none of these names has one.
    assert found.tolist() == [rest.startswith(text) for rest in rests[::2]]


def test_one_start_is_kept_once():
    files = files_of("a/x_1.tif", "b/x_1.tif", "a/x_2.tif")
    assert files.group_of.tolist() == [0, 1, 0]
    assert files.counts().tolist() == [2, 1]
