"""``saxsdog integrate``: images into curves."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory

from saxsdog.archive.description import DataSet
from saxsdog.archive.records import BUNDLE
from saxsdog.calibration import Calibration
from saxsdog.cli.arguments import add_jobs, command_parser
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.progress import Stopwatch, progress_bar
from saxsdog.cli.stopping import StopOnSignal
from saxsdog.curves.formats import CURVE_FORMATS, DEFAULT, Products
from saxsdog.curves.jobs import Outcome, ReuseRule, Status
from saxsdog.curves.outputs import DEFAULT_RELATIVE, OutputRule, assign
from saxsdog.errors import CalibrationError, FrameError, OutputError, UsageError
from saxsdog.image_names import split
from saxsdog.integrator import Integrator
from saxsdog.io.hdf5 import SUFFIXES as HDF5_SUFFIXES
from saxsdog.io.images import count_images
from saxsdog.io.status import last_change
from saxsdog.paths import printable
from saxsdog.pipeline.batch import Batch
from saxsdog.pipeline.batch_archive import ARCHIVED, BatchArchive, data_sets
from saxsdog.provenance.bundle import Bundle, Packed
from saxsdog.reasons import Reason
from saxsdog.sources.find import Source, find_images

DESCRIPTION = """\
Integrate detector images into curves.

For every image x.tif a curve x.chi is written into the folder 'work' beside the folder of the
image: q in 1/nm, intensity in counts per pixel, standard error. If the calibration has more masks
or slices, their curves are x_cR1.chi, x_cS2.chi and so on. A file x.h5 that holds several images
gives x_00000.chi, x_00001.chi and so on. A curve appears under its name only when it is
complete."""

EXAMPLES = """\
examples:
  saxsdog integrate agbeh.saxsconf frames/            a folder and all folders below it
  saxsdog integrate agbeh.saxsconf 'run7/*_0[0-4]*.tif'
  saxsdog integrate agbeh.saxsconf frames/ -o curves  all curves below the folder 'curves'
  saxsdog integrate agbeh.saxsconf run7.h5::17        one image of a file that holds several
  saxsdog integrate agbeh.saxsconf frames/ --resume   go on after an interruption
  saxsdog integrate --bundle run7.zip frames/         the calibration and masks of a bundle

exit status: 0 all well, 1 some images failed or folders could not be read (each is named with the
reason), 2 the call or the calibration is wrong or results cannot be written, 130 interrupted with
Ctrl-C or SIGTERM."""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = _options(arguments)
    with ExitStack() as stack:
        integrator, bundle = _calibrated(options, stack)
        return _integrate(options, integrator, bundle, stack)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; the first path is the calibration, unless a bundle has it."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.bundle is None:
        options.calibration = Path(options.paths.pop(0))
        if not options.paths:
            parser.error("expected CAL PATH ... or --bundle ZIP PATH ..., got one path")
    return options


def _calibrated(options: argparse.Namespace, stack: ExitStack) -> tuple[Integrator, Bundle]:
    """Return what integrates, and the same as a bundle."""
    if options.bundle is None:
        calibration = Calibration.load(options.calibration)
        integrator = Integrator(calibration, options.calibration.parent)
        return integrator, _bundle_of(integrator)
    bundle = Bundle.read(options.bundle)
    places = stack.enter_context(bundle.unpacked())
    for other in bundle.other_versions:
        print(f"note: the results of this bundle were made with {other}", file=sys.stderr)
    integrator = Integrator(bundle.calibration(), files=places)
    return integrator, _bundle_of(integrator)


def _bundle_of(integrator: Integrator) -> Bundle:
    try:
        return Bundle.of(integrator.calibration, integrator.files)
    except OSError as error:
        raise CalibrationError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _integrate(
    options: argparse.Namespace, integrator: Integrator, bundle: Bundle, stack: ExitStack
) -> ExitStatus:
    calibration = integrator.calibration
    unreadable: list[str] = []
    sources = find_images(options.paths, unreadable.append)
    for complaint in unreadable:
        print(complaint, file=sys.stderr)
    if not sources:
        raise UsageError(f"expected images in {', '.join(options.paths)}, found none")
    for remark in integrator.remarks:
        print(f"warning: {remark}", file=sys.stderr)
    rule = OutputRule(options.relative, options.output)
    place = Path(stack.enter_context(TemporaryDirectory(prefix="saxsdog-bundle-")))
    packed = Packed.write(bundle, place / BUNDLE)
    # The files of a bundle were unpacked just now.
    files_changed = last_change(options.bundle) if options.bundle else integrator.files_changed
    formats = options.format or calibration.formats or DEFAULT
    sets = data_sets((source.root for source in sources), options.output)
    batch = Batch(
        integrator,
        targets=assign(sources, rule, integrator.channels, _reserved(integrator, formats, sets)),
        reuse=ReuseRule(not calibration.overwrite, options.resume, files_changed),
        n_workers=min(options.jobs, _count(sources, options)),
        page=options.page,
        products=Products(formats, calibration.dat_unit, bundle=packed),
    )
    status = _work(_with_archive(batch, bundle, sets, stack), options.log)
    return ExitStatus.SOME_FAILED if unreadable and status is ExitStatus.WELL else status


def _reserved(
    integrator: Integrator, formats: Sequence[str], sets: Sequence[DataSet]
) -> list[Path]:
    """Return the names that a cake may not have, because the archive is such a file, too."""
    if integrator.plan.channels[0].kind != "Cake" or not set(formats) & set(ARCHIVED):
        return []
    return [Path(each.target) for each in sets]


def _with_archive(batch: Batch, bundle: Bundle, sets: Sequence[DataSet], stack: ExitStack) -> Batch:
    """Open the archive if one of the formats is of an archive."""
    formats = [name for name in batch.products.formats if name in ARCHIVED]
    if not formats:
        return batch
    archive = BatchArchive(batch.integrator, bundle, formats, sets, len(batch.targets))
    stack.enter_context(archive)
    return replace(batch, archive=archive, products=replace(batch.products, spool=archive.spool))


def _formats(text: str) -> tuple[str, ...]:
    """Take the list of formats apart."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    known = (*CURVE_FORMATS, *ARCHIVED)
    if not set(names) <= set(known):
        raise argparse.ArgumentTypeError(f"expected some of {','.join(known)}, got {text!r}")
    return names


