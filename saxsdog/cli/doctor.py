"""``saxsdog doctor``: check a site before the beamtime."""

import argparse
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from saxsdog.cli.arguments import command_parser, n_cores, positive_integer, positive_number
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.detectors import detector
from saxsdog.doctor.examination import Site
from saxsdog.doctor.examiner import examined
from saxsdog.doctor.finding import Finding, Verdict, overall
from saxsdog.network import network_file
from saxsdog.words import count, printable

DESCRIPTION = """\
Check a site before the beamtime: this machine, the network file and the servers in it, and, where
they are named, the folder of the images, a calibration and an image. It says what is good, what is
doubtful and what will not work, and what to do about it.

In DIR a hidden folder is made that servers leave alone, and removed again. Nothing takes for ever:
what gives no answer in time is reported. All of it takes ten to twenty seconds."""

EXAMPLES = """\
examples:
  saxsdog doctor                                       machine, network file and servers
  saxsdog doctor /data/saxs --rate 100 --detector 'Eiger 4M'
  saxsdog doctor /data/saxs --calibration agbeh.saxsconf --frame /data/saxs/agbeh_00001.tif
  saxsdog doctor /data/saxs --json > site.json

exit status: 0 ready, with or without doubts, 1 something is bad, 2 the call is wrong, 130
interrupted with Ctrl-C or SIGTERM."""

SIGNS = {
    Verdict.GOOD: "✔",
    Verdict.DOUBTFUL: "!",
    Verdict.BAD: "✘",
    Verdict.SKIPPED: "-",
}
PLAIN_SIGNS = {
    Verdict.GOOD: "ok",
    Verdict.DOUBTFUL: "!",
    Verdict.BAD: "X",
    Verdict.SKIPPED: "-",
}
PLAIN_WORDS = {"µ": "u", "⁻¹": "^-1"}

NAMES = 16
"""Columns for what was checked."""

WIDTH = 100
NARROWEST = 50


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    # Closed whatever happens: what was made in the folder of the images goes at once.
    with closing(examined(_site(options))) as findings:
        found = list(findings) if options.json else _printed(findings)
    if options.json:
        print(json.dumps(_document(found), indent=2, allow_nan=False))
    else:
        print(f"\n{summary(found)}")
    return ExitStatus.SOME_FAILED if overall(found) is Verdict.BAD else ExitStatus.WELL


def _site(options: argparse.Namespace) -> Site:
    return Site(
        directory=options.directory,
        network=options.network or network_file(),
        name=options.name,
        calibration=options.calibration,
        frame=options.frame,
        detector=detector(options.detector),
        rate=options.rate,
        workers=options.workers,
        state=options.state,
        n_cores=n_cores(),
    )


def _printed(findings: Iterable[Finding]) -> list[Finding]:
    """Print findings as they come; return them all."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    width = max(min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH), NARROWEST)
    found: list[Finding] = []
    for finding in findings:
        if not found or found[-1].subject != finding.subject:
            print(("\n" if found else "") + _shown(finding.subject, utf8=utf8))
        for line in lines(finding, width, utf8=utf8):
            print(line, flush=True)
        found.append(finding)
    return found


def lines(finding: Finding, width: int, *, utf8: bool) -> list[str]:
    """Lay out a finding: sign, name, text; advice below."""
    sign = (SIGNS if utf8 else PLAIN_SIGNS)[finding.verdict]
    signs = 1 if utf8 else 2
    head = f"  {sign:<{signs}} {_shown(finding.check, utf8=utf8):<{NAMES}} "
    indent = " " * (2 + signs + 1 + NAMES + 1)
    laid = textwrap.wrap(
        _shown(finding.text, utf8=utf8),
        width,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    if finding.advice:
        laid += textwrap.wrap(
            _shown(finding.advice, utf8=utf8),
            width,
            initial_indent=f"{indent}> ",
            subsequent_indent=f"{indent}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return laid


def _shown(text: str, *, utf8: bool) -> str:
    """Escape what a terminal would obey, and what it cannot show."""
    text = printable(" ".join(text.splitlines()))
    if utf8:
        return text
    for letter, plain in PLAIN_WORDS.items():
        text = text.replace(letter, plain)
    return text.encode("ascii", "backslashreplace").decode("ascii")


def summary(found: Sequence[Finding]) -> str:
    """Say in one sentence whether work may begin."""
    bad = [f"{each.check} ({each.subject})" for each in found if each.verdict is Verdict.BAD]
    doubts = sum(each.verdict is Verdict.DOUBTFUL for each in found)
    if bad:
        rest = f"; and {count(doubts, 'doubt')}" if doubts else ""
        return f"Not ready: {', '.join(bad)}{rest}."
    if doubts:
        return f"Ready, with {count(doubts, 'doubt')}."
    return "Ready."


def _document(found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "saxsdog": version("saxsdog"),
        "verdict": overall(found),
        "summary": summary(found),
        "findings": [
            {
                "subject": each.subject,
                "check": each.check,
                "verdict": each.verdict,
                "text": each.text,
                "advice": each.advice,
                "figures": dict(each.figures),
            }
            for each in found
        ],
    }


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("doctor", DESCRIPTION, EXAMPLES)
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        type=Path,
        help="folder that images are written to; without it no folder is checked",
    )
    parser.add_argument(
        "--rate",
        metavar="IMAGES_PER_SECOND",
        type=positive_number,
        default=10.0,
        help="images a second that are expected (default: %(default)g)",
    )
    parser.add_argument(
        "--detector",
        metavar="NAME",
        default="Pilatus 1M",
        help="whose images are expected, if no calibration says how large they are; see "
        "'saxsdog simulate --help' (default: %(default)s)",
    )
    parser.add_argument(
        "--calibration", metavar="CAL", type=Path, help="calibration (.saxsconf) to check"
    )
    parser.add_argument(
        "--frame", metavar="FILE", type=Path, help="image of the detector to check it against"
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive_integer,
        help="worker processes of the server (default: Threads of the calibration, else 1)",
    )
    parser.add_argument(
        "--network", metavar="FILE", type=Path, help="network file (default: ~/.saxsdognetwork)"
    )
    parser.add_argument("--name", help="check this server only (default: all in the network file)")
    parser.add_argument(
        "--state",
        metavar="DIR",
        type=Path,
        help="folder for what the server remembers (default: as 'saxsdog-server' does)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object with all figures, nothing else"
    )
    return parser
