"""Curves and cakes in files of their own, as results."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from saxsdog.curves.formats import Format, Products, formats_of
from saxsdog.curves.owners import Owners
from saxsdog.errors import OutputError, VerificationError
from saxsdog.io.cakes import SUFFIX as CAKE
from saxsdog.io.cakes import CakeFile, read_cake
from saxsdog.io.chi import CurveFile, read_chi
from saxsdog.io.dat import PER_ANGSTROM, PER_NM, read_dat
from saxsdog.io.dat import SUFFIX as DAT
from saxsdog.provenance.notes import Note
from saxsdog.verification.comparison import DIGITS, differing, differing_numbers
from saxsdog.verification.results import Again, Result, newest_notes

CHI = ".chi"

CAKE_DIGITS = 2.0 * float(np.finfo(np.float32).eps)
"""Cakes have 32 bits, and another processor may round the last of them otherwise."""

_COMPARED = (b"# curve ", b"# calibration ")
"""How comments of ``.dat`` files begin that depend on no version."""

_OF_CHANNEL = re.compile(r"(?P<stem>.+)_c(?P<channel>[RS][0-9]+)", re.DOTALL)


def curve_result(path: Path) -> Result:
    """Return what a file says of one curve.

    Raises
    ------
    CurveFileError
        If it is damaged.
    VerificationError
        If nobody knows of which image it is.
    """
    readers: dict[str, Callable[[Path], CurveFile | CakeFile]] = {
        CHI: read_chi,
        DAT: read_dat,
        CAKE: read_cake,
    }
    reader = readers[path.suffix.lower()]
    said = reader(path)
    note, channel = _note_of(path)

    def differences(again: Again) -> list[str]:
        chosen = channel or again.plan.channels[0].name
        curve = again.curve(chosen)
        format_ = _format_of(path, chosen, again)
        if (format_.suffix == CAKE) != (path.suffix.lower() == CAKE):
            raise VerificationError(f"{path}: expected a file '{format_.suffix}' of {chosen}")
        rendered = format_.render(curve)
        data = path.read_bytes()
        if rendered == data:
            return []
        with tempfile.TemporaryDirectory(prefix="saxsdog-verify-") as place:
            made = Path(place) / f"now{path.suffix.lower()}"
            made.write_bytes(rendered)
            return [*_between(said, reader(made)), *_between_comments(data, rendered)]

    return Result(str(path), path.parent, note, differences, said.calibration)


def _format_of(path: Path, channel: str, again: Again) -> Format:
    """Return the format that would write this file."""
    unit = _dat_unit(path) if path.suffix.lower() == DAT else ""
    products = Products(("dat",), unit) if unit else Products(("chi",))
    place = next(i for i, each in enumerate(again.plan.channels) if each.name == channel)
    formats = dict(formats_of(again.plan, again.document, products))
    return formats[place]


def _dat_unit(path: Path) -> str:
    """Return the unit of q in a ``.dat`` file; where its abscissa is another, any will do."""
    found = re.search(rb"^# \S+ \[(?:nm|A)\^-1\]", path.read_bytes(), re.MULTILINE)
    return PER_ANGSTROM if found and b"[A^" in found[0] else PER_NM


def _between(said: Any, now: Any) -> list[str]:
    """Say how two curves or cakes differ."""
    is_cake = hasattr(said, "area")
    digits = CAKE_DIGITS if is_cake else DIGITS
    found = [
        *differing("q", said.q, now.q),
        *differing("intensity", said.intensity, now.intensity, said.sigma, digits),
        *differing("error", said.sigma, now.sigma, None, digits),
        *differing_numbers(getattr(said, "parameters", {}), getattr(now, "parameters", {})),
    ]
    if is_cake:
        found += differing("azimuth", said.chi, now.chi)
        found += differing("number of pixels", said.area, now.area, None, digits)
    if said.calibration != now.calibration:
        found.append("the calibration in the file is another")
    if said.labels != now.labels:
        found.append(
            f"columns: {', '.join(said.labels)} in the result, {', '.join(now.labels)} now"
        )
    return found


def _between_comments(said: bytes, now: bytes) -> list[str]:
    """Say which lines of comments differ that no reader of numbers looks at."""
    comments = [
        [line for line in data.splitlines() if line.startswith(_COMPARED)] for data in (said, now)
    ]
    if comments[0] == comments[1]:
        return []
    texts = [b"; ".join(lines).decode("ascii", "replace") for lines in comments]
    return [f"comments: {texts[0] or 'none'} in the result, {texts[1]} now"]


def _note_of(path: Path) -> tuple[Note, str | None]:
    """Return what a curve was made of, and its channel; ``None`` is the first one."""
    found = _OF_CHANNEL.fullmatch(path.stem)
    noted = newest_notes(path.parent, of_archives=False)
    if path.stem in noted:
        return noted[path.stem], None
    if found is not None and found["stem"] in noted:
        return noted[found["stem"]], found["channel"]
    # It is of a version that wrote no notes, or they could not be written.
    try:
        owners = Owners(path.parent.resolve()).drain()
    except OutputError as error:
        raise VerificationError(str(error)) from error
    image = owners.get(f"{path.stem}{CHI}", "")
    if found is None or owners.get(f"{found['stem']}{CHI}", "") != image:
        return Note(path.stem, image, "", ""), None
    return Note(found["stem"], image, "", ""), found["channel"]
