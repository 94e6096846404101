"""One image file becomes curve files and a record of what happened."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import numpy as np

from saxsdog.errors import CurveFileError, FrameError, OutputError
from saxsdog.io.chi import CurveFormat, read_chi
from saxsdog.io.images import Frame, FrameReader
from saxsdog.io.status import last_change
from saxsdog.pipeline.outputs import curve_names
from saxsdog.reduction.integrate import Curve, integrate
from saxsdog.reduction.plan import Plan
from saxsdog.whole_file import write_whole


class Status(StrEnum):
    """How an image ended."""

    INTEGRATED = "integrated"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Job:
    """An image to integrate and ``<folder>/<stem>`` of its curves."""

    image: Path
    target: Path

    def to_bytes(self) -> bytes:
        return json.dumps([str(self.image), str(self.target)]).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        image, target = json.loads(data)
        return cls(Path(image), Path(target))


@dataclass(frozen=True)
class Outcome:
    """What became of an image; one line of a log.

    Attributes
    ----------
    reason, message
        Why it failed or was skipped, as a word and as a sentence.
    curves
        Files written.
    time, time_source, exposure
        When the image was taken (s since the epoch), how that is known, and for how long (s).
    parameters
        Integral parameters of each radial channel.
    seconds
        Spent on reading, integrating and writing.
    """

    image: str
    status: Status
    reason: str = ""
    message: str = ""
    curves: list[str] = field(default_factory=list)
    time: float | None = None
    time_source: str = ""
    exposure: float | None = None
    parameters: dict[str, dict[str, float]] = field(default_factory=dict)
    seconds: float = 0.0

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        fields = json.loads(data)
        return cls(**fields | {"status": Status(fields["status"])})

    @classmethod
    def failed(cls, job: Job, reason: str, message: str) -> Self:
        return cls(str(job.image), Status.FAILED, reason=reason, message=message)


@dataclass(frozen=True)
class ReuseRule:
    """When existing curves are kept.

    Attributes
    ----------
    keep_existing
        Always, if they are whole.
    keep_up_to_date
        If they are whole, made with this calibration, and younger than image and masks.
    masks_changed
        When the masks were last changed, ns since the epoch.
    """

    keep_existing: bool = False
    keep_up_to_date: bool = False
    masks_changed: int = 0


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
        Which image of a file that holds several, counted from 0.
    """

    def __init__(
        self, plan: Plan, document: dict[str, Any], reuse: ReuseRule, page: int = 0
    ) -> None:
        self._plan = plan
        self._reuse = reuse
        self._page = page
        self._reader = FrameReader()
        self._formats = [CurveFormat(channel, document) for channel in plan.channels]
        self._names = [channel.name for channel in plan.channels]

    def warm_up(self) -> None:
        """Load the compiled loops, so that the first image is as fast as the others."""
        curves = integrate(np.zeros(self._plan.shape, dtype=np.int32), self._plan)
        self._formats[0].render(curves[0])

    def reduce(self, job: Job) -> Outcome:
        """Integrate one image.

        Raises
        ------
        FrameError
            If the image cannot be read or does not fit the calibration.
        OutputError
            If a curve cannot be written.
        """
        start = time.perf_counter()
        paths = [job.target.with_name(name) for name in curve_names(job.target.name, self._names)]
        reason = self._reason_to_skip(job.image, paths)
        if reason:
            return Outcome(str(job.image), Status.SKIPPED, reason=reason)
        frame = self._reader.read(job.image, page=self._page)
        curves = self._integrate(frame)
        self._write(paths, curves)
        return Outcome(
            image=str(job.image),
            status=Status.INTEGRATED,
            curves=[str(path) for path in paths],
            time=frame.header.time,
            time_source=frame.header.time_source,
            exposure=frame.header.exposure,
            parameters={c.channel: c.parameters.as_dict() for c in curves if c.parameters},
            seconds=time.perf_counter() - start,
        )

    def _integrate(self, frame: Frame) -> list[Curve]:
        try:
            return integrate(frame.image, self._plan)
        except FrameError as error:
            raise FrameError(f"{frame.path}: {error}") from error

    def _write(self, paths: Sequence[Path], curves: Sequence[Curve]) -> None:
        for path, format_, curve in zip(paths, self._formats, curves, strict=True):
            data = format_.render(curve)
            try:
                _write_in_new_folder(path, data)
            except OSError as error:
                raise OutputError(f"{path}: cannot be written: {error.strerror}") from error

    def _reason_to_skip(self, image: Path, paths: Sequence[Path]) -> str:
        if self._reuse.keep_existing and all(map(_is_whole, paths)):
            return "output-exists"
        if self._reuse.keep_up_to_date and self._up_to_date(image, paths):
            return "up-to-date"
        return ""

    def _up_to_date(self, image: Path, paths: Sequence[Path]) -> bool:
        """Whether the curves are whole, of this calibration, and younger than image and masks."""
        try:
            youngest = max(last_change(image), self._reuse.masks_changed)
            return all(
                last_change(path) >= youngest and format_.made(path.read_bytes())
                for path, format_ in zip(paths, self._formats, strict=True)
            )
        except OSError:
            return False


def _write_in_new_folder(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)


def _is_whole(path: Path) -> bool:
    try:
        read_chi(path)
    except CurveFileError:
        return False
    return True
