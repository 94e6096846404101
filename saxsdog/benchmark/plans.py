"""Build plans: time, and memory beyond the plan itself."""

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path

from saxsdog.benchmark.tables import Row, Table
from saxsdog.reduction.channels import RadialChannel
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.plan import make_plan
from saxsdog.simulation.detectors import detector
from saxsdog.simulation.experiment import default_geometry

DETECTORS = ("Pilatus 1M", "Eiger2 4M", "Eiger2 16M")
MEGABYTE = 1e6
OVERSAMPLING = 3


@dataclass(frozen=True)
class Built:
    """A plan was built: in this time, of this size, with this much memory beyond it, bytes."""

    seconds: float
    nbytes: int
    extra_bytes: int


def build_plans() -> Table:
    """Build a plan for some detectors, each in a fresh process that has compiled everything."""
    rows = []
    for name in DETECTORS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            built = pool.apply(_build, (name,))
        note = (
            f"plan {built.nbytes / MEGABYTE:.0f} MB, "
            f"{built.extra_bytes / MEGABYTE:.0f} MB beyond it while building"
        )
        rows.append(Row(f"{name} {detector(name).shape}", built.seconds, note=note))
    return Table(f"plan: one mask, oversampling {OVERSAMPLING}, compiled before", tuple(rows))


def _build(name: str) -> Built:
    known = detector(name)
    channel = RadialChannel("R0", known.gap_mask(), OVERSAMPLING, 1.0, 0.3, 5.0)
    tiny = Geometry((8, 8), (2.2, 3.3), 1.0, (1e-4, 1e-4), 0.1)
    make_plan(tiny, [RadialChannel("R0", None, OVERSAMPLING, 1.0, 0.3, 5.0)])
    before = _peak_memory()
    start = time.perf_counter()
    plan = make_plan(default_geometry(known), [channel])
    seconds = time.perf_counter() - start
    return Built(seconds, plan.nbytes, _peak_memory() - before - plan.nbytes)


def _peak_memory() -> int:
    """Largest memory that this process ever held, bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where getrusage tells the peak of the parent process as well
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
