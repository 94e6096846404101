from dataclasses import replace

import numpy as np
import pytest

from saxsdog.errors import ProtocolError
from saxsdog.protocol.arrays import array_of, arrays_of, table_of
from saxsdog.protocol.messages import (
    FIRST_COLUMNS,
    Attachment,
    Counters,
    Graph,
    HistoryTable,
    NewestCurves,
    Preview,
    QueueState,
    SourceStatus,
    Statistics,
)

STATISTICS = Statistics(
    name="test",
    state=QueueState.RUNNING,
    title="",
    directory=(),
    time=1.0,
    started=0.0,
    opened=None,
    counters=Counters(),
    sources=SourceStatus(),
    rate=(),
    workers=(),
    newest_image=None,
    newest_time=None,
    trouble=(),
    denied=0,
    replayed=0,
    cursor=0,
)


def curves(points, *attachments):
    graph = Graph("R0", "radial", "a.chi", ("q", "intensity", "sigma"), points)
    return NewestCurves("a.tif", None, 1, (graph,), STATISTICS, attachments)


def test_the_columns_of_a_curve_are_arrays_by_name():
    columns = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]], "<f8")
    arrays = arrays_of(curves(2, Attachment("R0", columns.tobytes())))
    assert list(arrays) == ["R0"]
    assert list(arrays["R0"]) == ["q", "intensity", "sigma"]
    for name, column in zip(arrays["R0"], columns, strict=True):
        np.testing.assert_array_equal(arrays["R0"][name], column)


@pytest.mark.parametrize(
    "attachments", [(), (Attachment("R1", bytes(48)),), (Attachment("R0", bytes(47)),)]
)
def test_columns_that_are_missing_or_too_short_are_refused(attachments):
    with pytest.raises(ProtocolError, match="attachment 'R0': expected 48 bytes"):
        arrays_of(curves(2, *attachments))


def test_a_preview_is_an_array():
    pixels = np.arange(6, dtype="<f4").reshape(2, 3)
    preview = Preview("a.tif", (4, 6), (2, 3), 2, (Attachment("image", pixels.tobytes()),))
    np.testing.assert_array_equal(array_of(preview), pixels)


@pytest.mark.parametrize("attachments", [(), (Attachment("image", b""), Attachment("image", b""))])
def test_a_preview_without_its_one_attachment_is_refused(attachments):
    with pytest.raises(ProtocolError, match="expected one attachment"):
        array_of(Preview("a.tif", (4, 6), (2, 3), 2, attachments))


NUMBERS = np.array(
    [[7, 9], [1.5, np.nan], [1, 0], [0.1, 0.1], [2, 3], [4, 5], [10.0, np.nan]], "<f8"
)
NUMBER_BYTES = NUMBERS.tobytes()
FILES = "a/ü b.tif\0x.h5::17\0".encode()


def table(numbers=NUMBER_BYTES, files=FILES, columns=(*FIRST_COLUMNS, "R0.I0"), rows=2):
    attachments = (Attachment("numbers", numbers), Attachment("files", files))
    return HistoryTable("q", columns, ("file", "header"), rows, 9, True, attachments)


def test_a_history_is_arrays_by_name():
    opened = table_of(table())
    assert (opened.queue, opened.next, opened.more) == ("q", 9, True)
    assert opened.files == ("a/ü b.tif", "x.h5::17")
    assert list(opened.numbers) == [*FIRST_COLUMNS, "R0.I0"]
    for column, expected in zip(opened.numbers.values(), NUMBERS, strict=True):
        np.testing.assert_array_equal(column, expected)
    assert [opened.time_sources[int(i)] for i in opened.numbers["time_source"]] == [
        "header",
        "file",
    ]


def test_a_history_may_have_no_rows():
    opened = table_of(table(b"", b"", FIRST_COLUMNS, 0))
    assert opened.files == ()
    assert [column.shape for column in opened.numbers.values()] == [(0,)] * 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"numbers": b""}, "attachment 'numbers': expected 112 bytes, got 0"),
        ({"numbers": bytes(111)}, "attachment 'numbers': expected 112 bytes, got 111"),
        ({"files": b""}, "attachment 'files': expected 2 texts"),
        ({"files": FILES[:-1]}, "attachment 'files': expected 2 texts"),
        ({"files": FILES + b"\0"}, "attachment 'files': expected 2 texts"),
        ({"files": b"\xff\0b\0"}, "attachment 'files': expected texts in UTF-8"),
        ({"columns": (*FIRST_COLUMNS, "time")}, "columns with names of their own"),
        ({"columns": (*FIRST_COLUMNS[1:], "R0.I0", "R0.I1")}, "columns with names of their own"),
        ({"numbers": np.where(NUMBERS == 1, 2, NUMBERS).tobytes()}, "places from 0 in"),
        ({"numbers": np.where(NUMBERS == 1, 0.5, NUMBERS).tobytes()}, "places from 0 in"),
        ({"numbers": np.where(NUMBERS == 1, np.nan, NUMBERS).tobytes()}, "places from 0 in"),
    ],
)
def test_a_history_that_is_not_what_it_says_is_refused(changes, message):
    with pytest.raises(ProtocolError, match=message):
        table_of(table(**changes))


@pytest.mark.parametrize("name", ["numbers", "files"])
def test_a_history_without_one_of_its_attachments_is_refused(name):
    reply = table()
    left = tuple(each for each in reply.attachments if each.name != name)
    with pytest.raises(ProtocolError, match=f"attachment '{name}'"):
        table_of(replace(reply, attachments=left))
