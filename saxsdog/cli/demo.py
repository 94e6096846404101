"""``saxsdog demo``: the main job from end to end, on simulated images."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from saxsdog.calibration import Calibration
from saxsdog.cli.arguments import add_jobs, command_parser, positive_integer
from saxsdog.cli.progress import Stopwatch, progress_bar
from saxsdog.errors import SaxsdogError
from saxsdog.figures.canvas import figure, require_matplotlib
from saxsdog.figures.curves import Line
from saxsdog.figures.overview import History, draw_overview
from saxsdog.integrator import Integrator
from saxsdog.io.chi import read_chi
from saxsdog.pipeline.batch import Batch
from saxsdog.pipeline.jobs import Outcome, ReuseRule, Status
from saxsdog.pipeline.outputs import OutputRule, assign
from saxsdog.pipeline.sources import find_images
from saxsdog.simulation.frames import Experiment, Simulation, simulate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DESCRIPTION = """\
Show the main job from end to end: simulate an experiment, integrate its images with all cores, and
draw a frame with its mask, its curve beside the true one, and the integral parameters over time."""

FIGURE_SIZE = (13.0, 6.0)


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    require_matplotlib()
    n_frames = options.frames
    experiment = Experiment.create(options.detector, n_frames=n_frames, reaction_frames=n_frames)
    with progress_bar("simulating", n_frames) as advance:
        made = simulate(options.directory, experiment, progress=lambda _: advance())
    print(
        f"simulated  {n_frames} images of a {experiment.detector.name} in {made.frames[0].parent}"
    )
    outcomes = _integrate(made, options.jobs)
    picture = options.directory / "demo.png"
    with figure(FIGURE_SIZE, picture) as drawing:
        _draw(drawing, experiment, made, outcomes)
    print(f"picture    {picture}")
    print(f"next: {sys.argv[0]} plot {_from_here(outcomes[-1].curves[0])}")
    return 0


def _integrate(made: Simulation, jobs: int) -> list[Outcome]:
    integrator = Integrator(Calibration.load(made.calibration), made.calibration.parent)
    sources = find_images([str(path) for path in made.frames])
    targets = assign(sources, OutputRule(), integrator.channels)
    batch = Batch(integrator, targets, ReuseRule(), min(jobs, len(targets)))
    outcomes: list[Outcome] = []
    watch = Stopwatch()
    with progress_bar("integrating", len(targets)) as advance, batch.outcomes() as coming:
        for outcome in coming:
            watch.lap()
            outcomes.append(outcome)
            advance()
    for outcome in outcomes:
        if outcome.status is not Status.INTEGRATED:
            raise SaxsdogError(f"{outcome.image}: {outcome.message}")
    work = 1e3 * float(np.median([outcome.seconds for outcome in outcomes]))
    print(f"integrated {len(outcomes)} images with {batch.n_workers} processes: {watch}")
    print(f"           {work:.2f} ms of work an image, from file to curve")
    print(f"curves     {_from_here(outcomes[0].curves[0]).parent}")
    return sorted(outcomes, key=lambda outcome: outcome.image)


def _from_here(path: str) -> Path:
    """Shorten a path below the current folder."""
    here = Path.cwd()
    return Path(path).relative_to(here) if Path(path).is_relative_to(here) else Path(path)


def _draw(
    drawing: "Figure", experiment: Experiment, made: Simulation, outcomes: list[Outcome]
) -> None:
    index = (2 * len(outcomes)) // 3
    curve = read_chi(outcomes[index].curves[0])
    start = outcomes[0].time or 0.0
    times = np.array([(outcome.time or 0.0) - start for outcome in outcomes])
    q = np.linspace(curve.q[0], curve.q[-1], 4000)
    truth = experiment.truth(q, index)
    draw_overview(
        drawing,
        experiment.frame(index),
        experiment.mask,
        experiment.geometry,
        Line(made.frames[index].stem, curve.q, curve.intensity, curve.sigma),
        Line("truth", q, truth, np.full_like(q, np.nan)),
        [
            History(name, times, np.array([o.parameters["R0"][name] for o in outcomes]))
            for name in ("I0", "I1", "I2")
        ],
    )


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = command_parser("demo", DESCRIPTION)
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        type=Path,
        default=Path("saxsdog-demo"),
        help="folder to write to (default: %(default)s)",
    )
    parser.add_argument(
        "--frames",
        metavar="N",
        type=positive_integer,
        default=100,
        help="number of images (default: %(default)s)",
    )
    parser.add_argument(
        "--detector",
        metavar="NAME",
        default="Pilatus 1M",
        help="see 'saxsdog simulate --help' (default: %(default)s)",
    )
    add_jobs(parser)
    return parser
