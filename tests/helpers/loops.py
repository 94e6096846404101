"""What a worker has to load of the compiled loops, told by a worker."""

import gc
import sys
from multiprocessing.connection import Connection

from numba.core.registry import CPUDispatcher

from saxsdog.curves.jobs import Job
from saxsdog.pipeline.worker import WorkerTask


def loaded_loops() -> dict[str, int]:
    """Return for how many kinds of arguments each of our loops is loaded in this process."""
    return {
        f"{name}.{loop.__name__}": len(loop.signatures)
        for name, module in sys.modules.items()
        if name.startswith("saxsdog.")
        for loop in vars(module).values()
        if isinstance(loop, CPUDispatcher)
    }


def tell_of_loops(task: WorkerTask, jobs: list[Job], pipe: Connection) -> None:
    """Tell what is loaded when a worker begins, and what when it has integrated some images."""
    at_the_start = loaded_loops()
    reducer = task.reducer()
    for job in jobs:
        reducer.reduce(job)
    pipe.send((at_the_start, loaded_loops(), gc.get_freeze_count()))
