import os
from pathlib import Path

import pytest

from saxsdog.curves.outputs import OutputRule, assign, check_names, curve_names
from saxsdog.curves.owners import OWNERS_FILE
from saxsdog.errors import OutputError
from saxsdog.sources.find import Source


def targets(root, *images, rule=None, channels=("R0",)):
    """Assign images below a root; paths in the answer are relative to it."""
    sources = [Source(root / image, root) for image in images]
    assigned = assign(sources, rule or OutputRule(), channels)
    return {
        image.relative_to(root).as_posix(): target.relative_to(root).as_posix()
        for image, target in assigned.items()
    }


def test_the_first_channel_has_the_plain_name_and_others_their_own():
    assert curve_names("x", ["R0", "R1", "S2"]) == ["x.chi", "x_cR1.chi", "x_cS2.chi"]


def test_the_limit_is_that_of_the_disk_that_the_folder_is_to_lie_on(tmp_path, monkeypatch):
    asked = []

    def limit(folder, name):
        asked.append(folder)
        if folder != tmp_path:
            raise FileNotFoundError(folder)
        return 143  # of eCryptfs

    monkeypatch.setattr(os, "pathconf", limit)
    paths = [tmp_path / "a" / "b" / name for name in curve_names("x" * 136, ["R0", "R1"])]
    with pytest.raises(OutputError, match=r"_cR1\.chi: file name too long: 144 bytes, at most 143"):
        check_names(paths)
    assert asked == [tmp_path / "a" / "b", tmp_path / "a", tmp_path]
    check_names(paths[:1])


def test_where_nobody_tells_the_limit_writing_does(tmp_path, monkeypatch):
    path = tmp_path / ("x" * 300)
    monkeypatch.setattr(os, "pathconf", lambda folder, name: -1)
    check_names([path])
    monkeypatch.delattr(os, "pathconf")
    check_names([path])


def test_curves_go_beside_the_folder_of_the_images(tmp_path):
    assert targets(tmp_path, "a/b/x.tif") == {"a/b/x.tif": "a/work/x"}


def test_a_relative_folder_is_seen_from_the_folder_of_the_image(tmp_path):
    rule = OutputRule(relative="curves")
    assert targets(tmp_path, "a/b/x.tif", rule=rule) == {"a/b/x.tif": "a/b/curves/x"}


def test_an_output_folder_keeps_the_tree_of_the_images(tmp_path):
    rule = OutputRule(folder=tmp_path / "out")
    found = targets(tmp_path, "a/b/x.tif", "a/c/x.tif", rule=rule)
    assert found == {"a/b/x.tif": "out/a/b/x", "a/c/x.tif": "out/a/c/x"}


def test_equal_names_in_sibling_folders_never_share_a_curve(tmp_path):
    found = targets(tmp_path, "a/b/x.tif", "a/c/x.tif")
    assert found == {"a/b/x.tif": "a/work/x", "a/c/x.tif": "a/work/c/x"}


def test_equal_names_never_share_a_curve_across_runs(tmp_path):
    assert targets(tmp_path, "a/b/x.tif")["a/b/x.tif"] == "a/work/x"
    assert targets(tmp_path, "a/c/x.tif")["a/c/x.tif"] == "a/work/c/x"
    again = targets(tmp_path, "a/c/x.tif", "a/b/x.tif")
    assert again == {"a/b/x.tif": "a/work/x", "a/c/x.tif": "a/work/c/x"}


def test_images_that_differ_by_suffix_never_share_a_curve(tmp_path):
    found = targets(tmp_path, "a/b/x.cbf", "a/b/x.tif", "a/b/x.edf")
    assert found == {
        "a/b/x.cbf": "a/work/x",
        "a/b/x.tif": "a/work/b/x",
        "a/b/x.edf": "a/work/a/b/x",
    }


def test_an_image_named_like_a_channel_of_another_never_shares_its_curve(tmp_path):
    found = targets(tmp_path, "a/b/x.tif", "a/b/x_cR1.tif", channels=("R0", "R1"))
    assert found == {"a/b/x.tif": "a/work/x", "a/b/x_cR1.tif": "a/work/b/x_cR1"}


def test_a_channel_that_is_added_later_never_takes_the_curve_of_another_image(tmp_path):
    targets(tmp_path, "a/b/x.tif", "a/b/x_cR1.tif", channels=("R0",))
    found = targets(tmp_path, "a/b/x.tif", channels=("R0", "R1"))
    assert found == {"a/b/x.tif": "a/work/b/x"}


