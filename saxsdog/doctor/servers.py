"""A server of the network file, as this machine sees it."""

import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version

from saxsdog.client import Client
from saxsdog.doctor.asking import TIME_LIMIT, answer
from saxsdog.doctor.finding import Finding, Question, Verdict
from saxsdog.doctor.load import delay_text, time_text
from saxsdog.errors import AuthenticationError, ServerUnreachableError
from saxsdog.network import NetworkEntry, split_address
from saxsdog.protocol.messages import Welcome
from saxsdog.transport.client import Greeting

GREETINGS = 5
"""The quickest of them tells most about the clocks, as with NTP."""

SAME = 0.01
"""Seconds by which nobody tells two clocks apart."""

CLOCKS_APART = 1.0
"""Seconds; more, and the times of images, logs and curves cannot be compared."""

SLOW = 0.25
"""Seconds for a question and its answer, above which a window feels slow."""


def check_server(entry: NetworkEntry) -> Iterator[Finding]:
    """Go the way to a server step by step, as far as it goes."""
    subject = f"Server {entry.name}"
    found = answer(Question(subject, "address"), partial(_address, url=entry.server))
    yield found
    if found.verdict is not Verdict.BAD:
        found = answer(Question(subject, "port"), partial(_server_port, url=entry.server))
        yield found
    if found.verdict is not Verdict.BAD:
        yield from _conversation(subject, entry)
    if entry.feeder:
        yield answer(Question(subject, "feeder"), partial(_feeder, url=entry.feeder))


def _host_and_port(url: str) -> tuple[str, int]:
    """Return where to connect to: whoever listens everywhere can be reached here."""
    host, port = split_address(url)
    return ("127.0.0.1" if host == "*" else host.strip("[]")), 0 if port == "*" else int(port)


def _address(question: Question, url: str) -> Finding:
    host, port = _host_and_port(url)
    if port == 0:
        return question.bad(
            f"{url} names no port",
            "Users cannot know which one the server chooses. Give Server a number, such as 7777.",
        )
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return question.bad(
            f"nobody knows the host {host}: {error}",
            "Correct Server in the network file, or ask who runs the name service.",
        )
    numeric = str(found[0][4][0])
    return question.good(url if numeric == host else f"{url} is {numeric}", address=numeric)


def _connect(url: str) -> float:
    """Connect and hang up; return the seconds that it took."""
    began = time.monotonic()
    with socket.create_connection(_host_and_port(url), TIME_LIMIT - 0.5):
        return time.monotonic() - began


def _server_port(question: Question, url: str) -> Finding:
    try:
        seconds = _connect(url)
    except ConnectionRefusedError:
        return question.bad(
            "nobody listens there",
            "Is the server running, and at this port? 'saxsdog-server' on its machine says where "
            "it listens when it starts.",
        )
    except TimeoutError:
        return question.bad(
            f"no answer within {TIME_LIMIT:g} s",
            "The machine is off, or a firewall drops what goes to this port. Ask for it to be "
            "opened.",
        )
    except OSError as error:
        return question.bad(
            f"cannot be reached: {error.strerror or error}",
            "Look at cables, routes and firewalls on the way.",
        )
    return question.good("open", connect_s=seconds)


def _conversation(subject: str, entry: NetworkEntry) -> Iterator[Finding]:
    greetings: list[Greeting] = []
    # The first key is derived slowly on purpose, and a silent server gets two tries.
    found = answer(
        Question(subject, "secret"), partial(_secret, entry=entry, greetings=greetings), 10.0
    )
    yield found
    if not greetings:
        return
    quickest = min(greetings, key=lambda greeting: greeting.round_trip)
    checks: list[tuple[str, Callable[[Question, Greeting], Finding]]] = [
        ("version", _version),
        ("clock", _clock),
        ("round trip", _round_trip),
    ]
    for name, check in checks:
        yield check(Question(subject, name), quickest)


def _secret(question: Question, entry: NetworkEntry, greetings: list[Greeting]) -> Finding:
    try:
        with Client(entry) as client:
            greetings += [client.greet() for _ in range(GREETINGS)]
    except AuthenticationError:
        return question.bad(
            "the server does not take ours, or speaks another version",
            "Copy the network file from the machine of the server again, and look whether both "
            "run the same saxsdog.",
        )
    except ServerUnreachableError:
        return question.bad(
            f"something listens there, but gives no answer within {TIME_LIMIT:g} s",
            "It may be another program, a tunnel to nowhere, or a server that hangs. Look which "
            "program has this port, and restart the server.",
        )
    return question.good("the server takes ours, and answers")


def _version(question: Question, greeting: Greeting) -> Finding:
    assert isinstance(greeting.reply, Welcome)  # noqa: S101 - the only reply to a hello
    theirs, ours = greeting.reply.version, version("saxsdog")
    if theirs == ours:
        return question.good(f"{ours} there and here", server=theirs, here=ours)
    return question.doubtful(
        f"{theirs} there, {ours} here",
        "They may understand each other. Better install the same on both.",
        server=theirs,
        here=ours,
    )


def _clock(question: Question, greeting: Greeting) -> Finding:
    ahead, unsure = greeting.ahead, greeting.round_trip / 2
    direction = "ahead of" if ahead > 0 else "behind"
    if abs(ahead) <= max(SAME, unsure):
        text = f"that of the server is ours, within {delay_text(max(abs(ahead), unsure))}"
    else:
        text = f"that of the server is {time_text(abs(ahead))} {direction} ours"
    figures = {"ahead_s": ahead, "uncertainty_s": unsure}
    if abs(ahead) <= max(CLOCKS_APART, unsure):
        return question.good(text, **figures)
    return question.doubtful(
        text,
        "Commands work all the same, but times of images and logs cannot be compared. Let both "
        "machines follow a time server (timedatectl set-ntp true), then restart the server: it "
        "reads its clock once.",
        **figures,
    )


def _round_trip(question: Question, greeting: Greeting) -> Finding:
    text = f"an answer comes within {delay_text(greeting.round_trip)}"
    if greeting.round_trip <= SLOW:
        return question.good(text, round_trip_s=greeting.round_trip)
    return question.doubtful(
        text, "The window will feel slow. Use a nearer machine.", round_trip_s=greeting.round_trip
    )


def _feeder(question: Question, url: str) -> Finding:
    advice = (
        "The server finds images without it, but later. Is saxsfeeder running there? Only the "
        "machine of the server needs to reach it."
    )
    try:
        seconds = _connect(url)
    except ConnectionRefusedError:
        return question.doubtful(f"nobody listens at {url}", advice)
    except TimeoutError:
        return question.doubtful(f"{url}: no answer within {TIME_LIMIT:g} s", advice)
    except (OSError, UnicodeError) as error:
        return question.doubtful(f"{url} cannot be reached: {error}", advice)
    return question.good(f"{url} is open", connect_s=seconds)
