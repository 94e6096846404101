"""``saxsdog-server``: serve entries of the network file until told to stop."""

import argparse
import contextlib
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from saxsdog.cli.arguments import positive_integer
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.log_lines import logging_to
from saxsdog.cli.log_writer import say_in_time
from saxsdog.cli.readers import forget_output
from saxsdog.errors import SaxsdogError, UsageError
from saxsdog.network import (
    NetworkEntry,
    choose,
    load_network,
    network_file,
    permission_problem,
)
from saxsdog.pipeline.starting import SIGNALS_TO_STOP
from saxsdog.server import Server, ServerBrokenError
from saxsdog.settings import Settings, as_file_name, load_settings

logger = logging.getLogger(__name__)

DESCRIPTION = """\
Integrate new detector images as they are written.

The server runs in the foreground and waits for a leash: 'saxsleash new CAL' sends a calibration
and opens the picture queue. It goes on with the queue that it had when it is started again.

When it can be reached it prints one line of JSON with its name and address; all else goes to the
standard error."""

EXAMPLES = """\
examples:
  saxsdog netconf                           once: make ~/.saxsdognetwork
  saxsdog-server /data/saxs                 serve the only entry
  saxsdog-server --name Pilatus1M --config /etc/saxsdog.toml
  saxsdog-server --all --config /etc/saxsdog.toml

SIGTERM, Ctrl-C and a terminal that is closed let the workers finish what they hold, then end the
server; what is queued is integrated after the next start. A second signal ends it at once.

exit status: 0 stopped as told, 1 a part of it died, 2 the call or the settings are wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server and return its exit status."""
    options = make_parser().parse_args(arguments)
    try:
        settings = _settings(options)
        entries = _entries(options)
        if options.all and len(entries) > 1:
            words = sys.argv[1:] if arguments is None else arguments
            return _serve_all(entries, options, words)
        return _serve(entries[0], settings.for_server(entries[0].name), options)
    except ServerBrokenError as error:
        say_in_time(f"saxsdog-server: {error}")
        return ExitStatus.SOME_FAILED
    except SaxsdogError as error:
        print(f"saxsdog-server: {error}", file=sys.stderr)
        return ExitStatus.BAD_CALL


def _settings(options: argparse.Namespace) -> Settings:
    if not options.config:
        return Settings.defaults(())
    settings = load_settings(options.config)
    if any(each.legacy.secret for each in (settings, *settings.servers.values())):
        problem = permission_problem(options.config)
        if problem is not None:
            raise UsageError(problem)
    return settings


def _entries(options: argparse.Namespace) -> list[NetworkEntry]:
    path = options.network or network_file()
    problem = permission_problem(path)
    if problem is not None:
        raise UsageError(problem)
    entries = load_network(path)
    return entries if options.all else [choose(entries, options.name)]


def _with_options(settings: Settings, options: argparse.Namespace) -> Settings:
    """Lay the command line over the settings."""
    if options.root is not None:
        settings = replace(settings, roots=(options.root, *settings.roots[1:]))
    if not settings.roots:
        raise UsageError("expected ROOT, or roots in the settings file: the folder of the images")
    if options.workers is not None:
        workers = replace(
            settings.workers,
            number=options.workers,
            most=max(options.workers, settings.workers.most),
        )
        settings = replace(settings, workers=workers)
    if options.state is not None:
        settings = replace(settings, state=options.state)
    if options.log_file is not None:
        settings = replace(settings, log=replace(settings.log, file=options.log_file))
    return settings


def _serve(entry: NetworkEntry, settings: Settings, options: argparse.Namespace) -> int:
    settings = _with_options(settings, options)
    if options.feeder is not None:
        entry = replace(entry, feeder=options.feeder)
    with logging_to(settings.log):
        with _stop_on_signal() as stop, Server(entry, settings) as server:
            if options.stop_with_stdin:
                threading.Thread(target=_stop_at_end_of_input, args=(stop,), daemon=True).start()
            gc.collect()
            gc.freeze()  # to look at all that was imported again and again takes 80 ms
            _tell_address(entry.name, server.address)
            server.serve(stop)
            logger.info("stopping: workers finish what they hold")
        logger.info("stopped")
    return ExitStatus.WELL


