"""Disks of images that are mounted and unmounted."""

from pathlib import Path

import pytest

from saxsdog.queue.image_disks import ImageDisks, is_gone
from saxsdog.queue.journal import Journal
from saxsdog.sources.mounts import mount_point_of
from tests.helpers.disks import small_disk


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


@pytest.fixture
def place(tmp_path):
    """Where a disk was mounted when an image was seen below."""
    return tmp_path / "disk"


@pytest.fixture
def disks(journal, place):
    disks = ImageDisks(journal)
    with small_disk(place):
        (place / "in").mkdir()
        disks.note(str(place / "in"), mount_point_of(place / "in"))
    return disks


def test_an_image_is_away_while_its_disk_is_not_mounted_also_after_a_restart(journal, place, disks):
    image = place / "in" / "a.h5::3"
    for each in (disks, ImageDisks(journal)):
        assert each.why_away(image) == f"the disk of the images is not mounted at {place}"
    with small_disk(place):
        assert disks.why_away(image) == ""
    (place / ".not_mounted").touch()
    assert disks.why_away(image)


def test_an_image_that_is_there_is_not_away(place, disks):
    (place / "in").mkdir()
    (place / "in" / "a.h5").touch()
    assert disks.why_away(place / "in" / "a.h5::3") == ""
    assert disks.why_away(place / "in" / "b.h5")


def test_what_is_written_to_the_bare_place_does_not_move_the_others(place, disks):
    disks.note(str(place / "in"), mount_point_of(place.parent))
    assert disks.why_away(place / "in" / "a.tif")
    with small_disk(place / "other"):
        disks.note(str(place / "in"), place / "other")
    assert str(place / "other") in disks.why_away(place / "in" / "a.tif")


def test_nothing_is_known_of_folders_where_no_image_was_seen(place, disks):
    disks.note("/somewhere", Path("/"))
    assert disks.why_away(Path("/somewhere/a.tif")) == ""
    assert disks.why_away(place / "out" / "a.tif") == ""


def test_a_folder_is_gone_only_if_there_is_none(tmp_path):
    assert not is_gone(tmp_path)
    assert is_gone(tmp_path / "none")
    (tmp_path / "file").touch()
    assert is_gone(tmp_path / "file" / "in")
    assert not is_gone(tmp_path / ("x" * 300))  # nobody can tell
