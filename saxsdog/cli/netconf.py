"""``saxsdog netconf``: the file of the servers that a user knows."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from saxsdog.cli.arguments import command_parser
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.errors import SettingsError, UsageError
from saxsdog.network import (
    OWNER_ONLY,
    NetworkEntry,
    choose,
    load_network,
    network_file,
    new_secret,
    permission_problem,
    save_network,
)

DESCRIPTION = """\
Show the network file, which says where servers listen and which secret they share with all who talk
to them. If there is none it is made, with one server on this machine and a new secret. Other
machines get a copy of the file."""

EXAMPLES = """\
examples:
  saxsdog netconf                                  show the file, or make it
  saxsdog netconf --name Pilatus1M --server tcp://storage.example.org:7777 \\
                  --feeder tcp://detector.example.org:5555
  saxsdog netconf --add --name Eiger --server tcp://127.0.0.1:7778
  saxsdog netconf --new-secret Eiger               when the old one may be known to others"""

DEFAULT_NAME = "local"
DEFAULT_SERVER = "tcp://127.0.0.1:7777"
HIDDEN = "(hidden)"


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    path: Path = options.file or network_file()
    changes_old = options.fix or options.remove is not None or options.new_secret is not None
    adds = options.add or not (changes_old or _is_there(path))
    if _describes_entry(options) and not adds:
        raise UsageError(
            f"{path}: --name, --server and --feeder describe a new server; --add adds it"
        )
    if adds:
        _add(path, options)
    elif options.fix:
        _fix(path)
    elif options.remove is not None:
        _remove(path, options.remove)
    elif options.new_secret is not None:
        _renew(path, options.new_secret)
    _show(path, show_secrets=options.show_secrets)
    return ExitStatus.WELL


def _is_there(path: Path) -> bool:
    """Whether there is a file, as far as one may see; ``Path.exists`` raises where one may not."""
    return os.path.exists(path)  # noqa: PTH110


def _add(path: Path, options: argparse.Namespace) -> None:
    entries = load_network(path) if _is_there(path) else []
    entry = NetworkEntry(
        name=DEFAULT_NAME if options.name is None else options.name,
        server=DEFAULT_SERVER if options.server is None else options.server,
        feeder=options.feeder or "",
        secret=new_secret(),
    )
    if entry.name in [other.name for other in entries]:
        raise UsageError(f"{path}: expected the name of a new server, got {entry.name!r}")
    save_network([*entries, entry], path)
    print(f"added {entry.name!r} with a new secret; copy the file to the machines that need it")


def _remove(path: Path, name: str) -> None:
    entries = load_network(path)
    entries.remove(choose(entries, name))
    save_network(entries, path)
    print(f"removed {name!r}")


def _renew(path: Path, name: str) -> None:
    entries = load_network(path)
    at = entries.index(choose(entries, name))
    entries[at] = replace(entries[at], secret=new_secret())
    save_network(entries, path)
    print(f"{name!r} has a new secret; restart the server and copy the file to the other machines")


def _fix(path: Path) -> None:
    try:
        path.chmod(OWNER_ONLY)
    except OSError as error:
        raise SettingsError(f"{path}: its rights cannot be set: {error.strerror}") from error


def _show(path: Path, *, show_secrets: bool) -> None:
    entries = load_network(path)
    rows = [
        (entry.name, entry.server, entry.feeder or "-", entry.secret if show_secrets else HIDDEN)
        for entry in entries
    ]
    print(path)
    for line in _table([("Name", "Server", "Feeder", "Secret"), *rows]):
        print(f"  {line}")
    problem = permission_problem(path)
    if problem:
        print(f"warning: {problem}", file=sys.stderr)


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lay out rows in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _describes_entry(options: argparse.Namespace) -> bool:
    return any(value is not None for value in (options.name, options.server, options.feeder))


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("netconf", DESCRIPTION, EXAMPLES)
    parser.add_argument("--name", metavar="NAME", help=f"of a new server (default: {DEFAULT_NAME})")
    parser.add_argument(
        "--server",
        metavar="URL",
        help=f"where it listens, tcp://host:port (default: {DEFAULT_SERVER})",
    )
    parser.add_argument(
        "--feeder", metavar="URL", help="where its feeder publishes (default: there is none)"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--add", action="store_true", help="add a server to the file")
    action.add_argument("--remove", metavar="NAME", help="forget a server")
    action.add_argument("--new-secret", metavar="NAME", help="give a server a new secret")
    action.add_argument(
        "--fix", action="store_true", help="let only the owner read the file (mode 0600)"
    )
    parser.add_argument("--show-secrets", action="store_true", help="print the secrets too")
    parser.add_argument(
        "--file",
        metavar="FILE",
        type=Path,
        help="another file (default: $SAXSDOG_NETWORK, or ~/.saxsdognetwork)",
    )
    return parser
