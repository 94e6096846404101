import math

import numpy as np
import pytest

from saxsdog.reduction.channels import ErrorModel
from saxsdog.reduction.corrections import Polarization, polarization_factor
from saxsdog.reduction.geometry import lab_azimuth, pixel_centers, two_theta
from tests.helpers.oracles import a_geometry, only_curve, pyfai, radial_plan, random_geometry

CASES = [(random_geometry(np.random.default_rng(seed)), seed) for seed in range(100, 125)]


def a_polarization(seed):
    rng = np.random.default_rng(seed)
    return Polarization(fraction=rng.uniform(0, 1), angle=rng.uniform(-np.pi, np.pi))


def in_terms_of_pyfai(polarization):
    """Its factor and the offset of its axis."""
    return 2 * polarization.fraction - 1, -polarization.angle


@pytest.mark.parametrize(("geometry", "seed"), CASES)
def test_polarization_is_that_of_pyfai(geometry, seed):
    polarization, integrator = a_polarization(seed), pyfai(geometry)
    factor, offset = in_terms_of_pyfai(polarization)
    ours = polarization_factor(geometry, polarization)
    angle = integrator.center_array(geometry.shape, unit="2th_rad")
    azimuth = integrator.center_array(geometry.shape, unit="chi_rad")
    squared = np.cos(angle) ** 2
    double = 0.5 * (1 + squared - factor * np.cos(2 * (azimuth + offset)) * (1 - squared))
    assert np.abs(ours - double).max() < 1e-9
    single = integrator.polarization(geometry.shape, factor=factor, axis_offset=offset)
    assert np.abs(ours - single).max() < 1e-7


@pytest.mark.parametrize(("geometry", "seed"), CASES[:8])
def test_polarization_is_what_a_dipole_radiates(geometry, seed):
    """1 - (n e)^2 with the direction n of scattering and the field e, averaged over both fields."""
    polarization = a_polarization(seed)
    row, column = pixel_centers(geometry)
    angle, azimuth = two_theta(geometry, row, column), lab_azimuth(geometry, row, column)
    x, y = np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth)
    cosine, sine = math.cos(polarization.angle), math.sin(polarization.angle)
    along, across = (x * cosine + y * sine) ** 2, (y * cosine - x * sine) ** 2
    share = polarization.fraction
    expected = share * (1 - along) + (1 - share) * (1 - across)
    np.testing.assert_allclose(polarization_factor(geometry, polarization), expected, rtol=1e-12)


def test_a_horizontal_polarization_weakens_the_horizontal():
    geometry = a_geometry((21, 21), beam_center=(10.5, 10.5), tilt=0.0, distance=0.003)
    factor = polarization_factor(geometry, Polarization(fraction=1.0, angle=0.0))
    assert factor[10, 0] == pytest.approx(np.cos(two_theta(geometry, 10.5, 0.5)) ** 2)
    assert factor[0, 10] == pytest.approx(1.0)


def test_an_unpolarized_beam_weakens_all_directions_alike():
    geometry = a_geometry()
    factor = polarization_factor(geometry, Polarization(fraction=0.5, angle=1.234))
    cosine = np.cos(two_theta(geometry, *pixel_centers(geometry)))
    np.testing.assert_allclose(factor, (1 + cosine**2) / 2, rtol=1e-12)


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize("oversampling", [1, 2, 3, 5])
def test_what_polarization_alone_shapes_becomes_1_when_it_is_divided_out(oversampling, model):
    geometry = a_geometry(distance=0.005)
    polarization = Polarization(fraction=0.93, angle=0.3)
    image = polarization_factor(geometry, polarization)
    assert image.min() < 0.6
    plan = radial_plan(
        geometry, oversampling=oversampling, polarization=polarization, error_model=model
    )
    curve = only_curve(image, plan)
    np.testing.assert_allclose(curve.intensity[curve.area > 0], 1.0, rtol=1e-12)