def test_images_of_one_file_have_its_name_and_their_number(tmp_path):
    found = targets(tmp_path, "a/b/x.h5::0", "a/b/x.h5::17", "a/b/x.h5")
    assert found == {
        "a/b/x.h5::0": "a/work/x_00000",
        "a/b/x.h5::17": "a/work/x_00017",
        "a/b/x.h5": "a/work/x",
    }


def test_images_of_files_that_differ_by_suffix_never_share_a_curve(tmp_path):
    images = [f"a/b/x.{suffix}::3" for suffix in ("h5", "nxs", "hdf5", "tif")]
    found = targets(tmp_path, "a/b/x_00003.tif", *images)
    assert len(set(found.values())) == 5
    assert found["a/b/x_00003.tif"] == "a/work/x_00003"
    assert not any(":" in target for target in found.values())


def test_images_of_a_file_take_its_place_below_the_folder_that_was_asked_for(tmp_path):
    source = Source(tmp_path / "a/x.h5", tmp_path)
    rule = OutputRule(folder=tmp_path / "out")
    assigned = assign([source, Source(tmp_path / "a/x.h5::1", tmp_path / "a")], rule, ["R0"])
    assert list(assigned.expand(source.image, 3)) == [
        tmp_path / "a/x.h5::0",
        tmp_path / "a/x.h5::2",
    ]
    assert dict(assigned) == {
        tmp_path / "a/x.h5::1": tmp_path / "out/x_00001",
        tmp_path / "a/x.h5::0": tmp_path / "out/a/x_00000",
        tmp_path / "a/x.h5::2": tmp_path / "out/a/x_00002",
    }
    again = assign([Source(tmp_path / "a/x.h5::2", tmp_path)], rule, ["R0"])
    assert dict(again) == {tmp_path / "a/x.h5::2": tmp_path / "out/a/x_00002"}


def test_a_moved_tree_keeps_its_owners(tmp_path):
    targets(tmp_path / "old", "a/b/x.tif", "a/c/x.tif")
    (tmp_path / "old").rename(tmp_path / "new")
    found = targets(tmp_path / "new", "a/c/x.tif")
    assert found == {"a/c/x.tif": "a/work/c/x"}


@pytest.mark.parametrize("rubbish", [b'["y.chi", "../b/', b"5\n", b"null\n", b"\xff\xfe\n"])
def test_rubbish_among_the_owners_is_passed_over_and_spoils_nothing(tmp_path, rubbish):
    targets(tmp_path, "a/b/x.tif")
    owners = tmp_path / "a/work" / OWNERS_FILE
    owners.write_bytes(owners.read_bytes() + rubbish)
    assert targets(tmp_path, "a/b/y.tif") == {"a/b/y.tif": "a/work/y"}
    assert targets(tmp_path, "a/c/y.tif") == {"a/c/y.tif": "a/work/c/y"}


def test_folders_of_results_that_are_links_to_one_place_never_share_a_curve(tmp_path):
    (tmp_path / "fast").mkdir()
    for name in "ab":
        (tmp_path / name / "f").mkdir(parents=True)
        (tmp_path / name / "work").symlink_to("../fast")
    assert targets(tmp_path, "a/f/x.tif") == {"a/f/x.tif": "a/work/x"}
    assert targets(tmp_path, "b/f/x.tif") == {"b/f/x.tif": "b/work/f/x"}
    again = targets(tmp_path, "b/f/x.tif", "a/f/x.tif")
    assert again == {"a/f/x.tif": "a/work/x", "b/f/x.tif": "b/work/f/x"}


def test_many_folders_of_the_same_name_get_more_of_their_path(tmp_path):
    rule = OutputRule(relative="../../work")
    found = targets(tmp_path, *(f"run{i}/frames/x.tif" for i in range(1, 5)), rule=rule)
    assert list(found.values()) == [
        "work/x",
        "work/frames/x",
        "work/run3/frames/x",
        "work/run4/frames/x",
    ]


def test_a_curve_never_takes_the_place_of_its_image(tmp_path):
    rule = OutputRule(relative=".")
    assert targets(tmp_path, "a/x.chi", rule=rule) == {"a/x.chi": "a/a/x"}


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "work").write_text("a file, not a folder")
    with pytest.raises(OutputError, match="work"):
        targets(tmp_path, "a/b/x.tif")


def test_links_and_dots_in_the_rule_do_not_appear_in_paths(tmp_path):
    assert ".." not in Path(targets(tmp_path, "a/b/x.tif")["a/b/x.tif"]).parts
