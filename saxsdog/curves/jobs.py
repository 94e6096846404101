"""An image to integrate, and what became of it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from saxsdog.errors import SeveralImagesError
from saxsdog.image_names import MOST_IMAGES
from saxsdog.io.status import Fingerprint
from saxsdog.reasons import Reason

_encode = json.JSONEncoder(allow_nan=False).encode


class Status(StrEnum):
    """How an image ended."""

    INTEGRATED = "integrated"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Job:
    """An image to integrate.

    Attributes
    ----------
    image, target
        The image, and ``<folder>/<stem>`` of its curves.
    id
        Comes back.
    disk
        Number of the disk that the curves must go to; ``None``: to whichever is there.
    """

    image: Path
    target: Path
    id: int = 0
    disk: int | None = None

    def to_bytes(self) -> bytes:
        return _encode([str(self.image), str(self.target), self.id, self.disk]).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        image, target, number, disk = json.loads(data)
        return cls(Path(image), Path(target), number, disk)


@dataclass(frozen=True)
class Outcome:
    """What became of an image.

    Attributes
    ----------
    reason, message
        Why it failed or was skipped, as a word of :class:`Reason` and as a sentence.
    curves
        Files written.
    time, time_source, exposure
        When the image was taken (s since the epoch), how that is known, and for how long (s).
    parameters
        Integral parameters of each radial channel, and what classifiers found, by channel.
    seconds
        Spent on reading, integrating and writing.
    id
        Of the job.
    fingerprint
        Which version of the file was read, as far as anybody got to read it.
    done
        When the last of its curves was whole, s since the epoch.
    n_images
        How many images the file holds. Of one that holds several none was read: each has a name of
        its own, and its turn.
    complaints
        What was wrong beside the integration: with functions of somebody else, or with notes.
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
    id: int = 0
    fingerprint: Fingerprint | None = None
    done: float | None = None
    n_images: int = 1
    complaints: Mapping[str, str] = field(default_factory=dict)

    @property
    def holds_several(self) -> bool:
        """Whether this is the outcome of a file, and its images are still to be integrated."""
        return self.n_images > 1

    @classmethod
    def several(cls, job: Job, error: SeveralImagesError) -> Self:
        """Return the outcome of a file that holds several images."""
        if error.n_images > MOST_IMAGES:
            message = f"{job.image}: holds {error.n_images} images, expected at most {MOST_IMAGES}"
            return cls.failed(job, Reason.TOO_LARGE, message, error.fingerprint)
        message = f"{job.image}: holds {error.n_images} images, each of which is integrated"
        failed = cls.failed(job, error.reason, message, error.fingerprint)
        return replace(failed, status=Status.SKIPPED, n_images=error.n_images)

    @classmethod
    def failed(
        cls,
        job: Job,
        reason: Reason,
        message: str,
        fingerprint: tuple[int, int, int] | None = None,
    ) -> Self:
        return cls(
            image=str(job.image),
            status=Status.FAILED,
            reason=reason,
            message=message,
            id=job.id,
            fingerprint=None if fingerprint is None else Fingerprint(*fingerprint),
        )

    def to_bytes(self) -> bytes:
        return _encode(
            {
                **self._described(),
                "id": self.id,
                "fingerprint": self.fingerprint,
                "done": self.done,
                "n_images": self.n_images,
                "complaints": self.complaints,
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        fields = json.loads(data)
        fields["status"] = Status(fields["status"])
        fields["parameters"] = {
            channel: {name: math.nan if value is None else value for name, value in each.items()}
            for channel, each in fields["parameters"].items()
        }
        if fields["fingerprint"] is not None:
            fields["fingerprint"] = Fingerprint(*fields["fingerprint"])
        return cls(**fields)

    def to_log_line(self) -> bytes:
        """Return what a user wants to know as a line of JSON."""
        return _encode(self._described()).encode() + b"\n"

    def _described(self) -> dict[str, Any]:
        # Not dataclasses.asdict, which copies every value and takes four times as long.
        return {
            "image": self.image,
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "curves": self.curves,
            "time": self.time,
            "time_source": self.time_source,
            "exposure": self.exposure,
            "parameters": {c: _without_nan(each) for c, each in self.parameters.items()},
            "seconds": self.seconds,
        }


def _without_nan(parameters: Mapping[str, float]) -> dict[str, float | None]:
    """Put ``None`` for what is not finite: JSON has no word for it."""
    return {name: value if math.isfinite(value) else None for name, value in parameters.items()}


@dataclass(frozen=True)
class ReuseRule:
    """When existing curves are kept.

    Attributes
    ----------
    keep_existing
        Always, if they are whole.
    keep_up_to_date
        If they are whole, made with this calibration, and younger than image and masks.
    files_changed
        When the masks were last changed, ns since the epoch.
    """

    keep_existing: bool = False
    keep_up_to_date: bool = False
    files_changed: int = 0
