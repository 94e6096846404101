"""Curves and cakes in files of their own, as results."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from saxsdog.errors import OutputError, VerificationError
from saxsdog.io.cakes import SUFFIX as CAKE
from saxsdog.io.cakes import CakeFile, read_cake
from saxsdog.io.chi import CurveFile, read_chi
from saxsdog.io.dat import PER_ANGSTROM, PER_NM, read_dat
from saxsdog.io.dat import SUFFIX as DAT
from saxsdog.pipeline.formats import Format, Products, formats_of
from saxsdog.pipeline.owners import Owners
from saxsdog.provenance.notes import Note
from saxsdog.verification.comparison import differing, differing_numbers
from saxsdog.verification.results import Again, Result, newest_notes

CHI = ".chi"

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
        rendered = _format_of(path, chosen, again).render(again.curve(chosen))
        if rendered == path.read_bytes():
            return []
        with tempfile.TemporaryDirectory(prefix="saxsdog-verify-") as place:
            made = Path(place) / f"now{path.suffix.lower()}"
            made.write_bytes(rendered)
            return _between(said, reader(made))

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
    found = [
        *differing("q", said.q, now.q),
        *differing("intensity", said.intensity, now.intensity, said.sigma),
        *differing("error", said.sigma, now.sigma),
        *differing_numbers(getattr(said, "parameters", {}), getattr(now, "parameters", {})),
    ]
    if hasattr(said, "chi"):
        found += differing("azimuth", said.chi, now.chi)
    if said.calibration != now.calibration:
        found.append("the calibration in the file is another")
    if said.labels != now.labels:
        found.append(
            f"columns: {', '.join(said.labels)} in the result, {', '.join(now.labels)} now"
        )
    return found


def _note_of(path: Path) -> tuple[Note, str | None]:
    """Return what a curve was made of, and its channel; ``None`` is the first one."""
    found = _OF_CHANNEL.fullmatch(path.stem)
    noted = newest_notes(path.parent, {path.stem, found["stem"] if found else path.stem})
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
