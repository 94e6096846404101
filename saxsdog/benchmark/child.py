"""A process of its own for work that must not disturb ours, nor be disturbed by it."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self

from saxsdog.benchmark.errors import MeasurementError
from saxsdog.pipeline.starting import signals_kept_for_us

Make = Callable[..., Callable[..., Any]]

READY = "ready"
STOP_TIMEOUT = 5.0


class Child:
    """A fresh process that answers one question after the other; a context manager.

    It ends with this object, and with this process however that ends: nobody else holds the other
    end of its pipe.

    Parameters
    ----------
    make
        A function of a module. It is called once in the new process, with ``arguments``, and
        returns the function that answers.
    """

    def __init__(self, make: Make, *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self._name = make.__name__
        self._process = context.Process(
            target=_run, args=(make, arguments, other), daemon=True, name=f"bench {self._name}"
        )
        with signals_kept_for_us([signal.SIGINT]):  # SIGTERM ends it
            self._process.start()
        other.close()

    @property
    def process_id(self) -> int:
        assert self._process.pid is not None  # noqa: S101 - it was started
        return self._process.pid

    def __enter__(self) -> Self:
        """Wait until it can be asked."""
        try:
            self.answer()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ask(self, *question: object) -> Any:
        """Ask, and wait for the answer."""
        self.begin(*question)
        return self.answer()

    def begin(self, *question: object) -> None:
        """Ask; :meth:`answer` has the answer."""
        self.pipe.send(question)

    def answer(self) -> Any:
        """Wait for an answer.

        Raises
        ------
        MeasurementError
            If the process has died instead; it has printed why.
        """
        try:
            return self.pipe.recv()
        except (EOFError, ConnectionResetError) as error:
            raise MeasurementError(
                f"expected an answer of {self._name!r}, its process has ended"
            ) from error

    def close(self) -> None:
        """End the process; safe to call twice."""
        if self.pipe.closed:
            return
        self.pipe.close()  # it may wait for a question, or be amid an answer that nobody wants
        self._process.terminate()
        self._process.join(STOP_TIMEOUT)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


class Children:
    """Several processes that share out questions; a context manager."""

    def __init__(self, number: int, make: Make, *arguments: object) -> None:
        self._number = number
        self._make = make
        self._arguments = arguments
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            started = [Child(self._make, *self._arguments) for _ in range(self._number)]
            for child in started:  # all of them become ready at the same time
                stack.callback(child.close)
            self._children = [stack.enter_context(child) for child in started]
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def process_ids(self) -> tuple[int, ...]:
        return tuple(child.process_id for child in self._children)

    def work_off(self, questions: Iterable[Sequence[object]]) -> None:
        """Have every question answered, each by whoever is free."""
        todo = deque(questions)
        busy: dict[Connection, Child] = {}
        for child in self._children:
            _give(child, todo, busy)
        while busy:
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)  # noqa: S101 - for the type checker
                child = busy.pop(pipe)
                child.answer()
                _give(child, todo, busy)


def _give(child: Child, todo: deque[Sequence[object]], busy: dict[Connection, Child]) -> None:
    if todo:
        child.begin(*todo.popleft())
        busy[child.pipe] = child


def _run(make: Make, arguments: Sequence[object], pipe: Connection) -> None:
    answer = make(*arguments)
    try:
        pipe.send(READY)
        while True:
            pipe.send(answer(*pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
