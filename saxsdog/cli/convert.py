"""``saxsdog convert``: calibrations of other programs become ours, and ours become theirs."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from saxsdog.calibration import Calibration, text_of
from saxsdog.cli.arguments import (
    add_pixel_size,
    add_wavelength,
    command_parser,
    positive_integer,
)
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.detectors import detector_table
from saxsdog.errors import CalibrationError, UsageError
from saxsdog.exporters.choose import FORMATS as EXPORTS
from saxsdog.exporters.choose import export_calibration, format_for
from saxsdog.importers.apart import import_apart
from saxsdog.importers.choose import FORMATS, NO_MASKS, Imported
from saxsdog.importers.findings import Facts, facts_of_detector
from saxsdog.paths import printable
from saxsdog.schema import load_schema
from saxsdog.whole_file import write_whole

DESCRIPTION = """\
Make a calibration (.saxsconf) of the calibration of another program: the lines that FIT2D writes
after a refinement, values of Nika as 'name = value', a .poni file of pyFAI, the header of an EDF
image (SPD), an Eiger's master or another NeXus file (HDF5), or a calibration of an older SAXSDOG.
The format is found by the content. Or the other way round: a name of OUT that ends in .poni makes a
file for pyFAI, one that ends in .txt the lines of FIT2D.

What the file does not say comes from a template, a calibration that you have: masks, slices, folder
and more. What cannot be carried over is said, as are the keys that come from the template."""

EXAMPLES = """\
examples:
  saxsdog convert agbeh.poni agbeh.saxsconf
  saxsdog convert fit2d.txt june.saxsconf --template may.saxsconf
  saxsdog convert fit2d.txt june.saxsconf --image-size 1043 981 --pixel-size 172 172
  saxsdog convert fit2d.txt june.saxsconf --detector "Pilatus3 300K-W"
  saxsdog convert 2014.saxsconf today.saxsconf
  saxsdog convert series_1_master.h5 june.saxsconf
  saxsdog convert june.saxsconf june.poni
  saxsdog convert --detectors"""

SUFFIX = ".saxsconf"
_OPTIONS = {
    "Geometry.Imagesize": "--image-size ROWS COLUMNS or --detector NAME",
    "Geometry.PixelSizeMicroM": "--pixel-size V H or --detector NAME",
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
    imported = import_apart(
        source, template, asked=_asked(options), file_format=options.file_format
    )
    foreign = format_for(target)
    remarks = [*imported.remarks, *_from_template(imported)]
    _note(remarks if foreign is None else [each for each in remarks if each != NO_MASKS])
    calibration = _checked(source, imported)
    if foreign is None:
        text, purpose = text_of(calibration.document), ""
    else:
        exported = export_calibration(calibration, foreign)
        text, purpose = exported.text, f", for {EXPORTS[foreign].title}"
        _note(exported.remarks)
    _write(source, target, text)
    if foreign is None:
        _note(
            f"mask {name}: no such file beside {target}"
            for name in _absent_masks(calibration, target.parent)
        )
    print(f"wrote {target}, from {FORMATS[imported.format].title}{purpose}")
    return ExitStatus.WELL


def _note(remarks: Iterable[str]) -> None:
    for remark in remarks:
        print(f"note: {printable(remark)}", file=sys.stderr)


def _write(source: Path, target: Path, text: str) -> None:
    try:
        write_whole(target, text.encode())
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise CalibrationError(
            f"{source}: expected texts of Unicode, got half of a surrogate pair"
        ) from error


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    if target.suffix != SUFFIX and format_for(target) is None:
        others = " or ".join(each.suffix for each in EXPORTS.values())
        raise UsageError(f"{target}: expected a name that ends in {SUFFIX}, or in {others}")
    if target.exists() and not force:
        raise UsageError(f"{target}: is there already; --force replaces it")
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"{target}: expected another name than that of the file to convert")


def _asked(options: argparse.Namespace) -> Facts:
    said = Facts(
        image_size=options.image_size and tuple(options.image_size),
        pixel_size=options.pixel_size and tuple(options.pixel_size),
        wavelength=options.wavelength,
    )
    return said.or_else(facts_of_detector(options.detector)) if options.detector else said


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


class _ListDetectors(argparse.Action):
    """Prints the table and ends the command, as ``--help`` does."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002 - argparse names it
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: object) -> None:
        print(detector_table())
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("convert", DESCRIPTION, EXAMPLES)
    parser.add_argument("source", metavar="IN", type=Path, help="the calibration to convert")
    others = " or ".join(each.suffix for each in EXPORTS.values())
    parser.add_argument(
        "target",
        metavar="OUT",
        type=Path,
        help=f"the new one, a {SUFFIX} file, or for another program {others}",
    )
    parser.add_argument(
        "--template", metavar="FILE", type=Path, help="calibration for all that IN does not say"
    )
    parser.add_argument(
        "--detector",
        metavar="NAME",
        help="gives number and size of the pixels where the next two options do not",
    )
    parser.add_argument(
        "--image-size",
        metavar=("ROWS", "COLUMNS"),
        nargs=2,
        type=positive_integer,
        help="pixels of the detector",
    )
    add_pixel_size(parser)
    add_wavelength(parser)
    parser.add_argument(
        "--from",
        dest="file_format",
        choices=sorted(FORMATS),
        help="format of IN, if its content does not tell",
    )
    parser.add_argument("--detectors", action=_ListDetectors, help="list the known detectors")
    parser.add_argument("--force", action="store_true", help="replace OUT if it is there")
    return parser
