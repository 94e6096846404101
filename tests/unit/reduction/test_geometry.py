import math

import numpy as np
import pytest

from saxsdog.reduction.geometry import (
    Geometry,
    chi,
    lab_azimuth,
    offsets,
    pixel_centers,
    q,
    q_from_two_theta,
    two_theta,
)
from tests.helpers.oracles import a_geometry, pyfai, q_by_the_design, random_geometry

GEOMETRIES = [random_geometry(np.random.default_rng(seed)) for seed in range(60)]


def around_the_circle(angle):
    """The same angle in [-pi, pi)."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def position_in_space(geometry, row, column):
    """Detector points turned in three dimensions, beam along z; by Rodrigues' formula."""
    y, x = np.broadcast_arrays(*offsets(geometry, row, column))
    flat = np.stack([x, y, np.zeros_like(x)], axis=-1)
    rotation = geometry.tilt_rotation
    # The tilt lifts the direction (cos, -sin) of the detector, so it turns around what is
    # perpendicular to that within the detector.
    axis = np.array([-math.sin(rotation), -math.cos(rotation), 0.0])
    cosine, sine = math.cos(geometry.tilt), math.sin(geometry.tilt)
    turned = (
        flat * cosine
        + np.cross(axis, flat) * sine
        + axis * (flat @ axis)[..., np.newaxis] * (1 - cosine)
    )
    return turned + np.array([0.0, 0.0, geometry.distance])


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_scattering_angle_is_that_of_pyfai(geometry):
    oracle = pyfai(geometry).center_array(geometry.shape, unit="2th_rad")
    assert np.abs(two_theta(geometry, *pixel_centers(geometry)) - oracle).max() < 1e-12


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_q_is_that_of_pyfai(geometry):
    oracle = pyfai(geometry).center_array(geometry.shape, unit="q_nm^-1")
    ours = q(geometry, *pixel_centers(geometry))
    np.testing.assert_allclose(ours, oracle, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_azimuth_around_the_beam_is_that_of_pyfai(geometry):
    oracle = pyfai(geometry).center_array(geometry.shape, unit="chi_rad")
    ours = lab_azimuth(geometry, *pixel_centers(geometry))
    assert np.abs(around_the_circle(ours - oracle)).max() < 1e-9


@pytest.mark.parametrize("geometry", GEOMETRIES[::6])
def test_the_azimuth_of_a_flat_detector_is_that_of_pyfai(geometry):
    flat = a_geometry(
        geometry.shape, beam_center=geometry.beam_center, tilt=0.0, pixel_size=geometry.pixel_size
    )
    oracle = pyfai(flat).center_array(flat.shape, unit="chi_rad")
    assert np.abs(around_the_circle(chi(flat, *pixel_centers(flat)) - oracle)).max() < 1e-12


@pytest.mark.parametrize("geometry", GEOMETRIES[::3])
def test_angles_follow_from_turning_the_detector_in_space(geometry):
    row, column = pixel_centers(geometry)
    x, y, z = np.moveaxis(position_in_space(geometry, row, column), -1, 0)
    np.testing.assert_allclose(
        two_theta(geometry, row, column), np.arctan2(np.hypot(x, y), z), rtol=0, atol=1e-13
    )
    difference = lab_azimuth(geometry, row, column) - np.arctan2(y, x)
    assert np.abs(around_the_circle(difference)).max() < 1e-9


@pytest.mark.parametrize("tilt", [70, 85, -89])
def test_a_detector_that_reaches_behind_the_sample_is_described_rightly(tilt):
    geometry = a_geometry(distance=0.003, tilt=math.radians(tilt))
    row, column = pixel_centers(geometry)
    x, y, z = np.moveaxis(position_in_space(geometry, row, column), -1, 0)
    assert z.min() < 0
    np.testing.assert_allclose(
        two_theta(geometry, row, column), np.arctan2(np.hypot(x, y), z), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("geometry", GEOMETRIES[::3])
def test_q_is_the_formula_of_the_design(geometry):
    row, column = pixel_centers(geometry)
    oracle = q_by_the_design(geometry, *np.broadcast_arrays(*offsets(geometry, row, column)))
    np.testing.assert_allclose(q(geometry, row, column), oracle, rtol=1e-11)


def test_the_law_of_cosines_gives_the_same_angle():
    geometry = a_geometry()
    row, column = pixel_centers(geometry)
    y, x = np.broadcast_arrays(*offsets(geometry, row, column))
    r, d = np.hypot(x, y), geometry.distance
    sine = math.sin(geometry.tilt) * np.sin(np.arctan2(y, x) + geometry.tilt_rotation + np.pi / 2)
    path = np.sqrt(d**2 + r**2 + 2 * d * r * sine)
    angle = np.arccos((path**2 + d**2 - r**2) / (2 * path * d))
    np.testing.assert_allclose(angle, two_theta(geometry, row, column), atol=1e-9)


def test_silver_behenate_first_order_ring():
    ring = np.array(2 * np.arcsin(0.154 / (2 * 5.838)))
    assert q_from_two_theta(ring, wavelength=0.154) == pytest.approx(2 * np.pi / 5.838)


def test_a_pixel_off_the_beam_at_a_known_angle():
    geometry = Geometry((10, 10), (0.5, 0.5), 9 * 1e-3, (1e-3, 1e-3), 0.1)
    assert two_theta(geometry, 0.5, 9.5) == pytest.approx(math.pi / 4, rel=1e-15)
    assert q(geometry, 9.5, 0.5) == pytest.approx(4 * np.pi * math.sin(math.pi / 8) / 0.1)


def test_the_beam_itself_is_not_scattered():
    geometry = a_geometry()
    assert two_theta(geometry, *geometry.beam_center) == 0
    assert q(geometry, *geometry.beam_center) == 0


def test_angles_near_the_beam_keep_their_precision():
    geometry = a_geometry(beam_center=(0.0, 0.0), tilt=0.0, distance=1.0, pixel_size=(1.0, 1.0))
    assert two_theta(geometry, 0.0, 1e-9) == pytest.approx(1e-9, rel=1e-12)


@pytest.mark.parametrize(
    ("row", "column", "angle"), [(0, 1, 0), (1, 0, 90), (0, -1, 180), (-1, 0, -90), (1, 1, 45)]
)
def test_the_azimuth_grows_from_right_to_down(row, column, angle):
    geometry = Geometry((9, 9), (4.5, 4.5), 1.0, (1e-4, 1e-4), 0.1)
    assert chi(geometry, 4.5 + row, 4.5 + column) == pytest.approx(math.radians(angle))
    assert lab_azimuth(geometry, 4.5 + row, 4.5 + column) == pytest.approx(math.radians(angle))


def test_a_tilt_lifts_the_side_that_its_rotation_names():
    """A positive tilt without rotation moves the right edge away from the sample."""
    geometry = a_geometry(beam_center=(18.5, 20.5), tilt_rotation=0.0)
    assert two_theta(geometry, 18.5, 40.5) < two_theta(geometry, 18.5, 0.5)
    turned = a_geometry(beam_center=(18.5, 20.5), tilt_rotation=math.radians(90))
    assert two_theta(turned, 0.5, 20.5) < two_theta(turned, 36.5, 20.5)


def test_pixel_centres_are_half_a_pixel_from_the_edges():
    row, column = pixel_centers(a_geometry((2, 3)))
    assert row.tolist() == [[0.5], [1.5]]
    assert column.tolist() == [[0.5, 1.5, 2.5]]
