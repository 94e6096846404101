"""What a calibration may say of scale and background."""

import pytest

from saxsdog.scale_settings import normalization_of, scale_problems

CONSTANT = {"Name": "t", "Value": 0.5}


def said_of(**sections):
    return [str(problem) for problem in scale_problems(sections)]


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (
            {"Normalization": {"DivideBy": "2 *"}},
            ["Normalization.DivideBy: expected a number, a name or '(' at character 4 of '2 *', "
             "got the end"],
        ),
        (
            {"Normalization": {"DivideBy": "f(1)"}, "Background": {"Scale": "a b"}},
            ["Normalization.DivideBy: expected one of abs, exp, log, max, min, sqrt before '(' at "
             "character 1 of 'f(1)', got 'f'",
             "Background.Scale: expected an operator or the end at character 3 of 'a b', got 'b'"],
        ),
        (
            {"Normalization": {"Constants": [CONSTANT, {"Name": "T", "Value": 2}]}},
            ["Normalization.Constants[1].Name: expected another than "
             "Normalization.Constants[0].Name, whatever the case, got 'T'"],
        ),
        ({"Normalization": {"Constants": [CONSTANT]}, "Background": {}}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_what_the_schema_cannot_see_is_named(sections, said):
    assert said_of(**sections) == said


def test_names_of_constants_are_in_lower_case():
    section = {"Constants": [{"Name": "Ring_Current", "Value": 2}], "ScaleFactor": 1, "Unit": ""}
    assert normalization_of(section).constants == {"ring_current": 2.0}
    assert normalization_of(None) is None
