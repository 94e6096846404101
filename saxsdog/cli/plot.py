"""``saxsdog plot``: draw curves."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from saxsdog.cli.arguments import command_parser
from saxsdog.errors import UsageError
from saxsdog.figures.canvas import figure
from saxsdog.figures.curves import (
    Line,
    Style,
    draw_comparison,
    draw_curves,
    x_label_of,
    y_label_of,
)
from saxsdog.io.chi import CurveFile, read_chi
from saxsdog.reduction.intensity import unit_of

DESCRIPTION = """\
Draw curves (.chi files) with the band of their standard error, in a window or as a picture."""

EXAMPLES = """\
examples:
  saxsdog plot work/agbeh.chi
  saxsdog plot work/*.chi -x log -o curves.png
  saxsdog plot work/water.chi work/sample.chi --compare   curves, and their ratio to the first"""

FIGURE_SIZE = (8.0, 5.5)


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    curves = [read_chi(path) for path in options.files]
    labels = [_x_label(curve) for curve in curves]
    for path, label in zip(options.files, labels, strict=True):
        if label != labels[0]:
            raise UsageError(f"{path}: expected a curve over {labels[0]}, got one over {label}")
    columns = [curve.labels[1] if len(curve.labels) > 1 else "" for curve in curves]
    names = _names(options.files, [unit_of(column) for column in columns])
    lines = [
        Line(name, curve.q, curve.intensity, curve.sigma)
        for name, curve in zip(names, curves, strict=True)
    ]
    style = Style(
        x_scale=options.x,
        y_scale=options.y,
        x_label=labels[0],
        y_label=y_label_of(columns),
        same_unit=len(set(map(unit_of, columns))) == 1,
        bands=not options.no_errors,
        title=options.title,
    )
    draw = draw_comparison if options.compare else draw_curves
    with figure(FIGURE_SIZE, options.output) as drawing:
        draw(drawing, lines, style)
    if options.output:
        print(f"wrote {options.output}")
    return 0


def _short_names(files: Sequence[Path]) -> list[str]:
    """Names that tell the files apart: without their folder where that is enough."""
    names = [path.stem for path in files]
    return names if len(set(names)) == len(names) else [str(path) for path in files]


def _names(files: Sequence[Path], units: Sequence[str]) -> list[str]:
    """Names of curves, with their units where they have several."""
    names = _short_names(files)
    if len(set(units)) == 1:
        return names
    return [f"{name} [{unit or 'unit unknown'}]" for name, unit in zip(names, units, strict=True)]


def _x_label(curve: CurveFile) -> str:
    return x_label_of(curve.labels[0] if curve.labels else "")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("plot", DESCRIPTION, EXAMPLES)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="curves to draw")
    parser.add_argument(
        "-o", "--output", metavar="PICTURE", type=Path, help="write .png, .svg or .pdf, no window"
    )
    for axis, default in (("x", "linear"), ("y", "log")):
        parser.add_argument(
            f"-{axis}",
            f"--{axis}-scale",
            dest=axis,
            choices=("linear", "log"),
            default=default,
            help=f"scale of the {axis} axis (default: %(default)s)",
        )
    parser.add_argument("--compare", action="store_true", help="add the ratio to the first curve")
    parser.add_argument("--no-errors", action="store_true", help="leave the error bands out")
    parser.add_argument("--title", metavar="TEXT", default="", help="to write above the curves")
    return parser
