"""From a calibration to everything that its queue needs: folder, plan, workers, names of curves."""

import functools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from saxsdog.archive.description import DataSet, Description, describe
from saxsdog.archive.records import BUNDLE, CLOSED, DESCRIPTION
from saxsdog.archive.tables import require_parquet
from saxsdog.calibration import Calibration
from saxsdog.curves.formats import Products
from saxsdog.curves.jobs import ReuseRule
from saxsdog.curves.outputs import OutputRule
from saxsdog.curves.treatment import TreatmentRule
from saxsdog.errors import CalibrationError, OutputError, PathError, UsageError
from saxsdog.integrator import Integrator
from saxsdog.io.images import Caution
from saxsdog.paths import Roots, printable
from saxsdog.pipeline.batch_archive import ARCHIVED, RESULTS
from saxsdog.pipeline.crew import Crew
from saxsdog.pipeline.shared_plan import SharedPlan
from saxsdog.pipeline.worker import WorkerTask
from saxsdog.provenance.bundle import Bundle, Packed
from saxsdog.queue.claims import Claims
from saxsdog.queue.dispatcher import Work
from saxsdog.queue.journal import Journal
from saxsdog.queue.live_list import LiveList
from saxsdog.reduction.plan import Plan
from saxsdog.session.stored_queue import StoredQueue
from saxsdog.settings import Settings
from saxsdog.whole_file import write_whole

QUIET = 0.02
"""s; clocks of file systems tick at least every 10 ms, and an image is mostly written by one
call within some."""

MOST_PARTS = 4_000_000_000
"""Parts of pixels, by Oversampling, that are sorted into bins for a plan; three masks of the
largest detectors with an Oversampling of 8 have fewer."""


@dataclass(frozen=True)
class OpenQueue:
    """A queue that images are integrated for.

    Attributes
    ----------
    stored
        What a later server needs to go on with it.
    directory
        Where its images are.
    kinds
        What the curve of each channel is an average over.
    remarks
        What is allowed but hardly meant.
    work
        For the foreman.
    """

    stored: StoredQueue
    calibration: Calibration
    directory: Path
    kinds: Mapping[str, str]
    remarks: tuple[str, ...]
    work: Work
    plan: SharedPlan
    spool: Path | None = None

    def close(self) -> None:
        """Remove the plan; workers that have opened it keep it. No more comes to the archive."""
        self.plan.remove()
        if self.spool is not None:
            with suppress(OSError):  # then it stays open, and the next server goes on with it
                (self.spool / CLOSED).touch()


def prepare(stored: StoredQueue, settings: Settings, roots: Roots, state_folder: Path) -> OpenQueue:
    """Check a calibration and compute its plan; nothing of the former queue is touched.

    Raises
    ------
    CalibrationError
        If the calibration or one of its files cannot be used, or asks for more than this server
        gives.
    PathError
        If its directory lies outside of the roots.
    OutputError
        If there is no room for the plan.
    """
    calibration = Calibration.from_document(stored.document)
    _check_size(calibration, settings)
    directory = _directory(calibration, roots)
    integrator = _integrator(calibration, stored.places(state_folder))
    _check_plan(integrator.plan, settings)
    plan = SharedPlan.write(integrator.plan, state_folder)
    reuse = ReuseRule(keep_existing=not calibration.overwrite)
    rule = OutputRule(settings.output.relative, settings.output.folder)
    results = roots.folders if rule.folder is None else (rule.folder.resolve(),)
    caution = Caution(roots.folders, QUIET)
    formats = calibration.formats or settings.output.formats
    bundle, packed = _packed(stored, integrator, state_folder)
    spool = None
    if archived := [name for name in formats if name in ARCHIVED]:
        description = describe(
            calibration,
            integrator.plan,
            bundle,
            archived,
            [_data_set(directory, roots)],
            roots.folders,
        )
        spool = _spool(state_folder / f"archive-{stored.id}", description, packed)
    task = WorkerTask(
        plan,
        calibration.document,
        reuse,
        caution=caution,
        result_roots=results,
        treatment=TreatmentRule.of(calibration),
        products=Products(formats, calibration.dat_unit, spool, packed),
    )
    live_list = LiveList(directory, integrator.channels, roots.hold)
    work = Work(
        make_crew=functools.partial(Crew, n_workers(calibration, settings), task),
        make_claims=functools.partial(
            _claims, rule=rule, root=directory, channels=integrator.channels, results=results
        ),
        live_list=live_list if calibration.live_file_list else None,
        image_timeout=settings.workers.image_timeout,
    )
    kinds = {channel.name: channel.kind for channel in integrator.plan.channels}
    return OpenQueue(stored, calibration, directory, kinds, integrator.remarks, work, plan, spool)


def _integrator(calibration: Calibration, places: Mapping[str, Path]) -> Integrator:
    """Make the plan; what is wrong with a file is told by its name, not by where we keep it."""
    try:
        return Integrator(calibration, files=places)
    except CalibrationError as error:
        text = str(error)
        for name, place in places.items():
            text = text.replace(str(place), printable(name))
        raise CalibrationError(text) from error


def _packed(
    stored: StoredQueue, integrator: Integrator, state_folder: Path
) -> tuple[Bundle, Packed]:
    """Pack what the curves are made of, for the workers to keep beside them."""
    path = stored.folder(state_folder) / BUNDLE
    try:
        bundle = Bundle.of(integrator.calibration, integrator.files)
        return bundle, Packed.write(bundle, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _spool(folder: Path, description: Description, packed: Packed) -> Path:
    """Make the folder in which workers leave results for the archive."""
    if "parquet" in description.formats:
        try:
            require_parquet()
        except UsageError as error:
            raise CalibrationError(f"Formats: {error}") from error
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / CLOSED).unlink(missing_ok=True)
        write_whole(folder / BUNDLE, packed.path.read_bytes())
        write_whole(folder / DESCRIPTION, description.to_json().encode())
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
    return folder


def _data_set(directory: Path, roots: Roots) -> DataSet:
    """Return where the archive of a directory goes: beside it, if this is still ours."""
    parent = directory.parent if roots.hold(directory.parent) else directory
    return DataSet(str(directory), str(parent / RESULTS / directory.name))


def n_workers(calibration: Calibration, settings: Settings) -> int:
    """Return how many workers a queue gets."""
    return min(settings.workers.number or calibration.workers, settings.workers.most)


def _directory(calibration: Calibration, roots: Roots) -> Path:
    try:
        return roots.directory(calibration.directory, must_exist=False)
    except PathError as error:
        raise PathError(f"Directory: {error}") from error


def _check_size(calibration: Calibration, settings: Settings) -> None:
    n_channels = len(calibration.masks) + len(calibration.slices)
    most = settings.limits.most_channels
    if n_channels > most:
        raise CalibrationError(
            f"Masks and Slices: expected at most {most} together on this server, got {n_channels}"
        )
    rows, columns = calibration.geometry.shape
    n_parts = sum(rows * columns * mask.oversampling**2 for mask in calibration.masks)
    if n_parts > MOST_PARTS:  # the plan says how large it is only after minutes of work
        raise CalibrationError(
            f"expected pixels with at most {MOST_PARTS:.0e} parts in all masks together, got "
            f"{n_parts:.0e}: choose fewer masks or a smaller Oversampling"
        )


def _check_plan(plan: Plan, settings: Settings) -> None:
    most = settings.limits.largest_plan
    if plan.nbytes > most:
        raise CalibrationError(
            f"expected weights of at most {most / 1e6:.0f} MB on this server, "
            f"got {plan.nbytes / 1e6:.0f} MB: choose fewer masks or a smaller Oversampling"
        )


def _claims(
    journal: Journal,
    rule: OutputRule,
    root: Path,
    channels: tuple[str, ...],
    results: tuple[Path, ...],
) -> Claims:
    def allowed(folder: Path) -> bool:
        return any(folder.is_relative_to(root) for root in results)

    return Claims(journal, rule, root, channels, allowed)
