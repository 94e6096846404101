"""``saxsdog bundle``: pack what somebody needs to get the same numbers."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from saxsdog.calibration import Calibration
from saxsdog.cli.arguments import command_parser
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.errors import UsageError, VerificationError
from saxsdog.integrator import Integrator
from saxsdog.paths import printable
from saxsdog.provenance.bundle import SUFFIX, Bundle, Packed
from saxsdog.provenance.notes import bundle_file, read_notes
from saxsdog.verification.products import SUFFIXES, results_in
from saxsdog.verification.search import Search
from saxsdog.words import count

DESCRIPTION = """\
Pack a calibration, all files that it names and the versions of the programs into one zip.

WHAT is a result, a folder of results, or a calibration (.saxsconf). With it, on any machine,
'saxsdog integrate --bundle ZIP' gives the same numbers. Whoever unpacks the zip finds the
calibration with its masks, and 'bundle.json' with the SHA-256 of each of them."""

EXAMPLES = """\
examples:
  saxsdog bundle work/agbeh.chi                 what this curve was made of
  saxsdog bundle work/ -o run7.zip              of all curves of a folder
  saxsdog bundle agbeh.saxsconf                 of a calibration, before anything is measured"""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    what: Path = options.what
    if what.is_dir():
        bundle = _of_folder(what)
    elif what.suffix.lower() in SUFFIXES:
        bundle = _of_result(what.resolve())  # behind a link, where its notes are
    else:
        calibration = Calibration.load(what)
        integrator = Integrator(calibration, what.parent)  # says what is wrong with its files
        bundle = Bundle.of(calibration, integrator.files)
    path = options.output or Path(f"{what.absolute().stem}{SUFFIX}")
    if path.exists() and not options.force:
        raise UsageError(f"{path}: is there already; --force replaces it")
    try:
        Packed.write(bundle, path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    what_is_in_it = f"a calibration with {count(len(bundle.files), 'file')}"
    print(f"wrote {printable(str(path))}: {what_is_in_it}, {bundle.id}")
    return ExitStatus.WELL


def _of_result(path: Path) -> Bundle:
    """Return the bundle of all that a file holds."""
    notes = [result.note for result in results_in(path)]
    bundles = {note.bundle for note in notes if note.bundle}
    if len(bundles) != 1:
        what = "several calibrations" if bundles else "nobody noted what"
        raise VerificationError(f"{path}: expected results of one calibration, got {what}")
    return Search().bundle(notes[0], path.parent)[0]


def _of_folder(folder: Path) -> Bundle:
    """Return the bundle of the results of a folder, as they are now."""
    newest: dict[str, str] = {}
    try:
        for note in read_notes(folder):
            newest.setdefault(note.result, note.bundle)
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read: {error.strerror}") from error
    used = Counter(newest.values())
    if not used:
        raise UsageError(f"{folder}: expected results with notes of what they were made of")
    if len(used) > 1:
        listing = ", ".join(f"{name} ({count(n, 'image')})" for name, n in used.most_common())
        raise UsageError(
            f"{folder}: expected results of one calibration, got those of {len(used)}: {listing}; "
            "name one of the results"
        )
    return Bundle.read(bundle_file(folder, next(iter(used))))


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("bundle", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "what", metavar="WHAT", type=Path, help="a result, a folder of results, or a calibration"
    )
    parser.add_argument(
        "-o", "--output", metavar="ZIP", type=Path, help="(default: the name of WHAT, here)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    return parser
