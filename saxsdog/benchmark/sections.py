"""The sections of the benchmark in their order, and what each of them measures."""

from collections.abc import Callable
from dataclasses import dataclass

from saxsdog.benchmark.batch import batch
from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.budget import budget
from saxsdog.benchmark.cakes import cakes
from saxsdog.benchmark.deaths import deaths
from saxsdog.benchmark.endurance import endurance
from saxsdog.benchmark.kernel import beside_peers, error_models, pixel_types, several_channels
from saxsdog.benchmark.latencies import first_curve, latencies
from saxsdog.benchmark.memory import memory_limit
from saxsdog.benchmark.plans import plans
from saxsdog.benchmark.reading import reading
from saxsdog.benchmark.result_formats import batch_formats, server_formats
from saxsdog.benchmark.serving import throughput
from saxsdog.benchmark.sizes import sizes
from saxsdog.benchmark.tables import Table
from saxsdog.benchmark.threads import threads
from saxsdog.benchmark.timing import Advance
from saxsdog.benchmark.worker_memory import worker_memory
from saxsdog.benchmark.writing import writing


@dataclass(frozen=True)
class Part:
    """What gives one table.

    Attributes
    ----------
    measure
        Measures it.
    seconds
        That it takes about, with the usual options on two cores: what a progress bar needs to know.
    """

    measure: Callable[[Bench, Advance], Table]
    seconds: float


@dataclass(frozen=True)
class Section:
    """Tables under one name; ``usual`` sections run unless others are asked for."""

    about: str
    parts: tuple[Part, ...]
    usual: bool = True


SECTIONS: dict[str, Section] = {
    "memory": Section(
        "how fast memory can be read: the yardstick of everything", (Part(memory_limit, 2),)
    ),
    "kernel": Section(
        "integrating frames in memory, beside SciPy and pyFAI",
        (
            Part(beside_peers, 30),
            Part(several_channels, 1),
            Part(error_models, 1),
            Part(pixel_types, 1),
            Part(cakes, 15),
            Part(threads, 1),
            Part(sizes, 3),
        ),
    ),
    "reading": Section("images of every format, beside fabio and h5py", (Part(reading, 5),)),
    "writing": Section("curves, beside numpy.savetxt", (Part(writing, 1),)),
    "plan": Section("computing the weights of a calibration", (Part(plans, 5),)),
    "batch": Section(
        "files to files with 1, 2, 4 ... processes, beside pyFAI and plain numpy",
        (Part(batch, 50),),
    ),
    "server": Section(
        "images/s, latency, death of a worker, memory, with feeder and leash",
        (
            Part(throughput, 40),
            Part(latencies, 18),
            Part(first_curve, 5),
            Part(deaths, 10),
            Part(worker_memory, 8),
        ),
    ),
    "formats": Section(
        "files to curves and archives: chi, dat, nexus, csv",
        (Part(batch_formats, 15), Part(server_formats, 25)),
    ),
    "budget": Section("one image stage by stage, beside what it must take", (Part(budget, 10),)),
    "endurance": Section(
        "100,000 small images, with an empty and a full journal; takes long",
        (Part(endurance, 420),),
        usual=False,
    ),
}
"""By the names that a command line takes."""
