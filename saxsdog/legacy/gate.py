"""Who of the clients of the original may ask, and each of their requests only once.

No sockets here. What is not admitted is noise: nobody outside learns which check it was.
"""

import ipaddress
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from saxsdog.errors import ProtocolError
from saxsdog.legacy.requests import OldRequest, read_request
from saxsdog.paths import printable
from saxsdog.protocol.envelope import LARGEST_MESSAGE, MOST_FRAMES
from saxsdog.settings import LegacySettings
from saxsdog.transport.rates import Rates
from saxsdog.transport.remarks import Remarks

logger = logging.getLogger(__name__)

WINDOW = 120.0
"""Seconds that the time of a request may differ from ours."""

LIFETIME = 2 * WINDOW + 1.0
"""Seconds that a request is remembered: one may be ahead of our clock, and sums are rounded."""

MOST_TAGS = 100_000
WITH_MASKS = "new"
"""The only command that has more than one frame."""

CHANGES = frozenset({WITH_MASKS, "readdir", "close", "abort"})
"""Commands that must not be repeated, not even after a restart."""

LARGEST_FIRST = 64 * 1024
"""Bytes of a first frame. It must be read to know whether it is signed, which anybody at a listed
address can let us do; calibrations of the original have some thousand."""

_MOST_LOGGED = 60


class Gate:
    """Decides about messages, one after the other, in one thread.

    Parameters
    ----------
    settings
        Secret and addresses.
    clock
        Seconds that never go back.
    wall
        Seconds since the epoch; read once, so that a clock that is set makes no old message fresh.
    last_change
        When the newest change was signed that a former server carried out.
    """

    def __init__(
        self,
        settings: LegacySettings,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        last_change: float = -math.inf,
    ) -> None:
        self._secret = settings.secret.encode()
        self._peers = settings.peers
        self._clock = clock
        self._opened = wall()
        self._ahead = self._opened - clock()
        self._last_change = last_change
        self._rates = Rates()
        self._tags: dict[bytes, float] = {}
        self._order: deque[bytes] = deque()
        self._remarks = Remarks(clock)

    def admit(self, frames: Sequence[bytes], route: bytes, address: str) -> OldRequest | None:
        """Return the request of a message, or ``None`` if it is not to be carried out."""
        now = self._clock()
        if not (self.knows(address) and _has_form(frames) and self._rates.admits(route, now)):
            return None
        try:
            request = read_request(frames[0], self._secret)
        except ProtocolError:
            return None
        problem = self._problem_of(request, len(frames) - 1, now)
        if problem is None:
            self._remember(request.tag, now)
            return request
        more = self._remarks.next()
        if more is not None:
            logger.warning(
                "refused %r of a client of the original at %s: %s%s",
                printable(request.command[:_MOST_LOGGED]),
                address,
                problem,
                more,
            )
        return None

    def knows(self, address: str) -> bool:
        """Whether requests may come from an address."""
        try:
            peer = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
            peer = peer.ipv4_mapped
        return any(peer in network for network in self._peers)

    def _problem_of(self, request: OldRequest, n_masks: int, now: float) -> str | None:
        """Say why a request with the right signature is not carried out."""
        off = request.time - (self._ahead + now)
        if abs(off) > WINDOW:
            return f"its clock is {off:+.6g} s off, expected at most {WINDOW:g} s"
        is_change = request.command in CHANGES
        if request.time < self._opened or (is_change and request.time <= self._last_change):
            return "it was signed before this server was started, and may have been carried out"
        self._forget_old(now)
        if request.tag in self._tags:
            return "the same was carried out before"
        if len(self._tags) >= MOST_TAGS:
            return "too many came in the last minutes"
        if n_masks and request.command != WITH_MASKS:
            return f"expected masks beside {WITH_MASKS!r} only"
        return None

    def _remember(self, tag: bytes, now: float) -> None:
        """Keep a tag until its request is too old for certain."""
        self._tags[tag] = now + LIFETIME
        self._order.append(tag)

    def _forget_old(self, now: float) -> None:
        while self._order and self._tags[self._order[0]] <= now:
            del self._tags[self._order.popleft()]


def _has_form(frames: Sequence[bytes]) -> bool:
    return (
        1 <= len(frames) < MOST_FRAMES
        and len(frames[0]) <= LARGEST_FIRST
        and sum(map(len, frames)) <= LARGEST_MESSAGE
    )