def _count(sources: Sequence[Source], options: argparse.Namespace) -> int:
    """Count the images, up to the number of processes; few files may hold many."""
    if options.page is not None or len(sources) >= options.jobs:
        return len(sources)
    return sum(_images_in(source, options.jobs) for source in sources)


def _images_in(source: Source, most: int) -> int:
    file, page = split(source.image.name)
    if page is not None:
        return 1
    if Path(file).suffix.lower() in HDF5_SUFFIXES:  # they hold many, and workers open them
        return most
    try:
        return count_images(source.image)
    except FrameError:  # a worker says why
        return 1


def _work(batch: Batch, log: Path | None) -> ExitStatus:
    counts: Counter[Status] = Counter()
    watch = Stopwatch()
    try:
        with StopOnSignal() as stop:
            for outcome in _outcomes(batch, log, stop):
                watch.lap()
                counts[outcome.status] += 1
                if outcome.status is Status.FAILED or outcome.reason == Reason.IMAGES_ELSEWHERE:
                    ending = f"{outcome.status} ({outcome.reason})"
                    print(f"{ending}: {printable(outcome.message)}", file=sys.stderr)
    finally:
        _print_summary(counts, len(batch.targets), watch)
    if counts.total() < len(batch.targets):
        print("interrupted; continue with --resume", file=sys.stderr)
        return ExitStatus.INTERRUPTED
    return ExitStatus.SOME_FAILED if counts[Status.FAILED] else ExitStatus.WELL


def _outcomes(batch: Batch, log: Path | None, stop: StopOnSignal) -> Iterator[Outcome]:
    """Outcomes as they come, drawn on the progress bar and written to the log."""
    with ExitStack() as stack:
        file = stack.enter_context(_opened(log)) if log else None
        advance = stack.enter_context(progress_bar("integrating", len(batch.targets)))
        for outcome in stack.enter_context(batch.outcomes(stop)):
            if file is not None:
                _append(file, outcome)
            advance(len(batch.targets))
            yield outcome


def _opened(log: Path) -> FileIO:
    """Open without a buffer: whoever follows the log sees each image when it is done."""
    try:
        return log.open("ab", buffering=0)
    except OSError as error:
        raise UsageError(f"--log {log}: cannot be written: {error.strerror}") from error


def _append(log: FileIO, outcome: Outcome) -> None:
    try:
        log.write(outcome.to_log_line())
    except OSError as error:
        raise OutputError(f"--log {log.name!s}: cannot be written: {error.strerror}") from error


def _print_summary(counts: Counter[Status], n_images: int, watch: Stopwatch) -> None:
    parts = [f"{counts[status]} {status}" for status in Status]
    if counts.total() < n_images:
        parts.append(f"{n_images - counts.total()} not started")
    images = "1 image" if n_images == 1 else f"{n_images} images"
    print(f"{images}: {', '.join(parts)}; {watch}")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("integrate", DESCRIPTION, EXAMPLES)
    parser.usage = "saxsdog integrate [options] CAL PATH ...\n       " + (
        "saxsdog integrate [options] --bundle ZIP PATH ..."
    )
    parser.add_argument(
        "paths",
        metavar="CAL PATH",
        nargs="+",
        help="a calibration (.saxsconf; mask files are looked for beside it), and images: a file, "
        "a folder (with all folders below it) or a pattern in quotes; x.h5::17 is one image of a "
        "file that holds several",
    )
    parser.add_argument(
        "--bundle",
        metavar="ZIP",
        type=Path,
        help="what 'saxsdog bundle' has packed, in the place of CAL; a folder to which it was "
        "unpacked will do",
    )
    add_jobs(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        help="write all curves below DIR, in the same folders as the images below PATH",
    )
    where.add_argument(
        "-R",
        "--relative",
        metavar="REL",
        default=DEFAULT_RELATIVE,
        help="write curves to this folder, seen from the folder of each image "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--format",
        metavar="LIST",
        type=_formats,
        help="what is written, separated by commas: chi and dat (a file for each curve), nexus "
        "(one file with all results), csv and parquet (a table of the images); the last three go "
        "to 'results' beside the folder of the images (default: Formats of the calibration, chi)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="skip images whose curves are younger than the image and the masks, and made with "
        "this calibration",
    )
    parser.add_argument(
        "--page",
        metavar="N",
        type=int,
        help="of files that hold several images, integrate only this one, counted from 0 "
        "(default: all)",
    )
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=Path,
        help="append one JSON object a line for each image: status, reason, curves, image time, "
        "integral parameters",
    )
    return parser
