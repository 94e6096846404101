"""``saxsdog verify``: make results again, and compare."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from saxsdog.cli.arguments import command_parser
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.errors import UsageError
from saxsdog.paths import printable
from saxsdog.verification.products import SUFFIXES
from saxsdog.verification.search import Search
from saxsdog.verification.verify import Finding, Verdict, Verifier
from saxsdog.words import count

DESCRIPTION = """\
Make results again from what they were made of, and say whether they come out equal.

FILE is a curve (.chi, .dat), a cake or the file of a data set (.hdf), a table (.csv, .parquet),
or a folder of them. What each result was made of is noted in the folder '.saxsdog' beside it: the
image with a digest of its counts, and a bundle of the calibration and all files that it names, each
with its SHA-256. Numbers count as equal that agree to nine digits: text has twelve, and another
processor may add in another order."""

EXAMPLES = """\
examples:
  saxsdog verify work/agbeh.chi
  saxsdog verify work/ results/frames.hdf
  saxsdog verify work/agbeh.chi --in /mnt/usb                 the images are somewhere else now
  saxsdog verify agbeh.chi --in . --bundle run7.zip           a bundle is at hand

exit status: 0 all are equal, 1 some differ or cannot be verified (each is named with the reason),
2 the call is wrong."""

MOST_REASONS = 6
"""Of one result that are printed."""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    for folder in options.folders:
        if not folder.is_dir():
            raise UsageError(f"--in {folder}: expected a folder")
    files = list(_files(options.files))
    findings: Counter[Finding] = Counter()
    with Verifier(Search(options.folders), options.bundle) as verifier:
        for file in files:
            findings += _report(file, verifier)
    if findings.total() > 1:
        parts = [f"{findings[finding]} {finding}" for finding in Finding]
        print(f"{count(findings.total(), 'result')}: {', '.join(parts)}")
    return ExitStatus.WELL if set(findings) == {Finding.EQUAL} else ExitStatus.SOME_FAILED


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files, and those of folders that may be results."""
    for path in paths:
        try:
            if not path.is_dir():
                path.stat()
                yield path
                continue
            found = sorted(
                each
                for each in path.iterdir()
                if each.suffix.lower() in SUFFIXES and not each.name.startswith(".")
            )
        except FileNotFoundError as error:
            raise UsageError(f"{path}: no such file") from error
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
        if not found:
            raise UsageError(f"{path}: expected results in this folder, found none")
        yield from found


def _report(file: Path, verifier: Verifier) -> Counter[Finding]:
    """Print what became of a file: all that is wrong, and how many results are not."""
    findings: Counter[Finding] = Counter()
    verdict = None
    for verdict in verifier.verify(file):
        findings[verdict.finding] += 1
        if verdict.finding is not Finding.EQUAL:
            _print(verdict)
    if verdict is None:
        print(f"{printable(str(file))}: holds no result")
    elif findings == {Finding.EQUAL: 1}:
        _print(verdict)
    elif findings[Finding.EQUAL]:
        print(f"{printable(str(file))}: {count(findings[Finding.EQUAL], 'result')} equal")
    return findings


def _print(verdict: Verdict) -> None:
    print(f"{printable(verdict.name)}: {verdict.finding}")
    reasons = list(verdict.reasons[:MOST_REASONS])
    if len(verdict.reasons) > MOST_REASONS:
        reasons.append(f"and {count(len(verdict.reasons) - MOST_REASONS, 'further difference')}")
    lines = [*reasons, *verdict.remarks]
    if verdict.image is not None:
        lines.append(f"image   {verdict.image}")
    if verdict.bundle is not None:
        lines.append(f"bundle  {verdict.bundle}")
    lines += [f"it was made with {other}" for other in verdict.versions]
    for line in lines:
        print(f"    {printable(line)}")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("verify", DESCRIPTION, EXAMPLES)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="results")
    parser.add_argument(
        "--in",
        dest="folders",
        metavar="DIR",
        action="append",
        type=Path,
        default=[],
        help="where images and bundles may be now, with all folders below; may come several times",
    )
    parser.add_argument(
        "--bundle", metavar="ZIP", type=Path, help="use this bundle, whatever the result names"
    )
    return parser
