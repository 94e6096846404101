"""Whether a calibration holds together, and whether this machine can keep up with it."""

import statistics
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from saxsdog.calibration import Calibration
from saxsdog.doctor.asking import answer, within
from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.load import ENOUGH, Load, size_text, time_text
from saxsdog.inspection.beam import is_below, is_on_detector
from saxsdog.inspection.counts import Flags
from saxsdog.inspection.masks import Fault, fault_of, masked_share
from saxsdog.inspection.shapes import Fit, fit_of
from saxsdog.integrator import Integrator
from saxsdog.io.mask_files import read_mask
from saxsdog.paths import printable
from saxsdog.reduction.integrate import integrate
from saxsdog.settings import Settings

PLAN_LIMIT = 180.0
"""Seconds: at its first start numba compiles the loops, and large detectors take their time."""

FEW_EMPTY = 0.05
"""Share of empty bins between qStart and qStop that needs no thought."""

FRAMES = 9


def subject_of(path: Path) -> str:
    """Return under which heading findings about a calibration stand."""
    return f"Calibration {path.name}"


def load(question: Question, path: Path) -> Finding:
    """Check the document."""
    if path.exists() and not path.is_file():  # nobody may ever write to a pipe
        return question.bad(
            f"{printable(path.name)} is a folder, a pipe or a device",
            "Name the file of a calibration (.saxsconf).",
        )
    calibration = Calibration.load(path)
    curves = 0 if calibration.slices_only else len(calibration.masks)
    curves += len(calibration.slices)
    rows, columns = calibration.geometry.shape
    return question.good(
        f"valid: {curves} {'curve' if curves == 1 else 'curves'} from each image of {rows} x "
        f"{columns} pixels",
        curves=curves,
        rows=rows,
        columns=columns,
    )


def check_masks(subject: str, calibration: Calibration, folder: Path) -> Iterator[Finding]:
    """Look at each mask file by itself, then at the beamstop in all of them."""
    masks: list[Flags] = []
    for file in dict.fromkeys(mask.file for mask in calibration.masks if mask.file is not None):
        check = partial(_mask, path=folder / file, shape=calibration.geometry.shape, masks=masks)
        yield answer(Question(subject, "mask"), check)
    unmasked = any(mask.file is None for mask in calibration.masks)
    beam = partial(_beam, calibration=calibration, masks=masks, unmasked=unmasked)
    yield answer(Question(subject, "beam"), beam)


def _mask(question: Question, path: Path, shape: tuple[int, int], masks: list[Flags]) -> Finding:
    mask = read_mask(path)
    name = printable(path.name)
    fault = fault_of(mask, shape)
    if fault is Fault.SHAPE:
        swapped = fit_of(mask.shape, shape) is Fit.SWAPPED
        turned = " rows and columns are swapped;" if swapped else ""
        return question.bad(
            f"{name} has {_size(mask.shape)} pixels, Imagesize says {_size(shape)}",
            f"No image can be integrated:{turned} take the mask that was made for this detector.",
            file=name,
            rows=mask.shape[0],
            columns=mask.shape[1],
        )
    masks.append(mask)
    share = masked_share(mask)
    text = f"{name} leaves out {100 * share:.3g} % of the pixels"
    figures: dict[str, float | str] = {"file": name, "share": share}
    if fault is Fault.INVERTED:
        return question.bad(text, "Is it inverted? In a mask, 1 leaves a pixel out.", **figures)
    if fault is Fault.EMPTY:
        return question.doubtful(text, "It masks nothing: is it the right file?", **figures)
    return question.good(text, **figures)


def _beam(
    question: Question, calibration: Calibration, masks: list[Flags], *, unmasked: bool
) -> Finding:
    geometry = calibration.geometry
    (row, column), (rows, _) = geometry.beam_center, geometry.shape
    where = f"at column {column:.1f}, row {rows - row:.1f} from the bottom"
    figures = {"row_from_top": row, "column": column}
    if not is_on_detector(geometry):
        return question.doubtful(
            f"beside the detector: {where}",
            "Right for a detector beside the beam. Else look at BeamCenter: vertical first, "
            "counted from the bottom.",
            **figures,
        )
    bare = [mask for mask in masks if not is_below(mask, geometry.beam_center)]
    if calibration.masks and (bare or unmasked):
        return question.doubtful(
            f"{where}, and no pixel near it is masked",
            "Is there no beamstop, or is BeamCenter or the mask wrong (upside down, of another "
            "position of the detector)? Look at both in the window of saxsleash.",
            **figures,
        )
    beamstop = ", below a mask" if masks else ""
    return question.good(f"{where}{beamstop}", **figures)


def integrator_of(path: Path, calibration: Calibration) -> Integrator:
    """Compute the weights; errors as of :class:`Integrator`, and NoAnswerError."""
    return within(PLAN_LIMIT, lambda: Integrator(calibration, path.parent))


def bins(question: Question, integrator: Integrator) -> Finding:
    """Count the bins that no pixel falls into, where integral parameters are computed."""
    if integrator.remarks:
        return question.doubtful("; ".join(integrator.remarks), "Look at masks, qStart and qStop.")
    worst, where, total = 0.0, "", 0
    plan = integrator.plan
    for channel in plan.channels:
        area = plan.weights[channel.layer].linear[channel.row]
        total += area.size
        over = channel.parameters_over
        if over is not None and area[over].size:
            share = float(np.count_nonzero(area[over] == 0)) / area[over].size
            if share > worst:
                worst, where = share, channel.name
    figures = {"bins": total, "largest_empty_share": worst}
    if worst == 0:
        return question.good(f"{total} in all, none between qStart and qStop is empty", **figures)
    text = f"{100 * worst:.3g} % of those of {where} between qStart and qStop are empty"
    if worst <= FEW_EMPTY:
        return question.good(text, **figures)
    return question.doubtful(
        text,
        "They are left out of the integral parameters. Begin behind the beamstop (qStart), end "
        "before the edge of the detector (qStop), or make bins wider (PixelPerRadialElement).",
        **figures,
    )


def plan_size(question: Question, integrator: Integrator) -> Finding:
    """Compare the memory of the weights with what a server allows by default."""
    size, most = integrator.plan.nbytes, Settings.defaults(()).limits.largest_plan
    text = f"weights take {size_text(size)}"
    if size <= most:
        return question.good(text, plan_bytes=size)
    return question.bad(
        f"{text}, a server allows {size_text(most)}",
        "Choose fewer masks or a smaller Oversampling, or raise limits.largest_plan_mb of the "
        "server.",
        plan_bytes=size,
    )


def speed(question: Question, integrator: Integrator, load: Load, n_cores: int) -> Finding:
    """Integrate images of noise in memory, and compare with the rate that is expected."""
    shape = integrator.plan.shape
    image = np.random.default_rng(0).poisson(20.0, shape).astype(np.int32)
    integrate(image, integrator.plan, exposure=1.0)  # compiles, if nobody has done so before
    times = []
    for _ in range(FRAMES):
        began = time.monotonic()
        integrate(image, integrator.plan, exposure=1.0)
        times.append(time.monotonic() - began)
    seconds = statistics.median(times)
    rate = min(load.workers, n_cores) / seconds
    return question.compared(
        rate / load.rate,
        ENOUGH,
        f"an image takes {time_text(seconds)} of a core, so up to {rate:.0f} a second; "
        f"{load.rate:g} are expected",
        "Use more workers (Threads) where there are cores, a smaller Oversampling, or fewer masks. "
        "Reading and writing come on top.",
        image_s=seconds,
        images_per_s=rate,
        expected_per_s=load.rate,
    )


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
