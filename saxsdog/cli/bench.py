"""``saxsdog bench``: how fast this machine integrates."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.machine import describe_machine
from saxsdog.benchmark.peers import HOW_TO_INSTALL
from saxsdog.benchmark.sections import SECTIONS, Part
from saxsdog.benchmark.tables import Table
from saxsdog.cli.arguments import command_parser, n_cores, positive_integer
from saxsdog.cli.bench_report import Spend, measuring_bar, print_report
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.detectors import detector
from saxsdog.errors import UsageError

DESCRIPTION = """\
Measure how fast this machine integrates, and what keeps it from being faster.

Other programs do the same work in turn with saxsdog in the same run, as far as they are installed:
compare only numbers of one run, for many machines drift by 20 to 50 % from minute to minute. Times
and rates are medians. All of it takes four to five minutes on two cores."""

COMPLETE = 1.0

FEWEST_IMAGES = 20
"""Processor time is counted in steps of 10 ms."""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    if options.images < FEWEST_IMAGES:
        raise UsageError(
            f"--images: expected at least {FEWEST_IMAGES}, got {options.images}: the processor "
            "time of fewer cannot be told"
        )
    names = [name for name in SECTIONS if name in options.sections]
    if not options.sections:
        names = [name for name, section in SECTIONS.items() if section.usual]
    with _folder(options.directory) as folder:
        bench = Bench(
            Path(folder),
            n_cores(),
            detector(options.detector).name,
            rounds=options.rounds,
            n_images=options.images,
            peers=not options.without_peers,
        )
        sections = _measure(bench, names)
    machine = describe_machine(n_cores())
    if options.json:
        described = {
            name: [table.as_dict() for table in tables] for name, tables in sections.items()
        }
        print(json.dumps({"machine": machine, "sections": described}, indent=2, allow_nan=False))
    else:
        print_report(machine, sections)
    if bench.peers and not bench.pyfai:
        print(HOW_TO_INSTALL, file=sys.stderr)
    return ExitStatus.WELL


def _folder(directory: Path | None) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix="saxsdog-bench-", dir=directory)
    except OSError as error:
        raise UsageError(f"--directory {directory}: cannot be used: {error.strerror}") from error


def _measure(bench: Bench, names: Sequence[str]) -> dict[str, list[Table]]:
    seconds = sum(part.seconds for name in names for part in SECTIONS[name].parts)
    tables: dict[str, list[Table]] = {}
    with measuring_bar(seconds) as (describe, spend):
        for name in names:
            describe(name)
            tables[name] = [_measure_part(bench, part, spend) for part in SECTIONS[name].parts]
    return tables


def _measure_part(bench: Bench, part: Part, spend: Spend) -> Table:
    """Measure a part, and see to it that the bar has moved by all of it in the end."""
    left = COMPLETE

    def advance(share: float) -> None:
        nonlocal left
        share = min(share, left)
        left -= share
        spend(share * part.seconds)

    table = part.measure(bench, advance)
    advance(left)
    return table


def _section(text: str) -> str:
    if text not in SECTIONS:
        raise argparse.ArgumentTypeError(
            f"expected one of the sections {', '.join(SECTIONS)}; got {text!r}"
        )
    return text


def _epilog() -> str:
    lines = [f"  {name:<10} {section.about}" for name, section in SECTIONS.items()]
    rare = [name for name, section in SECTIONS.items() if not section.usual]
    return "\n".join(["sections:", *lines, "", f"default: all but {', '.join(rare)}"])


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("bench", DESCRIPTION, _epilog())
    parser.add_argument(
        "sections",
        metavar="SECTION",
        nargs="*",
        type=_section,
        help="what to measure, see below (default: all but endurance)",
    )
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=positive_integer,
        default=25,
        help="measurements of each work, in turn (default: %(default)s)",
    )
    parser.add_argument(
        "--images",
        metavar="N",
        type=positive_integer,
        default=600,
        help="images on disk, at most 100 of them different (default: %(default)s)",
    )
    parser.add_argument(
        "--detector",
        metavar="NAME",
        default="Pilatus 1M",
        help="of the images; see 'saxsdog simulate --help' (default: %(default)s)",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=Path,
        help="where the images lie, some 500 MB that are removed again (default: that for "
        "temporary files)",
    )
    parser.add_argument(
        "--without-peers", action="store_true", help="measure saxsdog alone, no other programs"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, no tables")
    return parser
