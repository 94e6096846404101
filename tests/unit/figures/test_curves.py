import numpy as np
import pytest
from matplotlib.figure import Figure

from saxsdog.figures.curves import (
    MOST_NAMED_CURVES,
    Line,
    Style,
    draw_comparison,
    draw_curves,
    y_label_of,
)

Q = np.linspace(0.1, 2.0, 20)


def line(name="a", scale=1.0, q=Q):
    return Line(name, q, scale * (3.0 + q), np.full(q.size, 0.3))


def test_a_curve_is_drawn_with_the_band_of_its_error():
    drawing = Figure()
    draw_curves(drawing, [line()], Style())
    (axes,) = drawing.axes
    assert axes.lines[0].get_ydata() == pytest.approx(3.0 + Q)
    (band,) = axes.collections
    low, high = band.get_datalim(axes.transData).intervaly
    assert (low, high) == pytest.approx((3.1 - 0.3, 5.0 + 0.3))


def test_empty_bins_are_left_out_of_the_drawing():
    intensity = np.where(Q < 1.0, np.nan, 2.0)
    drawing = Figure()
    draw_curves(drawing, [Line("a", Q, intensity, intensity)], Style())
    assert drawing.axes[0].lines[0].get_xdata().min() >= 1.0


def test_zeros_are_left_out_of_a_logarithmic_axis_only():
    zero = Line("a", Q, np.zeros(Q.size), np.zeros(Q.size))
    for scale, number in (("log", 0), ("linear", Q.size)):
        drawing = Figure()
        draw_curves(drawing, [zero, line()], Style(y_scale=scale))
        assert drawing.axes[0].lines[0].get_xdata().size == number


def test_a_dark_frame_and_an_empty_curve_are_drawn_on_a_linear_axis(tmp_path):
    for value in (0.0, np.nan):
        dark = Line("a", Q, np.full(Q.size, value), np.full(Q.size, value))
        drawing = Figure()
        draw_comparison(drawing, [dark, dark], Style())
        assert drawing.axes[0].get_yscale() == "linear"
        drawing.savefig(tmp_path / "dark.png")


def test_names_of_files_are_shown_as_they_are(tmp_path):
    drawing = Figure()
    draw_curves(drawing, [line("_hidden"), line("a$b$c"), line("caf\udce9")], Style())
    drawing.savefig(tmp_path / "names.png")
    shown = [text.get_text() for text in drawing.axes[0].get_legend().get_texts()]
    assert shown == ["\u200b_hidden", r"a\$b\$c", "caf?"]


def test_a_comparison_shows_the_ratio_to_the_first_curve():
    drawing = Figure()
    draw_comparison(drawing, [line("a"), line("b", 2.0)], Style())
    below = drawing.axes[1]
    assert below.lines[0].get_ydata() == pytest.approx(np.ones(Q.size))
    assert below.lines[1].get_ydata() == pytest.approx(np.full(Q.size, 2.0))
    assert below.get_ylabel() == "ratio to a"


def test_relative_errors_add_in_squares_in_a_ratio():
    drawing = Figure()
    first = Line("a", Q, np.full(Q.size, 10.0), np.full(Q.size, 3.0))
    second = Line("b", Q, np.full(Q.size, 10.0), np.full(Q.size, 4.0))
    draw_comparison(drawing, [first, second], Style())
    _, band = drawing.axes[1].collections
    interval = band.get_datalim(drawing.axes[1].transData).intervaly
    assert interval == pytest.approx((0.5, 1.5))


def test_curves_on_another_grid_are_compared_where_both_are_known():
    other = np.linspace(1.0, 3.0, 15)
    drawing = Figure()
    draw_comparison(drawing, [line("a"), line("b", 2.0, other)], Style())
    ratio = drawing.axes[1].lines[1]
    assert ratio.get_ydata() == pytest.approx(np.full(ratio.get_ydata().size, 2.0))
    assert ratio.get_xdata().max() <= Q.max()


def test_intensities_are_labelled_as_their_columns_say(tmp_path):
    counts, absolute = "Intensity (Count/Pixel)", "Intensity (1/cm)"
    assert y_label_of([counts]) == "intensity / (counts/pixel)"
    assert y_label_of([absolute, "Intensity (cm^-1)"]) == "intensity / cm⁻¹"
    assert y_label_of([counts, absolute]) == "intensity, in different units"
    assert y_label_of([""]) == y_label_of(["intensity"]) == "intensity"
    drawing = Figure()
    draw_curves(drawing, [line()], Style(y_label=y_label_of(["Intensity ($x_$)"])))
    drawing.savefig(tmp_path / "unit.png")
    assert drawing.axes[0].get_ylabel() == r"intensity / \$x_\$"


def test_a_ratio_of_different_units_says_so():
    drawing = Figure()
    draw_comparison(drawing, [line("a"), line("b", 2.0)], Style(same_unit=False))
    assert drawing.axes[1].get_ylabel() == "ratio to a,\nin different units"


def test_many_curves_get_a_colour_scale_instead_of_names():
    drawing = Figure()
    draw_curves(drawing, [line(str(i), i + 1.0) for i in range(MOST_NAMED_CURVES + 1)], Style())
    assert drawing.axes[0].get_legend() is None
    assert drawing.axes[1].get_ylabel() == "curve"
