"""The command ``saxsleash``: a window, or with a subcommand the same leash for the terminal."""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from saxsdog.cli import leash
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.commands import COMMANDS
from saxsdog.cli.readers import until_nobody_reads
from saxsleash.places import is_file, is_folder

DESCRIPTION = """\
Open the window: edit calibrations, send them to a server, watch curves and their history.

With a command as the first word it does one thing in the terminal instead."""

EPILOG = """\
commands for the terminal:
{commands}

'saxsleash COMMAND --help' explains a command."""

WINDOW_LIBRARIES = ("PyQt5", "pyqtgraph")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in COMMANDS:
        return leash.main(words)
    return until_nobody_reads(lambda: _open_window(words), ExitStatus.WELL)


def _open_window(words: Sequence[str]) -> int:
    parser = make_parser()
    options = parser.parse_args(words)
    if problem := _problem(options):
        parser.error(problem)
    from saxsleash.app import run  # Qt, which no command of the terminal needs

    return run(
        calibration=options.calibration,
        local=options.local,
        name=options.name,
        network=options.network,
    )


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the window's options."""
    listing = "\n".join(f"  {name:<10} {each.summary}" for name, each in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="saxsleash",
        usage="saxsleash [options] [CAL]\n       saxsleash COMMAND ...",
        description=DESCRIPTION,
        epilog=EPILOG.format(commands=listing),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"saxsdog {version('saxsdog')}")
    parser.add_argument(
        "calibration", metavar="CAL", nargs="?", type=Path, help="calibration to open (.saxsconf)"
    )
    server = parser.add_mutually_exclusive_group()
    server.add_argument(
        "--local",
        metavar="DIR",
        type=Path,
        help="start a server for the images in DIR that ends with the window",
    )
    server.add_argument(
        "--name", metavar="NAME", help="connect to this server of the network file at once"
    )
    parser.add_argument(
        "--network",
        metavar="FILE",
        type=Path,
        help="network file (default: $SAXSDOG_NETWORK, or ~/.saxsdognetwork)",
    )
    return parser


def _problem(options: argparse.Namespace) -> str | None:
    """Say why no window can open as it was asked for, ``None`` if it can."""
    if options.calibration is not None and not is_file(options.calibration):
        return (
            f"expected a calibration file or one of {', '.join(COMMANDS)}; "
            f"there is no file {str(options.calibration)!r}"
        )
    if options.local is not None and not is_folder(options.local):
        return f"--local: expected a folder of images, there is none at {str(options.local)!r}"
    missing = [name for name in WINDOW_LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        return (
            f"the window needs {' and '.join(missing)}: pip install 'saxsdog[gui]'; "
            "the commands for the terminal work without"
        )
    if not _has_screen():
        return (
            "expected a screen for the window, neither DISPLAY nor WAYLAND_DISPLAY is set "
            "(over ssh: ssh -X); the commands for the terminal work without"
        )
    return None


def _has_screen() -> bool:
    """Whether Qt finds something to draw on; where it does not, it ends the process."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
