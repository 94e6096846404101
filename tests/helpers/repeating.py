"""Things that are done to a server again and again while a test goes on."""

import os
import random
import signal
import threading


class Repeatedly:
    """Does something again and again in a thread, with a client of its own; a context manager.

    Parameters
    ----------
    server
        To ask.
    interval
        Seconds between two times.
    action
        Called with the client; what it returns is kept in ``returned``. What it raises ends the
        thread, and is raised at the end.
    """

    def __init__(self, server, interval, action):
        self._server, self._interval, self._action = server, interval, action
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.returned = []
        self.error = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self):
        try:
            with self._server.client() as client:
                while not self._stop.wait(self._interval):
                    self.returned.append(self._action(client))
        except Exception as error:
            self.error = error


def kill_a_worker(client):
    """Kill one of the workers, whichever; how many there were."""
    workers = client.stat().workers
    if workers:
        try:
            os.kill(random.choice(workers), signal.SIGKILL)  # noqa: S311 - no secret
        except ProcessLookupError:
            return 0
    return len(workers)
