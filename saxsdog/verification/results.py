"""One result: what it says, and what it was made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saxsdog.errors import VerificationError
from saxsdog.pipeline.reducer import parameters_of
from saxsdog.provenance.notes import Note, read_notes
from saxsdog.reduction.integrate import Curve
from saxsdog.reduction.plan import Plan


@dataclass(frozen=True)
class Again:
    """What comes out now."""

    document: dict[str, Any]
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


def newest_notes(folder: Path, results: set[str]) -> dict[str, Note]:
    """Return the newest note of each of these results, as far as there are some."""
    noted: dict[str, Note] = {}
    try:
        for note in read_notes(folder):
            if note.result in results:
                noted.setdefault(note.result, note)
                if len(noted) == len(results):
                    break
    except OSError as error:
        raise VerificationError(f"{error.filename}: cannot be read: {error.strerror}") from error
    return noted
