"""``saxsdog simulate``: images of an experiment whose truth is known."""

import argparse
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from saxsdog.cli.arguments import command_parser, positive_integer, positive_number
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.progress import progress_bar
from saxsdog.simulation.frames import Experiment, simulate

DESCRIPTION = """\
Write the images of a simulated experiment: silver behenate grows while spheres dissolve, with
Poisson noise, gaps between the modules of the detector, dead pixels and a beamstop.

DIR then holds the images (frames/simulated_00000.tif ...), a calibration and a mask that fit them
(simulated.saxsconf, simulated.msk) and the true curves (truth.csv, truth_amplitudes.csv). Images of
an earlier run in DIR are removed. The same seed gives the same images."""

EXAMPLES = """\
examples:
  saxsdog simulate trial --frames 200
  saxsdog simulate trial --detector 'Eiger2 4M' --frames 10 --seed 3
  saxsdog simulate trial --rate 10        as a detector would write them, 10 a second
  saxsdog simulate trial --rate 100 --ahead    faster than this machine can draw them"""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    experiment = Experiment.create(
        options.detector,
        seed=options.seed,
        n_frames=options.frames,
        reaction_frames=options.frames,
        period=1.0 / options.rate if options.rate else 0.1,
    )
    shown = nullcontext(_nothing) if options.quiet else progress_bar("simulating", options.frames)
    with shown as advance:
        made = simulate(
            options.directory,
            experiment,
            rate=options.rate,
            ahead=options.ahead,
            name=options.name,
            progress=lambda _: advance(),
        )
    if options.quiet:
        return ExitStatus.WELL
    print(f"{len(made.frames)} images of a {experiment.detector.name} in {made.frames[0].parent}")
    if options.rate and made.rate < 0.95 * options.rate:
        print(f"this machine reached {made.rate:.1f} images/s instead of {options.rate:g}")
    print(f"integrate them: saxsdog integrate {made.calibration} {made.frames[0].parent}")
    return ExitStatus.WELL


def _nothing() -> None:
    """Show no progress."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("simulate", DESCRIPTION, EXAMPLES)
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder to write to")
    parser.add_argument(
        "--frames",
        metavar="N",
        type=positive_integer,
        default=20,
        help="number of images, over which the reaction runs once (default: %(default)s)",
    )
    parser.add_argument(
        "--rate",
        metavar="HZ",
        type=positive_number,
        help="write not more than this number of images a second (default: as fast as possible)",
    )
    parser.add_argument(
        "--ahead",
        action="store_true",
        help="draw all images first, under hidden names, so that any rate can be kept",
    )
    parser.add_argument(
        "--name",
        default="simulated",
        help="how the names of the files begin (default: %(default)s)",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing, show no progress")
    parser.add_argument(
        "--detector",
        metavar="NAME",
        default="Pilatus 1M",
        help="one of those that 'saxsdog convert --detectors' lists (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        type=int,
        default=0,
        help="chooses the noise and the dead pixels (default: %(default)s)",
    )
    return parser
