import math

import numpy as np
import pytest

from saxsdog.mask_settings import mask_of
from saxsdog.reduction.binning import PhiBinning, RadialBinning
from saxsdog.reduction.channels import ErrorModel, RadialChannel, Sector
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan
from saxsdog.reduction.sector_binning import SectorBinning
from saxsdog.schema import load_schema, with_defaults
from tests.helpers.oracles import WIDE_OPEN, a_geometry, sub_pixel_positions

SHAPE = (37, 41)
A_MASK = np.random.default_rng(0).random(SHAPE) < 0.2


def sectors_of(*entries):
    """Sectors as a calibration says them: ``(from, to)`` in degrees, and ``True`` to mirror."""
    schema = load_schema("calibration")["properties"]["Masks"]["items"]
    keys = ("From", "To", "Mirrored")
    given = [dict(zip(keys, entry, strict=False)) for entry in entries]
    return mask_of(with_defaults({"Sectors": given}, schema)).sectors


def channel(name="R0", sectors=(), azimuthal_bins=0, mask=A_MASK, **options):
    return RadialChannel(
        name, mask, 3, 1.0, *WIDE_OPEN, sectors=sectors, azimuthal_bins=azimuthal_bins, **options
    )


def an_image(seed=1):
    return np.random.default_rng(seed).poisson(60, SHAPE).astype(np.int32)


def curves(*channels, image=None, geometry=None, **options):
    plan = make_plan(geometry or a_geometry(), channels, **options)
    return integrate(an_image() if image is None else image, plan)


def sums(curve):
    """Sub-pixels of every bin, and counts in them: whole numbers."""
    area = np.rint(curve.area * 9).astype(int)
    counts = np.nan_to_num(curve.intensity) * area
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-6)
    return area, np.rint(counts).astype(int)


def inside(degrees, start, stop):
    return (degrees - start) % 360 < (stop - start) % 360


@pytest.mark.parametrize(
    "ends", [(-20, 20), (350, 10), (350, 370), (-10, 10), (10, 350), (90, 270), (-360, -300)]
)
@pytest.mark.parametrize("oversampling", [1, 3])
def test_sub_pixels_belong_where_their_azimuth_lies(ends, oversampling):
    geometry = a_geometry()
    rings = RadialBinning(geometry, oversampling, 1.0)
    labels = SectorBinning(rings, sectors_of(ends)).labels(0, 37)
    degrees = np.degrees(np.arctan2(*sub_pixel_positions(geometry, oversampling)))
    expected = np.where(inside(degrees, *ends), rings.labels(0, 37), -1)
    clear = np.min([np.abs((degrees - end + 180) % 360 - 180) for end in ends], axis=0) > 1e-9
    assert (labels == expected)[clear].all()
    assert clear.mean() > 0.99


def test_a_mirrored_sector_is_there_twice():
    (one, other) = sectors_of((30, 60, True))
    assert (one, other) == (
        Sector(math.radians(30), math.radians(60)),
        Sector(math.radians(-150), math.radians(-120)),
    )


@pytest.mark.parametrize("ends", [(0, 360), (-180, 180), (-90, 270), (5, 365)])
def test_a_full_circle_leaves_nothing_out(ends):
    whole, all_around = curves(channel(), channel("R1", sectors_of(ends)))
    np.testing.assert_array_equal(all_around.intensity, whole.intensity)
    np.testing.assert_array_equal(all_around.area, whole.area)
    np.testing.assert_array_equal(all_around.sigma, whole.sigma)


@pytest.mark.parametrize("borders", [(0, 120, 240), (-180, -90, 0, 90), (17.3, 200.1), (180, 90)])
def test_sectors_that_part_the_circle_add_up_to_it(borders):
    """Also where pixel centres lie on the borders."""
    geometry = a_geometry(beam_center=(18.5, 20.5), tilt=0.0, pixel_size=(1e-4, 1e-4))
    parts = [
        channel(f"R{i + 1}", sectors_of((start, stop)))
        for i, (start, stop) in enumerate(zip(borders, (*borders[1:], borders[0]), strict=True))
    ]
    whole, *cut = curves(channel(), *parts, geometry=geometry)
    area, counts = np.sum([sums(curve) for curve in cut], axis=0)
    np.testing.assert_array_equal(area, sums(whole)[0])
    np.testing.assert_array_equal(counts, sums(whole)[1])


def test_overlapping_sectors_count_a_pixel_once():
    once, twice = curves(
        channel("R0", sectors_of((0, 90))), channel("R1", sectors_of((0, 60), (30, 90), (10, 20)))
    )
    np.testing.assert_array_equal(once.area, twice.area)
    np.testing.assert_array_equal(once.intensity, twice.intensity)


