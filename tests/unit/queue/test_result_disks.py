"""Disks of results that are mounted, unmounted, and moved."""

import pytest

from saxsdog.errors import OutputError
from saxsdog.queue.journal import Journal
from saxsdog.queue.result_disks import ResultDisks, disk_of
from tests.helpers.disks import small_disk


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def test_a_folder_that_is_no_place_of_a_disk_may_be_removed_and_made(journal, tmp_path):
    disks = ResultDisks(journal)
    work = tmp_path / "work"
    disks.check(work)
    work.mkdir()
    disks.check(work)
    assert disk_of(work) == disk_of(tmp_path)
    work.rmdir()
    disks.check(work)
    assert disk_of(work / "not" / "there") == disk_of(tmp_path)


def test_results_do_not_go_to_the_bare_place_of_their_disk(journal, tmp_path):
    disks, place = ResultDisks(journal), tmp_path / "disk"
    curves = place / "curves"
    with small_disk(place):
        disks.check(curves)
        assert disk_of(curves) != disk_of(tmp_path)
    for each in (disks, ResultDisks(journal)):  # and also after a restart
        with pytest.raises(OutputError, match=f"not mounted at {place}"):
            each.check(curves)
    with small_disk(place):  # another one: nobody wants the old one back
        disks.check(curves)
    place.rmdir()
    with pytest.raises(OutputError, match="not mounted"):
        disks.check(curves)


def test_results_that_lie_there_without_a_disk_are_found_after_a_restart(journal, tmp_path):
    disks, place = ResultDisks(journal), tmp_path / "disk"
    with small_disk(place):
        disks.check(place)
    (place / "x.chi").touch()
    with pytest.raises(OutputError, match="not mounted"):
        disks.check(place)
    again = ResultDisks(journal)
    again.check(place)
    again.check(place)
