"""What the command lines have in common."""

import argparse
import math
import os


def command_parser(command: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Return an empty parser for ``saxsdog COMMAND`` that keeps the line breaks of its texts."""
    return argparse.ArgumentParser(
        prog=f"saxsdog {command}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the number of processes."""
    parser.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=positive_integer,
        default=n_cores(),
        help="processes to work with (default: one for each core)",
    )


def positive_integer(text: str) -> int:
    """Parse a whole number from 1."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return number


def positive_number(text: str) -> float:
    """Parse a finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (0 < number < math.inf):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def finite_number(text: str) -> float:
    """Parse a finite number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}")
    return number


def n_cores() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def add_pixel_size(parser: argparse.ArgumentParser) -> None:
    """Let the edges of a pixel be given."""
    parser.add_argument(
        "--pixel-size",
        metavar=("V", "H"),
        nargs=2,
        type=positive_number,
        help="vertical and horizontal edge of a pixel, µm",
    )


def add_wavelength(parser: argparse.ArgumentParser) -> None:
    """Let the wavelength be given."""
    parser.add_argument(
        "--wavelength", metavar="ANGSTROM", type=positive_number, help="of the photons"
    )
