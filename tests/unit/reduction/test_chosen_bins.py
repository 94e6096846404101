"""Curves over bins of one's own choice, against pyFAI, numpy and sums by hand."""

import numpy as np
import pytest

from saxsdog.reduction.abscissas import q_of
from saxsdog.reduction.channels import Bins, RadialChannel, Sector, Spacing, Unit
from saxsdog.reduction.edge_binning import EdgeBinning
from saxsdog.reduction.geometry import chi, pixel_centers, q
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan
from tests.helpers.oracles import WIDE_OPEN, pyfai, random_geometry

NEAR = 1e-4
"""In widths of a bin: pyFAI widens ranges a little."""

PYFAI_UNITS = {
    Unit.Q: "q_nm^-1",
    Unit.Q_PER_ANGSTROM: "q_A^-1",
    Unit.TWO_THETA: "2th_deg",
    Unit.R: "r_mm",
}


def a_channel(bins, mask=None, oversampling=1, q_range=WIDE_OPEN, **options):
    return RadialChannel("R0", mask, oversampling, 1.0, *q_range, bins=bins, **options)


def a_frame(seed, **options):
    rng = np.random.default_rng(seed)
    geometry = random_geometry(rng, shape=(80, 90), **options)
    return geometry, rng.poisson(1000, geometry.shape).astype(np.int32)


def only(image, geometry, channel):
    (curve,) = integrate(image, make_plan(geometry, [channel]))
    return curve


def off_the_borders(values, edges):
    """Pixels whose centres lie clear of all borders."""
    width = np.diff(edges).min()
    return np.abs(values[..., np.newaxis] - edges).min(axis=-1) > NEAR * width


def in_units(geometry, unit):
    """The abscissa of pixel centres as pyFAI has it."""
    return pyfai(geometry).array_from_unit(geometry.shape, "center", PYFAI_UNITS[unit], scale=True)


@pytest.mark.parametrize("part", [(0.0, 1.0), (0.2, 0.7)], ids=["all", "a range"])
@pytest.mark.parametrize("unit", PYFAI_UNITS)
@pytest.mark.parametrize("seed", range(3))
def test_a_curve_in_any_unit_is_that_of_pyfai(seed, unit, part):
    tilt = 0.0 if unit is Unit.R else 40.0  # pyFAI measures distances across the beam
    geometry, image = a_frame(500 + seed, largest_tilt=tilt)
    values = in_units(geometry, unit)
    start, stop = (float(share * values.max()) for share in part)
    bins = Bins(unit, number=60, start=start, stop=stop)
    mask = ~off_the_borders(values, EdgeBinning(geometry, 1, bins).edges)
    curve = only(image, geometry, a_channel(bins, mask))
    oracle = pyfai(geometry).integrate1d_ng(
        image.astype(np.float32),
        60,
        mask=mask,
        correctSolidAngle=False,
        unit=PYFAI_UNITS[unit],
        method=("no", "histogram", "cython"),
        radial_range=(start, stop),
        error_model="poisson",
    )
    seen = curve.area > 0
    np.testing.assert_allclose(oracle.radial, curve.q, rtol=1e-6)
    np.testing.assert_array_equal(oracle.count, curve.area)
    np.testing.assert_allclose(curve.intensity[seen], oracle.intensity[seen], rtol=1e-6)
    np.testing.assert_allclose(curve.sigma[seen], oracle.sem[seen], rtol=1e-6)


