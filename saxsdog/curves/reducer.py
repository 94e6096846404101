"""Reads one image after the other, and writes its curves."""

import errno
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from saxsdog.archive.records import Record, leave
from saxsdog.curves.formats import CHI_ONLY, Products, formats_of
from saxsdog.curves.jobs import Job, Outcome, ReuseRule, Status
from saxsdog.curves.outputs import check_names, curve_names
from saxsdog.curves.result_files import ImageFolderGoneError, Put, write_result
from saxsdog.curves.treatment import NO_TREATMENT, Treatment, TreatmentRule
from saxsdog.errors import FrameError, OutputError, SeveralImagesError
from saxsdog.image_names import file_of, join, split
from saxsdog.io.images import NO_CAUTION, Caution, Frame, FrameReader
from saxsdog.io.status import last_change
from saxsdog.provenance.bundle import Packed
from saxsdog.provenance.counts import digest_of
from saxsdog.provenance.notes import FOLDER, Notebook
from saxsdog.reasons import Reason
from saxsdog.reduction.integrate import Curve, integrate
from saxsdog.reduction.plan import Plan
from saxsdog.whole_file import append_to, write_whole

_OUTPUT_REASONS = {
    errno.EACCES: Reason.PERMISSION,
    errno.EPERM: Reason.PERMISSION,
    # Something else is in the way, or the file system takes no such name: only this image fails,
    # whereas OUTPUT_FAILED, a full disk or the like, would stop them all.
    errno.EEXIST: Reason.OUTPUT_COLLISION,
    errno.EISDIR: Reason.OUTPUT_COLLISION,
    errno.ENOTDIR: Reason.OUTPUT_COLLISION,
    errno.ELOOP: Reason.OUTPUT_COLLISION,
    errno.ENAMETOOLONG: Reason.OUTPUT_COLLISION,
    errno.EINVAL: Reason.OUTPUT_COLLISION,
    errno.EILSEQ: Reason.OUTPUT_COLLISION,
}

_ZINGER, _ZINGER_EVERY = 1000, 997
"""Counts of pixels that stand out, and how far apart they are."""

_NO_SHAPE = (-1, -1)
"""That of no image: a reader that expects it looks at headers, and at no pixels."""

NOTES = "notes of images"
"""Who complains if they cannot be written."""

REASONS_TO_KEEP = {
    Reason.OUTPUT_EXISTS: "its curves are there, and OverwriteFiles is off",
    Reason.UP_TO_DATE: "its curves are younger than the image and its masks",
}


