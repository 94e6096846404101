"""The command ``saxsleash COMMAND``: ask a server from a terminal, and report what goes wrong."""

import importlib
import sys
from collections.abc import Sequence

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.commands import COMMANDS, make_parser, parser_of
from saxsdog.cli.readers import until_nobody_reads
from saxsdog.errors import SaxsdogError
from saxsdog.words import printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    # A name of a file must not end a command where a terminal knows only other characters.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    return until_nobody_reads(lambda: _run(words), ExitStatus.WELL)  # it has seen enough


def _run(words: Sequence[str]) -> int:
    parser = make_parser()
    command = parser.parse_args(words[:1]).command
    if command is None:
        parser.print_help(sys.stderr)
        return ExitStatus.BAD_CALL
    options = parser_of(command).parse_args(words[1:])
    try:
        # Only the module of the chosen command is imported: help comes at once.
        module = importlib.import_module(f"saxsdog.cli.leash.{COMMANDS[command].module}")
        return int(getattr(module, command)(options))
    except SaxsdogError as error:
        message = "\n".join(map(printable, str(error).splitlines()))
        print(f"saxsleash {command}: {message}", file=sys.stderr)
        return ExitStatus.BAD_CALL
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitStatus.INTERRUPTED
