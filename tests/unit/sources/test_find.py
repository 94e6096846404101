import os

import pytest

from saxsdog.errors import UsageError
from saxsdog.sources.find import find_images
from tests.helpers.experiments import write_image


def names(paths):
    return [source.image.name for source in find_images([str(path) for path in paths])]


@pytest.fixture
def tree(tmp_path):
    for name in ("b.tif", "a.TIFF", "notes.txt", "sub/c.cbf", "sub/.hidden.tif", ".git/d.tif"):
        write_image(tmp_path / name)
    return tmp_path


def test_a_folder_gives_all_images_below_it_in_order(tree):
    assert names([tree]) == ["a.TIFF", "b.tif", "c.cbf"]


def test_a_file_that_is_named_is_taken_whatever_its_suffix(tree):
    assert names([tree / "notes.txt"]) == ["notes.txt"]


def test_a_pattern_gives_the_images_that_match(tree):
    assert names([f"{tree}/*"]) == ["a.TIFF", "b.tif", "c.cbf"]
    assert names([f"{tree}/**/*.cbf"]) == ["c.cbf"]


def test_an_image_that_is_found_twice_is_taken_once(tree):
    assert names([tree / "b.tif", tree]) == ["b.tif", "a.TIFF", "c.cbf"]


def test_names_with_brackets_are_files_before_they_are_patterns(tmp_path):
    write_image(tmp_path / "x[1].tif")
    assert names([tmp_path / "x[1].tif"]) == ["x[1].tif"]


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path, tree):
    (tree / "sub" / "again").symlink_to(tree)
    (tmp_path / "elsewhere").symlink_to(tree / "sub")
    assert names([tree]) == ["a.TIFF", "b.tif", "c.cbf"]
    assert names([tmp_path / "elsewhere", tree]) == ["c.cbf", "a.TIFF", "b.tif"]


def test_an_image_is_found_once_whatever_the_dots_in_its_path(tree):
    assert names([f"{tree}/b.tif", f"{tree}/sub/../b.tif"]) == ["b.tif"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_cannot_be_read_is_complained_of(tree):
    (tree / "sub").chmod(0)
    complaints = []
    try:
        find_images([str(tree)], complaints.append)
    finally:
        (tree / "sub").chmod(0o755)
    assert complaints == [f"{tree / 'sub'}: cannot be read: Permission denied"]


def test_one_image_of_a_file_that_holds_several_can_be_named(tree):
    (source,) = find_images([f"{tree}/sub/c.cbf::17"])
    assert (source.image, source.root) == (tree / "sub" / "c.cbf::17", tree / "sub")
    assert names([f"{tree}/notes.txt::0"]) == ["notes.txt::0"]


def test_a_pattern_may_name_the_same_image_of_several_files(tree):
    assert names([f"{tree}/*::2"]) == ["a.TIFF::2", "b.tif::2"]
    assert names([f"{tree}/**/*.cbf::0"]) == ["c.cbf::0"]


def test_a_file_whose_name_only_looks_like_that_of_an_image_in_another_is_none(tree):
    (tree / "b.tif::3").touch()
    assert names([tree]) == ["a.TIFF", "b.tif", "c.cbf"]


@pytest.mark.parametrize("path", ["nothing.tif", "nothing*.tif", "nothing.tif::3", "no*.tif::3"])
def test_a_path_without_images_is_refused_by_name(tmp_path, path):
    with pytest.raises(UsageError, match="nothing"):
        find_images([str(tmp_path / path)])


def test_the_root_is_the_folder_that_was_asked_for(tree):
    roots = {source.image.name: source.root for source in find_images([str(tree)])}
    assert roots["c.cbf"] == tree
