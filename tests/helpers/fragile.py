"""Workers that die on purpose."""

import os
import signal
from dataclasses import replace
from pathlib import Path

from saxsdog.pipeline.jobs import Job, Outcome, Reducer
from saxsdog.pipeline.worker import WorkerTask


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class FragileReducer(Reducer):
    """Dies at every image called ``poison``, and once at each called ``unlucky``.

    Once for each called ``confused`` it answers for another image.
    """

    def reduce(self, job: Job) -> Outcome:
        if job.image.stem == "poison":
            kill_myself()
        if job.image.stem.startswith("unlucky"):
            seen = Path(f"{job.image}.seen")
            if not seen.exists():
                seen.touch()
                kill_myself()
        outcome = super().reduce(job)
        if job.image.stem.startswith("confused"):
            seen = Path(f"{job.image}.seen")
            if not seen.exists():
                seen.touch()
                return replace(outcome, id=job.id + 1)
        return outcome


class FragileTask(WorkerTask):
    def reducer(self) -> Reducer:
        return FragileReducer(self.plan.open(), self.document, self.reuse, self.page)


class StillbornTask(WorkerTask):
    def reducer(self) -> Reducer:
        kill_myself()
        raise AssertionError("a dead process goes on")
