"""Presentations against what is known of them, errors against a simulation."""

import numpy as np
import pytest

from saxsdog.reduction.intensity import COUNTS
from saxsleash.models.presentation import (
    Abscissa,
    Points,
    Presentation,
    QUnit,
    in_inverse_nm,
    over,
    place,
    present,
    ratio,
    shorter,
    x_label,
    y_label,
)
from saxsleash.models.scales import Scale, ScaleKind

NM, ANGSTROM = QUnit.INVERSE_NM, QUnit.INVERSE_ANGSTROM
Q = np.linspace(0.1, 3.0, 50)
SLICE = np.linspace(-2.0, 3.0, 51)


def points(y, x=Q, sigma=None):
    y = np.asarray(y, dtype=float)
    return Points(x, y, np.full(y.shape, 0.1) if sigma is None else np.asarray(sigma, dtype=float))


def test_guinier_of_a_gaussian_is_a_line_whose_slope_is_the_radius_of_gyration():
    radius = 1.7
    drawn = present(points(40 * np.exp(-((Q * radius) ** 2) / 3)), Presentation.GUINIER, NM)
    slope, start = np.polyfit(drawn.x, drawn.y, 1)
    assert np.sqrt(-3 * slope) == pytest.approx(radius)
    assert np.exp(start) == pytest.approx(40)


def test_porod_of_a_sharp_surface_is_flat():
    drawn = present(points(7 / Q**4), Presentation.POROD, NM)
    assert drawn.y == pytest.approx(np.full(Q.shape, 7.0))


def test_kratky_of_a_gaussian_chain_at_large_q_is_flat():
    drawn = present(points(3 / Q**2), Presentation.KRATKY, NM)
    assert drawn.y == pytest.approx(np.full(Q.shape, 3.0))


@pytest.mark.parametrize("presentation", list(Presentation))
def test_the_error_of_a_presentation_is_the_scatter_of_presented_curves(presentation):
    random = np.random.default_rng(7)
    intensity, sigma = 100 * np.exp(-Q), 0.5 + Q * 0.2
    noisy = intensity + random.normal(0, sigma, (20_000, Q.size))
    scattered = present(Points(Q, noisy, np.zeros_like(noisy)), presentation, NM).y.std(axis=0)
    expected = present(Points(Q, intensity, sigma), presentation, NM).sigma
    assert scattered == pytest.approx(expected, rel=0.1)


def test_an_inverse_angstrom_is_ten_inverse_nanometres():
    assert present(points(Q), Presentation.INTENSITY, ANGSTROM).x == pytest.approx(Q / 10)
    assert present(points(Q), Presentation.GUINIER, ANGSTROM).x == pytest.approx(Q**2 / 100)


def test_guinier_leaves_out_what_has_no_logarithm():
    drawn = present(points([-1.0, 0.0, np.nan, 5.0], x=Q[:4]), Presentation.GUINIER, NM)
    assert np.isnan(drawn.y).tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("abscissa", "label"),
    [(Abscissa.ANGLE, "2θ / °"), (Abscissa.SPACING, "d / nm"), (Abscissa.DISTANCE, "r / mm")],
)
@pytest.mark.parametrize("presentation", list(Presentation))
def test_a_curve_over_no_q_stays_what_it_is(presentation, abscissa, label):
    curve = points(Q)
    assert present(curve, presentation, ANGSTROM, abscissa) is curve
    assert x_label(abscissa, presentation, ANGSTROM) == label
    assert y_label(abscissa, presentation, NM, {COUNTS}) == "intensity / (counts/pixel)"


def test_curves_in_inverse_angstrom_are_taken_as_all_others():
    label, q = in_inverse_nm("Scattering Vector  q [$A^{-1}$]", np.array([0.1, 0.2]))
    assert label == "Scattering Vector  q [$nm^{-1}$]"
    assert q == pytest.approx([1.0, 2.0])
    same = in_inverse_nm("Scattering Vector  q [$nm^{-1}$]", Q)
    assert same == ("Scattering Vector  q [$nm^{-1}$]", Q)


@pytest.mark.parametrize("presentation", list(Presentation))
def test_a_curve_over_azimuth_has_no_presentation_but_its_own(presentation):
    curve = points(Q)
    assert present(curve, presentation, ANGSTROM, Abscissa.AZIMUTH) is curve
    assert x_label(Abscissa.AZIMUTH, presentation, ANGSTROM) == "azimuth / rad"
    assert y_label(Abscissa.AZIMUTH, presentation, NM, {COUNTS}) == "intensity / (counts/pixel)"


def test_one_half_of_a_slice_is_drawn_over_the_square_of_q():
    curve = points(np.exp(-(SLICE**2)), x=SLICE)
    drawn = present(curve, Presentation.GUINIER, NM, Abscissa.Q_HORIZONTAL)
    assert (np.diff(drawn.x) > 0).all()
    assert drawn.y == pytest.approx(-drawn.x)
    assert over(curve, Presentation.GUINIER, NM, Abscissa.Q_HORIZONTAL).x.size == drawn.x.size


