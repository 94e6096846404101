"""``saxsdog convert``: calibrations of other programs become ours."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from saxsdog.calibration import Calibration
from saxsdog.cli.arguments import command_parser, positive_integer, positive_number
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.errors import CalibrationError, UsageError
from saxsdog.importers.choose import FORMATS, Imported, import_calibration
from saxsdog.importers.findings import Facts
from saxsdog.paths import printable
from saxsdog.schema import load_schema

DESCRIPTION = """\
Make a calibration (.saxsconf) of the calibration of another program: the lines that FIT2D writes
after a refinement, values of Nika as 'name = value', a .poni file of pyFAI, or a calibration of an
older SAXSDOG. The format is found by the content.

What the file does not say comes from a template, a calibration that you have: masks, slices, folder
and more. What cannot be carried over is said, as are the keys that come from the template."""

EXAMPLES = """\
examples:
  saxsdog convert agbeh.poni agbeh.saxsconf
  saxsdog convert fit2d.txt june.saxsconf --template may.saxsconf
  saxsdog convert fit2d.txt june.saxsconf --image-size 1043 981 --pixel-size 172 172
  saxsdog convert 2014.saxsconf today.saxsconf"""

SUFFIX = ".saxsconf"
_OPTIONS = {
    "Geometry.Imagesize": "--image-size ROWS COLUMNS",
    "Geometry.PixelSizeMicroM": "--pixel-size V H",
    "Wavelength": "--wavelength ANGSTROM",
}
"""What supplies a key that the file does not say; for all others it is the template."""

_DEPENDS_ON = ("Geometry.Imagesize", "Geometry.PixelSizeMicroM")
"""Where these are missing a beam centre may be missing only because of them."""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    source: Path = options.source
    target: Path = options.target
    _check_target(source, target, force=options.force)
    template = Calibration.load(options.template).document if options.template else None
    imported = import_calibration(
        source, template, asked=_asked(options), file_format=options.file_format
    )
    for remark in (*imported.remarks, *_from_template(imported)):
        print(f"note: {printable(remark)}", file=sys.stderr)
    calibration = _checked(source, imported)
    try:
        calibration.save(target)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise CalibrationError(
            f"{source}: expected texts of Unicode, got half of a surrogate pair"
        ) from error
    for name in _absent_masks(calibration, target.parent):
        print(f"note: mask {printable(name)}: no such file beside {target}", file=sys.stderr)
    print(f"wrote {target}, from {FORMATS[imported.format].title}")
    return ExitStatus.WELL


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    if target.suffix != SUFFIX:
        raise UsageError(f"{target}: expected a name that ends in {SUFFIX}")
    if target.exists() and not force:
        raise UsageError(f"{target}: is there already; --force replaces it")
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"{target}: expected another name than that of the file to convert")


def _asked(options: argparse.Namespace) -> Facts:
    return Facts(
        image_size=options.image_size and tuple(options.image_size),
        pixel_size=options.pixel_size and tuple(options.pixel_size),
        wavelength=options.wavelength,
    )


def _from_template(imported: Imported) -> Iterator[str]:
    for key in filter(imported.has, imported.missing):
        yield f"{key} is not in the file: from the template"


def _checked(source: Path, imported: Imported) -> Calibration:
    """Check the result; a key that is missing is named with the option that gives it."""
    absent = [key for key in _mandatory() if not imported.has(key)]
    if any(key in absent for key in _DEPENDS_ON):
        absent = [key for key in absent if key != "Geometry.BeamCenter"]
    if absent:
        raise CalibrationError(
            "\n".join(
                f"{source}: expected {key}, it is not in the file; give it with "
                f"{_OPTIONS.get(key, '--template FILE')}"
                for key in absent
            )
        )
    try:
        return Calibration.from_document(imported.document)
    except CalibrationError as error:
        raise CalibrationError(f"{source}: {error}") from error


def _mandatory() -> Iterator[str]:
    schema = load_schema("calibration")
    for key in schema["required"]:
        inside = schema["properties"][key]
        if inside["type"] == "object":
            yield from (f"{key}.{sub}" for sub in inside["required"])
        else:
            yield key


def _absent_masks(calibration: Calibration, folder: Path) -> list[str]:
    """Names of mask files that are not where they will be looked for."""
    names = [mask.file for mask in calibration.masks if mask.file is not None]
    return [name for name in dict.fromkeys(names) if not _is_file(folder / name)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("convert", DESCRIPTION, EXAMPLES)
    parser.add_argument("source", metavar="IN", type=Path, help="the calibration to convert")
    parser.add_argument("target", metavar="OUT", type=Path, help=f"the new one, a {SUFFIX} file")
    parser.add_argument(
        "--template", metavar="FILE", type=Path, help="calibration for all that IN does not say"
    )
    parser.add_argument(
        "--image-size",
        metavar=("ROWS", "COLUMNS"),
        nargs=2,
        type=positive_integer,
        help="pixels of the detector",
    )
    parser.add_argument(
        "--pixel-size",
        metavar=("V", "H"),
        nargs=2,
        type=positive_number,
        help="vertical and horizontal edge of a pixel, µm",
    )
    parser.add_argument(
        "--wavelength", metavar="ANGSTROM", type=positive_number, help="of the photons"
    )
    parser.add_argument(
        "--from",
        dest="file_format",
        choices=sorted(FORMATS),
        help="format of IN, if its content does not tell",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it is there")
    return parser
