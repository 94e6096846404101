"""One result: what it says, and what it was made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from saxsdog.curves.reducer import parameters_of
from saxsdog.errors import VerificationError
from saxsdog.io.status import Fingerprint, fingerprint_of
from saxsdog.provenance.notes import FOLDER, IMAGES, Note, read_notes
from saxsdog.reduction.integrate import Curve
from saxsdog.reduction.plan import Plan


@dataclass(frozen=True)
class Again:
    """What comes out now, and the calibration and SHA-256 of files from which it does."""

    document: dict[str, Any]
    files: Mapping[str, str]
    plan: Plan
    curves: Sequence[Curve]

    def curve(self, channel: str) -> Curve:
        """Return the curve of a channel.

        Raises
        ------
        VerificationError
            If there is none.
        """
        found = {curve.channel: curve for curve in self.curves}
        if channel not in found:
            names = ", ".join(found)
            raise VerificationError(
                f"expected {channel} among the curves {names} of the calibration"
            )
        return found[channel]

    @property
    def numbers(self) -> dict[str, float]:
        """Of all curves, by names such as ``R0.I0``."""
        return {
            f"{curve.channel}.{name}": value
            for curve in self.curves
            for name, value in parameters_of(curve).items()
        }


@dataclass(frozen=True)
class Result:
    """One result, or what a file holds of one image.

    Attributes
    ----------
    name
        For messages.
    folder
        From which the path of its image is seen.
    note
        What it was made of; without counts and bundle where nobody noted them.
    differences
        From what comes out now, a sentence each; none if it is the same.
    document
        The calibration, if it stands in the result.
    """

    name: str
    folder: Path
    note: Note
    differences: Callable[[Again], list[str]]
    document: Any = None


def newest_notes(folder: Path, *, of_archives: bool) -> Mapping[str, Note]:
    """Return the newest note of each result of a folder, by its name.

    Curves and an archive may have the same name; that of an archive has no counts.
    """
    try:
        version = fingerprint_of((folder / FOLDER / IMAGES).stat())
        return _newest_notes(folder.absolute(), version)[of_archives]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise VerificationError(f"{error.filename}: cannot be read: {error.strerror}") from error


@lru_cache(maxsize=1)
def _newest_notes(
    folder: Path, version: Fingerprint
) -> tuple[Mapping[str, Note], Mapping[str, Note]]:
    """Read the notes of a folder once for all of its results: those of curves, and of archives."""
    curves: dict[str, Note] = {}
    archives: dict[str, Note] = {}
    for note in read_notes(folder):
        (curves if note.counts else archives).setdefault(note.result, note)
    return curves, archives
