"""``saxsfeeder``: copy or watch a folder and announce its images."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Callable, Sequence

from saxsfeeder.copying import Copier
from saxsfeeder.delivery import Delivery
from saxsfeeder.feeder import Feeder
from saxsfeeder.removal import Remover
from saxsfeeder.scanning import Scanner
from saxsfeeder.settling import SETTLE_TIME, Settling

SUFFIXES = (".tif", ".tiff", ".cbf", ".edf", ".h5", ".hdf5", ".nxs")
INTERVAL = 0.1
TIME_TO_CONNECT = 0.5
"""Seconds; a server that waits for a feeder tries ten times a second."""

ALL_WELL, SOME_FAILED, WRONG_CALL = 0, 1, 2

DESCRIPTION = """\
Announce finished images to a saxsdog server, wherever it runs.

--copy copies every image below SRC to the same place below DST and then announces the copy. Images
that are at DST already are left alone, so it can be started again at any time.
--watch announces the images that appear below DIR."""

EXAMPLES = """\
examples:
  saxsfeeder --copy D:\\images /mnt/storage/images
  saxsfeeder --copy /ramdisk/images /mnt/storage/images --map /mnt/storage /data
  saxsfeeder --copy /ramdisk/images /mnt/storage/images --once     from a transfer script
  saxsfeeder --watch /data/images --bind tcp://*:5556"""

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    _check(parser, options)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(asctime)s %(message)s",
    )
    stop = _StopOnSignal()
    try:
        feeder = Feeder(options.bind, map_path=options.map)
    except OSError as error:
        logger.error("%s", error.strerror)  # noqa: TRY400 - not a bug
        return WRONG_CALL
    with feeder:
        logger.info("announcing at %s", feeder.address)
        return _feed(feeder, options, stop)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = argparse.ArgumentParser(
        "saxsfeeder",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--copy", nargs=2, metavar=("SRC", "DST"), type=_folder, help="see above")
    what.add_argument("--watch", metavar="DIR", type=_folder, help="see above")
    parser.add_argument(
        "--bind",
        metavar="URL",
        default="tcp://*:5555",
        help="where servers subscribe (default: %(default)s)",
    )
    parser.add_argument(
        "--move",
        action="store_true",
        help="remove what has been copied from SRC, when nobody writes to it any more",
    )
    parser.add_argument(
        "--existing",
        action="store_true",
        help="with --watch: announce also what is there at the start (--copy always copies it)",
    )
    parser.add_argument("--once", action="store_true", help="do what is there now, then end")
    parser.add_argument(
        "--suffix",
        nargs="+",
        metavar="SUFFIX",
        default=SUFFIXES,
        help="what names of images end with (default: {})".format(" ".join(SUFFIXES)),
    )
    parser.add_argument(
        "--map",
        nargs=2,
        metavar=("FROM", "TO"),
        help="a folder as it is called here, and as the server calls it",
    )
    parser.add_argument(
        "--settle",
        metavar="S",
        type=_seconds,
        default=SETTLE_TIME,
        help="seconds without a change after which a file is finished (default: %(default)s)",
    )
    parser.add_argument(
        "--interval",
        metavar="S",
        type=_seconds,
        default=INTERVAL,
        help="seconds between two looks at the folders (default: %(default)s)",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="say a line for each announced image"
    )
    return parser


def _feed(feeder: Feeder, options: argparse.Namespace, stop: Callable[[], bool]) -> int:
    clock = time.monotonic
    root = options.copy[0] if options.copy else options.watch
    scanner = Scanner(root, _suffixes(options.suffix), clock, lambda text: logger.error("%s", text))
    settling = Settling(options.settle, clock)
    copier = Copier(*options.copy) if options.copy else None
    remover = Remover(copier, clock) if copier is not None and options.move else None
    deliver = _deliverer(feeder, copier, remover)
    delivery = Delivery(scanner, settling, deliver, options.interval, clock, remover)
    if options.once:
        time.sleep(TIME_TO_CONNECT)
        return ALL_WELL if delivery.run_once(stop) else SOME_FAILED
    if options.watch and not options.existing:
        delivery.skip_existing()
    delivery.run(stop)
    return ALL_WELL


def _deliverer(
    feeder: Feeder, copier: Copier | None, remover: Remover | None
) -> Callable[[str], None]:
    def announce(path: str) -> None:
        feeder.announce(path)
        logger.info("announced %s", path)

    if copier is None:
        return announce

    def copy(path: str) -> None:
        copied = copier.copy(path)
        if copied.is_new:
            announce(copied.target)
        if remover is not None:
            remover.add(copied)

    return copy


class _StopOnSignal:
    """True from the first Ctrl-C or SIGTERM on; call it to ask. A second one interrupts at once."""

    def __init__(self) -> None:
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def __call__(self) -> bool:
        return self._stopping

    def _note(self, number: int, frame: object) -> None:
        self._stopping = True
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with status 2 if options make no sense together."""
    if options.move and not options.copy:
        parser.error("--move goes with --copy")
    if options.once and options.watch and not options.existing:
        parser.error("--watch --once announces nothing unless --existing is given")
    if options.copy:
        source, destination = (Path(folder).resolve() for folder in options.copy)
        if source == destination or source in destination.parents:
            parser.error(f"DST must not lie in SRC: {destination} is below {source}")


def _folder(text: str) -> str:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"expected a folder, found none at {text}")
    return os.path.abspath(text)  # noqa: PTH100 - resolve() would follow links


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 < seconds < 3600.0:
        raise argparse.ArgumentTypeError(f"expected seconds between 0 and 3600, got {text}")
    return seconds


def _suffixes(given: Sequence[str]) -> tuple[str, ...]:
    return tuple("." + suffix.lstrip(".").lower() for suffix in given)
