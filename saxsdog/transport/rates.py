"""How much may come over each connection, and who is told that a message was not genuine."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field

MESSAGES_PER_SECOND = 200.0
BURST = 400.0
DENIALS_PER_SECOND = 5.0
MOST_FAILURES = 20
"""Messages of one address within a minute that were not sealed with our secret."""

MINUTE = 60.0
SILENCE = 60.0
MOST_ADDRESSES = 10_000
MOST_CONNECTIONS = 10_000


@dataclass
class Bucket:
    """Lets ``capacity`` through at once, and ``rate`` a second."""

    rate: float
    capacity: float
    _level: float = field(init=False)
    _filled: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._level = self.capacity

    def take(self, now: float) -> bool:
        """Whether one more may pass."""
        self._level = min(self.capacity, self._level + (now - self._filled) * self.rate)
        self._filled = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


@dataclass
class _Peer:
    is_loopback: bool
    failures: int = 0
    first_failure: float = float("-inf")
    silent_until: float = float("-inf")


class Rates:
    """Counts what comes; of too many connections or addresses, the oldest is forgotten.

    A stranger may share the address of somebody with the secret: another user of the same machine,
    or everybody behind a router. So what is held back is a connection, and what an address does
    wrong costs it the answers to that, and nothing else.
    """

    def __init__(self) -> None:
        self._peers: OrderedDict[str, _Peer] = OrderedDict()
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()
        self._denials = Bucket(DENIALS_PER_SECOND, DENIALS_PER_SECOND)

    def is_silenced(self, address: str, now: float) -> bool:
        """Whether this address failed so often that it is told nothing about it any more."""
        return now < self._peer(address).silent_until

    def admits(self, connection: bytes, now: float) -> bool:
        """Whether one more message over this connection may cost us a decryption."""
        bucket = self._buckets.get(connection)
        if bucket is None:
            bucket = self._buckets[connection] = Bucket(MESSAGES_PER_SECOND, BURST)
            if len(self._buckets) > MOST_CONNECTIONS:
                self._buckets.popitem(last=False)
        return bucket.take(now)

    def count_failure(self, address: str, now: float) -> int:
        """Count a message that was not sealed with our secret; returns how many in this minute."""
        peer = self._peer(address)
        if now - peer.first_failure > MINUTE:
            peer.failures, peer.first_failure = 0, now
        peer.failures += 1
        if peer.failures >= MOST_FAILURES and not peer.is_loopback:
            peer.silent_until = now + SILENCE
        return peer.failures

    def may_deny(self, now: float) -> bool:
        """Whether one more denial may be sent, to whomever."""
        return self._denials.take(now)

    def _peer(self, address: str) -> _Peer:
        peer = self._peers.get(address)
        if peer is None:
            peer = self._peers[address] = _Peer(_is_loopback(address))
            if len(self._peers) > MOST_ADDRESSES:
                self._peers.popitem(last=False)
        return peer


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback
