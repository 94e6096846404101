"""Build plans: time, and memory beyond the plan itself."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from saxsdog.benchmark.bench import Q_RANGE, Bench
from saxsdog.benchmark.child import Child
from saxsdog.benchmark.tables import Column, Row, Table
from saxsdog.benchmark.timing import Advance
from saxsdog.detectors import detector
from saxsdog.reduction.channels import RadialChannel
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.plan import make_plan
from saxsdog.simulation.experiment import default_geometry

MIDDLE = "Eiger2 4M"
MEGABYTE = 1e6
MILLISECOND = 1e-3
OVERSAMPLING = 3


@dataclass(frozen=True)
class Built:
    """A plan was built: in this time, of this size, with this much memory beyond it, bytes."""

    seconds: float
    nbytes: int
    extra_bytes: int | None


def plans(bench: Bench, advance: Advance) -> Table:
    """Build a plan for some detectors, each in a fresh process that has compiled everything."""
    names = dict.fromkeys((bench.detector, MIDDLE, bench.large_detector))
    rows = []
    for name in names:
        with Child(_builder, name) as child:
            built: Built = child.ask()
        extra = None if built.extra_bytes is None else built.extra_bytes / MEGABYTE
        shape = " x ".join(map(str, detector(name).shape))
        cells = (built.seconds / MILLISECOND, built.nbytes / MEGABYTE, extra)
        rows.append(Row(f"{name}, {shape}", cells))
        advance(1 / len(names))
    columns = (Column("time", "ms"), Column("plan", "MB"), Column("beyond it", "MB"))
    caption = (
        f"One mask, oversampling {OVERSAMPLING}, compiled before. 'beyond it' is the most memory "
        "that building took besides the plan."
    )
    return Table("building the plan of a calibration", columns, tuple(rows), caption)


def _builder(name: str) -> Callable[[], Built]:
    """Compile everything, and return what builds a plan."""
    known = detector(name)
    geometry, mask = default_geometry(known), known.gap_mask()
    tiny = Geometry((8, 8), (2.2, 3.3), 1.0, (1e-4, 1e-4), 0.1)
    make_plan(tiny, [RadialChannel("R0", None, OVERSAMPLING, 1.0, *Q_RANGE)])

    def build() -> Built:
        before = _peak_memory()
        start = time.perf_counter()
        plan = make_plan(geometry, [RadialChannel("R0", mask, OVERSAMPLING, 1.0, *Q_RANGE)])
        seconds = time.perf_counter() - start
        after = _peak_memory()
        extra = None if before is None or after is None else after - before - plan.nbytes
        return Built(seconds, plan.nbytes, extra)

    return build


def _peak_memory() -> int | None:
    """Largest memory that this process ever held, bytes; ``None`` where nobody counts."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where getrusage tells the peak of the parent process as well
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
