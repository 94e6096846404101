"""What a calibration says of the scale and the background of curves, and what of it is wrong."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from saxsdog.errors import ExpressionError, FrameError
from saxsdog.explanations import KeyPath, Problem, path_text
from saxsdog.expressions import Expression, parse
from saxsdog.reasons import Reason
from saxsdog.reduction.intensity import label_of

Section = Mapping[str, Any]


@dataclass(frozen=True)
class LogSettings:
    """A table beside the images: its path from their folder, and the column of their names."""

    file: str
    key: str


@dataclass(frozen=True)
class Normalization:
    """By what the curves of each image are divided, and their scale.

    Attributes
    ----------
    divide_by
        A formula of values of each image, or ``None``.
    constants
        Values that are the same for all images, by lower-case names.
    log
        Where further values are found.
    factor
        By which all intensities are multiplied, for an absolute scale.
    unit
        Of the intensities, empty if they are arbitrary.
    """

    divide_by: Expression | None
    constants: Mapping[str, float]
    log: LogSettings | None
    factor: float
    unit: str

    @property
    def label(self) -> str:
        """What the intensity is, as plots and curve files write it."""
        return label_of(self.unit)

    def factor_of(self, values: Mapping[str, float]) -> float:
        """Return what the intensities of an image with these values are multiplied by.

        Raises
        ------
        FrameError
            If a value is missing, or the divisor is not more than 0 or hardly so.
        """
        if self.divide_by is None:
            return self.factor
        divisor = _value(self.divide_by, values, "Normalization.DivideBy")
        # The smallest numbers that there are have no reciprocal.
        if divisor <= 0.0 or math.isinf(factor := self.factor / divisor):
            raise FrameError(
                f"Normalization.DivideBy: expected more than 0, got {divisor:g} from "
                f"{self.divide_by.text!r}",
                Reason.NO_VALUE,
            )
        return factor


@dataclass(frozen=True)
class BackgroundSettings:
    """What is subtracted besides the curves of the masks.

    Attributes
    ----------
    scale
        How much is subtracted, a formula of values of each image.
    frames
        Pattern of the names of images that show a background, empty for none.
    last
        How many of them are averaged.
    """

    scale: Expression
    frames: str
    last: int

    def scale_of(self, values: Mapping[str, float]) -> float:
        """Return how much to subtract from an image; errors as of ``Normalization.factor_of``."""
        return _value(self.scale, values, "Background.Scale")


def _value(expression: Expression, values: Mapping[str, float], key: str) -> float:
    try:
        return expression.value(values)
    except ExpressionError as error:
        raise FrameError(f"{key}: {error}", Reason.NO_VALUE) from error


def normalization_of(section: Section | None) -> Normalization | None:
    """Convert ``Normalization``."""
    if section is None:
        return None
    divide_by, log = section.get("DivideBy"), section.get("Log")
    return Normalization(
        divide_by=None if divide_by is None else parse(divide_by),
        constants={each["Name"].lower(): float(each["Value"]) for each in section["Constants"]},
        log=None if log is None else LogSettings(log["File"], log["Key"]),
        factor=section["ScaleFactor"],
        unit=section["Unit"],
    )


def background_of(section: Section | None) -> BackgroundSettings | None:
    """Convert ``Background``."""
    if section is None:
        return None
    return BackgroundSettings(parse(section["Scale"]), section["Frames"], int(section["Last"]))


def scale_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what the schema cannot see: texts that are no formulas, names that stand twice."""
    for path in (("Normalization", "DivideBy"), ("Background", "Scale")):
        text = document.get(path[0], {}).get(path[1])
        try:
            parse(text or "1")
        except ExpressionError as error:
            yield _problem(path, str(error))
    first: dict[str, int] = {}
    for i, constant in enumerate(document.get("Normalization", {}).get("Constants", [])):
        same = first.setdefault(constant["Name"].lower(), i)
        if same != i:
            yield _problem(
                ("Normalization", "Constants", i, "Name"),
                f"expected another than Normalization.Constants[{same}].Name, whatever the case, "
                f"got {constant['Name']!r}",
            )


def _problem(path: KeyPath, message: str) -> Problem:
    return Problem(path_text(path), message, (path,))