def _tell_address(name: str, address: str) -> None:
    """Print where the server listens, for whoever has started it and may have left meanwhile."""
    try:
        print(json.dumps({"name": name, "address": address}), flush=True)
    except BrokenPipeError:
        forget_output()


@contextlib.contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    """Give an event that the first signal sets; the second one does what signals do.

    One that whoever started us has us ignore, as ``nohup`` does, stays ignored.
    """
    stop = threading.Event()
    # A handler must take no lock: it runs between two steps of the main thread, which may hold that
    # of the event just then, and both would wait for ever.
    heard, told = os.pipe()

    def note(number: int, frame: FrameType | None) -> None:
        os.write(told, b"\0")
        signal.signal(number, signal.SIG_DFL)

    def listen() -> None:
        if os.read(heard, 1):
            stop.set()

    listener = threading.Thread(target=listen, name="signals", daemon=True)
    listener.start()
    heeded = [each for each in SIGNALS_TO_STOP if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heeded}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(told)
        listener.join()
        os.close(heard)


def _stop_at_end_of_input(stop: threading.Event) -> None:
    """Read what nobody writes: the end comes when whoever started us is gone."""
    while os.read(sys.stdin.fileno(), 4096):  # a reader with a buffer would hold up our own end
        pass
    stop.set()


def _serve_all(
    entries: Sequence[NetworkEntry], options: argparse.Namespace, arguments: Sequence[str]
) -> int:
    """Serve each entry by a process of its own, and pass signals on."""
    words = [word for word in arguments if word != "--all"]
    words += ["--stop-with-stdin"]  # only we hold it open: no server is left behind
    command = [sys.executable, "-m", "saxsdog.cli.server", *words]
    with _stop_on_signal() as stop:
        servers = [
            subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--name", entry.name, *_state_of(entry, options)], stdin=subprocess.PIPE
            )
            for entry in entries
        ]
        watchers = [threading.Thread(target=_watch, args=(each, stop)) for each in servers]
        for watcher in watchers:
            watcher.start()
        stop.wait()
        for each in servers:
            each.terminate()
        for watcher in watchers:
            watcher.join()
    return max(each.returncode if each.returncode >= 0 else 1 for each in servers)


def _state_of(entry: NetworkEntry, options: argparse.Namespace) -> list[str]:
    """Give each of several servers a state folder of its own below the one that was named."""
    return (
        [] if options.state is None else ["--state", str(options.state / as_file_name(entry.name))]
    )


def _watch(server: "subprocess.Popen[bytes]", stop: threading.Event) -> None:
    """End all servers when one of them has ended: systemd starts them again together."""
    server.wait()
    stop.set()


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this program."""
    parser = argparse.ArgumentParser(
        prog="saxsdog-server",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"saxsdog {version('saxsdog')}")
    parser.add_argument(
        "root",
        metavar="ROOT",
        nargs="?",
        type=Path,
        help="folder of the images; the Directory of a calibration starts here",
    )
    parser.add_argument(
        "--config", metavar="SETTINGS", type=Path, help="settings file (TOML), see the manual"
    )
    parser.add_argument(
        "--network", metavar="FILE", type=Path, help="network file (default: ~/.saxsdognetwork)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--name", help="which entry of the network file to serve")
    which.add_argument(
        "--all", action="store_true", help="serve every entry, each by a process of its own"
    )
    parser.add_argument(
        "--feeder",
        metavar="URL",
        help="subscribe to this feeder, '' for none (default: the entry's)",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive_integer,
        help="worker processes (default: Threads of the calibration)",
    )
    parser.add_argument(
        "--state", metavar="DIR", type=Path, help="folder for what is remembered over a restart"
    )
    parser.add_argument(
        "--stop-with-stdin",
        action="store_true",
        help="stop when the standard input ends, so with the program that has started the server",
    )
    parser.add_argument(
        "--log-file", metavar="FILE", type=Path, help="log to this file, which is rotated"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
