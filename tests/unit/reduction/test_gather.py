"""Sums bin by bin are those in the order of memory."""

import numpy as np
import pytest

from saxsdog.reduction.bin_lists import lists_of
from saxsdog.reduction.channels import Bins, ErrorModel, RadialChannel, Unit
from saxsdog.reduction.corrections import Corrections
from saxsdog.reduction.gather import known_of_bad_entries, sum_lists
from saxsdog.reduction.integrate import as_pixels, integrate
from saxsdog.reduction.known_sums import known_of_bad
from saxsdog.reduction.plan import MANY_BINS, make_plan
from saxsdog.reduction.sums import sum_layer
from tests.helpers.oracles import WIDE_OPEN, a_geometry

SHAPE = (37, 41)
GEOMETRY = a_geometry(SHAPE)


def a_cake(azimuths, name="R0", seed=0, **options):
    mask = np.random.default_rng(seed).random(SHAPE) < 0.2
    return RadialChannel(name, mask, 3, 1.0, *WIDE_OPEN, azimuthal_bins=azimuths, **options)


def a_layer(azimuths):
    return make_plan(GEOMETRY, [a_cake(azimuths)]).layers[0]


def an_image(seed, dtype="int32"):
    """Counts of which some are bright and some bad."""
    rng = np.random.default_rng(seed)
    image = rng.poisson(30, SHAPE).astype(np.dtype(dtype))
    image[rng.random(SHAPE) < 0.01] = 60_000
    bad = np.nan if image.dtype.kind == "f" else np.iinfo(image.dtype).max
    image[rng.random(SHAPE) < 0.05] = -1 if image.dtype.kind == "i" else bad
    return image


def check(sums, wanted):
    for name in ("value", "variance", "square"):
        got, expected = getattr(sums, name), getattr(wanted, name)
        assert (got is None) == (expected is None)
        if expected is not None:
            assert got.dtype == expected.dtype
            np.testing.assert_allclose(got, expected, rtol=1e-13)
    np.testing.assert_array_equal(sums.lost.linear, wanted.lost.linear)
    np.testing.assert_array_equal(sums.lost.square, wanted.lost.square)
    assert sums.any_lost == wanted.lost.linear.any()


@pytest.mark.parametrize("azimuths", [0, 3, 40, 360])
@pytest.mark.parametrize(
    ("dtype", "asked", "corrected"),
    [
        ("int32", (), False),
        ("uint16", ("variance",), False),
        ("int64", ("square",), False),
        ("float32", ("variance", "square"), True),
        ("int32", ("variance",), True),
    ],
)
def test_both_orders_give_the_same_sums(azimuths, dtype, asked, corrected):
    options = dict.fromkeys(asked, True)
    factor = dark = None
    if corrected:
        rng = np.random.default_rng(1)
        factor, dark = (rng.uniform(0.5, 2.0, SHAPE).ravel() for _ in range(2))
    layer = a_layer(azimuths)
    lists = lists_of(layer, factor, dark)
    for seed in range(5):
        pixels = as_pixels(an_image(seed, dtype), SHAPE)
        sums = sum_layer(layer, pixels, factor=factor, dark=dark, scale=0.7, **options)
        check(sum_lists(lists, pixels, subtract=0.7, **options), sums)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("has_dark", [False, True])
def test_both_orders_give_the_same_of_bad_pixels(has_dark, squared):
    rng = np.random.default_rng(1)
    factor = rng.uniform(0.5, 2.0, SHAPE).ravel()
    dark = rng.uniform(-1.0, 9.0, SHAPE).ravel() if has_dark else None
    layer, pixels = a_layer(90), as_pixels(an_image(4), SHAPE)
    sums = known_of_bad_entries(lists_of(layer, factor, dark), pixels, squared=squared)
    wanted = known_of_bad(layer, pixels, factor, dark, squared=squared)
    assert wanted.factor.any()
    for name in ("factor", "dark", "variance"):
        np.testing.assert_allclose(getattr(sums, name), getattr(wanted, name), rtol=1e-13)


