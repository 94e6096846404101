import math

import numpy as np
import pytest

from saxsdog.reduction.binning import slice_axis
from saxsdog.reduction.channels import Direction, ErrorModel, Plane, SliceChannel
from saxsdog.reduction.corrections import Polarization, polarization_factor
from saxsdog.reduction.plan import make_plan
from tests.helpers.oracles import a_geometry, only_curve

ROWS, COLUMNS = 23, 31
GEOMETRY = a_geometry((ROWS, COLUMNS), beam_center=(7.5, 11.5))
IMAGE = np.random.default_rng(4).integers(0, 50, (ROWS, COLUMNS)).astype(np.int32)
MASK = np.random.default_rng(5).random((ROWS, COLUMNS)) < 0.4
DIRECTIONS, PLANES = tuple(Direction), tuple(Plane)


def a_slice(direction=Direction.X, plane=Plane.IN_PLANE, **changed):
    fields = {"mask": None, "position": 9, "margin": 2, "incident_angle": 0.0}
    return SliceChannel("S0", direction=direction, plane=plane, **(fields | changed))


def curve_of(channel, image=IMAGE, **options):
    return only_curve(image, make_plan(GEOMETRY, [channel], **options))


def by_hand(direction, position, margin, mask=None, image=IMAGE):
    """Sum and number of the pixels of a band, pixel by pixel, in the order of the curve."""
    sums, numbers = [], []
    if direction is Direction.X:
        lines = [
            [(row, column) for row in range(ROWS - position - margin, ROWS - position + margin + 1)]
            for column in range(COLUMNS)
        ]
    else:
        lines = [
            [(row, column) for column in range(position - 1 - margin, position + margin)]
            for row in reversed(range(ROWS))
        ]
    for line in lines:
        there = [(i, j) for i, j in line if 0 <= i < ROWS and 0 <= j < COLUMNS]
        used = [p for p in there if (mask is None or not mask[p]) and image[p] >= 0]
        sums.append(sum(int(image[p]) for p in used))
        numbers.append(len(used))
    return np.array(sums), np.array(numbers)


def axis_by_hand(direction, plane, incident=0.0):
    """q at the centres of pixels, one by one."""
    height, width = GEOMETRY.pixel_size
    if direction is Direction.X:
        lengths = [(j + 0.5 - 11.5) * width for j in range(COLUMNS)]
    else:
        lengths = [(7.5 - (i + 0.5)) * height for i in reversed(range(ROWS))]
    angles = [math.atan(length / GEOMETRY.distance) for length in lengths]
    k = 2 * math.pi / GEOMETRY.wavelength
    if plane is Plane.IN_PLANE:
        return [2 * k * math.sin(angle / 2) for angle in angles]
    return [k * (math.sin(angle - incident) + math.sin(incident)) for angle in angles]


@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("position", "margin"), [(9, 2), (1, 0), (1, 3), (22, 4), (12, 40)])
def test_a_slice_is_the_mean_over_its_band(direction, plane, mask, position, margin):
    channel = a_slice(direction, plane, mask=mask, position=position, margin=margin)
    curve = curve_of(channel)
    sums, numbers = by_hand(direction, position, margin, mask)
    np.testing.assert_array_equal(curve.area, numbers)
    with np.errstate(invalid="ignore", divide="ignore"):
        np.testing.assert_allclose(curve.intensity, sums / numbers, rtol=1e-14)
        np.testing.assert_allclose(curve.sigma, np.sqrt(sums) / numbers, rtol=1e-14)
    assert (np.isnan(curve.intensity) == (numbers == 0)).all()
    assert (curve.kind, curve.parameters) == ("Slice", None)


