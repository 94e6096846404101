"""What must never become slow, beside something else in the same run: ratios, no absolute times.

The bounds are far from what is measured: only what is really broken fails, on any machine.
"""

from functools import partial

import pytest

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.child import Child
from saxsdog.benchmark.engines import saxsdog_engine
from saxsdog.benchmark.peers import NumpyPipeline
from saxsdog.benchmark.timing import in_turn, timed, timed_each
from saxsdog.benchmark.yardstick import sum_once, words_of
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan

ROUNDS = 15
MOST_SUMS = 15
"""Times that a frame may be summed while it is integrated; 4 to 7 are measured."""

N_FILES = 20


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, n_cores=1, n_images=N_FILES)


def test_integrating_a_frame_takes_a_few_times_as_long_as_to_sum_it(bench):
    plan = make_plan(bench.experiment.geometry, [bench.channel])
    times = in_turn(
        {
            "sum": timed_each(sum_once, [words_of(frame) for frame in bench.frames]),
            "integrate": timed_each(partial(integrate, plan=plan), bench.frames),
        },
        ROUNDS,
    )
    assert times["integrate"] <= MOST_SUMS * times["sum"]


def test_files_become_curves_at_least_as_fast_as_with_plain_numpy(bench, tmp_path):
    experiment, files = bench.experiment, bench.images.files
    n_bins = make_plan(experiment.geometry, [bench.channel]).channels[0].q.size
    with (
        saxsdog_engine(bench, 1, tmp_path) as ours,
        Child(NumpyPipeline, experiment.mask, experiment.geometry, n_bins, tmp_path) as theirs,
    ):
        times = in_turn(
            {
                "saxsdog": timed(partial(ours.run, files)),
                "numpy": timed(partial(theirs.ask, *files)),
            },
            rounds=5,
        )
    assert times["saxsdog"] <= times["numpy"]