def test_counts_are_summed_exactly_in_both_orders():
    layer, pixels = a_layer(90), as_pixels(an_image(3), SHAPE)
    sums, wanted = sum_lists(lists_of(layer), pixels), sum_layer(layer, pixels)
    assert sums.value.dtype == np.int64
    np.testing.assert_array_equal(sums.value, wanted.value)


def test_without_a_bad_pixel_none_is_lost():
    layer = a_layer(90)
    sums = sum_lists(lists_of(layer), as_pixels(np.ones(SHAPE, np.int32), SHAPE))
    assert not sums.any_lost
    assert not sums.lost.linear.any()


def test_lists_hold_every_sub_pixel_once():
    layer = a_layer(90)
    lists = lists_of(layer)
    assert lists.n_bins == layer.n_bins
    per_pixel = np.bincount(lists.pixel, lists.own.astype(int) + lists.beyond, SHAPE[0] * SHAPE[1])
    narrow = np.concatenate([np.arange(a, b) for a, b, _ in layer.runs])
    assert (per_pixel[narrow] == 9).all()
    assert per_pixel.sum() == 9 * narrow.size + layer.wide_count.sum(dtype=int)


def test_every_list_is_in_the_order_of_memory():
    lists = lists_of(a_layer(40))
    for start, stop in zip(lists.starts[:-1], lists.starts[1:], strict=True):
        assert (np.diff(lists.pixel[start:stop].astype(int)) > 0).all()


def test_a_layer_without_pixels_has_empty_lists():
    nothing = RadialChannel("R0", np.ones(SHAPE, bool), 3, 1.0, *WIDE_OPEN, azimuthal_bins=9)
    layer = make_plan(GEOMETRY, [nothing]).layers[0]
    sums = sum_lists(lists_of(layer), as_pixels(an_image(0), SHAPE))
    assert not sums.value.any()
    assert not sums.any_lost


def test_pixels_of_several_channels_have_no_lists():
    plan = make_plan(GEOMETRY, [a_cake(4), a_cake(4, "R1", seed=1)])
    with pytest.raises(ValueError, match="one channel"):
        lists_of(plan.layers[0])


@pytest.mark.parametrize("model", ErrorModel)
@pytest.mark.parametrize("corrected", [False, True], ids=["plain", "corrected"])
def test_a_large_cake_is_summed_by_lists_and_added_up_gives_the_curve(corrected, model):
    rng = np.random.default_rng(5)
    corrections = Corrections()
    if corrected:
        corrections = Corrections(flat=rng.uniform(0.5, 2, SHAPE), dark=rng.uniform(0, 9, SHAPE))
    bins = Bins(Unit.Q, number=50)
    channels = [
        a_cake(3600, bins=bins),
        a_cake(3600, "R1", seed=1, bins=bins),
        a_cake(0, "R2", bins=bins),
    ]
    plan = make_plan(GEOMETRY, channels, corrections=corrections, error_model=model)
    assert plan.layers[0].n_bins >= MANY_BINS
    assert [each is None for each in plan.lists] == [False, False, True]
    large, other, curve = integrate(an_image(2), plan)
    assert large.area.sum() != other.area.sum()
    np.testing.assert_allclose(large.area.sum(axis=0), curve.area, rtol=1e-12)
    total = np.nansum(large.area * large.intensity, axis=0)
    np.testing.assert_allclose(total, np.nan_to_num(curve.area * curve.intensity), atol=1e-6)


def test_the_lists_count_for_the_memory_of_a_plan():
    small, large = (make_plan(GEOMETRY, [a_cake(azimuths)]) for azimuths in (36, 3600))
    assert small.lists == (None,)
    assert large.nbytes > large.lists[0].nbytes > 4 * large.lists[0].pixel.size
