import pytest

from saxsdog.reduction.intensity import (
    ARBITRARY,
    COUNTS,
    COUNTS_LABEL,
    axis_text,
    in_ascii,
    label_of,
    times,
    unit_of,
)


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        (COUNTS_LABEL, COUNTS),
        ("Intensity(Counts/Pixel)", COUNTS),
        ("Intensity", ""),
        ("", ""),
        ("Radial Average", ""),
    ],
)
def test_a_column_says_its_unit_or_none(label, unit):
    assert unit_of(label) == unit


@pytest.mark.parametrize("written", ["1/cm", "1 / cm", "cm^-1", "cm**-1", "cm-1", "cm⁻¹"])
def test_one_unit_has_one_name_however_it_was_written(written):
    assert unit_of(label_of(written)) == "cm⁻¹"
    assert in_ascii(unit_of(label_of(written))) == "cm^-1"


@pytest.mark.parametrize("written", ["g/s", "1/(cm sr)", "photons", "electrons-per-area", "a)b("])
def test_other_units_stay_as_they_were_written(written):
    assert unit_of(label_of(written)) == in_ascii(written) == written


def test_without_a_unit_normalised_intensities_are_arbitrary():
    assert unit_of(label_of("")) == ARBITRARY


@pytest.mark.parametrize(
    ("unit", "product"),
    [
        (COUNTS, "counts/pixel nm⁻³"),
        ("cm⁻¹ sr⁻¹", "cm⁻¹ sr⁻¹ nm⁻³"),
        ("1/(cm sr)", "(1/(cm sr)) nm⁻³"),
        ("", ""),
    ],
)
def test_a_moment_has_the_unit_of_the_intensity_times_that_of_q(unit, product):
    assert times(unit, "nm⁻³") == product
    assert times(unit, "") == unit


def test_an_axis_names_one_unit_or_says_that_there_are_several():
    assert axis_text("intensity", {"cm⁻¹"}) == "intensity / cm⁻¹"
    assert axis_text("intensity", {COUNTS}) == "intensity / (counts/pixel)"
    assert axis_text("intensity", {""}) == "intensity"
    assert axis_text("intensity", {COUNTS, "cm⁻¹"}) == "intensity, in different units"