@pytest.mark.parametrize("incident", [0.0, 0.3, -20.0])
@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_axis_of_a_slice_is_that_of_the_design(direction, plane, incident):
    channel = a_slice(direction, plane, incident_angle=math.radians(incident))
    curve = curve_of(channel)
    expected = axis_by_hand(direction, plane, math.radians(incident))
    np.testing.assert_allclose(curve.q, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(curve.q, slice_axis(channel, GEOMETRY))


@pytest.mark.parametrize("incident", [0.0, 0.3])
@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_axis_ascends_and_is_0_at_the_beam(direction, plane, incident):
    curve = curve_of(a_slice(direction, plane, incident_angle=math.radians(incident)))
    assert (np.diff(curve.q) > 0).all()
    # The beam hits the middle of column 11 and of row 7, which is the 16th from the bottom.
    beam = 11 if direction is Direction.X else ROWS - 1 - 7
    assert curve.q[beam] == pytest.approx(0, abs=1e-12)
    assert (curve.q[:beam] < 0).all()
    assert (curve.q[beam + 1 :] > 0).all()


def test_what_is_on_the_right_has_a_positive_q():
    image = np.zeros_like(IMAGE)
    image[:, 30] = 5
    curve = curve_of(a_slice(Direction.X), image)
    assert curve.q[curve.intensity > 0].tolist() == [curve.q.max()]


def test_what_is_at_the_top_has_a_positive_q():
    image = np.zeros_like(IMAGE)
    image[0, :] = 5
    curve = curve_of(a_slice(Direction.Y, Plane.VERTICAL), image)
    assert curve.q[curve.intensity > 0].tolist() == [curve.q.max()]


def test_rows_are_counted_from_1_at_the_bottom():
    image = np.zeros_like(IMAGE)
    image[-1] = 7
    assert (curve_of(a_slice(position=1, margin=0), image).intensity == 7).all()
    assert (curve_of(a_slice(position=2, margin=0), image).intensity == 0).all()


def test_columns_are_counted_from_1_at_the_left():
    image = np.zeros_like(IMAGE)
    image[:, 0] = 7
    first, second = (a_slice(Direction.Y, position=p, margin=0) for p in (1, 2))
    assert (curve_of(first, image).intensity == 7).all()
    assert (curve_of(second, image).intensity == 0).all()


@pytest.mark.parametrize(
    ("direction", "position", "margin", "band"),
    [
        (Direction.X, 1, 2, slice(20, 23)),
        (Direction.X, 23, 2, slice(0, 3)),
        (Direction.X, 25, 2, slice(0, 1)),
        (Direction.X, -1, 2, slice(22, 23)),
        (Direction.X, 5, 100, slice(0, 23)),
        (Direction.Y, 1, 2, slice(0, 3)),
        (Direction.Y, 31, 2, slice(28, 31)),
        (Direction.Y, 33, 2, slice(30, 31)),
    ],
)
def test_a_band_is_cut_off_at_the_edge(direction, position, margin, band):
    channel = a_slice(direction, position=position, margin=margin)
    assert channel.band((ROWS, COLUMNS)) == band


@pytest.mark.parametrize(("position", "margin"), [(-50, 2), (99, 3), (0, 0)])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_band_beside_the_detector_is_empty(direction, position, margin):
    curve = curve_of(a_slice(direction, position=position, margin=margin))
    assert np.isnan(curve.intensity).all()
    assert (curve.area == 0).all()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_bad_pixels_are_left_out_of_a_slice(direction):
    image = IMAGE.copy()
    image[MASK] = -1
    curve = curve_of(a_slice(direction), image)
    sums, numbers = by_hand(direction, 9, 2, image=image)
    np.testing.assert_array_equal(curve.area, numbers)
    seen = numbers > 0
    np.testing.assert_allclose(curve.intensity[seen], sums[seen] / numbers[seen], rtol=1e-14)


def test_a_slice_is_corrected_for_polarization():
    polarization = Polarization(0.9, 0.4)
    image = polarization_factor(GEOMETRY, polarization)
    curve = curve_of(a_slice(margin=3), image, polarization=polarization)
    np.testing.assert_allclose(curve.intensity, 1.0, rtol=1e-12)


def test_the_scatter_along_a_band_gives_its_azimuthal_error():
    curve = curve_of(a_slice(position=9, margin=4), error_model=ErrorModel.AZIMUTHAL)
    band = IMAGE[ROWS - 13 : ROWS - 4].astype(float)
    expected = band.std(axis=0, ddof=1) / math.sqrt(9)
    np.testing.assert_allclose(curve.sigma, expected, rtol=1e-9)


def test_the_label_of_the_axis_tells_the_plane():
    labels = [curve_of(a_slice(plane=plane)).axis_label for plane in PLANES]
    assert labels == [
        "Scattering Vector  q_h [$nm^{-1}$]",
        "Scattering Vector  q_v [$nm^{-1}$]",
    ]
