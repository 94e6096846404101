"""Stop at Ctrl-C, and at the SIGTERM of a batch system, with everything in order."""

import signal
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal:
    """True from the first signal on; call it to ask. A second signal interrupts at once.

    Work that asks before each image ends with every image either done or not begun.
    """

    def __init__(self) -> None:
        self._stopping = False

    def __call__(self) -> bool:
        return self._stopping

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
