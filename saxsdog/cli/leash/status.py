"""``saxsleash stat``: the state of a server on one screen, what is wrong first."""

import argparse
from collections.abc import Iterator

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.cli.leash.tables import Fact, show_facts
from saxsdog.protocol.messages import Counters, LegacyCounts, QueueState, SourceStatus, Statistics
from saxsdog.words import ago, count, duration, folder, reasons, sparkline

ALARM = "bold red"
WARNING = "yellow"
GOOD = "green"


def stat(options: argparse.Namespace) -> int:
    """Say how it is going."""
    with connect(options) as client:
        statistics = client.stat()
    if options.json:
        print_document(document_of(statistics))
    else:
        show_facts(list(facts_of(statistics)))
    return ExitStatus.WELL


def facts_of(statistics: Statistics) -> Iterator[Fact]:
    """Say what an operator wants to know, in the order in which it matters."""
    for sentence in statistics.trouble:
        yield Fact("TROUBLE", sentence, ALARM)
    running = statistics.state is QueueState.RUNNING
    yield Fact("server", f"{statistics.name}, {statistics.state}", GOOD if running else WARNING)
    if statistics.opened is not None:
        where = folder(statistics.directory)
        yield Fact("queue", f"{statistics.title or 'without a title'}, in {where}")
        yield Fact("queue", f"opened {ago(statistics.time - statistics.opened)}")
    yield from _images(statistics.counters)
    yield Fact("rate", rates(statistics))
    if any(statistics.rate):
        yield Fact("rate", sparkline(statistics.rate))
    if statistics.newest_time is not None:
        age = ago(statistics.time - statistics.newest_time)
        yield Fact("newest", f"{statistics.newest_image}, {age}")
    yield from _sources(statistics.sources)
    yield from _workers(statistics)
    if statistics.legacy is not None:
        yield Fact("legacy", served_too(statistics.legacy, statistics.time), WARNING)
    up = duration(statistics.time - statistics.started)
    yield Fact("up for", f"{up}; {refused(statistics)}")


def rates(statistics: Statistics) -> str:
    """Return images per second, of the last second and on average over the last minute."""
    if not statistics.rate:
        return "not known"
    average = sum(statistics.rate) / len(statistics.rate)
    return f"{statistics.rate[-1]}/s in the last second, {average:.1f}/s over the last minute"


def refused(statistics: Statistics) -> str:
    """Say how many messages were no genuine requests."""
    if not statistics.denied and not statistics.replayed:
        return "no message was refused"
    return f"refused {statistics.denied} forged and {statistics.replayed} replayed messages"


def served_too(counts: LegacyCounts, now: float) -> str:
    """Say how much clients of the original have asked for since the server was started."""
    newest = ago(None if counts.newest is None else now - counts.newest)
    numbers = f"{count(counts.requests, 'request')}, the last {newest}, {counts.refused} refused"
    return f"clients of the original are served: {numbers}"


def _images(counters: Counters) -> Iterator[Fact]:
    yield Fact(
        "images",
        f"{counters.known} known = {counters.integrated} integrated + {counters.failed} failed + "
        f"{counters.skipped} skipped + {counters.pending} pending",
    )
    if counters.pending:
        working = f"{counters.leased} in work, {counters.settling} not yet complete"
        yield Fact("pending", f"{counters.pending}, of these {working}")
    if counters.failed:
        yield Fact("failed", reasons(counters.failed_because), WARNING)
    if counters.skipped:
        yield Fact("skipped", reasons(counters.skipped_because))


def _sources(sources: SourceStatus) -> Iterator[Fact]:
    alarming = sources.feeder == "down" or sources.events_missed > 0
    heard = f", last event {ago(sources.last_event_age)}" if sources.feeder != "off" else ""
    numbers = f"{count(sources.events, 'event')}, {sources.events_missed} missed"
    if sources.events_rejected:
        numbers += f", {sources.events_rejected} rejected"
    feeder = f"feeder {sources.feeder}{heard}"
    yield Fact(
        "sources",
        feeder if sources.feeder == "off" else f"{feeder}; {numbers}",
        WARNING if alarming else "",
    )
    walk = "walking now" if sources.walking else f"last walk {ago(sources.last_walk_age)}"
    found = f"{count(sources.walks, 'walk')} found {count(sources.found_by_walk, 'image')}"
    yield Fact("sources", f"watcher {sources.watcher}; {walk}; {found}")


def _workers(statistics: Statistics) -> Iterator[Fact]:
    counters = statistics.counters
    bad = {
        "died": counters.worker_deaths,
        "timed out": counters.timeouts,
        "tried again": counters.retries,
    }
    text = "".join(f", {number} {what}" for what, number in bad.items() if number)
    alarming = counters.worker_deaths or counters.timeouts
    yield Fact("workers", f"{len(statistics.workers)}{text}", WARNING if alarming else "")
