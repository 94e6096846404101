"""Ask a question with a time limit: a dead file server or a silent address must not hold us up."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from saxsdog.doctor.finding import Finding, Question
from saxsdog.errors import SaxsdogError

TIME_LIMIT = 5.0
"""Seconds for what should take milliseconds."""

ASKING = "asking"
"""Name of threads that may hang, and that nobody misses."""

TIDYING = "tidying"
"""Name of threads that may hang, and that remove what was made: they should come to their end."""

LAST_WORD = 0.5
"""Seconds that work which is interrupted gets to come to its end."""

_Answer = TypeVar("_Answer")


class NoAnswerError(SaxsdogError):
    """Something did not come to its end in time, and may never do."""

    code = "no-answer"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")


def within(seconds: float, work: Callable[[], _Answer], name: str = ASKING) -> _Answer:
    """Return what ``work`` returns, or raise what it raises.

    It runs in a thread that is given up if it takes longer: nobody can end a call to a file server
    that is gone. Give it the name :data:`TIDYING` if the process should outlive us for it.

    Raises
    ------
    NoAnswerError
        If it takes longer.
    """
    future: Future[_Answer] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # raised again where it is waited for
            future.set_exception(error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():  # its own: some systems call so what takes too long
            raise
        raise NoAnswerError(seconds) from None
    except KeyboardInterrupt:
        thread.join(LAST_WORD)
        raise


def wait_for_tidying(seconds: float) -> None:
    """Give what was given up the time to remove what was made; other threads may hang for ever."""
    deadline = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name == TIDYING:
            thread.join(max(deadline - time.monotonic(), 0.0))


def answer(
    question: Question, check: Callable[[Question], Finding], seconds: float = TIME_LIMIT
) -> Finding:
    """Let a check answer a question; that it fails or takes too long is an answer, too."""
    try:
        return within(seconds, lambda: check(question))
    except NoAnswerError as error:
        return question.bad(
            str(error),
            "Something hangs there: a file server that is gone, or a network.",
            time_limit_s=seconds,
        )
    except OSError as error:
        return question.bad(
            f"cannot be checked: {error.strerror or error}",
            "See to it that this user may do that here, and check again.",
        )
    except SaxsdogError as error:
        return question.bad(str(error), "Correct this, and check again.")
