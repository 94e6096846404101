"""Does the calibration fit the frame? Each question on its own, as pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from saxsdog.calibration import Calibration
from saxsdog.inspection.beam import is_on_detector
from saxsdog.inspection.center import Answer, Finding, Slip
from saxsdog.inspection.counts import Flags
from saxsdog.inspection.dead_pixels import Comparison, DeadPixels, Turn
from saxsdog.inspection.masks import Fault, fault_of, masked_share
from saxsdog.inspection.shapes import Fit, fit_of
from saxsdog.reduction.geometry import Geometry
from saxsleash.appearance import Tone
from saxsleash.models.shown_frame import ShownFrame

_SLIPS = {
    Slip.ROW_FROM_TOP: "Is its row counted from the top?",
    Slip.SWAPPED: "Are the numbers of BeamCenter swapped?",
}

_TURNS = {
    Turn.VERTICALLY: "flipped vertically",
    Turn.HORIZONTALLY: "flipped horizontally",
    Turn.BY_180_DEGREES: "turned by 180°",
    Turn.TRANSPOSED: "transposed",
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
    fit = fit_of(frame.shape, shape)
    if fit is not Fit.SAME:
        text = f"The image has {_size(frame.shape)} pixels, Imagesize says {_size(shape)}"
        if fit is Fit.SWAPPED:
            text += ": rows and columns are swapped"
        return Check(name, Tone.BAD, text, "Every image will fail; Imagesize is rows, columns")
    return Check(name, Tone.GOOD, f"{_size(shape)} pixels, as Imagesize says")


def check_beam(geometry: Geometry | None) -> Check:
    """Tell whether the direct beam would hit the detector."""
    name = "Beam on detector"
    if geometry is None:
        return Check(name, Tone.UNKNOWN, "No calibration yet")
    (row, column), (rows, _) = geometry.beam_center, geometry.shape
    text = f"Column {column:.1f}, row {rows - row:.1f} from the bottom"
    if is_on_detector(geometry):
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
    answers = [_check_mask(mask, shape, frame) for mask in masks]
    order = (Tone.BAD, Tone.DOUBTFUL, Tone.UNKNOWN, Tone.GOOD)
    tone, text = min(answers, key=lambda answer: order.index(answer[0]))
    return Check(name, tone, text, "\n".join(text for _, text in answers))


def _check_mask(
    mask: NamedMask, shape: tuple[int, int], frame: ShownFrame | None
) -> tuple[Tone, str]:
    if mask.pixels is None:
        if mask.has_file:
            return Tone.DOUBTFUL, f"“{mask.name}” cannot be checked, its file is not read"
        return _check_empty(mask, shape, frame)
    fault = fault_of(mask.pixels, shape)
    if fault is Fault.SHAPE:
        came = _size(mask.pixels.shape)
        return Tone.BAD, f"“{mask.name}” has {came} pixels, Imagesize says {_size(shape)}"
    if fault is Fault.EMPTY:
        return _check_empty(mask, shape, frame)
    text = f"“{mask.name}” leaves out {percent(masked_share(mask.pixels))} of the pixels"
    if fault is Fault.INVERTED:
        return Tone.BAD, f"{text}; is it inverted?"
    return Tone.GOOD, text


def _check_empty(
    mask: NamedMask, shape: tuple[int, int], frame: ShownFrame | None
) -> tuple[Tone, str]:
    text = f"“{mask.name}” masks nothing"
    if frame is not None and frame.shape == shape and _dead_pixels(frame).are_many:
        return Tone.DOUBTFUL, f"{text}, but the detector has gaps"
    if mask.has_file:
        return Tone.DOUBTFUL, f"{text}; is it the right file?"
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
    dead = _dead_pixels(frame)
    answers = [(each, dead.compared_with(pixels)) for each, pixels in fitting]
    worst, found = max(answers, key=lambda answer: answer[1].badness)
    if found.outside == 0:
        of_all = "the mask" if len(fitting) == 1 else "all masks"
        which = (
            "All" if frame.block == 1 else f"Those that fill {frame.block} × {frame.block} pixels"
        )
        return Check(name, Tone.GOOD, f"{which} lie below {of_all}")
    of_which = "the mask" if len(fitting) == 1 else f"“{worst}”"
    return Check(
        name,
        Tone.DOUBTFUL if found.is_doubtful else Tone.GOOD,
        f"{_number(found.outside, 'flagged pixel')} outside {of_which}{_better(found)}",
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
    if finding.answer is Answer.NONE_FITS:
        return Check(name, Tone.UNKNOWN, "The image is not even around any centre nearby", details)
    if finding.answer is Answer.FITS:
        return Check(name, Tone.GOOD, "The image is even around it", details)
    row, column = finding.center
    text = (
        f"More even around column {column:.0f}, "
        f"row {geometry.shape[0] - row:.0f} from the bottom: {finding.away:.0f} pixels away"
    )
    for slip in finding.slips(geometry):
        text += f". {_SLIPS[slip]}"
    return Check(name, Tone.DOUBTFUL, text, details, finding.center)


def percent(share: float) -> str:
    """Write a share with three digits that matter, and as all or nothing only if it is."""
    if 0.0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1.0:
        return "more than 99.9 %"
    return f"{100 * share:.1f} %"


def _dead_pixels(frame: ShownFrame) -> DeadPixels:
    return DeadPixels.of(frame.gaps, frame.block, frame.shape)


def _better(found: Comparison) -> str:
    """Say how the mask would fit better, if there is such a way."""
    if found.turn is None:
        return ""
    hint = ". Is it upside down?" if found.turn is Turn.VERTICALLY else ""
    return f"; {_TURNS[found.turn]} it would be {_thousands(found.left)}{hint}"


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _number(count: int, word: str) -> str:
    return f"{_thousands(count)} {word}{'' if count == 1 else 's'}"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
