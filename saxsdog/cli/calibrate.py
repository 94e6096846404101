"""``saxsdog calibrate``: the geometry from the rings of a powder."""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration, text_of
from saxsdog.cli.arguments import (
    add_pixel_size,
    add_wavelength,
    command_parser,
    finite_number,
    positive_number,
)
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.start_geometry import start_of
from saxsdog.errors import OutputError, UsageError
from saxsdog.image_names import split
from saxsdog.io.images import read_frame
from saxsdog.io.mask_files import read_mask
from saxsdog.paths import printable
from saxsdog.reduction.geometry import Geometry
from saxsdog.refinement.calibrants import CALIBRANTS, Calibrant, calibrant, calibrant_of
from saxsdog.refinement.document import refined_document, tilt_of
from saxsdog.refinement.errors import RefinementError
from saxsdog.refinement.result import Refinement
from saxsdog.whole_file import write_whole

DESCRIPTION = f"""\
Refine beam centre, distance and, if wanted, tilt from a frame of a powder whose rings are known.

Start from a calibration that is roughly right: about 40 pixels and 30 % in distance are near
enough. Everything but the geometry is taken over from it. Without one the frame's own file can say
enough: the header of a Pilatus or of an EDF image (SPD), an HDF5 file with a detector, the master
beside an Eiger's data; options win over it. The wavelength must be right: the rings cannot tell it
from the distance.

calibrants: {", ".join(known.name for known in CALIBRANTS)}; or a file with one spacing in
Angstrom at the start of each line."""

EXAMPLES = """\
examples:
  saxsdog calibrate agbeh.tif --start may.saxsconf -o june.saxsconf
  saxsdog calibrate lab6.cbf --start may.saxsconf --calibrant LaB6 --free tilt --plot rings.png
  saxsdog calibrate agbeh.cbf --distance 830 --center 804 422 -o june.saxsconf
  saxsdog calibrate series_1_data_000001.h5::0 -o june.saxsconf

exit status: 0 all well, 1 the frame cannot be read or does not show the rings, 2 the call or the
calibration is wrong or results cannot be written."""

SUFFIX = ".saxsconf"
FIGURE_SIZE = (13.0, 6.0)


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    from saxsdog.errors import FrameError
    from saxsdog.refinement.refine import refine  # SciPy's optimizers: help comes at once

    options = make_parser().parse_args(arguments)
    _check_target(options.output, options.start, force=options.force)
    if options.plot is not None:
        from saxsdog.figures.canvas import require_matplotlib

        require_matplotlib()
    powder = _calibrant(options.calibrant)
    template = Calibration.load(options.start) if options.start else None
    try:
        name, page = split(options.frame)
        frame = read_frame(Path(name), page=page)
        begun = start_of(options, template, frame)
        start = begun.geometry
        _note(begun.remarks)
        mask = None if options.mask is None else read_mask(options.mask, start.shape)
        refinement = refine(frame.image, start, powder, mask=mask, tilt=options.free == "tilt")
    except FrameError as error:
        print(f"saxsdog calibrate: {printable(str(error))}", file=sys.stderr)
        return ExitStatus.SOME_FAILED
    except RefinementError as error:
        print(f"saxsdog calibrate: {printable(options.frame)}: {error}", file=sys.stderr)
        return ExitStatus.SOME_FAILED
    _tell(options, refinement)
    if options.plot is not None:
        _plot(options.plot, frame.image, mask, refinement)
    if options.output is not None:
        _write(options.output, template, start, refinement)
    return ExitStatus.WELL


def _check_target(target: Path | None, start: Path | None, *, force: bool) -> None:
    if target is None:
        return
    if target.suffix != SUFFIX:
        raise UsageError(f"{target}: expected a name that ends in {SUFFIX}")
    if target.exists() and not force:
        raise UsageError(f"{target}: is there already; --force replaces it")
    if start is not None and target.parent.resolve() != start.parent.resolve():
        _note(
            [f"{target} is in another folder than the start: mask files are looked for beside it"]
        )


def _note(remarks: Iterable[str]) -> None:
    for remark in remarks:
        print(f"note: {printable(remark)}", file=sys.stderr)


