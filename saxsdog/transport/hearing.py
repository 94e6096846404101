"""Which announcements of a feeder were missed: arithmetic of sequence numbers, no sockets."""

from collections import OrderedDict

from saxsdog.protocol.events import Heartbeat, NewFile

MOST_STREAMS = 64
"""Streams remembered, those heard last; anybody may invent new ones."""


class Hearing:
    """Follows the sequence numbers of every stream, that is of every start of a feeder.

    The first stream is joined where it stands: what was said before we listened is not missed. A
    stream that begins while we listen is expected to begin with 1. A number that is not higher than
    the last is a repetition.

    Attributes
    ----------
    missed
        Announcements that never came.
    """

    def __init__(self) -> None:
        self.missed = 0
        self._last: OrderedDict[str, int] = OrderedDict()

    def note(self, event: NewFile | Heartbeat) -> str | None:
        """Take notice of an event, and return what it says about missed ones, if anything."""
        if event.stream is None or event.seq is None:
            return None
        heard = event.seq - 1 if isinstance(event, NewFile) else event.seq
        last = self._last.get(event.stream)
        if last is None:
            return self._begin(event.stream, heard, event.seq)
        self._last[event.stream] = max(last, event.seq)
        self._last.move_to_end(event.stream)
        return self._miss(heard - last)

    def _begin(self, stream: str, heard: int, seq: int) -> str:
        first = not self._last
        self._last[stream] = seq
        if len(self._last) > MOST_STREAMS:
            self._last.popitem(last=False)
        if first:
            return "a feeder is heard for the first time"
        return self._miss(heard) or "a feeder has started"

    def _miss(self, count: int) -> str | None:
        if count <= 0:
            return None
        self.missed += count
        return f"{count} announcements were missed"
