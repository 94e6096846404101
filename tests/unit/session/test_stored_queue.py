import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import OutputError
from saxsdog.protocol.messages import Attachment, QueueState
from saxsdog.session.stored_queue import StoredQueue, remove_other_queues, store_files

names = st.text(max_size=300)


def stored(number="1", **fields):
    usual = {"state": QueueState.RUNNING, "opened": 12.5, "document": {"Title": "é"}, "files": {}}
    return StoredQueue(number, **usual | fields)


@pytest.mark.parametrize("state", list(QueueState))
def test_a_queue_comes_back_as_it_was(state):
    queue = stored(state=state, files={"a.msk": "0-a.msk"})
    again = StoredQueue.from_json(queue.to_json())
    assert again == queue
    assert again.state is state


def test_the_calibration_is_not_in_the_words_about_a_queue():
    assert "Title" in stored().to_json()
    assert "Title" not in repr(stored())


def test_masks_come_back_with_their_names(tmp_path):
    masks = (Attachment("../../etc/a mask.msk", b"one"), Attachment("b/ü.tif", b"\0two"))
    queue = stored()
    files = store_files(queue.folder(tmp_path), masks)
    queue = stored(files=files)
    assert queue.attachments(tmp_path) == masks
    assert sorted(path.name for path in queue.folder(tmp_path).iterdir()) == sorted(files.values())


@given(names=st.lists(names, max_size=5, unique=True))
def test_whatever_a_mask_is_called_its_file_stays_in_the_folder(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("state")
    masks = tuple(Attachment(name, name.encode(errors="replace")) for name in names)
    queue = stored(files=store_files(folder / "queue-1", masks))
    assert [path.name for path in folder.iterdir()] == ["queue-1"]
    assert len(list((folder / "queue-1").iterdir())) == len(names)
    assert StoredQueue.from_json(queue.to_json()).attachments(folder) == masks


def test_the_folder_of_a_queue_is_private(tmp_path):
    store_files(tmp_path / "queue-1", ())
    assert (tmp_path / "queue-1").stat().st_mode & 0o077 == 0


def test_masks_of_two_queues_never_mix(tmp_path):
    store_files(tmp_path / "queue-1", ())
    with pytest.raises(OutputError, match="queue-1"):
        store_files(tmp_path / "queue-1", ())


def test_masks_need_a_folder_of_the_state(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        store_files(tmp_path / "none" / "queue-1", ())


def test_a_mask_that_is_gone_is_an_error(tmp_path):
    queue = stored(files={"a.msk": "0-a.msk"})
    with pytest.raises(OutputError, match="mask"):
        queue.attachments(tmp_path)


def test_folders_of_former_queues_are_removed(tmp_path):
    for number in ("1", "2", "3"):
        store_files(tmp_path / f"queue-{number}", (Attachment("a", b"1"),))
    (tmp_path / "journal.sqlite").touch()
    remove_other_queues(tmp_path, stored("2"))
    assert {path.name for path in tmp_path.iterdir()} == {"queue-2", "journal.sqlite"}
    remove_other_queues(tmp_path, None)
    assert {path.name for path in tmp_path.iterdir()} == {"journal.sqlite"}


def test_what_is_stored_is_plain_json():
    assert json.loads(stored().to_json())["state"] == "running"
