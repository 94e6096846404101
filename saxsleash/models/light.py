"""One traffic light for the state of a server: a colour, a word, and a sentence."""

from dataclasses import dataclass, replace

from saxsdog.protocol.messages import QueueState, Statistics
from saxsdog.words import count
from saxsleash.appearance import Tone

RECENT = 5
"""Seconds over which the images of a second are averaged: fewer jump, more lag behind."""

_PROBLEMS = {"denied": "wrong secret", "not-reachable": "not reachable"}


@dataclass(frozen=True)
class Light:
    """What a glance should tell.

    Attributes
    ----------
    tone
        Its colour.
    word
        Beside it: colours alone say nothing to some.
    sentence
        The same with what should be known besides.
    """

    tone: Tone
    word: str
    sentence: str


DISCONNECTED = Light(Tone.UNKNOWN, "not connected", "Not connected to a server")
CONNECTING = Light(Tone.UNKNOWN, "connecting…", "The server has been asked, no answer yet")
ASKING = Light(Tone.UNKNOWN, "asking…", "The server has been asked, no answer yet")


def light_of(statistics: Statistics) -> Light:
    """Return the light of a server that answers; what is wrong decides its colour."""
    counters, state = statistics.counters, statistics.state
    tone, word = Tone.UNKNOWN, str(state)
    match state:
        case QueueState.RUNNING:
            tone = Tone.GOOD
        case QueueState.CLOSED if counters.pending:
            tone, word = Tone.BUSY, "closing"
    parts = [word]
    if counters.failed:
        tone = Tone.DOUBTFUL
        parts.append(count(counters.failed, "failure"))
    if statistics.trouble:
        tone = Tone.BAD
        parts.append("trouble: " + "; ".join(statistics.trouble))
    return Light(tone, word, ", ".join(parts))


def glance_of(statistics: Statistics) -> Light:
    """Return the light of a server in a list, with how much it does."""
    light, rate = light_of(statistics), recent_rate(statistics)
    word = f"{light.word}, {rate:.3g} images/s" if rate else light.word
    return replace(light, word=word)


def light_of_problem(code: str, message: str) -> Light:
    """Return the light of a server that does not answer as it should."""
    return Light(Tone.BAD, _PROBLEMS.get(code, "refuses"), message)


def recent_rate(statistics: Statistics, seconds: int = RECENT) -> float:
    """Return the images integrated in a second, averaged over the last of them."""
    recent = statistics.rate[-seconds:]
    return sum(recent) / len(recent) if recent else 0.0
