"""What is found in real folders, on real disks of several kinds."""

import os

import pytest

from saxsdog.detectors import detector
from saxsdog.doctor import arrivals, mounts, names, renames, space, speeds, state, times
from saxsdog.doctor.asking import answer
from saxsdog.doctor.finding import Question, Verdict
from saxsdog.doctor.load import load_of
from saxsdog.sources import file_systems
from tests.helpers.mounts import small_disk

QUESTION = Question("folder", "check")
LOAD = load_of(1.0, detector("Pilatus 100K"), None, None, 1)


def free_of(disk):
    return space.bytes_left(QUESTION, disk, LOAD)


def test_events_of_another_process_arrive(tmp_path):
    found = arrivals.events(QUESTION, tmp_path, has_feeder=False)
    assert found.verdict is Verdict.GOOD, found
    assert 0 <= found.figures["median_s"] <= found.figures["longest_s"] < arrivals.EVENT_LIMIT


@pytest.mark.parametrize(
    ("has_feeder", "verdict"), [(True, Verdict.GOOD), (False, Verdict.DOUBTFUL)]
)
def test_events_of_other_machines_need_a_feeder(tmp_path, monkeypatch, has_feeder, verdict):
    listed = tmp_path / "mountinfo"
    listed.write_text("96 27 0:60 / / rw - nfs4 storage:/beamline rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", listed)
    found = arrivals.events(QUESTION, tmp_path, has_feeder=has_feeder)
    assert found.verdict is verdict
    assert "nfs4" in found.text
    assert ("feeder" in found.advice) is not has_feeder
    assert file_systems.is_shared(mounts.kind_of(tmp_path))


def test_files_of_another_process_are_seen_whole(tmp_path):
    found = arrivals.visible(QUESTION, tmp_path)
    assert found.verdict in (Verdict.GOOD, Verdict.DOUBTFUL), found  # a busy machine is slow
    assert found.figures["longest_s"] < arrivals.VISIBLE_LIMIT


def test_a_writer_that_may_not_write_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        arrivals.visible(QUESTION, tmp_path / "gone")


def test_a_local_disk_replaces_at_once(tmp_path):
    found = renames.replacing(QUESTION, tmp_path)
    assert found.verdict is Verdict.GOOD, found
    assert found.figures["reads"] > 0
    assert found.figures["replaced"] > 0


def test_the_clock_of_a_local_disk_is_ours(tmp_path):
    found = times.clock(QUESTION, tmp_path, slack=5.0)
    assert found.verdict is Verdict.GOOD, found
    assert abs(found.figures["ahead_s"]) < 1


@pytest.mark.skipif(os.name == "nt", reason="what Windows calls ctime is another thing")
def test_changes_show_in_the_times_of_files(tmp_path):
    assert times.change_time(QUESTION, tmp_path).verdict is Verdict.GOOD
    found = times.granularity(QUESTION, tmp_path)
    assert found.verdict is Verdict.GOOD, found
    assert 0 < found.figures["step_s"] <= times.FINE


@pytest.mark.skipif(os.name == "nt", reason="counts characters, and knows no upper case")
def test_names_may_be_long_and_in_upper_case(tmp_path):
    assert names.longest(QUESTION, tmp_path).figures == {"longest_bytes": 255}
    assert names.cases(QUESTION, tmp_path).figures == {"case_sensitive": True}


def test_speeds_are_compared_with_what_is_expected(tmp_path):
    for check in (speeds.curves, speeds.images):
        found = check(QUESTION, tmp_path, LOAD)
        assert found.verdict is Verdict.GOOD, found
    hopeless = load_of(1e9, detector("Pilatus 100K"), None, None, 1)
    assert speeds.curves(QUESTION, tmp_path, hopeless).verdict is Verdict.BAD
    assert speeds.images(QUESTION, tmp_path, hopeless).verdict is Verdict.DOUBTFUL


def test_nothing_large_is_written_to_a_disk_that_is_nearly_full(tmp_path):
    with small_disk(tmp_path / "disk", "size=2m") as disk:
        found = speeds.images(QUESTION, disk, LOAD)
        assert (found.verdict, found.text) == (Verdict.SKIPPED, "there is no room to try")
        assert list(disk.iterdir()) == []