def _calibrant(text: str) -> Calibrant:
    path = Path(text)
    if path.suffix or path.is_file():
        try:
            return calibrant_of(path.name, path.read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    return calibrant(text)


def _tell(options: argparse.Namespace, refinement: Refinement) -> None:
    if options.json:
        print(json.dumps(_as_json(options.frame, refinement), ensure_ascii=False))
    else:
        print("\n".join(_as_text(options.frame, refinement)))
    for warning in refinement.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _as_text(name: str, found: Refinement) -> Iterator[str]:
    geometry, errors, start = found.geometry, found.uncertainties, found.start
    rows = geometry.shape[0]
    yield (
        f"{printable(name)}: {len(found.rings)} rings of {found.calibrant.name}, "
        f"{found.n_points} points, residual {found.rms:.2f} pixels"
    )
    yield ""
    yield f"{'':26}{'start':>12}{'refined':>14}   ±"
    yield _line(
        "BeamCenter, from bottom",
        rows - start.beam_center[0],
        rows - geometry.beam_center[0],
        errors.row,
        "pixel",
    )
    yield _line(
        "BeamCenter, from left",
        start.beam_center[1],
        geometry.beam_center[1],
        errors.column,
        "pixel",
    )
    yield _line(
        "DedectorDistanceMM",
        start.distance * 1e3,
        geometry.distance * 1e3,
        errors.distance * 1e3,
        "mm",
    )
    if found.tilt_is_free:
        yield _line(
            "TiltAngleDeg",
            math.degrees(start.tilt),
            math.degrees(geometry.tilt),
            math.degrees(errors.tilt),
            "degree",
        )
        yield _line(
            "TiltRotDeg",
            math.degrees(start.tilt_rotation),
            math.degrees(geometry.tilt_rotation),
            math.degrees(errors.tilt_rotation),
            "degree",
        )
    yield ""
    yield "ring   q / nm⁻¹   points   residual / px   offset / px   offset in q / %"
    for ring in found.rings:
        yield (
            f"{ring.order:4}{ring.q:11.4f}{ring.n_points:9}{ring.rms:16.3f}"
            f"{ring.mean:14.3f}{100 * ring.q_error:18.3f}"
        )


def _line(name: str, before: float, after: float, error: float, unit: str) -> str:
    return f"{name:26}{before:12.3f}{after:14.3f}   {error:.2g} {unit}"


def _as_json(name: str, found: Refinement) -> dict[str, Any]:
    geometry, errors = found.geometry, found.uncertainties
    row, column = geometry.beam_center
    return {
        "frame": name,
        "calibrant": found.calibrant.name,
        "BeamCenter": [geometry.shape[0] - row, column],
        "BeamCenter_uncertainty": [errors.row, errors.column],
        "DedectorDistanceMM": geometry.distance * 1e3,
        "DedectorDistanceMM_uncertainty": errors.distance * 1e3,
        "tilt_is_free": found.tilt_is_free,
        "TiltAngleDeg": math.degrees(geometry.tilt),
        "TiltAngleDeg_uncertainty": math.degrees(errors.tilt),
        "TiltRotDeg": math.degrees(geometry.tilt_rotation),
        "TiltRotDeg_uncertainty": math.degrees(errors.tilt_rotation),
        "points": found.n_points,
        "residual_pixels": found.rms,
        "rings": [
            {
                "ring": ring.order,
                "q": ring.q,
                "points": ring.n_points,
                "outliers": ring.n_outliers,
                "residual_pixels": ring.rms,
                "offset_pixels": ring.mean,
                "offset_q": ring.q_error,
            }
            for ring in found.rings
        ],
        "warnings": list(found.warnings),
    }


def _plot(
    path: Path, image: NDArray[Any], mask: NDArray[np.bool_] | None, refinement: Refinement
) -> None:
    from saxsdog.figures.canvas import figure
    from saxsdog.figures.rings import draw_refinement

    left_out = np.zeros(image.shape, np.bool_) if mask is None else mask
    with figure(FIGURE_SIZE, path) as drawing:
        draw_refinement(drawing, image, left_out, refinement)
    print(f"wrote {path}", file=sys.stderr)


def _write(
    target: Path, template: Calibration | None, start: Geometry, refinement: Refinement
) -> None:
    document = _new_document(start) if template is None else dict(template.document)
    document["Wavelength"] = (
        document["Wavelength"]
        if template is not None and template.geometry.wavelength == start.wavelength
        else round(start.wavelength * 10, 9)
    )
    document = refined_document(document, refinement)
    Calibration.from_document(document)
    try:
        write_whole(target, text_of(document).encode())
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from error
    print(f"wrote {target}", file=sys.stderr)


def _new_document(start: Geometry) -> dict[str, Any]:
    """Return a calibration of one curve of the whole detector."""
    return {
        "Geometry": {
            "BeamCenter": [],
            "DedectorDistanceMM": 0.0,
            "Imagesize": list(start.shape),
            "PixelSizeMicroM": [round(edge * 1e6, 6) for edge in start.pixel_size],
            "Tilt": tilt_of(start),
        },
        "Wavelength": 0.0,
        "Masks": [{"Name": "whole detector"}],
    }


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("calibrate", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "frame",
        metavar="FRAME",
        help="image of the powder; x.h5::17 is one image of a file that holds several",
    )
    parser.add_argument(
        "--start", metavar="CAL", type=Path, help="calibration to start from, and to take over"
    )
    parser.add_argument(
        "--calibrant",
        metavar="NAME",
        default="silver behenate",
        help="the powder, or a file of its spacings (default: %(default)s)",
    )
    parser.add_argument(
        "--mask",
        metavar="FILE",
        type=Path,
        help="pixels to leave out; those without a count are left out anyway, and the masks of CAL "
        "are not used",
    )
    parser.add_argument(
        "--free", choices=("tilt",), help="refine the tilt, too; else that of the start is kept"
    )
    parser.add_argument(
        "--center",
        metavar=("V", "H"),
        nargs=2,
        type=finite_number,
        help="beam centre to start from, pixels from the bottom and from the left",
    )
    parser.add_argument(
        "--distance", metavar="MM", type=positive_number, help="distance to start from"
    )
    add_wavelength(parser)
    add_pixel_size(parser)
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=Path, help=f"write the new calibration, a {SUFFIX}"
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--plot",
        metavar="PICTURE",
        type=Path,
        help="draw the points and residuals (.png .svg .pdf)",
    )
    return parser
