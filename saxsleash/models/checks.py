"""Does the calibration fit the frame? Each question on its own, as pure functions."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration
from saxsdog.reduction.geometry import Geometry
from saxsleash.appearance import Tone
from saxsleash.models.blocks import Flags, all_in_blocks
from saxsleash.models.center_search import Finding, slips
from saxsleash.models.shown_frame import ShownFrame

TOO_MUCH = 0.95
"""Masked share that leaves hardly a curve."""

CLEARLY_BETTER = 0.9
"""Ratio of scatter below which another centre is no accident. Around the true centre of measured
and simulated frames it is 1.00; ten pixels beside it 0.89 at most."""

EVEN = 0.75
"""Unevenness above which an image has no rings that a centre could be judged by."""

NEAR = 3.0
"""In steps of the search: so near to a usual slip is it."""

_SLIPS = {
    "from the top": "Is its row counted from the top?",
    "swapped": "Are the numbers of BeamCenter swapped?",
}

_FLIPS: Mapping[str, Callable[[Flags], Flags]] = {
    "flipped vertically": np.flipud,
    "flipped horizontally": np.fliplr,
    "turned by 180°": lambda mask: mask[::-1, ::-1],
    "transposed": np.transpose,
}


@dataclass(frozen=True)
class Check:
    """The answer to one question.

    Attributes
    ----------
    name
        What was looked at, the same whatever the answer.
    tone
        How good the answer is.
    text
        The answer, one short sentence.
    details
        More of it, for those who ask; may be empty.
    center
        The beam centre that would fit, ``(row, column)``, if it is this that is doubtful.
    """

    name: str
    tone: Tone
    text: str
    details: str = ""
    center: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class NamedMask:
    """A mask of the calibration; ``pixels`` is ``None`` if its file was not read."""

    name: str
    pixels: Flags | None
    has_file: bool

    def is_same(self, other: "NamedMask") -> bool:
        """Tell whether nothing has changed; pixels are the same if they are the same array."""
        return (
            self.name == other.name
            and self.pixels is other.pixels
            and self.has_file == other.has_file
        )


@dataclass(frozen=True, eq=False)
class Gaps:
    """First pixels of the blocks of a frame that hold no count; ``block`` is their side."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    block: int

    @classmethod
    def of(cls, frame: ShownFrame) -> Self:
        rows, columns = np.nonzero(frame.gaps)
        return cls(rows * frame.block, columns * frame.block, frame.block)


def named_masks(calibration: Calibration, masks: Sequence[Flags | None]) -> tuple[NamedMask, ...]:
    """Put names to masks; those without a name are numbered as in the document."""
    return tuple(
        NamedMask(settings.name or f"Masks[{i}]", pixels, settings.file is not None)
        for i, (settings, pixels) in enumerate(zip(calibration.masks, masks, strict=True))
    )


def check_document(calibration: Calibration | None, problem: str) -> Check:
    """Judge the calibration itself; ``problem`` says why there is none."""
    name = "Calibration"
    if problem:
        return Check(name, Tone.BAD, problem.splitlines()[0], problem)
    if calibration is None:
        return Check(name, Tone.UNKNOWN, "No calibration yet")
    curves = 0 if calibration.slices_only else len(calibration.masks)
    curves += len(calibration.slices)
    return Check(name, Tone.GOOD, f"Valid, {_number(curves, 'curve')} for every image")


def check_image(frame: ShownFrame | None, problem: str, shape: tuple[int, int] | None) -> Check:
    """Compare the size of the frame with that of the calibration."""
    name = "Image size"
    if problem:
        return Check(name, Tone.BAD, "The newest image cannot be read", problem)
    if frame is None:
        return Check(name, Tone.UNKNOWN, "No image yet")
    if shape is None:
        return Check(name, Tone.UNKNOWN, f"{_size(frame.shape)} pixels, no calibration")
    if frame.shape != shape:
        text = f"The image has {_size(frame.shape)} pixels, Imagesize says {_size(shape)}"
        if frame.shape == shape[::-1]:
            text += ": rows and columns are swapped"
        return Check(name, Tone.BAD, text, "Every image will fail; Imagesize is rows, columns")
    return Check(name, Tone.GOOD, f"{_size(shape)} pixels, as Imagesize says")


def check_beam(geometry: Geometry | None) -> Check:
    """Tell whether the direct beam would hit the detector."""
    name = "Beam on detector"
    if geometry is None:
        return Check(name, Tone.UNKNOWN, "No calibration yet")
    (row, column), (rows, columns) = geometry.beam_center, geometry.shape
    text = f"Column {column:.1f}, row {rows - row:.1f} from the bottom"
    if 0 <= row <= rows and 0 <= column <= columns:
        return Check(name, Tone.GOOD, text)
    return Check(
        name,
        Tone.DOUBTFUL,
        f"Outside the detector: {text[0].lower()}{text[1:]}",
        "Allowed, as for a detector beside the beam. BeamCenter is vertical, horizontal.",
    )


def check_masks(
    masks: Sequence[NamedMask], shape: tuple[int, int] | None, frame: ShownFrame | None
) -> Check:
    """Compare size and share of the masks with what can be; the worst one speaks."""
    name = "Masks"
    if shape is None:
        return Check(name, Tone.UNKNOWN, "No calibration yet")
    if not masks:
        return Check(name, Tone.GOOD, "No masks, only slices")
    gaps = frame is not None and frame.shape == shape and bool(frame.gaps.any())
    answers = [_check_mask(mask, shape, gaps) for mask in masks]
    order = (Tone.BAD, Tone.DOUBTFUL, Tone.UNKNOWN, Tone.GOOD)
    tone, text = min(answers, key=lambda answer: order.index(answer[0]))
    return Check(name, tone, text, "\n".join(text for _, text in answers))


