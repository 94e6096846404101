"""Attachments of replies become arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import ProtocolError
from saxsdog.protocol.messages import Attachment, NewestCurves, Preview


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


def _array(
    attachments: tuple[Attachment, ...], name: str, dtype: str, shape: tuple[int, int]
) -> NDArray[Any]:
    data = next((one.data for one in attachments if one.name == name), b"")
    expected = shape[0] * shape[1] * np.dtype(dtype).itemsize
    if len(data) != expected:
        raise ProtocolError(f"attachment {name!r}: expected {expected} bytes, got {len(data)}")
    return np.frombuffer(data, dtype).reshape(shape)
