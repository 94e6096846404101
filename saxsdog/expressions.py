"""Arithmetic that a calibration may ask for: numbers, names, and nothing else.

The language is the usual one: ``+ - * / **``, parentheses, and a few functions of one or two
numbers. There are no attributes, no calls of anything else and no loops, so a text from outside can
compute a wrong number at worst.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from saxsdog.errors import ExpressionError

LONGEST = 1000
"""Characters of an expression."""

DEEPEST = 50
"""Parentheses, signs and powers in each other."""

Values = Mapping[str, float]

FUNCTIONS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "abs": abs,
        "exp": math.exp,
        "log": math.log,
        "max": max,
        "min": min,
        "sqrt": math.sqrt,
    }
)
_PAIRS = ("max", "min")
"""Functions of two numbers; the others take one."""


@dataclass(frozen=True)
class _Call:
    """Take numbers from the stack, and put one back."""

    function: Callable[..., float]
    n_arguments: int = 2


_Step = float | str | _Call
"""A number, the name of a value, or what is done with those before it."""

_OPERATORS = MappingProxyType(
    {
        "+": _Call(operator.add),
        "-": _Call(operator.sub),
        "*": _Call(operator.mul),
        "/": _Call(operator.truediv),
        "**": _Call(math.pow),
    }
)
_NEGATE = _Call(operator.neg, 1)

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:[eE][+-]?\d{1,3})?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/(),]))"
)


@dataclass(frozen=True)
class Expression:
    """A formula that was understood.

    Attributes
    ----------
    text
        As it was written.
    names
        Of the values that it needs, in lower case and in the order of the text.
    """

    text: str
    names: tuple[str, ...]
    _steps: tuple["_Step", ...] = field(repr=False)

    def value(self, values: Values) -> float:
        """Compute the number.

        Parameters
        ----------
        values
            By their names in lower case; may have more than is needed.

        Raises
        ------
        ExpressionError
            If a value is missing, or it or the result is no finite number; names the value.
        """
        if missing := [name for name in self.names if name not in values]:
            raise ExpressionError(
                f"{self.text!r}: expected a value for {missing[0]!r}, "
                f"got {', '.join(values) or 'none at all'}"
            )
        # The larger of 1 and NaN may be 1: what is not known must not come through.
        if strange := [name for name in self.names if not math.isfinite(values[name])]:
            raise ExpressionError(
                f"{self.text!r}: expected a finite number for {strange[0]!r}, "
                f"got {values[strange[0]]}"
            )
        try:
            result = self._computed(values)
        except (ArithmeticError, ValueError) as error:
            raise ExpressionError(
                f"{self.text!r}: expected a number, got none ({error}) with {self._shown(values)}"
            ) from error
        if not math.isfinite(result):
            raise ExpressionError(
                f"{self.text!r}: expected a finite number, got {result} with {self._shown(values)}"
            )
        return result

    def _computed(self, values: Values) -> float:
        stack: list[float] = []
        for step in self._steps:
            if isinstance(step, str):
                stack.append(float(values[step]))
            elif isinstance(step, float):
                stack.append(step)
            else:
                arguments = [stack.pop() for _ in range(step.n_arguments)]
                stack.append(float(step.function(*reversed(arguments))))
        return stack.pop()

    def _shown(self, values: Values) -> str:
        shown = ", ".join(f"{name} = {values[name]:.6g}" for name in self.names)
        return shown or "nothing but numbers"


def parse(text: str) -> Expression:
    """Understand a formula.

    Names may be of any letters, digits and underscores; upper and lower case are the same.

    Raises
    ------
    ExpressionError
        If it is none: what was expected, what came, and at which character, counted from 1.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"expected at most {LONGEST} characters, got {len(text)}")
    steps = _Parser(text).steps()
    names = [step for step in steps if isinstance(step, str)]
    return Expression(text, tuple(dict.fromkeys(names)), tuple(steps))


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            column = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionError(
                f"expected arithmetic with numbers and names, got {text[column]!r} at character "
                f"{column + 1} of {text!r}"
            )
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind], match.start(kind) + 1)
        at = match.end()


class _Parser:
    """Recursive descent, one method for each strength of binding; notes steps as it goes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [*_tokens(text), _Token("end", "the end", len(text) + 1)]
        self._at = 0
        self._depth = 0
        self._steps: list[_Step] = []

    def steps(self) -> list[_Step]:
        """Read all of the text."""
        self._sum()
        if self._next.kind != "end":
            raise self._unexpected("an operator or the end")
        return self._steps

    def _sum(self) -> None:
        self._product()
        while sign := self._sign("+", "-"):
            self._product()
            self._steps.append(_OPERATORS[sign])

    def _product(self) -> None:
        self._signed()
        while sign := self._sign("*", "/"):
            self._signed()
            self._steps.append(_OPERATORS[sign])

    def _signed(self) -> None:
        """Read a power with signs before it: ``-2 ** 2`` is -4, as in mathematics."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(
                f"expected at most {DEEPEST} parentheses and signs in each other, got more in "
                f"{self._text!r}"
            )
        if self._sign("-"):
            self._signed()
            self._steps.append(_NEGATE)
        elif self._sign("+"):
            self._signed()
        else:
            self._power()
        self._depth -= 1

    def _power(self) -> None:
        self._atom()
        if self._sign("**"):
            self._signed()
            self._steps.append(_OPERATORS["**"])

    def _atom(self) -> None:
        token = self._next
        if token.kind == "number":
            self._at += 1
            self._steps.append(float(token.text))
        elif token.kind == "name":
            self._at += 1
            self._named(token)
        elif self._sign("("):
            self._sum()
            self._close()
        else:
            raise self._unexpected("a number, a name or '('")

    def _named(self, token: _Token) -> None:
        name = token.text.lower()
        if not self._sign("("):
            self._steps.append(name)
            return
        if name not in FUNCTIONS:
            raise self._unexpected(f"one of {', '.join(FUNCTIONS)} before '('", token)
        n_arguments = 2 if name in _PAIRS else 1
        self._sum()
        for _ in range(n_arguments - 1):
            if not self._sign(","):
                raise self._unexpected(f"',' and another number for {name}")
            self._sum()
        self._close()
        self._steps.append(_Call(FUNCTIONS[name], n_arguments))

    def _close(self) -> None:
        if not self._sign(")"):
            raise self._unexpected("')'")

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _sign(self, *wanted: str) -> str:
        """Pass over one of these signs and return it; empty if something else comes."""
        token = self._next
        if token.kind != "sign" or token.text not in wanted:
            return ""
        self._at += 1
        return token.text

    def _unexpected(self, expected: str, token: _Token | None = None) -> ExpressionError:
        token = token or self._next
        got = token.text if token.kind == "end" else repr(token.text)
        return ExpressionError(
            f"expected {expected} at character {token.column} of {self._text!r}, got {got}"
        )