def _check_mask(mask: NamedMask, shape: tuple[int, int], gaps: bool) -> tuple[Tone, str]:
    if mask.pixels is None:
        if mask.has_file:
            return Tone.DOUBTFUL, f"“{mask.name}” cannot be checked, its file is not read"
        if gaps:
            return Tone.DOUBTFUL, f"“{mask.name}” masks nothing, but the detector has gaps"
        return Tone.GOOD, f"“{mask.name}” masks nothing"
    if mask.pixels.shape != shape:
        came = _size(mask.pixels.shape)
        return Tone.BAD, f"“{mask.name}” has {came} pixels, Imagesize says {_size(shape)}"
    share = masked_share(mask.pixels)
    text = f"“{mask.name}” leaves out {percent(share)} of the pixels"
    if share > TOO_MUCH:
        return Tone.BAD, f"{text}; is it inverted?"
    if share == 0.0 and gaps:
        return Tone.DOUBTFUL, f"“{mask.name}” masks nothing, but the detector has gaps"
    return Tone.GOOD, text


def check_gaps(masks: Sequence[NamedMask], frame: ShownFrame | None) -> Check:
    """Tell whether the masks cover the gaps and dead pixels; a mask upside down does not."""
    name = "Dead pixels"
    if frame is None:
        return Check(name, Tone.UNKNOWN, "No image yet")
    if not frame.gaps.any():
        return Check(name, Tone.GOOD, "The image has none")
    fitting = [
        (mask.name, mask.pixels)
        for mask in masks
        if mask.pixels is not None and mask.pixels.shape == frame.shape and mask.pixels.any()
    ]
    if not fitting:
        return Check(name, Tone.UNKNOWN, "No mask to compare with")
    gaps = Gaps.of(frame)
    answers = [(uncovered_count(gaps, pixels), each, pixels) for each, pixels in fitting]
    most, worst, pixels = max(answers, key=lambda answer: answer[0])
    if most == 0:
        of_all = "the mask" if len(fitting) == 1 else "all masks"
        which = (
            "All" if frame.block == 1 else f"Those that fill {frame.block} × {frame.block} pixels"
        )
        return Check(name, Tone.GOOD, f"{which} lie below {of_all}")
    of_which = "the mask" if len(fitting) == 1 else f"“{worst}”"
    text = f"{_number(most, 'flagged pixel')} outside {of_which}"
    better = _better_flip(gaps, pixels, most)
    return Check(
        name,
        Tone.DOUBTFUL,
        f"{text}; {better}" if better else text,
        "They are left out of the curves frame by frame, so this does no harm by itself.",
    )


def check_center(finding: Finding | None, geometry: Geometry | None) -> Check:
    """Tell whether the image is more even around another centre."""
    name = "Beam centre"
    if finding is None or geometry is None:
        return Check(name, Tone.UNKNOWN, "Too little to judge it by")
    details = (
        f"Around the best centre nearby the counts of a ring scatter {finding.ratio:.2f} times "
        f"as much as around this one; centres closer than {finding.resolution:.0f} pixels are "
        "not told apart."
    )
    if finding.unevenness > EVEN:
        return Check(name, Tone.UNKNOWN, "The image is not even around any centre nearby", details)
    if finding.ratio > CLEARLY_BETTER or finding.away < finding.resolution:
        return Check(name, Tone.GOOD, "The image is even around it", details)
    row, column = finding.center
    text = (
        f"More even around column {column:.0f}, "
        f"row {geometry.shape[0] - row:.0f} from the bottom: {finding.away:.0f} pixels away"
    )
    for slip, meant in slips(geometry).items():
        if math.dist(finding.center, meant) < NEAR * finding.resolution:
            text += f". {_SLIPS[slip]}"
    return Check(name, Tone.DOUBTFUL, text, details, finding.center)


def uncovered(frame: ShownFrame, mask: Flags) -> Flags:
    """Blocks of a frame without a count that a mask leaves in, at least in part."""
    return np.asarray(frame.gaps & ~all_in_blocks(mask, frame.block))


def uncovered_count(gaps: Gaps, mask: Flags) -> int:
    """Count the pixels that a mask leaves in and that lie in blocks without a count."""
    total = 0
    for down in range(gaps.block):
        for right in range(gaps.block):
            row, column = gaps.rows + down, gaps.columns + right
            if gaps.block > 1:  # blocks at the far edges may be cut off
                inside = (row < mask.shape[0]) & (column < mask.shape[1])
                row, column = row[inside], column[inside]
            total += int(np.count_nonzero(~mask[row, column]))
    return total


def masked_share(mask: Flags) -> float:
    """Return the share of masked pixels, from 0 to 1."""
    return float(np.count_nonzero(mask)) / mask.size if mask.size else 0.0


def percent(share: float) -> str:
    """Write a share with three digits that matter, and as all or nothing only if it is."""
    if 0.0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1.0:
        return "more than 99.9 %"
    return f"{100 * share:.1f} %"


def _better_flip(gaps: Gaps, mask: Flags, now: int) -> str:
    counts = {
        how: uncovered_count(gaps, flipped)
        for how, flip in _FLIPS.items()
        if (flipped := flip(mask)).shape == mask.shape
    }
    how, fewest = min(counts.items(), key=lambda item: item[1])
    if fewest > now / 2:
        return ""
    hint = ". Is it upside down?" if how == "flipped vertically" else ""
    return f"{how} it would be {_thousands(fewest)}{hint}"


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _number(count: int, word: str) -> str:
    return f"{_thousands(count)} {word}{'' if count == 1 else 's'}"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