def test_a_sector_of_a_symmetric_frame_and_the_opposite_one_are_equal():
    geometry = Geometry(SHAPE, (18.5, 20.5), 0.1, (1e-4, 1e-4), 0.1)
    image = an_image()
    image = image + image[::-1, ::-1]
    ends = (17.3, 71.1)
    one, other, both = curves(
        channel("R0", sectors_of(ends), mask=None),
        channel("R1", sectors_of((ends[0] + 180, ends[1] + 180)), mask=None),
        channel("R2", sectors_of((*ends, True)), mask=None),
        geometry=geometry,
        image=image,
    )
    beyond = one.area > 0
    np.testing.assert_allclose(other.area, one.area, atol=1e-12)
    np.testing.assert_allclose(other.intensity[beyond], one.intensity[beyond])
    np.testing.assert_allclose(both.intensity[beyond], one.intensity[beyond])
    np.testing.assert_allclose(both.area, 2 * one.area, atol=1e-12)


@pytest.mark.parametrize("azimuthal_bins", [1, 2, 7, 72])
@pytest.mark.parametrize("sectors", [(), sectors_of((-30, 100))], ids=["circle", "sector"])
def test_a_cake_summed_over_azimuth_is_the_curve(azimuthal_bins, sectors):
    image = an_image()
    image[np.random.default_rng(5).random(SHAPE) < 0.1] = -1
    curve, cake = curves(
        channel(sectors=sectors), channel("R1", sectors, azimuthal_bins), image=image
    )
    assert cake.intensity.shape == cake.sigma.shape == (azimuthal_bins, curve.q.size)
    for cut, whole in zip(sums(cake), sums(curve), strict=True):
        np.testing.assert_array_equal(cut.sum(axis=0), whole)


def test_a_cake_summed_over_q_is_a_curve_over_azimuth():
    geometry = a_geometry()
    n = 24
    cut = SectorBinning(RadialBinning(geometry, 3, 1.0), (), n)
    over_azimuth = PhiBinning(geometry, 3, n, 0.0, 1e6)
    labels = cut.labels(0, 37)
    assert (labels // cut.rings.n_bins == over_azimuth.labels(0, 37)).all()
    assert (labels % cut.rings.n_bins == cut.rings.labels(0, 37)).all()
    np.testing.assert_allclose(cut.azimuths, over_azimuth.centers)
    assert cut.n_bins == n * cut.rings.n_bins


def test_the_azimuth_of_a_cake_starts_on_the_left_and_passes_the_top_first():
    geometry = a_geometry(beam_center=(18.5, 20.5), tilt=0.0)
    image = np.zeros(SHAPE, np.int32)
    image[:18, :20], image[:18, 21:], image[19:, 21:], image[19:, :20] = 1, 2, 3, 4
    image[18], image[:, 20] = -1, -1
    (cake,) = curves(channel(azimuthal_bins=4, mask=None), geometry=geometry, image=image)
    np.testing.assert_allclose(np.degrees(cake.chi), [-135, -45, 45, 135])
    for value, row in enumerate(cake.intensity, 1):
        assert set(row[np.isfinite(row)]) == {float(value)}


def test_a_cake_tells_what_it_is():
    (cake,) = curves(channel(azimuthal_bins=8))
    assert (cake.kind, cake.unit, cake.parameters) == ("Cake", "1/nm", None)
    assert cake.axis_label == "Scattering Vector  q [$nm^{-1}$]"
    assert cake.chi.shape == (8,)
    assert cake.area.sum() == pytest.approx((~A_MASK).sum())


@pytest.mark.parametrize("model", ErrorModel)
def test_errors_of_a_cake_are_those_of_its_bins_one_by_one(model):
    """A part of a cake is the curve of its sector."""
    cake, sector = curves(
        channel(azimuthal_bins=4),
        channel("R1", sectors_of((-90, 0))),
        error_model=model,
    )
    np.testing.assert_array_equal(cake.intensity[1], sector.intensity)
    np.testing.assert_allclose(cake.sigma[1], sector.sigma, rtol=1e-12)


def test_most_pixels_of_a_cake_are_narrow():
    geometry = Geometry((300, 300), (150.2, 149.7), 1.0, (1e-4, 1e-4), 0.1)
    whole = make_plan(geometry, [channel(mask=None)]).layers[0]
    cake = make_plan(geometry, [channel(mask=None, azimuthal_bins=36)]).layers[0]
    assert whole.wide.size < 10
    assert cake.wide.size < 0.07 * 300 * 300
