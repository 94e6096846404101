"""Carries out what the window asks for, one thing after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from saxsdog.client import Client
from saxsdog.errors import SaxsdogError
from saxsdog.network import NetworkEntry
from saxsleash.link.post import Post
from saxsleash.link.talker import Talker


@dataclass(frozen=True, eq=False)
class Question:
    """Something to ask for.

    Attributes
    ----------
    call
        Asks the server, in another thread.
    done, failed
        Called with the answer, or with why there is none, in the thread of the window.
    """

    call: Callable[[Client], Any]
    done: Callable[[Any], None]
    failed: Callable[[SaxsdogError], None]


class Asking(Talker):
    """Asks questions in their order.

    Parameters
    ----------
    on_answered
        Called with each question before its ``done`` or ``failed``, in the thread of the window.
    """

    def __init__(
        self,
        entry: NetworkEntry,
        post: Post,
        on_bug: Callable[[Exception], None],
        *,
        on_answered: Callable[[Question], None],
    ) -> None:
        super().__init__(entry, post, on_bug)
        self._on_answered = on_answered
        self._questions: SimpleQueue[Question | None] = SimpleQueue()

    def ask(self, question: Question) -> None:
        """Ask when all that was asked before is answered."""
        self._questions.put(question)

    def stop(self) -> None:
        super().stop()
        self._questions.put(None)

    def talk(self, client: Client) -> None:
        while (question := self._questions.get()) is not None and not self.is_stopping:
            try:
                answer = question.call(client)
            except SaxsdogError as error:
                self._tell_failure(question, error)
            except Exception as error:  # a bug: reported, and the next one is asked
                self.tell(partial(self._on_answered, question))
                self._report(error)
            else:
                self.tell(partial(self._tell_answer, question, answer))

    def on_problem(self, error: SaxsdogError) -> None:
        """There is no client: nothing can be asked."""
        try:
            while (question := self._questions.get_nowait()) is not None:
                self._tell_failure(question, error)
        except Empty:
            pass

    def _tell_answer(self, question: Question, answer: Any) -> None:
        self._on_answered(question)
        question.done(answer)

    def _tell_failure(self, question: Question, error: SaxsdogError) -> None:
        def tell() -> None:
            self._on_answered(question)
            question.failed(error)

        self.tell(tell)
