import numpy as np
import pytest

from saxsdog.errors import ProtocolError
from saxsdog.protocol.arrays import array_of, arrays_of
from saxsdog.protocol.messages import (
    Attachment,
    Counters,
    Graph,
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
