"""What we answer, in the words of the original.

Empty bins are ``NaN``. JSON has no such number, but the ``json`` of Python, which writes and reads
the messages of the original, does so with this word, and whatever draws with numpy leaves a gap
there. ``null`` would make an array of objects, with which a client cannot calculate; with bins left
out the curves of two images would not have the same places.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.legacy.masks import frame_of, mask_names
from saxsdog.protocol.arrays import Table, arrays_of
from saxsdog.protocol.messages import (
    CalibrationOf,
    CurveFiles,
    Graph,
    Listing,
    NewestCurves,
    Refusal,
    Statistics,
)
from saxsdog.schema import load_schema, with_defaults

Data = dict[str, Any]

LAST = 100.0
"""Seconds of which the history tells."""

MOST_NUMBERS = 60_000
"""In the integral parameters of a reply, which takes us some 40 ms and has 2 MB then."""

PARAMETERS = ("I0", "I1", "I2")

_WORDS = {
    "no-queue": "no queue",
    "denied": "AuthenticationError",
    "unknown-command": "ErrorNotimplemented",
    "bad-calibration": "ValueError",
    "bad-document": "ValueError",
    "bad-request": "ValueError",
    "outside-root": "IOError",
    "not-found": "IOError",
    "output-failed": "IOError",
}
_OF_THE_CLIENT = frozenset(_WORDS) - {"output-failed"}
"""Codes whose sentence is about what the client has sent; the others may tell of the server."""


def encode(result: str, data: Data) -> bytes:
    """Write a reply."""
    return json.dumps({"result": result, "data": data}).encode()


def refusal(why: Refusal) -> bytes:
    """Say that a request is not carried out."""
    text = why.message if why.code in _OF_THE_CLIENT else "see the log of the server"
    return encode(_WORDS.get(why.code, "Error"), {"Error": text})


def stat(statistics: Statistics) -> Data:
    """Say how it is going."""
    start = statistics.started if statistics.opened is None else statistics.opened
    return {
        "stat": {
            "images processed": statistics.counters.integrated,
            "queue length": statistics.counters.pending,
            "time": statistics.time,
            "start time": start,
        }
    }


def past(tables: Sequence[Table], now: float) -> Data:
    """Tell of the images that were integrated: when, and their integral parameters.

    Parameters
    ----------
    tables
        Rows of the history, oldest first.
    now
        Seconds since the epoch.
    """
    done = _column(tables, "done")
    return {
        "history": done[done >= now - LAST].tolist(),
        "IntegralParameters": _integral_parameters(tables),
    }


def _integral_parameters(tables: Sequence[Table]) -> Data:
    """Return those of each channel that has all of them; the time of an image, where known."""
    known = dict.fromkeys(name for table in tables for name in table.numbers)
    channels = [
        channel
        for channel in dict.fromkeys(name.rpartition(".")[0] for name in known)
        if known.keys() >= {f"{channel}.{parameter}" for parameter in PARAMETERS}
    ]
    most = MOST_NUMBERS // (len(PARAMETERS) * max(len(channels), 1))
    times, done = _column(tables, "time"), _column(tables, "done")
    common = {
        "time": np.where(np.isfinite(times), times, done)[-most:].tolist(),
        "file": [file for table in tables for file in table.files][-most:],
    }
    return {
        channel: common
        | {name: _column(tables, f"{channel}.{name}")[-most:].tolist() for name in PARAMETERS}
        for channel in channels
    }


def _column(tables: Sequence[Table], name: str) -> NDArray[np.float64]:
    """Return a column of all tables, NaN where one has no such column."""
    return np.concatenate(
        [
            table.numbers[name] if name in table.numbers else np.full(len(table.files), np.nan)
            for table in tables
        ]
    )


def plot(curves: NewestCurves, document: Mapping[str, Any]) -> Data:
    """Give the newest curves; ``document`` is the calibration that they were made with."""
    arrays = arrays_of(curves)
    return {
        "filename": curves.image,
        "graphs": [
            {
                "kind": "Slice" if graph.kind == "Slice" else "Radial",
                "conf": _entry_of(graph, document),
                "columnLabels": list(graph.columns),
                "array": [_numbers(column) for column in arrays[graph.channel].values()],
            }
            for graph in curves.graphs
        ],
    }


def _entry_of(graph: Graph, document: Mapping[str, Any]) -> Any:
    """Return the entry of the calibration for a channel: masks first, slices count on."""
    masks, slices = document.get("Masks", []), document.get("Slices", [])
    index = int(graph.channel[1:])
    entries = masks if graph.channel.startswith("R") else slices
    index -= len(masks) if entries is slices else 0
    return entries[index] if 0 <= index < len(entries) else {}


def _numbers(column: NDArray[np.float64]) -> list[float]:
    numbers: list[float] = np.where(np.isfinite(column), column, np.nan).tolist()
    return numbers


def calibration(answer: CalibrationOf) -> Data:
    """Give the calibration with its masks, one for each, in their order."""
    document = answer.calibration
    full = with_defaults(document, load_schema("calibration"))
    files = {mask.name: mask for mask in answer.attachments}
    names = [name for name in mask_names(document) if name in files]
    return {
        "cal": document,
        "directory": full["Directory"],
        "threads": full["Threads"],
        "attachments": [frame_of(files[name]) for name in names],
    }


def listing(answer: Listing) -> Data:
    """Say what is in a folder."""
    return {
        "dircontent": [{"isdir": entry.isdir, "path": entry.name} for entry in answer.dircontent],
        "directory": list(answer.directory),
    }


def files(pages: Sequence[CurveFiles]) -> Data:
    """Name all files of all pages."""
    lists: dict[str, list[str]] = {}
    for page in pages:
        for kind, names in page.fileslist.items():
            lists.setdefault(kind, []).extend(names)
    return {"fileslist": lists}