@pytest.mark.parametrize("ends", [(-31.0, 44.0), (100.0, 175.0)])
def test_a_sector_is_that_of_pyfai(ends):
    geometry, image = a_frame(520, largest_tilt=0.0)
    geometry = type(geometry)(**{**vars(geometry), "beam_center": (40.3, 44.1)})
    bins = Bins(Unit.Q, number=40, start=0.0, stop=float(in_units(geometry, Unit.Q).max()))
    degrees = np.degrees(chi(geometry, *pixel_centers(geometry)))
    mask = ~off_the_borders(in_units(geometry, Unit.Q), EdgeBinning(geometry, 1, bins).edges)
    mask |= ~off_the_borders(degrees, np.array(ends))
    curve = only(image, geometry, a_channel(bins, mask, sectors=(Sector(*np.radians(ends)),)))
    oracle = pyfai(geometry).integrate1d_ng(
        image.astype(np.float32),
        40,
        mask=mask,
        correctSolidAngle=False,
        unit="q_nm^-1",
        method=("no", "histogram", "cython"),
        radial_range=(bins.start, bins.stop),
        azimuth_range=ends,
    )
    seen = curve.area > 0
    assert 0 < curve.area.sum() < 0.5 * image.size
    np.testing.assert_array_equal(oracle.count, curve.area)
    np.testing.assert_allclose(curve.intensity[seen], oracle.intensity[seen], rtol=1e-6)


@pytest.mark.parametrize("unit", [Unit.Q, Unit.TWO_THETA])
def test_a_cake_is_that_of_pyfai(unit):
    geometry, image = a_frame(521, largest_tilt=0.0)
    geometry = type(geometry)(**{**vars(geometry), "beam_center": (40.3, 44.1)})
    values = in_units(geometry, unit)
    bins = Bins(unit, number=20, start=0.0, stop=float(values.max()))
    degrees = np.degrees(chi(geometry, *pixel_centers(geometry)))
    mask = ~off_the_borders(values, EdgeBinning(geometry, 1, bins).edges)
    mask |= ~off_the_borders(degrees, np.linspace(-180, 180, 13))
    cake = only(image, geometry, a_channel(bins, mask, azimuthal_bins=12))
    oracle = pyfai(geometry).integrate2d_ng(
        image.astype(np.float32),
        20,
        12,
        mask=mask,
        correctSolidAngle=False,
        unit=PYFAI_UNITS[unit],
        method=("no", "histogram", "cython"),
        radial_range=(bins.start, bins.stop),
        azimuth_range=(-180.0, 180.0),
    )
    seen = cake.area > 0
    np.testing.assert_allclose(oracle.azimuthal, np.degrees(cake.chi), rtol=1e-5)
    np.testing.assert_allclose(oracle.radial, cake.q, rtol=1e-5)
    np.testing.assert_array_equal(oracle.count, cake.area)
    np.testing.assert_allclose(cake.intensity[seen], oracle.intensity[seen], rtol=1e-6)


@pytest.mark.parametrize(
    "bins",
    [
        Bins(Unit.Q, Spacing.LOGARITHMIC, 25, start=0.2),
        Bins(Unit.Q, edges=(0.1, 0.3, 1.0, 1.5, 4.0, 60.0)),
        Bins(Unit.D, Spacing.LINEAR, 25, stop=10.0),
    ],
    ids=["logarithmic", "edges", "d"],
)
def test_a_curve_over_unequal_bins_is_a_histogram(bins):
    geometry, image = a_frame(522)
    geometry = type(geometry)(**{**vars(geometry), "beam_center": (10.3, 14.1), "distance": 0.1})
    curve = only(image, geometry, a_channel(bins))
    x = q(geometry, *pixel_centers(geometry))
    x = 2 * np.pi / x if bins.unit is Unit.D else x
    edges = EdgeBinning(geometry, 1, bins).edges
    pixels, _ = np.histogram(x, edges)
    counts, _ = np.histogram(x, edges, weights=image)
    np.testing.assert_array_equal(curve.area, pixels)
    seen = pixels > 0
    assert seen.sum() >= 4
    np.testing.assert_allclose(curve.intensity[seen], (counts[seen] / pixels[seen]), rtol=1e-12)
    np.testing.assert_allclose(curve.sigma[seen], np.sqrt(counts[seen]) / pixels[seen], rtol=1e-12)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("oversampling", [1, 3])
