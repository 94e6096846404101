import pytest

from saxsleash.models import data_sets
from saxsleash.models.data_sets import DataSet, Kind, Offer, offers_of
from saxsleash.models.file_names import FileNames, Group
from saxsleash.models.newest_rows import NewestRows


def offered(*files):
    names, newest = FileNames(), NewestRows()
    names.extend(files)
    newest.extend(files)
    return [(offer.data_set.label, offer.count) for offer in offers_of(names, newest)]


def test_folders_and_series_are_found_in_the_names():
    assert offered(
        "n/run1/agbeh_001.tif",
        "n/run1/agbeh_002.tif",
        "n/run2/water_1.tif",
        "n/run2/water_2.tif",
        "n/run2/water_3.tif",
        "n/run2/dark.tif",
    ) == [
        ("All images", 6),
        ("n/run1/", 2),
        ("n/run1/agbeh_*", 2),
        ("n/run2/", 4),
        ("n/run2/water_*", 3),
    ]


def test_an_image_that_was_integrated_again_counts_once():
    assert offered("a/x_1.tif", "a/x_2.tif", "b/x_1.tif", "a/x_1.tif", "a/x_1.tif") == [
        ("All images", 3),
        ("a/", 2),
        ("a/x_*", 2),
        ("b/", 1),
    ]
    assert offered("x_1.tif", "x_1.tif") == [("All images", 1)]


def test_a_folder_that_joins_others_is_offered():
    found = offered("a/b/x.tif", "a/c/x.tif", "d/x.tif")
    assert found == [("All images", 3), ("a/", 2), ("a/b/", 1), ("a/c/", 1), ("d/", 1)]


def test_a_folder_that_holds_only_another_is_not():
    assert offered("a/b/x.tif", "c/x.tif") == [("All images", 2), ("a/b/", 1), ("c/", 1)]


def test_nothing_is_offered_twice():
    assert offered("a/x_1.tif", "a/x_2.tif") == [("All images", 2), ("a/x_*", 2)]


def test_absolute_paths_are_folders_too():
    assert offered("/a/x.tif", "/b/x.tif") == [("All images", 2), ("/a/", 1), ("/b/", 1)]


def test_of_very_many_the_newest_are_offered(monkeypatch):
    monkeypatch.setattr(data_sets, "MOST_OFFERED", 3)
    found = offered(*(f"r{run}/x_{frame}.tif" for run in range(9) for frame in range(2)))
    assert found == [("All images", 18), ("r7/", 2), ("r8/", 2), ("r8/x_*", 2)]


GROUP = Group("n/run1/", "agbeh_")


@pytest.mark.parametrize(
    ("data_set", "rest"),
    [
        (DataSet(), ""),
        (DataSet(Kind.FOLDER, "n/"), ""),
        (DataSet(Kind.FOLDER, "n/run1/"), ""),
        (DataSet(Kind.FOLDER, "run1/"), None),
        (DataSet(Kind.SERIES, "n/run1/agbeh_"), ""),
        (DataSet(Kind.SERIES, "n/run1/agbeh"), None),
        (DataSet.typed("ag"), ""),
        (DataSet.typed(" agbeh_* "), ""),
        (DataSet.typed("agbeh_001"), "001"),
        (DataSet.typed("n/run1/agbeh_001"), "001"),
        (DataSet.typed("n/ru"), ""),
        (DataSet.typed("n/run1/"), ""),
        (DataSet.typed("water"), None),
        (DataSet.typed("  "), ""),
    ],
)
def test_a_group_is_asked_whether_it_belongs(data_set, rest):
    assert data_set.rest_in(GROUP) == rest


def test_what_is_typed_means_a_folder_if_it_ends_like_one():
    assert DataSet.typed("run1/") == DataSet(Kind.FOLDER, "run1/")
    assert DataSet.typed("") == DataSet()


def test_an_empty_history_offers_all_of_nothing():
    assert offers_of(FileNames(), NewestRows()) == [Offer(DataSet(), 0)]
