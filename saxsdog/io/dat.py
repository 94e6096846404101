"""Curve files (``.dat``): comment lines, then rows of q, intensity and error without empty bins.

What SasView, ATSAS, BioXTAS RAW and freesas read: only ASCII, and nothing but ``#`` before a
comment. Such a file does not say its unit in a way that programs understand, so the user chooses
that which the program takes for granted.
"""

import hashlib
import json
import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import CurveFileError
from saxsdog.io.chi import ERROR_LABEL, CurveFile
from saxsdog.io.numbers_text import ColumnText, column_text, rows_text
from saxsdog.io.result_bytes import result_bytes
from saxsdog.reduction.integrate import Curve
from saxsdog.reduction.intensity import COUNTS_LABEL, in_ascii
from saxsdog.reduction.plan import ChannelPlan

SUFFIX = ".dat"
PER_NM, PER_ANGSTROM = "nm^-1", "A^-1"

_UNITS = {"1/nm": PER_NM, "1/angstrom": PER_ANGSTROM}
_PER = {PER_NM: 1.0, PER_ANGSTROM: 0.1}
"""How much one nm⁻¹ is in each unit."""

_LONG = re.compile(r"Scattering Vector  (?P<name>\S+) \[\$.*\$\]")
_SHORT = re.compile(r"(?P<name>q\S*) \[(?P<unit>nm|A)\^-1\]")


class DatFormat:
    """Turns the curves of one channel into the bytes of ``.dat`` files.

    Parameters
    ----------
    channel
        Of any kind but ``Cake``.
    calibration
        The calibration document; the file names it by its SHA-256.
    intensity_label
        What the intensity is.
    unit
        Of q, ``nm^-1`` or ``A^-1``; abscissas that are no q stay what they are.
    """

    suffix = SUFFIX

    def __init__(
        self,
        channel: ChannelPlan,
        calibration: dict[str, Any],
        intensity_label: str = COUNTS_LABEL,
        unit: str = PER_NM,
    ) -> None:
        label, self._q = channel.axis_label, channel.q
        if (long := _LONG.fullmatch(label)) and channel.unit in _UNITS:
            label = f"{long['name']} [{unit}]"
            self._q = channel.q * (_PER[unit] / _PER[_UNITS[channel.unit]])
        # A unit may hold anything, and what follows a newline would be no comment.
        intensity_label = " ".join(in_ascii(intensity_label).split())
        columns = "\t".join([label, intensity_label, ERROR_LABEL])
        digest = hashlib.sha256(json.dumps(calibration).encode()).hexdigest()
        lines = [
            f"saxsdog {version('saxsdog')}",
            f"curve {channel.name}",
            f"calibration with SHA-256 {digest}",
            columns,
        ]
        text = "".join(f"# {line}\n" for line in lines)
        self._header = text.encode("ascii", "backslashreplace")
        self._known: NDArray[np.bool_] = np.ones(channel.q.size, dtype=bool)
        self._q_text = column_text(self._q)

    def made(self, data: bytes) -> bool:
        """Tell whether these bytes are a whole file of this channel and calibration."""
        return data.startswith(self._header) and data.endswith(b"\n")

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Tell whether a file is a curve, of whatever calibration."""
        try:
            read_dat(path)
        except CurveFileError:
            return False
        return True

    def render(self, curve: Curve) -> bytes:
        """Return the whole file of a curve, digits enough for 1e-11 of every number."""
        known = np.isfinite(curve.intensity) & np.isfinite(curve.sigma)
        q = self._text_of(known)
        rows = rows_text(q, curve.intensity[known], curve.sigma[known])
        return b"%b%b" % (self._header, b" " + rows[:-1] if rows else b"")

    def _text_of(self, known: NDArray[np.bool_]) -> ColumnText:
        """Return the column of q; which bins are empty mostly stays as it was."""
        if not np.array_equal(known, self._known):
            self._q_text, self._known = column_text(self._q[known]), known
        return self._q_text


def read_dat(path: str | os.PathLike[str], *, follow: bool = True) -> CurveFile:
    """Read a curve that :class:`DatFormat` has written.

    Parameters
    ----------
    path
        The file.
    follow
        Whether a link is followed.

    Raises
    ------
    CurveFileError
        If the file is missing, is none of ours or is cut off.
    """
    data = result_bytes(path, "a curve", follow=follow)
    if not data.startswith(b"# saxsdog ") or not data.endswith(b"\n"):
        raise CurveFileError(f"{path}: expected a whole .dat file of saxsdog, got something else")
    lines = data.decode("ascii", "replace").splitlines()
    comments = [line[2:] for line in lines if line.startswith("# ")]
    rows = [line.split() for line in lines if not line.startswith("#")]
    try:
        table = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    except ValueError as error:
        raise CurveFileError(f"{path}: expected rows of three numbers: {error}") from error
    labels = comments[-1].split("\t")
    return CurveFile(
        q=table[:, 0],
        intensity=table[:, 1],
        sigma=table[:, 2],
        labels=(_long(labels[0]), *labels[1:]),
        calibration=None,
        parameters={},
        title=comments[0],
    )


def _long(label: str) -> str:
    """Return the label of an abscissa as plots write it."""
    short = _SHORT.fullmatch(label)
    if short is None:
        return label
    return f"Scattering Vector  {short['name']} [${short['unit']}^{{-1}}$]"
