"""What the manual says of a Python name: its docstring, read from the source without importing it.

An import would cost a second of compiled kernels, and the window knows no sockets.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path

_DIRECTIVE = re.compile(
    r"^\.\. auto(?P<kind>\w+):: (?P<name>[\w.]+)\n(?P<options>(?:[ \t]+.*\n?)*)", re.M
)
_MEMBERS = re.compile(r"^[ \t]*:members:(?P<names>[^:]*)", re.M)
_ROLE = re.compile(r":(?P<role>\w+):`~?(?P<text>[^`]*)`")
_SECTIONS = frozenset(("Parameters", "Attributes", "Returns", "Yields", "Raises", "Notes"))

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Wanted:
    """What a directive of autodoc asks for; no ``members``: none, an empty list: all."""

    kind: str
    name: str
    members: list[str] | None


def describe(directives: str) -> str:
    """Return in Markdown what directives such as ``.. autoclass:: saxsdog.Client`` stand for.

    A name that is not found is shown as a name alone.
    """
    return "\n\n".join(text for wanted in _read(directives) for text in _described(wanted))


def _read(directives: str) -> Iterator[_Wanted]:
    for match in _DIRECTIVE.finditer(directives):
        members = _MEMBERS.search(match["options"])
        names = [name.strip() for name in members["names"].split(",")] if members else None
        yield _Wanted(match["kind"], match["name"], names and [name for name in names if name])


def _described(wanted: _Wanted) -> Iterator[str]:
    if wanted.kind == "module":
        module = _module(wanted.name)
        found = {node.name: node for node in _definitions(module.body if module else ())}
        for name in wanted.members or found:
            if name in found:
                yield from _of_definition(found[name], name, None)
        return
    node = _find(wanted.name)
    if node is None:
        yield f"`{wanted.name}`"
    else:
        yield from _of_definition(node, wanted.name, wanted.members)


def _of_definition(node: Definition, name: str, members: list[str] | None) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        first = next((one for one in _definitions(node.body) if one.name == "__init__"), None)
        arguments = _arguments(first) if first else _fields(node)
        yield f"**class** `{name}({arguments})`"
    else:
        yield f"`{name}({_arguments(node)})`"
    yield _markdown(ast.get_docstring(node) or "")
    if members is None or not isinstance(node, ast.ClassDef):
        return
    public = [one for one in _definitions(node.body) if not one.name.startswith("_")]
    for one in public:
        text = ast.get_docstring(one)
        if text and (not members or one.name in members):
            shown = one.name if _is_property(one) else f"{one.name}({_arguments(one)})"
            yield f"`{shown}`\n: {_indented(_markdown(text))}"


def _is_property(node: Definition) -> bool:
    return any("property" in ast.unparse(one) for one in node.decorator_list)


def _arguments(node: Definition) -> str:
    if isinstance(node, ast.ClassDef):
        return ""
    shown = ast.unparse(node.args)
    return re.sub(r"^(self|cls)(, )?", "", shown)


def _fields(node: ast.ClassDef) -> str:
    """Names of the fields of a dataclass."""
    return ", ".join(
        one.target.id
        for one in node.body
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and not one.target.id.startswith("_")
        and "ClassVar" not in ast.unparse(one.annotation)
    )


def _definitions(body: Iterable[ast.stmt]) -> Iterator[Definition]:
    return (one for one in body if isinstance(one, Definition))


def _find(name: str) -> Definition | None:
    """Find the class or function of a dotted name, also where it is imported from elsewhere."""
    place, _, last = name.rpartition(".")
    module = _module(place) if place else None
    if module is None:
        return None
    for node in ast.walk(module):
        if isinstance(node, Definition) and node.name == last:
            return node
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                if (alias.asname or alias.name) == last:
                    return _find(f"{node.module}.{alias.name}")
    return None


@cache
def _module(name: str) -> ast.Module | None:
    top, *rest = name.split(".")
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*rest)
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return ast.parse(file.read_text(encoding="utf-8"))
    return None


def _markdown(docstring: str) -> str:
    """Turn a docstring, reStructuredText in the style of numpy, into Markdown."""
    text = re.sub(r"``([^`]*)``", r"`\1`", cleandoc(docstring))
    text = _ROLE.sub(_of_role, text)
    text = re.sub(r"^\.\. math:: *(.*)$", r"$$\n\1\n$$", text, flags=re.M)
    lines = text.splitlines()
    shown: list[str] = []
    entries = False
    for i, line in enumerate(lines):
        below = lines[i + 1] if i + 1 < len(lines) else ""
        if line in _SECTIONS and set(below) == {"-"}:
            entries = line != "Notes"
            shown += ["", f"*{line}*", ""]
        elif set(line) == {"-"}:
            continue
        elif entries and line.startswith("    "):
            first = shown[-1].startswith("`")
            shown.append(f"{': ' if first else '  '}{line.strip()}")
        elif entries and line:
            shown += ["", ", ".join(f"`{name}`" for name in line.split(", "))]
        else:
            shown.append(line)
    return "\n".join(shown).strip()


def _of_role(match: re.Match[str]) -> str:
    text = match["text"]
    if match["role"] == "math":
        return f"${text}$"
    return f"`{text.rpartition('.')[2]}`"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
