"""Formulas of the manual, written in TeX, as a line of text with italics, indices and powers.

Only the TeX that the manual uses is known. A command that is not shows by its name, so that
nothing is lost without notice.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

_PART = re.compile(r"\\[A-Za-z]+|\\.|\S", re.DOTALL)

_THIN = "\u202f"
"""A narrow space at which no line breaks."""

_WIDE = "\u2003"


class _Kind(Enum):
    """What stands on a line, as far as the space around it depends on it."""

    ORDINARY = auto()
    FRACTION = auto()
    FUNCTION = auto()
    BINARY = auto()
    RELATION = auto()
    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    SPACE = auto()
    NEW_LINE = auto()


@dataclass(frozen=True)
class _Atom:
    kind: _Kind
    html: str


_LETTERS = {
    "alpha": "α", "chi": "χ", "lambda": "λ", "phi": "ϕ", "pi": "π", "psi": "ψ", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "theta": "θ", "varphi": "φ", "mu": "μ", "beta": "β", "gamma": "γ",
    "delta": "δ", "epsilon": "ε", "eta": "η", "kappa": "κ", "nu": "ν", "omega": "ω", "xi": "ξ",
}  # fmt: skip
_SIGNS = {
    "Delta": (_Kind.ORDINARY, "Δ"),
    "Sigma": (_Kind.ORDINARY, "Σ"),
    "Omega": (_Kind.ORDINARY, "Ω"),
    "infty": (_Kind.ORDINARY, "∞"),
    "circ": (_Kind.ORDINARY, "°"),
    "sum": (_Kind.FUNCTION, "∑"),
    "int": (_Kind.FUNCTION, "∫"),
    "prod": (_Kind.FUNCTION, "∏"),
    "cdot": (_Kind.BINARY, "·"),
    "times": (_Kind.BINARY, "×"),
    "pm": (_Kind.BINARY, "±"),
    "approx": (_Kind.RELATION, "≈"),
    "le": (_Kind.RELATION, "≤"),
    "leq": (_Kind.RELATION, "≤"),
    "ge": (_Kind.RELATION, "≥"),
    "geq": (_Kind.RELATION, "≥"),
    "ne": (_Kind.RELATION, "≠"),
    "neq": (_Kind.RELATION, "≠"),
    "in": (_Kind.RELATION, "∈"),
    "to": (_Kind.RELATION, "→"),
    "propto": (_Kind.RELATION, "∝"),
    "Longrightarrow": (_Kind.RELATION, "⟹"),
    "Rightarrow": (_Kind.RELATION, "⇒"),
    "lfloor": (_Kind.OPEN, "⌊"),
    "rfloor": (_Kind.CLOSE, "⌋"),
    "langle": (_Kind.OPEN, "⟨"),
    "rangle": (_Kind.CLOSE, "⟩"),
    "quad": (_Kind.SPACE, _WIDE),
    "qquad": (_Kind.NEW_LINE, ""),
}
_CHARACTERS = {
    "+": (_Kind.BINARY, "+"),
    "-": (_Kind.BINARY, "−"),
    "=": (_Kind.RELATION, "="),
    "<": (_Kind.RELATION, "&lt;"),
    ">": (_Kind.RELATION, "&gt;"),
    "(": (_Kind.OPEN, "("),
    "[": (_Kind.OPEN, "["),
    ")": (_Kind.CLOSE, ")"),
    "]": (_Kind.CLOSE, "]"),
    ",": (_Kind.COMMA, ","),
    "'": (_Kind.ORDINARY, "′"),
}
_SPACES = {"\\,": _THIN, "\\;": _WIDE, "\\:": _THIN, "\\ ": _THIN, "\\!": ""}
_FUNCTIONS = frozenset(
    ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "exp", "ln", "log", "max", "min")
)
_UPRIGHT = frozenset(("\\operatorname", "\\mathrm", "\\text"))
_HALF = "½"


def formula_html(tex: str, *, displayed: bool = False) -> str:
    r"""Translate a formula into HTML that a text browser can show.

    A formula that is ``displayed`` on lines of its own is broken at each ``\qquad``.
    """
    tex = tex.strip()
    formula = tex.rstrip(" .,")
    lines: list[list[_Atom]] = [[]]
    for atom in _atoms(_Parts(formula)):
        if displayed and atom.kind is _Kind.NEW_LINE:
            lines.append([])
        else:
            lines[-1].append(atom)
    end = tex[len(formula) :].strip()
    return "<br/>".join(_joined(line) for line in lines) + end


def formula_text(tex: str) -> str:
    """Translate a formula into plain text, for a search."""
    return html.unescape(re.sub(r"<[^>]*>", "", formula_html(tex)))


class _Parts:
    """The commands and characters of a formula, read one after the other."""

    def __init__(self, tex: str) -> None:
        self._tex = tex
        self._at = 0

    def next(self) -> str:
        """Take the next command or character; empty at the end."""
        match = _PART.search(self._tex, self._at)
        self._at = match.end() if match else len(self._tex)
        return match[0] if match else ""

    def argument(self) -> str:
        """Take what stands in the next braces, or a single part without them."""
        first = self.next()
        return self.group() if first == "{" else first

    def group(self) -> str:
        """Take the rest of a group whose first brace was taken already."""
        start, depth = self._at, 1
        while depth and (part := self.next()):
            depth += {"{": 1, "}": -1}.get(part, 0)
        return self._tex[start : self._at if depth else self._at - 1]


def _atoms(parts: _Parts) -> Iterator[_Atom]:
    """Read atoms, each with its indices and powers."""
    held: _Atom | None = None
    while part := parts.next():
        if part in "_^":
            base = held or _Atom(_Kind.ORDINARY, "")
            held = replace(base, html=base.html + _script(part, parts.argument()))
        elif atom := _atom(part, parts):
            if held:
                yield held
            held = atom
    if held:
        yield held


def _script(part: str, tex: str) -> str:
    if tex == "\\circ":
        return "°"
    tag = "sub" if part == "_" else "sup"
    return f"<{tag}>{''.join(atom.html for atom in _atoms(_Parts(tex)))}</{tag}>"


def _atom(part: str, parts: _Parts) -> _Atom | None:
    name = part[1:]
    if part in ("\\left", "\\right"):
        return None  # brackets of text have one size
    if part in _SPACES:
        return _Atom(_Kind.SPACE, _SPACES[part])
    if part in ("\\frac", "\\tfrac", "\\dfrac"):
        return _fraction(parts.argument(), parts.argument())
    if part == "\\sqrt":
        return _Atom(_Kind.ORDINARY, "√" + _bracketed(parts.argument(), whole=True))
    if part in _UPRIGHT:
        kind = _Kind.FUNCTION if part == "\\operatorname" else _Kind.ORDINARY
        return _Atom(kind, html.escape(parts.argument(), quote=False))
    if part == "{":
        return _Atom(_Kind.ORDINARY, formula_html(parts.group()))
    if part.startswith("\\"):
        return _named(name)
    if part in _CHARACTERS:
        return _Atom(*_CHARACTERS[part])
    return _Atom(_Kind.ORDINARY, f"<i>{part}</i>" if part.isalpha() else part)


def _named(name: str) -> _Atom:
    if name in _LETTERS:
        return _Atom(_Kind.ORDINARY, f"<i>{_LETTERS[name]}</i>")
    if name in _FUNCTIONS:
        return _Atom(_Kind.FUNCTION, name)
    return _Atom(*_SIGNS.get(name, (_Kind.ORDINARY, html.escape(name))))


def _fraction(above: str, below: str) -> _Atom:
    if (above, below) == ("1", "2"):
        return _Atom(_Kind.ORDINARY, _HALF)
    return _Atom(_Kind.FRACTION, f"{_bracketed(above)}/{_bracketed(below, whole=True)}")


def _bracketed(tex: str, *, whole: bool = False) -> str:
    """Translate a part of a fraction or a root, in brackets unless it is clear without them.

    ``whole`` tells that a product needs them too.
    """
    atoms = list(_atoms(_Parts(tex)))
    solid = [atom for atom in atoms if atom.kind is not _Kind.SPACE]
    alone = len(solid) == 1 and solid[0].kind is _Kind.ORDINARY
    product = all(atom.kind is _Kind.ORDINARY for atom in solid) and "/" not in tex
    words = tex.startswith("\\text")
    line = _joined(atoms)
    clear = not solid or (alone and not words) or (product and not whole and not words)
    return line if clear else f"({line})"


def _joined(atoms: list[_Atom]) -> str:
    """Put atoms on a line, with the spaces that make it readable."""
    line = ""
    before: _Atom | None = None
    for i, atom in enumerate(atoms):
        after = next((one for one in atoms[i + 1 :] if one.kind is not _Kind.SPACE), None)
        shown = atom.html
        if atom.kind is _Kind.FRACTION and (_clings(before) or _clings(after)):
            shown = f"({shown})"
        if atom.kind is _Kind.SPACE or atom.kind is _Kind.NEW_LINE:
            line += shown or (_WIDE if atom.kind is _Kind.NEW_LINE else "")
            continue
        line += _space(before, atom, shown) + shown
        before = _without_sign(before, atom)
    line = re.sub(rf"[ {_THIN}]*({_WIDE}| )[ {_THIN}{_WIDE}]*", r"\1", line)
    return re.sub(f"{_THIN}+", _THIN, line).strip()


def _clings(neighbour: _Atom | None) -> bool:
    """Tell whether a fraction beside something would be read as a part of it."""
    return neighbour is not None and neighbour.kind in (
        _Kind.ORDINARY,
        _Kind.FRACTION,
        _Kind.FUNCTION,
        _Kind.OPEN,
    )


def _space(before: _Atom | None, atom: _Atom, shown: str) -> str:
    if before is None:
        return ""
    if _Kind.RELATION in (before.kind, atom.kind):
        return " "
    if atom.kind is _Kind.BINARY:
        return "" if _is_sign(before) else " "
    if before.kind in (_Kind.BINARY, _Kind.COMMA):
        return " "
    if atom.kind is _Kind.FUNCTION:
        return "" if before.kind is _Kind.OPEN else _THIN
    if before.kind is _Kind.FUNCTION and atom.kind in (_Kind.ORDINARY, _Kind.FRACTION):
        return "" if shown.startswith("(") and not before.html.endswith(">") else _THIN
    return ""


def _is_sign(before: _Atom | None) -> bool:
    """Tell whether a plus or minus after this is a sign, not a sum."""
    return before is None or before.kind in (_Kind.OPEN, _Kind.RELATION, _Kind.COMMA)


def _without_sign(before: _Atom | None, atom: _Atom) -> _Atom:
    """Return what comes next to the following atom: a sign clings to its number."""
    if atom.kind is _Kind.BINARY and _is_sign(before):
        return replace(atom, kind=_Kind.OPEN)
    return atom
