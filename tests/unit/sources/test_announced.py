import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.sources.announced import AnnouncedPaths

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a server with paths of POSIX")

ROOT = Path("/data")


def readings(path, *mapping):
    return list(AnnouncedPaths(ROOT, mapping).readings(path))


@pytest.mark.parametrize(
    "path", ["/data/run/x.tif", "//data/x.tif", "/data/../else/x.tif", "/data/a:b/x.tif"]
)
def test_an_absolute_path_is_taken_as_it_is_written(path):
    assert readings(path) == [path]


@pytest.mark.parametrize("path", ["run/x.tif", "./run/x.tif", "run//x.tif", "run/./x.tif"])
def test_another_one_starts_at_the_root(path):
    assert readings(path) == ["/data/run/x.tif"]


@pytest.mark.parametrize(
    ("path", "as_written", "turned"),
    [
        ("run\\x.tif", "/data/run\\x.tif", "/data/run/x.tif"),
        (".\\run\\x.tif", "/data/.\\run\\x.tif", "/data/run/x.tif"),
        ("run/a\\x.tif", "/data/run/a\\x.tif", "/data/run/a/x.tif"),
        ("\\data\\x.tif", "/data/\\data\\x.tif", "/data/x.tif"),
        ("/data/run\\x.tif", "/data/run\\x.tif", "/data/run/x.tif"),
    ],
)
def test_back_slashes_separate_folders_where_they_are_no_letters(path, as_written, turned):
    assert readings(path) == [as_written, turned]


@pytest.mark.parametrize(
    ("theirs", "path", "ours"),
    [
        ("Z:\\data", "z:\\Data\\Run\\x.tif", "/here/Run/x.tif"),
        ("Z:\\data\\", "Z:/data/run\\x.tif", "/here/run/x.tif"),
        ("Z:/data", "Z:/data/x.tif", "/here/x.tif"),
        ("Z:", "Z:\\run\\x.tif", "/here/run/x.tif"),
        ("\\\\pc\\share", "\\\\PC\\share\\x.tif", "/here/x.tif"),
        ("//pc/share", "//pc/share/x.tif", "/here/x.tif"),
        ("/ramdisk", "/ramdisk/a/x.tif", "/here/a/x.tif"),
        ("/", "/ramdisk/x.tif", "/here/ramdisk/x.tif"),
        ("/ramdisk", "\\ramdisk\\a\\x.tif", "/here/a/x.tif"),
        ("\\ramdisk", "/ramdisk\\a\\x.tif", "/here/a/x.tif"),
        ("images", "images/x.tif", "/here/x.tif"),
        ("old\\images", "old\\images\\x.tif", "/here/x.tif"),
    ],
)
def test_folders_of_other_machines_are_mapped_by_their_parts(theirs, path, ours):
    assert readings(path, (theirs, "/here"))[-1] == ours


@pytest.mark.parametrize(
    "path", ["Z:\\data2\\x.tif", "Y:\\data\\x.tif", "Z:x.tif", "Z:data\\x.tif"]
)
def test_what_lies_beside_a_mapped_folder_is_nowhere(path):
    assert readings(path, ("Z:\\data", "/here")) == []


@pytest.mark.parametrize("turn", [1, -1])
def test_the_longest_folder_that_fits_is_applied(turn):
    mapping = [("Z:\\", "/all"), ("Z:\\data\\run", "/run"), ("Z:\\data", "/data")][::turn]
    assert readings("Z:\\data\\run\\x.tif", *mapping) == ["/run/x.tif"]
    assert readings("Z:\\data\\x.tif", *mapping) == ["/data/x.tif"]
    assert readings("Z:\\x.tif", *mapping) == ["/all/x.tif"]


@pytest.mark.parametrize(
    "path",
    [
        "../x.tif",
        "run/../../x.tif",
        "Z:\\..\\x.tif",
        "Z:\\run\\..\\..\\x.tif",
        "/ramdisk/../x.tif",
        "Z:\\run\\con\\x.tif",
        "Z:\\run\\NUL.tif",
        "Z:\\run\\x.tif:stream.tif",
        "Y:\\data\\x.tif",
        "C:/data/x.tif",
        "\\\\pc\\share\\x.tif",
        "\\\\.\\COM1\\x.tif",
        "\\\\?\\C:\\data\\x.tif",
    ],
)
def test_a_path_that_leads_upwards_or_to_no_folder_of_ours_is_nowhere(path):
    assert readings(path, ("Z:\\", "/data"), ("/ramdisk", "/data")) == []


@pytest.mark.parametrize("path", ["..\\x.tif", "run\\..\\..\\x.tif", "run\\con.tif", "a\\b:c.tif"])
def test_what_windows_cannot_have_meant_may_only_be_a_name(path):
    assert readings(path) == [f"/data/{path}"]


@given(st.text(st.sampled_from("abZ:/\\. "), max_size=12))
def test_whatever_is_not_absolute_stays_below_the_root(path):
    for reading in readings(path):
        assert reading.startswith("/")
        if not path.startswith(("/", "\\")):
            assert Path(os.path.normpath(reading)).is_relative_to(ROOT)
