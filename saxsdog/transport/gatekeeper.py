"""Who may ask what, and how often: decides about each message before anything is carried out.

No sockets here. The order of the checks is that of ``docs/reference/protocol.md``: cheap ones
first, and none that depends on the content before it is certain that a holder of the secret sent
it.
"""

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from saxsdog.errors import AuthenticationError, ProtocolError, RequestError, SaxsdogError
from saxsdog.protocol.codec import Answer, Call, decode_call, encode_answer
from saxsdog.protocol.envelope import (
    DENIED,
    TAG_BYTES,
    Keys,
    Kind,
    Opened,
    check_form,
    open_request,
    seal_reply,
)
from saxsdog.protocol.messages import AnyRequest, Hello, Refusal, Reply
from saxsdog.transport.rates import Rates
from saxsdog.transport.seen import Entry, Seen

logger = logging.getLogger(__name__)

WINDOW = 60.0
"""Seconds that the time of a request may differ from ours."""

MOST_UNDER_WAY = 1000
MOST_TRIES = 16
"""Times that the same question is answered afresh; a client with much patience asks six times."""

LONGEST_MESSAGE = 8192
"""Characters of a sentence that explains a refusal."""

_WORTH_ANOTHER_TRY = frozenset({"busy", "stale-epoch"})


@dataclass(frozen=True)
class Counts:
    """Messages refused: not sealed with our secret, and sealed for another time or server."""

    denied: int = 0
    replayed: int = 0


@dataclass(frozen=True)
class Ticket:
    """A request to carry out, with what its reply needs."""

    request: AnyRequest
    context: bytes
    entry: Entry


class Gatekeeper:
    """Decides about messages, one after the other, in one thread; :meth:`seal` in any.

    Parameters
    ----------
    keys
        Of the secret.
    clock
        Seconds that never go back.
    wall
        Seconds since the epoch; read once, so that a clock that is set makes no old message fresh.
    """

    def __init__(
        self,
        keys: Keys,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.epoch = secrets.token_hex(16)
        self._keys = keys
        self._clock = clock
        self._started = wall() - clock()
        self._rates = Rates()
        self._seen = Seen(clock)
        self._under_way = 0
        self._denied = 0
        self._replayed = 0

    @property
    def counts(self) -> Counts:
        """What was refused so far."""
        return Counts(self._denied, self._replayed)

    def judge(
        self, frames: Sequence[bytes], route: bytes, address: str
    ) -> Ticket | list[bytes] | None:
        """Decide about a message.

        Parameters
        ----------
        frames
            Of the message, without the route.
        route
            Over which connection it came, and a reply to it goes.
        address
            Of the host that sent it.

        Returns
        -------
        Ticket or list[bytes] or None
            A ticket to carry the request out and then :meth:`settle` it, frames to send back at
            once, or nothing to do at all.
        """
        now = self._clock()
        try:
            check_form(frames, Kind.REQUEST, Kind.HELLO)
            if not self._rates.admits(route, now):
                return None
            opened = open_request(self._keys, frames)
        except AuthenticationError:
            return self._deny(frames, address, now)
        try:
            call = _read(opened)
            return self._admit(call, opened.context, _mark_of(frames), route)
        except (ProtocolError, RequestError) as error:
            return self.seal(opened.context, refusal_of(error))

    def seal(self, context: bytes, reply: Reply) -> list[bytes]:
        """Seal the reply to the request of a context.

        Raises
        ------
        ProtocolError
            If the reply cannot be written, or is too large.
        """
        parts = encode_answer(Answer(reply, self.epoch, self._time()))
        return seal_reply(self._keys, parts, context)

    def settle(self, ticket: Ticket, reply: list[bytes]) -> list[bytes]:
        """Note that a request was carried out; returns the routes that wait for its reply."""
        self._under_way -= 1
        entry = ticket.entry
        entry.under_way = False
        if ticket.request.changes:
            self._seen.keep(entry, reply)
        routes, entry.routes = entry.routes, []
        return routes

    def _time(self) -> float:
        return self._started + self._clock()

    def _deny(self, frames: Sequence[bytes], address: str, now: float) -> list[bytes] | None:
        self._denied += 1
        if self._rates.is_silenced(address, now):
            return None
        if self._rates.count_failure(address, now) == 1:
            logger.warning("a message from %s is not sealed with our secret", address)
        # Never more than what came, so that nobody can aim a flood at somebody else.
        if sum(map(len, frames)) < len(DENIED) or not self._rates.may_deny(now):
            return None
        return [DENIED]

    def _admit(
        self, call: Call, context: bytes, mark: bytes, route: bytes
    ) -> Ticket | list[bytes] | None:
        if isinstance(call.request, Hello):
            return self._issue(call, context, Entry(mark), route)
        self._check_fresh(call)
        entry = self._seen.find(call.id)
        if entry is None:
            return self._issue(call, context, Entry(mark), route, is_new=True)
        if entry.mark != mark:
            self._replayed += 1
            raise RequestError("conflict", f"expected another id, {call.id} was used before")
        if entry.under_way:
            entry.also_to(route)
            return None
        if entry.reply is not None:
            return entry.reply
        if call.request.changes:
            raise RequestError("conflict", "carried out before, and the reply is no longer known")
        if entry.tries >= MOST_TRIES:  # the answer may cost us a lot, and the question nothing
            self._replayed += 1
            raise RequestError("conflict", f"expected another id after {MOST_TRIES} tries")
        return self._issue(call, context, entry, route)

    def _check_fresh(self, call: Call) -> None:
        if call.epoch != self.epoch:
            self._replayed += 1
            raise RequestError(
                "stale-epoch", "expected a request to this start of the server; say hello again"
            )
        off = call.time - self._time()
        if abs(off) > WINDOW:
            self._replayed += 1
            raise RequestError(
                "stale-epoch",
                f"expected a time within {WINDOW:g} s of ours, got one {off:+.6g} s off; "
                "say hello again",
            )

    def _issue(
        self, call: Call, context: bytes, entry: Entry, route: bytes, *, is_new: bool = False
    ) -> Ticket:
        if self._under_way >= MOST_UNDER_WAY:
            raise RequestError("busy", f"{MOST_UNDER_WAY} requests wait for their replies already")
        if is_new:
            if self._seen.is_full:
                raise RequestError("busy", "too many requests came in the last two minutes")
            self._seen.remember(call.id, entry)
        self._under_way += 1
        entry.under_way = True
        entry.tries += 1
        entry.also_to(route)
        return Ticket(call.request, context, entry)


def refusal_of(error: SaxsdogError) -> Refusal:
    """Say to a client why its request cannot be carried out."""
    retry = error.code in _WORTH_ANOTHER_TRY
    return Refusal(error.code, str(error)[:LONGEST_MESSAGE], retry)


def _read(opened: Opened) -> Call:
    call = decode_call(opened.parts)
    if isinstance(call.request, Hello) != (opened.kind is Kind.HELLO):
        raise ProtocolError(
            f"expected {Kind.HELLO} as the kind of a hello, and of nothing else, got {opened.kind}"
        )
    return call


def _mark_of(frames: Sequence[bytes]) -> bytes:
    """Header and tags: the salt and the tags differ wherever anything does."""
    return b"".join((frames[0], *(frame[-TAG_BYTES:] for frame in frames[1:])))