class Reducer:
    """Reads, integrates and writes one image after the other.

    Parameters
    ----------
    plan
        Of the calibration.
    document
        The calibration as it stands in the first line of each curve.
    reuse
        Which images to skip because of curves that are there.
    page
        Which image of each file that holds several, counted from 0; ``None``: that of the name.
    caution
        What must be reckoned with when images are read.
    result_roots
        Nothing is written outside of these folders; none of them allows all.
    treatment
        How the curves are normalised, and what is subtracted.
    products
        Which files are made.
    """

    def __init__(
        self,
        plan: Plan,
        document: dict[str, Any],
        reuse: ReuseRule,
        page: int | None = None,
        caution: Caution = NO_CAUTION,
        result_roots: Sequence[Path] = (),
        treatment: TreatmentRule = NO_TREATMENT,
        products: Products = CHI_ONLY,
    ) -> None:
        self._plan = plan
        self._reuse = reuse
        self._page = page
        self._result_roots = result_roots
        marked = plan.bad_pixels.pixel_mask
        self._reader = FrameReader(plan.shape, caution, without_marked=marked)
        self._header_reader = FrameReader(_NO_SHAPE, caution)
        self._treatment = Treatment(treatment, plan, caution, page)
        self._formats = formats_of(plan, document, products)
        self._spool = products.spool
        self._bundle = products.bundle
        self._notebook: Notebook | None = None
        self._names = [channel.name for channel in plan.channels]

    def warm_up(self) -> None:
        """Load the compiled loops, so that the first image is as fast as the others."""
        image = np.zeros(self._plan.shape, dtype=np.int32)
        image.reshape(-1)[::_ZINGER_EVERY] = _ZINGER  # loops for zingers are loaded by the first
        curves = integrate(image, self._plan, exposure=1.0)
        self._treatment.warm_up(image)
        for place, format_ in self._formats[:1]:
            format_.render(curves[place])

    def reduce(self, job: Job) -> Outcome:
        """Integrate one image.

        Raises
        ------
        SeveralImagesError
            If the file holds several images, and the job is not for one of them.
        FrameError
            If the image cannot be read or does not fit the calibration.
        OutputError
            If a curve cannot be written.
        """
        start = time.perf_counter()
        paths = self._paths(job.target)
        reason = self._reason_to_skip(job.image, paths)
        if reason and not self._may_be_of_another(job.image, reason):
            message = f"{job.image}: {REASONS_TO_KEEP[reason]}"
            return Outcome(str(job.image), Status.SKIPPED, reason, message, id=job.id)
        frame = self.read(job.image)
        curves = self.integrate(job.image, frame)
        check_names(paths)
        self._write(job, paths, curves)
        counts = digest_of(frame.image) if self._spool or self._bundle else ""
        complaints = {
            f"classifier {name}": f"{complaint}; its values are NaN"
            for name, complaint in self._treatment.complaints.items()
        }
        if self._bundle is not None and paths:
            complaints |= self._note(job, counts, self._bundle)
        outcome = Outcome(
            image=str(job.image),
            status=Status.INTEGRATED,
            curves=[str(path) for path in paths[: len(self._names)]],
            time=frame.header.time,
            time_source=frame.header.time_source,
            exposure=frame.header.exposure,
            parameters={c.channel: found for c in curves if (found := parameters_of(c))},
            seconds=time.perf_counter() - start,
            id=job.id,
            fingerprint=frame.fingerprint,
            done=time.time(),
            complaints=complaints,
        )
        if self._spool is not None:
            self._leave(self._spool, outcome, curves, counts)
        return outcome

    def read(self, image: Path) -> Frame:
        """Read an image, valid until the next one is read or reduced; errors of ``FrameReader``."""
        page = split(image.name)[1]
        if page is None:
            return self._reader.read(image, page=self._page)
        file = file_of(image)
        try:
            return self._reader.read(file, page=page)
        except FrameError as error:
            message = str(error).removeprefix(f"{file}: ")
            raise FrameError(f"{image}: {message}", error.reason, error.fingerprint) from error

    @property
    def keeps_file_open(self) -> bool:
        """Whether the file that was read last is still open."""
        return self._reader.keeps_file_open

    def close(self) -> None:
        """Close it; the next image is as good as the first."""
        self._reader.close()

    def integrate(self, image: Path, frame: Frame) -> list[Curve]:
        """Return the curves of an image that was just read.

        Raises
        ------
        FrameError
            If it does not fit the calibration, or something is missing that its curves need.
        """
        try:
            return self._treatment.integrate(image, frame)
        except FrameError as error:
            raise FrameError(f"{image}: {error}", error.reason, frame.fingerprint) from error

    def _write(self, job: Job, paths: Sequence[Path], curves: Sequence[Curve]) -> None:
        for path, (place, format_) in zip(paths, self._formats, strict=True):
            data = format_.render(curves[place])
            try:
                write_result(path, data, self._result_roots, job.disk, job.image.parent)
            except ImageFolderGoneError as error:
                message = f"{job.image}: its folder is not there any more"
                raise FrameError(message, Reason.VANISHED) from error
            except OSError as error:
                reason = _OUTPUT_REASONS.get(error.errno or 0, Reason.OUTPUT_FAILED)
                message = f"{path}: cannot be written: {error.strerror}"
                if reason is Reason.OUTPUT_FAILED:
                    message = f"results cannot be written to {path.parent}: {error.strerror}"
                raise OutputError(message, reason) from error

    def _note(self, job: Job, counts: str, bundle: Packed) -> dict[str, str]:
        """Note what the curves of an image were made of, or say why not: they are good without."""
        folder = job.target.parent
        roots, images = self._result_roots, job.image.parent

        def put(write: Put, path: Path, data: bytes) -> None:
            write_result(path, data, roots, job.disk, images, write)

        if self._notebook is None or self._notebook.folder != folder:
            self._notebook = Notebook(folder, bundle)
        image = self._with_page(job.image)
        whole, more = partial(put, write_whole), partial(put, append_to)
        try:
            self._notebook.write(job.target.name, image, counts, whole, more)
        except OSError as error:
            return {NOTES: f"{folder / FOLDER}: cannot be written: {error.strerror}"}
        return {}

    def _with_page(self, image: Path) -> Path:
        """Name the image of a file of which only that one is integrated."""
        if self._page is None or split(image.name)[1] is not None:
            return image
        return image.with_name(join(image.name, self._page))

    def _leave(self, spool: Path, outcome: Outcome, curves: Sequence[Curve], counts: str) -> None:
        """Leave the result of an image for the archive."""
        record = Record(
            str(self._with_page(Path(outcome.image))),
            outcome.time,
            outcome.time_source,
            outcome.exposure,
            outcome.done or 0.0,
            outcome.parameters,
            {curve.channel: (curve.intensity, curve.sigma) for curve in curves},
            counts,
        )
        try:
            leave(spool, record)
        except OSError as error:
            message = f"results cannot be written to {spool}: {error.strerror}"
            raise OutputError(message, Reason.OUTPUT_FAILED) from error

    def _reason_to_skip(self, image: Path, paths: Sequence[Path]) -> Reason | None:
        if not paths:  # what the archive holds does not keep an image from being integrated again
            return None
        if self._reuse.keep_existing and self._are_whole(paths):
            return Reason.OUTPUT_EXISTS
        if self._reuse.keep_up_to_date and self._up_to_date(image, paths):
            return Reason.UP_TO_DATE
        return None

    def _paths(self, target: Path) -> list[Path]:
        """Return where the files of an image go; all have names of curves but their endings."""
        names = curve_names(target.name, self._names)
        return [
            target.with_name(f"{names[place].removesuffix('.chi')}{format_.suffix}")
            for place, format_ in self._formats
        ]

    def _are_whole(self, paths: Sequence[Path]) -> bool:
        return all(
            format_.is_whole(path) for path, (_, format_) in zip(paths, self._formats, strict=True)
        )

    def _may_be_of_another(self, image: Path, reason: Reason) -> bool:
        """Whether curves with the plain name of a file may be those of another of its images."""
        if split(image.name)[1] is not None:
            return False
        if self._page is not None and reason is Reason.OUTPUT_EXISTS:
            return False  # whosever it is, it must not be overwritten
        try:
            self._header_reader.read(image)
        except SeveralImagesError:
            return True
        except FrameError:
            return False
        finally:
            self._header_reader.close()
        return False

    def _up_to_date(self, image: Path, paths: Sequence[Path]) -> bool:
        """Whether the curves are whole, of this calibration, and younger than image and masks."""
        try:
            youngest = max(last_change(file_of(image)), self._reuse.files_changed)
            return all(
                last_change(path) >= youngest and format_.made(path.read_bytes())
                for path, (_, format_) in zip(paths, self._formats, strict=True)
            )
        except OSError:
            return False


def parameters_of(curve: Curve) -> dict[str, float]:
    """Return the numbers of a curve by name: integral parameters, and those of classifiers."""
    numbers = {} if curve.parameters is None else curve.parameters.with_length()
    if curve.zingers is not None:
        numbers["zingers"] = float(curve.zingers)
    return {**numbers, **curve.classifiers} if curve.classifiers else numbers
