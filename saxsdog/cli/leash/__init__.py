"""The command ``saxsleash COMMAND``: ask a server from a terminal, and report what goes wrong."""

import importlib
import os
import sys
from collections.abc import Sequence

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.commands import COMMANDS, make_parser, parser_of
from saxsdog.errors import SaxsdogError
from saxsdog.words import printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    # A name of a file must not end a command where a terminal knows only other characters.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = make_parser()
    command = parser.parse_args(words[:1]).command
    if command is None:
        parser.print_help(sys.stderr)
        return ExitStatus.BAD_CALL
    options = parser_of(command).parse_args(words[1:])
    try:
        # Only the module of the chosen command is imported: help comes at once.
        module = importlib.import_module(f"saxsdog.cli.leash.{COMMANDS[command].module}")
        status = int(getattr(module, command)(options))
        sys.stdout.flush()  # a reader that has gone shows here at the latest
    except SaxsdogError as error:
        message = "\n".join(map(printable, str(error).splitlines()))
        print(f"saxsleash {command}: {message}", file=sys.stderr)
        return ExitStatus.BAD_CALL
    except BrokenPipeError:  # the reader, for example head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.WELL
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitStatus.INTERRUPTED
    return status
