"""Take sightings as a queue would, and wait for what must come."""

import queue
import threading
import time
from collections.abc import Callable

from saxsdog.sources.sightings import Sighting

TIMEOUT = 20.0


class Catcher:
    """Takes batches of sightings until what is waited for is among them."""

    def __init__(self) -> None:
        self.batches: queue.Queue[list[Sighting]] = queue.Queue()

    def __call__(self, batch: list[Sighting]) -> None:
        self.batches.put(batch)

    def wait_for(self, *names: str) -> list[Sighting]:
        """Return all sightings up to the last of these names."""
        caught: list[Sighting] = []
        while not {sighting.path.name for sighting in caught}.issuperset(names):
            caught += self.batches.get(timeout=TIMEOUT)
        return caught

    def caught(self) -> list[str]:
        """Return the names that have come and were not waited for."""
        names = []
        while not self.batches.empty():
            names += [sighting.path.name for sighting in self.batches.get()]
        return names


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that no event tells."""
    deadline = time.monotonic() + TIMEOUT
    tick = threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        tick.wait(0.005)
