"""Formulas of calibrations, compared with Python's own arithmetic on trees that the test makes."""

import math
import operator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saxsdog.errors import ExpressionError
from saxsdog.expressions import DEEPEST, FUNCTIONS, LONGEST, parse

VALUES = {"exposure_time": 10.0, "monitor": 3.5, "größe": 2.0}
BINARY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": math.pow,
}

leaves = st.one_of(
    st.floats(0, 1e6).map(lambda number: (f"{number:.6e}", float(f"{number:.6e}"))),
    st.sampled_from(list(VALUES.items())),
)


def _applied(function, *arguments):
    """NaN stands for what no formula may come to, and stays."""
    if any(map(math.isnan, arguments)):
        return math.nan
    try:
        return function(*arguments)
    except (ArithmeticError, ValueError):
        return math.nan


def _joined(parts):
    sign, (left, a), (right, b) = parts
    return f"({left} {sign} {right})", _applied(BINARY[sign], a, b)


def _negated(part):
    return f"(-{part[0]})", -part[1]


def _of_function(parts):
    name, (text, number), (other, second) = parts
    arguments = (number, second) if name in ("max", "min") else (number,)
    shown = f"{name}({text}, {other})" if len(arguments) == 2 else f"{name}({text})"
    return shown, _applied(FUNCTIONS[name], *arguments)


trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.tuples(st.sampled_from(sorted(BINARY)), parts, parts).map(_joined),
        parts.map(_negated),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), parts, parts).map(_of_function),
    ),
    max_leaves=8,
)


@given(tree=trees)
def test_a_formula_is_worth_what_python_says(tree):
    text, expected = tree
    if len(text) > LONGEST:
        return
    expression = parse(text)
    if math.isfinite(expected):
        assert expression.value(VALUES) == expected
    else:
        with pytest.raises(ExpressionError):
            expression.value(VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2 ** 2", -4.0),
        ("2 ** 3 ** 2", 512.0),
        ("2 ** -1", 0.5),
        ("8 - 4 - 2", 2.0),
        ("8 / 4 / 2", 1.0),
        ("1 + 2 * 3", 7.0),
        ("--3", 3.0),
        (".5e1 + 1.", 6.0),
        ("Exposure_Time * MONITOR", 35.0),
        ("+".join(["1"] * 500), 500.0),
        ("min(2, max(1, 3))", 2.0),
    ],
)
def test_signs_bind_as_in_mathematics(text, expected):
    assert parse(text).value(VALUES) == expected


@pytest.mark.parametrize("strange", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("text", ["max(1, a)", "1 + 1 / a", "min(a, 1)", "a"])
def test_a_value_that_is_no_number_does_not_hide_in_the_result(text, strange):
    with pytest.raises(ExpressionError, match="expected a finite number for 'a'"):
        parse(text).value({"a": strange, "b": math.nan})


def test_a_formula_says_which_values_it_needs():
    assert parse("b * A / b + sqrt(c) - 1e3").names == ("b", "a", "c")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a number, a name or '(' at character 1 of '', got the end"),
        ("2 *", "a number, a name or '(' at character 4 of '2 *', got the end"),
        ("(1 + 2", "')' at character 7 of '(1 + 2', got the end"),
        ("1 2", "an operator or the end at character 3 of '1 2', got '2'"),
        ("a $ b", "arithmetic with numbers and names, got '$' at character 3"),
        ("open(1)", "one of abs, exp, log, max, min, sqrt before '(' at character 1"),
        ("max(1)", "',' and another number for max at character 6"),
        ("a.b", "got '.' at character 2"),
        ("a[0]", "got '[' at character 2"),
        ("'a'", 'got "\'" at character 1'),
        ("lambda: 1", "got ':' at character 7"),
        ("1 " * LONGEST, f"at most {LONGEST} characters"),
        ("(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1), f"at most {DEEPEST} parentheses"),
        ("-" * (DEEPEST + 1) + "1", f"at most {DEEPEST} parentheses"),
    ],
)
def test_what_is_no_formula_is_told_with_its_place(text, told):
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 / (monitor - 3.5)", "with monitor = 3.5"),
        ("sqrt(-monitor)", "with monitor = 3.5"),
        ("10 ** 400", "nothing but numbers"),
        ("flux * monitor", "expected a value for 'flux', got exposure_time, monitor"),
    ],
)
def test_values_that_give_no_number_are_told(text, told):
    with pytest.raises(ExpressionError) as error:
        parse(text).value(VALUES)
    assert told in str(error.value)


@given(text=st.text(alphabet=st.sampled_from("ab1.e+-*/(), \x00é²\u2028_")) | st.text())
@example(text="²")
@example(text="1e999")
def test_no_text_does_more_than_be_refused(text):
    try:
        value = parse(text).value({"a": 1.0, "b": 2.0})
    except ExpressionError:
        return
    assert math.isfinite(value)
