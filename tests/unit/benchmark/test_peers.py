"""Other programs must do the same work, or the ratio means nothing."""

import logging

import numpy as np
import pytest

from saxsdog.benchmark.bench import Bench
from saxsdog.benchmark.peers import PYFAI_METHODS, PyFai, pyfai_is_here
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Undo what is meant for a process of its own."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.skipif(not pyfai_is_here(), reason="pyFAI is not installed")
@pytest.mark.parametrize("method", PYFAI_METHODS.values(), ids=PYFAI_METHODS)
@pytest.mark.parametrize("light", [0.5, 50.0])
def test_pyfai_finds_the_same_intensity_in_faint_and_in_bright_light(tmp_path, method, light):
    bench = Bench(tmp_path, n_cores=1, detector="Pilatus 100K")
    experiment = bench.experiment
    image = np.random.default_rng(0).poisson(light, experiment.mask.shape).astype(np.int32)
    image[experiment.mask] = image[5, 7] = -1
    (curve,) = integrate(image, make_plan(experiment.geometry, [bench.channel]))
    theirs = PyFai(experiment.mask, experiment.geometry, curve.q.size)(image, method)
    ours = np.nansum(curve.intensity * curve.area) / curve.area.sum()
    assert ours == pytest.approx(light, rel=0.02)
    full = theirs.count > 0
    assert np.average(theirs.intensity[full], weights=theirs.count[full]) == pytest.approx(
        ours, rel=1e-3
    )
