"""Attachments of replies become arrays."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import ProtocolError
from saxsdog.protocol.messages import (
    FIRST_COLUMNS,
    Attachment,
    HistoryTable,
    NewestCurves,
    Preview,
)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of the history as columns.

    Attributes
    ----------
    queue
        Changes when the queue is replaced.
    files
        The image of each row.
    numbers
        By name, each of shape ``(rows,)`` and not to be written to: ``cursor``, ``time``,
        ``time_source``, ``exposure``, ``announced`` and ``done`` as of
        :class:`~saxsdog.protocol.messages.Row`, and for each radial channel and parameter one as
        ``R0.I0``. NaN where nothing is known.
    time_sources
        The words of which the column ``time_source`` gives the place, from 0.
    next, more
        Ask again with ``since=next``; ``more`` is there already.
    """

    queue: str
    files: tuple[str, ...] = field(repr=False)
    numbers: dict[str, NDArray[np.float64]] = field(repr=False)
    time_sources: tuple[str, ...]
    next: int
    more: bool


def arrays_of(reply: NewestCurves) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return the columns of each curve, by channel and name of the column.

    Raises
    ------
    ProtocolError
        If a column is missing or has another length than the reply says.
    """
    return {
        graph.channel: dict(
            zip(
                graph.columns,
                _array(reply.attachments, graph.channel, "<f8", (len(graph.columns), graph.points)),
                strict=True,
            )
        )
        for graph in reply.graphs
    }


def array_of(reply: Preview) -> NDArray[np.float32]:
    """Return the pixels of a preview; errors as of :func:`arrays_of`."""
    if len(reply.attachments) != 1:
        raise ProtocolError(f"expected one attachment, got {len(reply.attachments)}")
    return _array(reply.attachments, reply.attachments[0].name, "<f4", reply.shape)


def table_of(reply: HistoryTable) -> Table:
    """Return the columns of a history.

    Raises
    ------
    ProtocolError
        If columns or files are missing, or are not as many as the reply says.
    """
    shape = (len(reply.columns), reply.rows)
    numbers = dict(
        zip(reply.columns, _array(reply.attachments, "numbers", "<f8", shape), strict=True)
    )
    if len(numbers) != len(reply.columns) or not numbers.keys() >= set(FIRST_COLUMNS):
        raise ProtocolError(
            f"expected columns with names of their own, {', '.join(FIRST_COLUMNS)} among them, "
            f"got {', '.join(reply.columns)}"
        )
    places = np.arange(len(reply.time_sources))
    if not np.isin(numbers["time_source"], places).all():
        raise ProtocolError(f"time_source: expected places from 0 in {reply.time_sources}")
    files = _texts(reply.attachments, "files", reply.rows)
    return Table(reply.queue, files, numbers, reply.time_sources, reply.next, reply.more)


def _texts(attachments: tuple[Attachment, ...], name: str, number: int) -> tuple[str, ...]:
    """Return the texts of an attachment; each ends with a byte 0."""
    try:
        *texts, rest = _data(attachments, name).decode().split("\0")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"attachment {name!r}: expected texts in UTF-8: {error}") from error
    if rest or len(texts) != number:
        raise ProtocolError(
            f"attachment {name!r}: expected {number} texts, each with a byte 0 behind it, got "
            f"{len(texts)} and {len(rest)} characters"
        )
    return tuple(texts)


def _array(
    attachments: tuple[Attachment, ...], name: str, dtype: str, shape: tuple[int, int]
) -> NDArray[Any]:
    data = _data(attachments, name)
    expected = shape[0] * shape[1] * np.dtype(dtype).itemsize
    if len(data) != expected:
        raise ProtocolError(f"attachment {name!r}: expected {expected} bytes, got {len(data)}")
    return np.frombuffer(data, dtype).reshape(shape)


def _data(attachments: tuple[Attachment, ...], name: str) -> bytes:
    return next((one.data for one in attachments if one.name == name), b"")
