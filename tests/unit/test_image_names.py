from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.image_names import file_of, full_stem_of, join, split, stem_of

names = st.text(st.characters(exclude_characters="/\\", exclude_categories=["Cs"]), min_size=1)
pages = st.integers(0, 999_999_999)


@given(names, pages)
def test_what_is_joined_is_split_again(name, page):
    assert split(join(name, page)) == (name, page)
    assert split(join(f"/data/a b/{name}", page)) == (f"/data/a b/{name}", page)


@given(st.text())
def test_every_name_has_one_meaning_and_every_image_one_name(name):
    file, page = split(name)
    assert (file if page is None else join(file, page)) == name


@pytest.mark.parametrize(
    "name",
    [
        "x.h5",
        "x.h5:17",
        "x.h5::",
        "x.h5::-1",
        "x.h5::+1",
        "x.h5::017",
        "x.h5::00",
        "x.h5::1 ",
        "x.h5::1\n",
        "x.h5::1_000",
        "x.h5::1.0",
        "x.h5::\u0661",
        "x.h5::²",
        "x.h5::1234567890",
        "x.h5::17/y.h5",
        "::17",
        "/data/::17",
        "\\data\\::17",
    ],
)
def test_what_only_looks_like_the_image_of_a_file_is_a_name_of_its_own(name):
    assert split(name) == (name, None)


def test_the_last_number_counts():
    assert split("x.h5::1::2") == ("x.h5::1", 2)


def test_the_file_of_an_image_is_where_it_lies():
    assert file_of(Path("/data/x.h5::17")) == Path("/data/x.h5")
    assert file_of(Path("/data/x.h5")) == Path("/data/x.h5")


@pytest.mark.parametrize(
    ("image", "stem", "full_stem"),
    [
        ("x.h5::17", "x_00017", "x.h5_00017"),
        ("run.7.h5::0", "run.7_00000", "run.7.h5_00000"),
        ("x.h5::1234567", "x_1234567", "x.h5_1234567"),
        ("x.tif", "x", "x.tif"),
        ("x::17", "x_00017", "x_00017"),
    ],
)
def test_curves_are_named_after_the_file_and_the_number(image, stem, full_stem):
    path = Path("/data/in", image)
    assert (stem_of(path), full_stem_of(path)) == (stem, full_stem)


def test_curves_of_a_file_stand_in_order():
    stems = [stem_of(Path(join("x.h5", page))) for page in range(0, 100_000, 999)]
    assert stems == sorted(stems)
