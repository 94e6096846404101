"""A formula in TeX becomes a line that reads the same aloud."""

import re

import pytest

from saxsleash.models.manual_formulas import formula_html, formula_text

THIN = "\u202f"


def plain(tex):
    """Return the text with indices and powers marked, without italics and narrow spaces."""
    shown = re.sub(r"</?i>", "", formula_html(tex))
    shown = re.sub(r"<sub>(.*?)</sub>", r"_\1", shown)
    return re.sub(r"<sup>(.*?)</sup>", r"^\1", shown).replace(THIN, " ")


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("I_k", "I_k"),
        ("c_{kp}^2", "c_kp^2"),
        ("2\\theta = 5°", "2θ = 5°"),
        ("90^\\circ", "90°"),
        ("10^{-12}", "10^−12"),
        ("r_{\\max}", "r_max"),
        ("I''\\,\\Delta q^2/24", "I′′ Δq^2/24"),
        ("\\sin\\alpha_i", "sin α_i"),
        ("\\sin^2\\theta", "sin^2 θ"),
        ("\\cos(\\psi+\\varphi)", "cos(ψ + φ)"),
        ("-a + b - c", "−a + b − c"),
        ("(-a, b)", "(−a, b)"),
        ("s \\times s", "s × s"),
        ("\\lfloor q/\\Delta q \\rfloor", "⌊q/Δq⌋"),
        ("\\tfrac12", "½"),
        ("\\frac{a}{b}", "a/b"),
        ("\\frac{4\\pi}{\\lambda}", "4π/λ"),
        ("q = \\frac{4\\pi}{\\lambda}\\,\\sin\\theta .", "q = (4π/λ) sin θ."),
        ("\\frac{a + b}{2ld}.", "(a + b)/(2ld)."),
        ("\\arctan\\frac{h}{d}", "arctan(h/d)"),
        ("\\sqrt{x^2+y^2}", "√(x^2 + y^2)"),
        ("\\sqrt{\\frac{a}{b}}", "√(a/b)"),
        ("\\sqrt{n}", "√n"),
        ("\\text{all counts}", "all counts"),
        ("C\\,\\mathrm{diag}(n)\\,C^{T}", "C diag(n) C^T"),
        ("\\operatorname{atan2}(y, x)", "atan2(y, x)"),
        ("a < b", "a &lt; b"),
    ],
)
def test_a_formula_reads_like_its_tex(tex, expected):
    assert plain(tex) == expected


def test_letters_are_slanted_while_names_and_numbers_stand_upright():
    assert formula_html("2\\sin q") == f"2{THIN}sin{THIN}<i>q</i>"


def test_a_displayed_formula_is_broken_where_its_parts_stand_far_apart():
    assert formula_html("a, \\qquad b", displayed=True) == "<i>a</i>,<br/><i>b</i>"
    assert "<br/>" not in formula_html("a, \\qquad b")


def test_an_unknown_command_shows_by_its_name():
    assert formula_html("\\unheardof") == "unheardof"


def test_a_formula_that_is_cut_off_is_shown_as_far_as_it_goes():
    assert formula_text("\\frac{a") == "a/"


def test_the_text_of_a_formula_has_no_tags():
    assert formula_text("I_k < \\sqrt{n}") == "Ik < √n"
