"""The commands of ``saxsleash`` and their arguments."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from saxsdog.cli.arguments import positive_number
from saxsdog.reasons import Reason

DESCRIPTION = """\
Ask a server that integrates images: send calibrations, see how it is going, fetch curves.

Address and secret of the server stand in the network file, which 'saxsdog netconf' shows."""

EPILOG = """\
'saxsleash COMMAND --help' explains a command.

exit status: 0 all well, 1 some images failed, 2 the call is wrong, or the server refuses or does
not answer, 3 'wait' has waited long enough, 130 interrupted."""

_MOST_DIGITS = 15
"""Of a cursor; the protocol has no longer ones."""


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """Leave a parser as it is."""


@dataclass(frozen=True)
class Command:
    """One command: carried out by the function of its name in ``module``."""

    module: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None] = _no_arguments
    details: str = ""
    examples: str = ""


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "calibration",
        metavar="CAL",
        type=Path,
        help="calibration (.saxsconf); mask files are looked for beside it",
    )
    parser.add_argument(
        "--readdir", action="store_true", help="integrate the images that exist already, too"
    )


def _add_get(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="write it to FILE and its masks beside it; a mask that lies there with another "
        "content is not replaced",
    )


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", metavar="PICTURE", type=Path, help="write .png, .svg or .pdf, no window"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--cursor",
        metavar="N",
        type=_cursor,
        help="those of the image with this cursor in the history (default: the newest)",
    )
    which.add_argument(
        "--live", action="store_true", help="keep the window up to date while images come in"
    )


def _add_image(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        metavar="PICTURE",
        type=Path,
        required=True,
        help="write .png, .svg or .pdf",
    )


def _add_listdir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        default="",
        help="a folder below the root of the server, with / (default: the root)",
    )


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since",
        metavar="N",
        type=_cursor,
        help="only what came after the image with this cursor (default: the first image of the "
        "queue; with --follow: the present)",
    )
    parser.add_argument(
        "--follow", action="store_true", help="go on with every new image until Ctrl-C"
    )


def _add_requeue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reason",
        metavar="R",
        choices=[reason.value for reason in Reason],
        help="only the images that failed for this reason, for example truncated",
    )


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=positive_number,
        help="give up after so many seconds (default: never)",
    )


COMMANDS: Mapping[str, Command] = {
    "hello": Command("queue", "say who serves"),
    "new": Command(
        "queue",
        "send a calibration and open a new queue with it",
        _add_new,
        "What is pending in the former queue is carried over if it lies in the directory of the "
        "new one.\nOther images that exist already are integrated only with --readdir, or after "
        "'saxsleash readdir'.",
        "examples:\n  saxsleash new agbeh.saxsconf\n"
        "  saxsleash new agbeh.saxsconf --readdir && saxsleash wait",
    ),
    "readdir": Command("queue", "integrate every existing image of the directory again"),
    "close": Command("queue", "work off what is queued and take nothing new"),
    "abort": Command("queue", "stop, and forget what is pending"),
    "get": Command("browse", "fetch the calibration and its masks", _add_get),
    "stat": Command("status", "say how it is going"),
    "plot": Command("plotting", "draw the curves of the newest image, or of another", _add_plot),
    "listdir": Command("browse", "list a folder of the server", _add_listdir),
    "fileslist": Command(
        "browse",
        "list the curve files of every integrated image",
        details="An image that was integrated again is listed once; 'saxsleash history' has each "
        "time.",
    ),
    "history": Command(
        "records",
        "list which images were integrated and when, with their integral parameters",
        _add_history,
        "The newest comes last; an image that was integrated again has a line for each time. Lines "
        "show\nthe parameters of the first radial channel; --json has all. With --follow it prints "
        "one document\na line.",
    ),
    "failed": Command("records", "list the images that failed or were skipped, and why"),
    "requeue": Command("queue", "try the failed images again", _add_requeue),
    "image": Command("preview", "draw the newest frame, reduced in size", _add_image),
    "watch": Command(
        "watching",
        "show one line that follows the server until Ctrl-C",
        details="Without a terminal it writes a line whenever something has changed, at most one "
        "a second;\nwith --json these are the documents of 'stat'.",
    ),
    "wait": Command(
        "watching",
        "wait until nothing is pending and no folder is being searched",
        _add_wait,
        "Ends with 0 if no image failed, with 1 if some did, with 3 after --timeout.",
    ),
}


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the first word."""
    listing = "\n".join(f"  {name:<10} {each.summary}" for name, each in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="saxsleash",
        usage="saxsleash COMMAND ...",
        description=DESCRIPTION,
        epilog=f"commands:\n{listing}\n\n{EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"saxsdog {version('saxsdog')}")
    parser.add_argument(
        "command", choices=COMMANDS, metavar="COMMAND", nargs="?", help="what to do"
    )
    return parser


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return the parser of what follows the name of a command."""
    command = COMMANDS[name]
    parser = argparse.ArgumentParser(
        prog=f"saxsleash {name}",
        description=f"{command.summary[0].upper()}{command.summary[1:]}.\n\n{command.details}",
        epilog=command.examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    parser.add_argument(
        "--name", metavar="NAME", help="which server of the network file (default: the only one)"
    )
    parser.add_argument(
        "--network",
        metavar="FILE",
        type=Path,
        help="network file (default: $SAXSDOG_NETWORK, or ~/.saxsdognetwork)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the answer as one JSON document, for scripts"
    )
    return parser


def _cursor(text: str) -> int:
    """Parse a whole number from 0."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, got {text!r}")
    return int(text)