@pytest.mark.parametrize(
    ("column", "abscissa"),
    [
        ("Scattering Vector  q [$nm^{-1}$]", Abscissa.Q),
        ("Scattering Vector  q_h [$nm^{-1}$]", Abscissa.Q_HORIZONTAL),
        ("Scattering Vector  q_v [$nm^{-1}$]", Abscissa.Q_VERTICAL),
        ("Phi Angle [rad]", Abscissa.AZIMUTH),
        ("Scattering Vector  q [$A^{-1}$]", Abscissa.Q),
        ("Scattering Angle  2theta [deg]", Abscissa.ANGLE),
        ("Lattice Spacing  d [nm]", Abscissa.SPACING),
        ("Distance from the Beam  r [mm]", Abscissa.DISTANCE),
        ("", Abscissa.Q),
    ],
)
def test_the_name_of_a_column_says_over_what_a_curve_runs(column, abscissa):
    assert Abscissa.of(column) is abscissa


def test_labels_name_the_quantity_and_its_unit():
    assert x_label(Abscissa.Q, Presentation.INTENSITY, NM) == "q / nm⁻¹"
    assert x_label(Abscissa.Q_VERTICAL, Presentation.POROD, ANGSTROM) == "q<sub>v</sub> / Å⁻¹"
    assert x_label(Abscissa.Q, Presentation.GUINIER, NM) == "q² / nm⁻²"


@pytest.mark.parametrize(
    ("units", "labels"),
    [
        (
            {COUNTS},
            (
                "intensity / (counts/pixel)",
                "q² I / (counts/pixel Å⁻²)",
                "q⁴ I / (counts/pixel Å⁻⁴)",
                "ln (I / (counts/pixel))",
            ),
        ),
        ({"cm⁻¹"}, ("intensity / cm⁻¹", "q² I / (cm⁻¹ Å⁻²)", "q⁴ I / (cm⁻¹ Å⁻⁴)", "ln (I / cm⁻¹)")),
        ({"a<b"}, ("intensity / a&lt;b", "q² I / (a&lt;b Å⁻²)")),
        ({""}, ("intensity", "q² I", "q⁴ I", "ln I")),
        (
            {COUNTS, "cm⁻¹"},
            ("intensity, in different units", "q² I, in different units"),
        ),
    ],
)
def test_intensities_are_labelled_with_the_units_of_their_curves(units, labels):
    for presentation, label in zip(Presentation, labels, strict=False):
        assert y_label(Abscissa.Q, presentation, ANGSTROM, units) == label


def test_a_label_for_which_there_is_no_room_loses_its_unit_last():
    labels = [y_label(Abscissa.Q, Presentation.INTENSITY, NM, units) for units in ({"cm⁻¹"}, "ab")]
    assert shorter(labels[0]) == ("intensity / cm⁻¹", "I / cm⁻¹", "I")
    assert shorter(labels[1]) == ("intensity, in different units", "I, in different units", "I")


def test_the_ratio_of_a_curve_to_itself_is_one():
    curve = points(100 * np.exp(-Q))
    assert ratio(curve, curve).y == pytest.approx(np.ones(Q.size))


def test_the_error_of_a_ratio_is_the_scatter_of_ratios():
    random = np.random.default_rng(3)
    above, below = 80.0, 200.0
    scattered = random.normal(above, 2.0, 50_000) / random.normal(below, 3.0, 50_000)
    one = ratio(points([above], Q[:1], [2.0]), points([below], Q[:1], [3.0]))
    assert one.sigma[0] == pytest.approx(scattered.std(), rel=0.02)


def test_an_intensity_of_zero_has_a_ratio_with_an_error():
    one = ratio(points([0.0], Q[:1], [2.0]), points([4.0], Q[:1], [1.0]))
    assert (one.y[0], one.sigma[0]) == (0.0, 0.5)


def test_a_reference_over_another_q_is_brought_to_that_of_the_curve():
    fine = np.linspace(0.5, 2.0, 1000)
    quotient = ratio(points(6 * Q), points(3 * fine, x=fine, sigma=np.zeros(1000)))
    inside = (Q >= 0.5) & (Q <= 2.0)
    assert quotient.y[inside] == pytest.approx(np.full(inside.sum(), 2.0))
    assert np.isnan(quotient.y[~inside]).all()


def test_there_is_no_ratio_to_zero_to_an_empty_bin_or_to_nothing():
    curve = points([1.0, 1.0], Q[:2])
    assert np.isnan(ratio(curve, points([0.0, np.nan], Q[:2])).y).all()
    assert np.isnan(ratio(curve, points([], Q[:0])).y).all()


def test_what_is_not_positive_is_left_out_of_logarithmic_axes():
    drawn = place(
        points([4.0, -1.0, 0.0, 10.0], np.array([-1.0, 1.0, 2.0, 10.0])),
        Scale(ScaleKind.LOG),
        Scale(ScaleKind.LOG),
    )
    assert drawn.index.tolist() == [3]
    assert (drawn.x.tolist(), drawn.y.tolist()) == ([1.0], [1.0])


def test_an_empty_bin_interrupts_a_curve_only_between_its_points():
    drawn = place(points([np.nan, 1.0, np.nan, 2.0, np.nan], Q[:5]), Scale(), Scale())
    assert drawn.index.tolist() == [1, 2, 3]
    assert np.isnan(drawn.y[1])


def test_an_error_band_below_zero_stays_on_a_logarithmic_axis():
    drawn = place(points([1.0], Q[:1], [5.0]), Scale(), Scale(ScaleKind.LOG))
    assert drawn.low.tolist() == [-3.0]
    assert drawn.high[0] == pytest.approx(np.log10(6))


def test_a_curve_without_errors_has_a_band_without_width():
    drawn = place(points([3.0], Q[:1], [np.nan]), Scale(), Scale())
    assert drawn.low == drawn.high == [3.0]
