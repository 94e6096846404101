import os
from pathlib import Path

import pytest

from saxsdog.sources import file_systems
from saxsdog.sources.file_systems import events_work, file_system_of
from saxsdog.sources.folder_events import watch_folder

MOUNTINFO = """\
22 27 0:21 / /proc rw,nosuid,nodev shared:12 - proc proc rw
27 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
90 27 0:51 / /data rw,relatime shared:40 - autofs systemd-1 rw,fd=51
96 27 0:60 / /data rw,relatime shared:44 - nfs4 storage:/beamline rw,vers=4.2,hard
97 96 8:17 / /data/local\\040disk rw,relatime - xfs /dev/sdb1 rw
98 27 0:61 / /mnt/ssh rw,nosuid,nodev shared:50 master:3 - fuse.sshfs user@host:/ rw
a line that means nothing
"""


@pytest.mark.skipif(os.name == "nt", reason="mount points of Linux")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/database/x", "ext4"),
        ("/data", "nfs4"),
        ("/data/user1", "nfs4"),
        ("/data/local disk/user1", "xfs"),
        ("/data/local", "nfs4"),
        ("/mnt/ssh/a/b", "fuse.sshfs"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_that_holds_it(path, kind):
    assert file_system_of(Path(path), MOUNTINFO) == kind


def test_events_arrive_on_a_local_disk_and_no_probe_is_left(tmp_path):
    works, reason = events_work(tmp_path)
    assert works
    assert reason.endswith("events arrive")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "lustre", "fuse.glusterfs", "9p"])
def test_events_of_other_machines_do_not_arrive(tmp_path, monkeypatch, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"96 27 0:60 / / rw - {kind} storage:/beamline rw\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    assert events_work(tmp_path) == (
        False,
        f"{kind}: changes made by other machines raise no event",
    )


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="only Linux has it")
def test_a_folder_that_nobody_can_write_to_is_believed(tmp_path):
    works, reason = events_work(Path("/proc/self"))
    assert works
    assert "not tested" in reason


def test_a_folder_that_is_not_there_yet_is_believed(tmp_path):
    works, reason = events_work(tmp_path / "later")
    assert works
    assert "No such file" in reason


def test_without_its_event_within_the_time_a_folder_is_not_believed(tmp_path, monkeypatch):
    def watch_elsewhere(_, *, recursive):
        return watch_folder(elsewhere, recursive=recursive)

    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(file_systems, "EVENT_TIMEOUT", 0.05)
    monkeypatch.setattr(file_systems, "watch_folder", watch_elsewhere)
    works, reason = events_work(tmp_path)
    assert not works
    assert reason.endswith("did not arrive within 0.05 s")
    assert list(tmp_path.iterdir()) == [elsewhere]
