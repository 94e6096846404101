"""Examine a site in a process of its own: one in a call to a dead disk cannot be ended.

It could not even be killed, and whoever waits for it waits as long as the disk is dead. So nobody
does: the process is given up, and ends, its files removed, when the disk comes back. Where it has
no files left, it ends at once.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import asdict
from typing import Any

from saxsdog.doctor.asking import TIME_LIMIT, wait_for_tidying
from saxsdog.doctor.examination import Site, examine
from saxsdog.doctor.finding import Finding, Verdict
from saxsdog.errors import SaxsdogError, UsageError

PATIENCE = TIME_LIMIT + 2.0
"""Seconds for its end when it is interrupted; to remove files may take ``TIME_LIMIT``."""

FAREWELL = 1.0
"""Seconds for its end when it has said everything, and removed all that can be removed."""

LINGER = 600.0
"""Seconds that it waits for a disk to come back."""


class ExaminerDiedError(SaxsdogError):
    """The process ended before it had said everything, because of a bug; it told its traceback."""

    code = "broken"


def examined(site: Site) -> Generator[Finding, None, None]:
    """Yield the findings of another process as they come; close it to stop that process.

    Raises
    ------
    UsageError
        If there is no server of the name that was given.
    ExaminerDiedError
        If the process has died.
    """
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "saxsdog.doctor.examiner", site.to_json()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # one that is given up must not hold ours open
        start_new_session=True,  # Ctrl-C is passed on by us
    )
    assert process.stdin is not None  # noqa: S101 - as it was started
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    patience = PATIENCE
    try:
        for line in process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "problem" in said:
                raise UsageError(said["problem"])
            if "end" in said:
                patience = FAREWELL
                return
            yield Finding(**said | {"verdict": Verdict(said["verdict"])})
        said_last = process.stderr.read().decode(errors="replace")
        raise ExaminerDiedError(f"the examination has died:\n{said_last}")
    finally:
        process.stdin.close()  # it ends with its input
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        process.stdout.close()
        process.stderr.close()


def main() -> None:
    """Examine the site of the command line; stop when the standard input ends."""
    threading.Thread(target=_interrupt_at_end_of_input, daemon=True).start()
    try:
        with closing(examine(Site.from_json(sys.argv[1]))) as findings:
            for finding in findings:
                _say(asdict(finding))
        _say({"end": True})
    except SaxsdogError as error:
        _say({"problem": str(error)})
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to interrupt


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _interrupt_at_end_of_input() -> None:
    """Interrupt the examination when whoever asked for it is gone, however that came."""
    while os.read(sys.stdin.fileno(), 4096):  # a reader with a buffer would hold up our own end
        pass
    if hasattr(signal, "pthread_kill"):
        ident = threading.main_thread().ident
        assert ident is not None  # noqa: S101 - it runs
        signal.pthread_kill(ident, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main()
    wait_for_tidying(LINGER)
