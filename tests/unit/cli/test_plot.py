"""What a picture of curves says of them."""

import json

import matplotlib as mpl
import pytest

from saxsdog.cli.plot import run

Q_LABEL = "Scattering Vector  q [$nm^{-1}$]"
ROWS = "0.1\t5.0\t0.5\n0.2\t3.0\t0.3\n"


@pytest.fixture
def text_of(tmp_path):
    """Return a function that draws files, and returns the words in the picture."""

    def draw(*words):
        with mpl.rc_context({"svg.fonttype": "none"}):
            assert run([*map(str, words), "-o", str(tmp_path / "p.svg")]) == 0
        return (tmp_path / "p.svg").read_text(encoding="utf-8")

    return draw


def curve(path, label):
    labels = json.dumps([Q_LABEL, label, "Error Margin"])
    path.write_text(f"{{}}\n{{}}\n{labels}\n 2\n{ROWS}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("label", "axis"),
    [
        ("Intensity (Count/Pixel)", "intensity / (counts/pixel)"),
        ("Intensity (1/cm)", "intensity / cm⁻¹"),
        ("Intensity (a.u.)", "intensity / a.u."),
    ],
)
def test_the_axis_says_the_unit_of_the_file(tmp_path, text_of, label, axis):
    text = text_of(curve(tmp_path / "a.chi", label), curve(tmp_path / "b.chi", label))
    assert f">{axis}<" in text
    assert ">a<" in text


def test_curves_of_different_units_are_named_with_theirs(tmp_path, text_of):
    one = curve(tmp_path / "a.chi", "Intensity (Count/Pixel)")
    other = curve(tmp_path / "b.chi", "Intensity (1/cm)")
    text = text_of(one, other, "--compare")
    for words in ("intensity, in different units", "a [counts/pixel]", "b [cm⁻¹]"):
        assert f">{words}<" in text
    assert "in different units" in text.replace("intensity, in different units", "")
