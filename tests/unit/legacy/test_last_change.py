import math

import pytest

from saxsdog.legacy.last_change import LastChange


def test_the_newest_time_outlives_a_restart(tmp_path):
    path = tmp_path / "change"
    before = LastChange(path)
    assert before.time == -math.inf
    for time in (1.8e9 + 0.1, 1.8e9 + 60.123456, 1.8e9):
        before.note(time)
    assert LastChange(path).time == 1.8e9 + 60.123456


@pytest.mark.parametrize("content", [b"", b"x", b"nan", b"inf", b"\xff"])
def test_a_damaged_file_is_no_time(tmp_path, content):
    path = tmp_path / "change"
    path.write_bytes(content)
    assert LastChange(path).time == -math.inf


def test_a_change_is_carried_out_where_nothing_can_be_written(tmp_path, caplog):
    change = LastChange(tmp_path / "no folder" / "change")
    change.note(5.0)
    assert change.time == 5.0
    assert "cannot be written" in caplog.text
