"""Curve files (``.chi``): four header lines, then rows of q, intensity and error."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import CurveFileError
from saxsdog.io.numbers_text import column_text, rows_text
from saxsdog.io.result_bytes import result_bytes
from saxsdog.reduction.integrate import Curve
from saxsdog.reduction.intensity import COUNTS_LABEL
from saxsdog.reduction.plan import ChannelPlan

Array = NDArray[np.float64]

MOST_DIGITS = 18
"""Of a number of rows; Python refuses to read thousands of them."""

HEADER_LINES = 4
ERROR_LABEL = "Error Margin"
NO_PARAMETERS = {"I0": 0.0, "I1": 0.0, "I2": 0.0}


@dataclass(frozen=True)
class CurveFile:
    """What a ``.chi`` file holds.

    Attributes
    ----------
    q, intensity, sigma
        Columns, each of shape ``(rows,)``; ``sigma`` is NaN where the file has two columns.
    labels
        Names of the columns as far as the file gives them.
    calibration
        The calibration document, or ``None`` in files of the older generation.
    parameters
        Integral parameters and those of classifiers by name; empty where the file has none.
    title
        First line of a file without a calibration: in old files the path of the curve.
    """

    q: Array
    intensity: Array
    sigma: Array
    labels: tuple[str, ...]
    calibration: dict[str, Any] | None
    parameters: dict[str, float]
    title: str


class CurveFormat:
    """Turns the curves of one channel into the bytes of ``.chi`` files.

    What stays the same from frame to frame, the calibration and the column of q, is text already.
    """

    suffix = ".chi"

    def __init__(
        self,
        channel: ChannelPlan,
        calibration: dict[str, Any],
        intensity_label: str = COUNTS_LABEL,
    ) -> None:
        self._first_line = json.dumps(calibration)
        self._kind = channel.kind
        self._labels = json.dumps([channel.axis_label, intensity_label, ERROR_LABEL])
        self._q = column_text(channel.q)
        self._n_rows = channel.q.size

    def made(self, data: bytes) -> bool:
        """Tell whether these bytes are a whole file of this channel and calibration."""
        return (
            data.startswith(f"{self._first_line}\n".encode())
            and data.endswith(b"\n ")
            and data.count(b"\n") == HEADER_LINES + self._n_rows
        )

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Tell whether a file is a curve, of whatever calibration."""
        try:
            read_chi(path)
        except CurveFileError:
            return False
        return True

    def render(self, curve: Curve) -> bytes:
        """Return the whole file of a curve, digits enough for 1e-11 of every number."""
        if self._kind == "Slice":
            described = [self._labels, "Intensity"]
        else:
            parameters = curve.parameters.as_dict() if curve.parameters else NO_PARAMETERS
            described = [json.dumps(parameters | _finite(curve.classifiers)), self._labels]
        header = "\n".join([self._first_line, *described, f"   {self._n_rows}"])
        return b"%b\n %b" % (header.encode(), rows_text(self._q, curve.intensity, curve.sigma))


def read_chi(path: str | os.PathLike[str], *, follow: bool = True) -> CurveFile:
    """Read a curve of saxsdog, of the original SAXSDOG in both generations, or of FIT2D.

    Parameters
    ----------
    path
        The file.
    follow
        Whether a link is followed.

    Raises
    ------
    CurveFileError
        If the file is missing, has no number of rows in its fourth line or other rows than that.
    """
    lines = _lines(path, follow=follow)
    header, rows = lines[:HEADER_LINES], [line for line in lines[HEADER_LINES:] if line.strip()]
    expected = _row_count(path, header)
    if len(rows) != expected:
        raise CurveFileError(f"{path}: expected {expected} rows as line 4 says, got {len(rows)}")
    try:
        table = np.array([row.split() for row in rows], dtype=np.float64)
    except ValueError as error:
        raise CurveFileError(f"{path}: expected rows of numbers: {error}") from error
    if expected == 0:
        table = table.reshape(0, 3)
    if table.ndim != 2 or table.shape[1] not in (2, 3):
        raise CurveFileError(f"{path}: expected 2 or 3 columns, got rows like {rows[0]!r}")
    documents = [_json_or_none(line) for line in header[:3]]
    calibration = documents[0] if isinstance(documents[0], dict) else None
    labels = next((d for d in documents if isinstance(d, list)), header[1:3])
    return CurveFile(
        q=table[:, 0],
        intensity=table[:, 1],
        sigma=table[:, 2] if table.shape[1] > 2 else np.full(expected, np.nan),
        labels=tuple(str(label).strip() for label in labels),
        calibration=calibration,
        parameters=_with_nan(documents[1]) if isinstance(documents[1], dict) else {},
        title="" if calibration is not None else header[0].strip(),
    )


def _lines(path: str | os.PathLike[str], *, follow: bool) -> list[str]:
    """Lines of a file whose last line ended: else the last number may have lost digits."""
    data = result_bytes(path, "a curve", follow=follow)
    text = data.decode("utf-8", "replace")
    if text and not text.rstrip(" ").endswith("\n"):
        raise CurveFileError(f"{path}: expected a curve, the file is cut off in its last line")
    return text.splitlines()


def _row_count(path: str | os.PathLike[str], header: list[str]) -> int:
    words = header[-1].split() if len(header) == HEADER_LINES else []
    if len(words) != 1 or not words[0].isdecimal() or len(words[0]) > MOST_DIGITS:
        got = repr(header[-1][:40]) if len(header) == HEADER_LINES else f"{len(header)} lines"
        raise CurveFileError(f"{path}: expected the number of rows in line 4, got {got}")
    return int(words[0])


def _finite(classifiers: Mapping[str, float]) -> dict[str, float | None]:
    """Put ``None`` for what is not finite: JSON has no word for it."""
    return {name: value if math.isfinite(value) else None for name, value in classifiers.items()}


def _with_nan(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in parameters.items()}


def _json_or_none(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
