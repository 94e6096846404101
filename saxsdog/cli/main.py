"""The command ``saxsdog``: choose a subcommand and report what goes wrong."""

import argparse
import importlib
import logging
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.readers import until_nobody_reads
from saxsdog.errors import SaxsdogError

COMMANDS = {
    "integrate": "integrate images into curves",
    "verify": "make results again, and say whether they come out equal",
    "bundle": "pack calibration and masks into one zip that gives the same numbers anywhere",
    "plot": "draw curves, to a window or a picture",
    "convert": "make a calibration of one of FIT2D, Nika, pyFAI or an older SAXSDOG",
    "calibrate": "find beam centre, distance and tilt from the rings of a powder",
    "netconf": "show or make the file of your servers",
    "simulate": "write images of a simulated experiment, with calibration and mask",
    "demo": "simulate, integrate and show the result",
    "bench": "measure how fast this machine integrates",
    "doctor": "check a site before beamtime: machine, network, folders, calibration",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return until_nobody_reads(lambda: _run(words), ExitStatus.INTERRUPTED)


def _run(words: Sequence[str]) -> int:
    options = _parser().parse_args(words[:1])
    # A batch system ends a command with SIGTERM: stop as cleanly as at Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(format="saxsdog: %(message)s", level=logging.WARNING)
    logging.getLogger("fabio").setLevel(logging.ERROR)  # its remarks are not ours
    try:
        # Only the module of the chosen command is imported: help comes at once.
        command = importlib.import_module(f"saxsdog.cli.{options.command}")
        status = command.run(words[1:])
    except SaxsdogError as error:
        print(f"saxsdog {options.command}: {error}", file=sys.stderr)
        return ExitStatus.BAD_CALL
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitStatus.INTERRUPTED
    return int(status)


def _parser() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:<10} {text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="saxsdog",
        usage="saxsdog COMMAND ...",
        description="Azimuthal integration of 2D X-ray scattering images.",
        epilog=f"commands:\n{listing}\n\n'saxsdog COMMAND --help' explains a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"saxsdog {version('saxsdog')}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="what to do")
    return parser
