"""Many clients that ask for the statistics now and then, as open windows do; a process of its own.

``python -m tests.helpers.pollers ADDRESS CLIENTS INTERVAL SECONDS`` prints how long each question
took, in seconds, as a JSON list.
"""

import json
import random
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from saxsdog.protocol.envelope import Keys
from saxsdog.protocol.messages import Stat
from saxsdog.transport.client import Link
from tests.helpers.servers import SECRET


@contextmanager
def polling(address, clients, interval, seconds, processes=2):
    """Let clients ask meanwhile; yields what waits for all of them, and returns their waits."""
    each = str(clients // processes)
    words = [sys.executable, "-m", __name__, address, each, str(interval), str(seconds)]
    started = [
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True)  # noqa: S603 - of our own
        for _ in range(processes)
    ]

    def result():
        waits = []
        for process in started:
            waits += json.loads(process.stdout.read())
            assert process.wait() == 0
        return waits

    try:
        yield result
    finally:
        for process in started:
            process.kill()
            process.wait()
            process.stdout.close()


def poll(link, interval, end, waits):
    """Ask again and again until a time, beginning at any moment of the first interval."""
    time.sleep(random.uniform(0, interval))  # noqa: S311 - no secret
    while (start := time.monotonic()) < end:
        link.ask(Stat())
        took = time.monotonic() - start
        waits.append(took)
        time.sleep(max(0.0, interval - took))


def main(address, clients, interval, seconds):
    """Run the clients, a thread each, and print how long they have waited."""
    keys, waits = Keys.from_secret(SECRET), []
    links = [Link(address, keys) for _ in range(clients)]
    for link in links:
        link.ask(Stat())
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=poll, args=(link, interval, end, waits)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for link in links:
        link.close()
    print(json.dumps(waits))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
