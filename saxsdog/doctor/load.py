"""What a site has to carry: how many images in which time, and how large they and their curves."""

from dataclasses import dataclass

from saxsdog.detectors import Detector
from saxsdog.reduction.plan import Plan

BYTES_PER_ROW = 60
"""Of a curve file: three numbers of 18 characters, and what stands between them."""

BYTES_OF_HEADER = 1500
USUAL_ROWS = 1000

ENOUGH = 3.0
"""What is measured on a machine that does nothing else should be as many times what is needed."""


@dataclass(frozen=True)
class Load:
    """What is expected.

    Attributes
    ----------
    rate
        Images a second.
    shape, bytes_per_pixel
        Of an image, as it lies on the disk without compression.
    curve_sizes
        Bytes of each curve of an image.
    workers
        Processes that integrate.
    """

    rate: float
    shape: tuple[int, int]
    bytes_per_pixel: int
    curve_sizes: tuple[int, ...]
    workers: int

    @property
    def image_size(self) -> int:
        """Bytes of an image."""
        return self.shape[0] * self.shape[1] * self.bytes_per_pixel

    @property
    def described(self) -> str:
        """For example ``10 images/s of 4.1 MB``."""
        return f"{self.rate:g} images/s of {size_text(self.image_size)}"


def load_of(
    rate: float,
    detector: Detector,
    shape: tuple[int, int] | None,
    plan: Plan | None,
    workers: int,
) -> Load:
    """Put together what is known; a calibration knows more than the name of a detector."""
    rows = [channel.q.size for channel in plan.channels] if plan else [USUAL_ROWS]
    return Load(
        rate=rate,
        shape=shape or detector.shape,
        bytes_per_pixel=detector.dtype.itemsize,
        curve_sizes=tuple(BYTES_OF_HEADER + BYTES_PER_ROW * n for n in rows),
        workers=workers,
    )


def size_text(size: float) -> str:
    """Return for example ``4.09 MB``: decimal units, as disks are sold."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{number_text(size / factor)} {unit}"
    return f"{size:.0f} bytes"


def time_text(seconds: float) -> str:
    """Return for example ``42 µs``, ``1.25 ms`` or ``1.3 s``."""
    for unit, factor in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= factor:
            return f"{number_text(seconds / factor)} {unit}"
    return f"{seconds / 1e-6:.0f} µs"


def delay_text(seconds: float) -> str:
    """Return a delay as nobody needs it more exactly: at least ``1 ms``."""
    return time_text(max(seconds, 1e-3))


def number_text(number: float) -> str:
    """Return a number with three digits, or all before the point, and no exponent."""
    return f"{number:.3g}" if 1e-3 < number < 999 else f"{number:.0f}"
