import numpy as np
import pytest

from saxsdog.errors import UsageError
from saxsdog.simulation.scattering import Evolution, SampleModel, silver_behenate, spheres

Q = np.geomspace(1e-3, 8.0, 60)


def test_rings_of_silver_behenate_lie_at_multiples_of_one_q():
    grid = np.linspace(0.5, 8.0, 75_001)
    curve = silver_behenate(grid)
    tops = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] > curve[2:])) + 1
    assert grid[tops] == pytest.approx(1.0763 * np.arange(1, 8), rel=4e-4)
    assert np.all(np.diff(curve[tops]) < 0)
    assert curve[tops[0]] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("radius", "spread"), [(8.0, 0.08), (2.0, 0.3), (20.0, 0.5), (5.0, 0.01)])
def test_spheres_are_the_average_over_their_radii(radius, spread):
    integrate = pytest.importorskip("scipy.integrate")
    stats = pytest.importorskip("scipy.stats")
    sizes = stats.gamma(1 / spread**2, scale=radius * spread**2)
    r = np.linspace(1e-9, radius * (1 + 25 * spread), 40_001)
    weight = sizes.pdf(r) * r**6
    for q, value in zip(Q, spheres(Q, radius, spread), strict=True):
        x = q * r
        small = x < 0.02
        safe = np.where(small, 1.0, x)
        amplitude = np.where(
            small, 1 - x**2 / 10, 3 * (np.sin(safe) - safe * np.cos(safe)) / safe**3
        )
        average = integrate.simpson(weight * amplitude**2, x=r) / integrate.simpson(weight, x=r)
        assert value == pytest.approx(average, rel=2e-6, abs=1e-12)


def test_narrow_spheres_vanish_where_one_sphere_does():
    zeros = np.array([4.493409, 7.725252, 10.904122])  # tan x = x
    assert spheres(zeros / 8.0, 8.0, 1e-4) == pytest.approx(0.0, abs=1e-7)


def test_series_and_closed_form_of_the_spheres_meet():
    q = np.linspace(0.01, 0.05, 2001)
    curve = spheres(q, 8.0, 0.08)
    assert np.all(np.diff(curve) < 0)
    assert np.abs(np.diff(curve, 2)).max() < 1.5 * np.abs(np.diff(curve, 2)[0])


def test_spheres_without_a_size_are_refused():
    with pytest.raises(UsageError, match="positive radius"):
        spheres(Q, 0.0, 0.1)


def test_reaction_turns_spheres_into_rings():
    model = SampleModel(evolution=Evolution(midpoint=0.5, width=0.1, decay=0.4))
    first_ring = np.array([2 * np.pi / 5.838])
    assert model.intensity(0.0, 0.0) == pytest.approx(150_650, rel=1e-3)
    assert model.intensity(0.0, 0.4) == pytest.approx(650 + 150_000 / np.e, rel=1e-3)
    half, end = model.intensity(first_ring, 0.5), model.intensity(first_ring, 3.0)
    assert (half - 650) / (end - 650) == pytest.approx(0.5, abs=2e-3)