def test_no_pixel_between_the_ends_is_lost(unit, oversampling):
    geometry, image = a_frame(523)
    mask = np.random.default_rng(3).random(image.shape) < 0.3
    stop = 1e6 if unit is Unit.D else None
    curve = only(image, geometry, a_channel(Bins(unit, number=31, stop=stop), mask, oversampling))
    assert curve.area.sum() == pytest.approx((~mask).sum())
    total = np.nansum(curve.area * curve.intensity)
    assert total == pytest.approx(image[~mask].sum(), rel=1e-12)


@pytest.mark.parametrize("bins", [
    Bins(Unit.Q, Spacing.LOGARITHMIC, 200, start=0.05, stop=8.0),
    Bins(Unit.TWO_THETA, number=200, start=0.05, stop=9.0),
    Bins(Unit.Q_PER_ANGSTROM, number=200, start=0.005, stop=0.8),
    Bins(Unit.D, Spacing.LOGARITHMIC, 300, start=0.8, stop=100.0),
    Bins(Unit.R, number=200, start=0.05, stop=16.0),
], ids=lambda bins: f"{bins.unit} {bins.spacing}")  # fmt: skip
def test_integral_parameters_are_over_q_whatever_the_bins(bins):
    """Of a constant intensity they are those of the bins whose middles lie in the range."""
    geometry, _ = a_frame(524, largest_tilt=0.0)
    geometry = type(geometry)(
        **{**vars(geometry), "beam_center": (0.3, 0.1), "distance": 0.1, "wavelength": 0.1,
           "pixel_size": (1e-4, 1e-4)}
    )  # fmt: skip
    image = np.full(geometry.shape, 7, np.int32)
    curve = only(image, geometry, a_channel(bins, None, 8, (1.0, 5.0)))
    binning = EdgeBinning(geometry, 8, bins)
    borders = q_of(binning.edges, bins.unit, geometry)
    within = np.flatnonzero((binning.q >= 1.0) & (binning.q < 5.0))
    ends = sorted((borders[within[0]], borders[within[-1] + 1]))
    assert ends == pytest.approx([1.0, 5.0], rel=0.03)
    for n, moment in enumerate(curve.parameters.as_dict().values(), 1):
        assert moment == pytest.approx(7 * (ends[1] ** n - ends[0] ** n) / n, rel=1e-3)


def test_a_range_beyond_the_bins_has_no_integral_parameters():
    geometry, image = a_frame(525)
    bins = Bins(Unit.D, number=10, start=1.0, stop=2.0)
    curve = only(image, geometry, a_channel(bins, q_range=(50.0, 60.0)))
    assert curve.parameters.as_dict() == {"I0": 0.0, "I1": 0.0, "I2": 0.0}


def test_curves_tell_their_unit():
    geometry, image = a_frame(526)
    said = {
        unit: (curve.unit, curve.axis_label)
        for unit in Unit
        if (curve := only(image, geometry, a_channel(Bins(unit, number=5, start=1.0, stop=9.0))))
    }
    assert said == {
        Unit.Q: ("1/nm", "Scattering Vector  q [$nm^{-1}$]"),
        Unit.Q_PER_ANGSTROM: ("1/angstrom", "Scattering Vector  q [$A^{-1}$]"),
        Unit.TWO_THETA: ("degree", "Scattering Angle  2theta [deg]"),
        Unit.D: ("nm", "Lattice Spacing  d [nm]"),
        Unit.R: ("mm", "Distance from the Beam  r [mm]"),
    }


def test_equal_bins_and_sectors_share_the_work():
    geometry, image = a_frame(527)
    bins, sectors = Bins(Unit.Q, number=9), (Sector(0.0, 1.0),)
    mask = np.random.default_rng(3).random(image.shape) < 0.3
    channels = [
        RadialChannel("R0", None, 3, 1.0, *WIDE_OPEN, bins, sectors),
        RadialChannel("R1", mask, 3, 1.0, *WIDE_OPEN, bins, sectors),
        RadialChannel("R2", mask, 3, 1.0, *WIDE_OPEN, bins),
    ]
    plan = make_plan(geometry, channels)
    assert len(plan.layers) == 2
    alone = only(image, geometry, channels[1])
    np.testing.assert_array_equal(integrate(image, plan)[1].intensity, alone.intensity)
