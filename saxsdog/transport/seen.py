"""Which requests came in the last two minutes, so that none is carried out twice."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

LIFETIME = 120.0
"""Seconds: twice the time that a request may be off, so that an older one is refused anyway."""

MOST_IDS = 200_000
MOST_ROUTES = 8
LARGEST_KEPT = 64 * 1024
LARGEST_TOTAL = 16 * 1024 * 1024


@dataclass(eq=False)
class Entry:
    """One genuine request.

    Attributes
    ----------
    mark
        Equal for identical frames only.
    routes
        Where the reply goes: every try of a client comes from another socket.
    under_way
        Whether the reply is still to come.
    tries
        How often it was carried out.
    reply
        The sealed reply as long as it is kept.
    forgotten
        Whether its time is over, and nobody can ask for its reply any more.
    """

    mark: bytes
    routes: list[bytes] = field(default_factory=list)
    under_way: bool = True
    tries: int = 0
    reply: list[bytes] | None = None
    forgotten: bool = False

    @property
    def size(self) -> int:
        """Bytes of the reply."""
        return sum(map(len, self.reply or ()))

    def also_to(self, route: bytes) -> None:
        """Send the reply there as well, unless many are waiting already."""
        if route not in self.routes and len(self.routes) < MOST_ROUTES:
            self.routes.append(route)


class Seen:
    """Remembers ids; forgets them by time only, so nobody can push one out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._ends: deque[tuple[float, str]] = deque()
        self._kept: deque[Entry] = deque()
        self._kept_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether no further id can be remembered now."""
        self._forget_old()
        return len(self._entries) >= MOST_IDS

    def find(self, identity: str) -> Entry | None:
        """Return the entry of an id that came in the last two minutes."""
        self._forget_old()
        return self._entries.get(identity)

    def remember(self, identity: str, entry: Entry) -> None:
        """Take in an id that is new."""
        self._entries[identity] = entry
        self._ends.append((self._clock() + LIFETIME, identity))

    def keep(self, entry: Entry, reply: list[bytes]) -> None:
        """Keep a reply for those who ask again; one too large is not kept, old ones make room."""
        entry.reply = reply
        if entry.forgotten or entry.size > LARGEST_KEPT:
            entry.reply = None
            return
        self._kept.append(entry)
        self._kept_bytes += entry.size
        while self._kept_bytes > LARGEST_TOTAL:
            self._drop_reply(self._kept.popleft())

    def _forget_old(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            _, identity = self._ends.popleft()
            entry = self._entries.pop(identity)
            entry.forgotten = True
            self._drop_reply(entry)
        while self._kept and self._kept[0].reply is None:
            self._kept.popleft()

    def _drop_reply(self, entry: Entry) -> None:
        self._kept_bytes -= entry.size
        entry.reply = None