def test_free_space_is_judged_by_how_long_it_lasts(tmp_path):
    each_second = LOAD.rate * (LOAD.image_size + sum(LOAD.curve_sizes))
    megabytes = int(3600 * each_second / (1 << 20))
    with small_disk(tmp_path / "hour", f"size={megabytes}m") as disk:
        found = free_of(disk)
        assert found.verdict is Verdict.DOUBTFUL, found
        assert found.figures["lasts_s"] == pytest.approx(3600, rel=0.01)
    with small_disk(tmp_path / "moment", "size=2m") as disk:
        found = free_of(disk)
        assert found.verdict is Verdict.BAD, found
        assert "2.1 MB free" in found.text


def test_room_for_files_is_judged_as_well(tmp_path):
    with small_disk(tmp_path / "disk", "size=2m,nr_inodes=100") as disk:
        found = space.files_left(QUESTION, disk, LOAD)
        assert found.verdict is Verdict.BAD, found
        assert found.figures["free_files"] == 99


def test_a_full_disk_is_an_answer(tmp_path):
    with small_disk(tmp_path / "disk", "size=64k") as disk:
        (disk / "rest").write_bytes(bytes(60_000))
        found = answer(QUESTION, lambda question: arrivals.visible(question, disk))
        assert found.verdict is Verdict.BAD
        assert "No space left" in found.text


@pytest.mark.skipif(not file_systems.MOUNTS.exists(), reason="only Linux tells")
def test_the_kind_of_a_file_system_is_told(tmp_path):
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        found = mounts.file_system(QUESTION, disk)
        assert (found.verdict, found.figures["kind"]) == (Verdict.GOOD, "tmpfs")


def test_a_folder_that_is_none_is_bad(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert "there is no" in mounts.file_system(QUESTION, tmp_path / "nowhere").text
    assert "is no folder" in mounts.file_system(QUESTION, tmp_path / "file").text


def test_folders_are_counted_without_those_that_are_hidden(tmp_path):
    for name in ("a/b", "a/c", ".hidden/d"):
        (tmp_path / name).mkdir(parents=True)
    assert mounts.count_folders(tmp_path) == (4, True)


@pytest.mark.parametrize(
    ("limit", "verdict"), [(3, Verdict.BAD), (5, Verdict.DOUBTFUL), (8, Verdict.GOOD)]
)
def test_folders_are_compared_with_what_may_be_watched(tmp_path, monkeypatch, limit, verdict):
    limits = tmp_path / ".limits"
    limits.mkdir()
    (limits / "max_user_watches").write_text(f"{limit}\n")
    monkeypatch.setattr(mounts, "INOTIFY", limits)
    for name in "abc":
        (tmp_path / name).mkdir()
    found = mounts.watch_limit(QUESTION, tmp_path)
    assert found.verdict is verdict
    assert found.text.startswith("4 folders")


def test_few_events_that_are_kept_are_too_few_for_a_fast_detector(tmp_path, monkeypatch):
    (tmp_path / "max_queued_events").write_text("1000\n")
    monkeypatch.setattr(mounts, "INOTIFY", tmp_path)
    assert mounts.watch_queue(QUESTION, 10.0).verdict is Verdict.GOOD
    assert mounts.watch_queue(QUESTION, 1000.0).verdict is Verdict.DOUBTFUL


def test_the_state_may_lie_where_no_folder_is_yet(tmp_path):
    found = state.place(QUESTION, tmp_path / "a" / "b")
    assert found.verdict is Verdict.GOOD
    assert found.figures["exists"] is False
    assert mounts.existing(tmp_path / "a" / "b") == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_database_does_not_belong_on_a_shared_disk(tmp_path, monkeypatch):
    listed = tmp_path / "mountinfo"
    listed.write_text("96 27 0:60 / / rw - nfs4 storage:/home rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", listed)
    assert state.place(QUESTION, tmp_path).verdict is Verdict.DOUBTFUL


def test_the_journal_is_written_as_the_server_does(tmp_path):
    found = state.journal(QUESTION, tmp_path)
    assert found.verdict in (Verdict.GOOD, Verdict.DOUBTFUL)
    assert 0 < found.figures["commit_s"] <= found.figures["longest_commit_s"]


def test_curves_of_a_root_stay_below_it(tmp_path):
    images = tmp_path / "run" / "images"
    images.mkdir(parents=True)
    found = mounts.place_of_curves(QUESTION, images)
    assert found.verdict is Verdict.GOOD
    assert f"go to {tmp_path / 'run' / 'work'}; to {images / 'work'} if" in found.text


def test_a_place_of_curves_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    images = tmp_path / "run" / "images"
    images.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda folder, _: folder != tmp_path / "run")
    found = mounts.place_of_curves(QUESTION, images)
    assert found.verdict is Verdict.DOUBTFUL
    assert found.text.endswith(f"may not write to {tmp_path / 'run' / 'work'}")
