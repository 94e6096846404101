"""Turn a page of the manual, written for Sphinx, into HTML that a text browser can show.

The Markdown is parsed by the parser that Sphinx uses too. What follows here is what Sphinx itself
would do with directives, roles and links.
"""

import html
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from saxsleash.models.manual_docstrings import describe
from saxsleash.models.manual_formulas import formula_html, formula_text
from saxsleash.models.manual_html import (
    Renderer,
    box,
    code_box,
    displayed,
    html_token,
    link,
    plain,
    prepare,
    use_for_text_browser,
)

SCHEME = "manual"
"""Of the addresses by which pages, their headings and their pictures name each other."""

_DEEPEST_ANCHOR = 3
"""Headings below this level have no address, as in ``conf.py``."""

_DIRECTIVE = re.compile(r"\{(?P<name>[\w-]+)\}\s*(?P<argument>.*)")
_OPTION = re.compile(r":(?P<key>[\w-]+):\s*(?P<value>.*)")
_ROLE_TARGET = re.compile(r"(?P<text>.*?)\s*<(?P<target>[^<>]*)>", re.DOTALL)
_EXTERNAL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_ADMONITIONS = {
    name: name.capitalize()
    for name in ("note", "warning", "tip", "hint", "important", "caution", "danger", "attention")
} | {"seealso": "See also", "admonition": "Note"}


@dataclass(frozen=True)
class Source:
    """A page as it was written.

    Attributes
    ----------
    name
        Path below the manual without its ending, for example ``how-to/run-a-server``.
    markdown
        What stands in the file.
    """

    name: str
    markdown: str


@dataclass(frozen=True)
class Heading:
    """A heading with the anchor by which links reach it."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Page:
    """A page as it is shown.

    Attributes
    ----------
    name
        As that of its source.
    title
        Its first heading.
    html
        What to show; every address in it is whole: of the scheme ``manual``, or external.
    text
        The words of the page, one paragraph a line, to search in.
    headings
        Those that have an anchor.
    links
        All addresses that the page leads to, pictures included.
    """

    name: str
    title: str
    html: str
    text: str
    headings: tuple[Heading, ...]
    links: tuple[str, ...]


def address(name: str, anchor: str = "") -> str:
    """Return the address of a page or a file of the manual."""
    return f"{SCHEME}:{name}#{anchor}" if anchor else f"{SCHEME}:{name}"


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as GitHub and Sphinx make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def title_of(source: Source) -> str:
    """Return the first heading of a page without translating all of it."""
    match = re.search(r"^# +(.*?) *$", source.markdown, re.M)
    return re.sub(r"[`*]", "", match[1]) if match else source.name


def entries_of(source: Source) -> list[str]:
    """Return the names of the pages below a page, in the order of its tables of contents."""
    if "{toctree}" not in source.markdown:
        return []
    return [
        name
        for token in _parser().parse(source.markdown)
        if (directive := _directive(token)) and directive.name == "toctree"
        for name in _listed(directive, source.name)
    ]


def translate(source: Source, title: Callable[[str], str], read: Callable[[str], str]) -> Page:
    """Translate a page.

    Parameters
    ----------
    source
        The page.
    title
        Returns the title of another page by its name.
    read
        Returns the text of another file of the manual by its path.
    """
    return _Translation(source, title, read).page()


@dataclass(frozen=True)
class _Directive:
    name: str
    argument: str
    options: dict[str, str]
    body: str


def _directive(token: Token) -> _Directive | None:
    """Read a fence as a directive, if it is one."""
    match = _DIRECTIVE.match(token.info.strip()) if "fence" in token.type else None
    if match is None:
        return None
    lines = token.content.splitlines()
    options: dict[str, str] = {}
    while lines and (option := _OPTION.fullmatch(lines[0].strip())):
        options[option["key"]] = option["value"]
        lines.pop(0)
    return _Directive(match["name"], match["argument"].strip(), options, "\n".join(lines))


def _listed(toctree: _Directive, name: str) -> Iterator[str]:
    for line in filter(None, map(str.strip, toctree.body.splitlines())):
        titled = _ROLE_TARGET.fullmatch(line)
        yield _resolved(titled["target"] if titled else line, name)


def _resolved(path: str, name: str) -> str:
    """Return a path seen from a page as a path seen from the manual."""
    whole = path.removeprefix("/") if path.startswith("/") else f"{posixpath.dirname(name)}/{path}"
    return posixpath.normpath(whole.lstrip("/")).removesuffix(".md")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", renderer_cls=Renderer).enable("table")
    parser.use(deflist_plugin).use(dollarmath_plugin)
    return use_for_text_browser(parser.use(colon_fence_plugin).use(myst_role_plugin))


class _Translation:
    """The translation of one page, and what it gathers on the way."""

    def __init__(
        self, source: Source, title: Callable[[str], str], read: Callable[[str], str]
    ) -> None:
        self._source = source
        self._title = title
        self._read = read
        self._parser = _parser()
        self._text: list[str] = []
        self._headings: list[Heading] = []
        self._links: list[str] = []

    def page(self) -> Page:
        """Translate all of it."""
        shown = self._render(self._source.markdown)
        return Page(
            self._source.name,
            title_of(self._source),
            shown,
            "\n".join(self._text),
            tuple(self._headings),
            tuple(self._links),
        )

    def _render(self, markdown: str) -> str:
        tokens = list(self._expanded(self._parser.parse(markdown)))
        prepare(tokens)
        rendered: str = self._parser.renderer.render(tokens, self._parser.options, {})
        return rendered

    def _expanded(self, tokens: Sequence[Token]) -> Iterator[Token]:
        """Put in the place of what only Sphinx knows something that the renderer knows."""
        for i, token in enumerate(tokens):
            directive = _directive(token)
            if directive:
                yield html_token(self._of_directive(directive))
            elif token.type == "html_block":
                continue  # comments for whoever edits the page
            elif token.type == "heading_open":
                yield self._with_anchor(token, tokens[i + 1])
            else:
                if token.children:
                    token.children = [self._inline(child) for child in token.children]
                self._remember(token)
                yield token

    def _with_anchor(self, token: Token, inline: Token) -> Token:
        level = int(token.tag[1:])
        text = plain(inline.children or ())
        anchor = anchor_of(text)
        taken = [heading.anchor for heading in self._headings]
        if anchor in taken:
            anchor += f"-{sum(one.text == text for one in self._headings)}"
        if level <= _DEEPEST_ANCHOR:
            self._headings.append(Heading(level, text, anchor))
        token.meta = {"anchor": anchor}
        return token

    def _remember(self, token: Token) -> None:
        if token.type == "inline":
            self._text.append(plain(token.children or ()))
        elif token.type == "math_block":
            self._text.append(formula_text(token.content))
        elif token.type in ("fence", "code_block"):
            self._text += token.content.splitlines()

    def _inline(self, token: Token) -> Token:
        if token.type == "link_open":
            token.attrs["href"] = self._address(str(token.attrs["href"]))
        elif token.type == "image":
            token.attrs["src"] = self._address(str(token.attrs["src"]))
        elif token.type == "myst_role":
            return html_token(self._of_role(token.meta["name"], token.content), inline=True)
        elif token.type == "html_inline":
            return replace(token, content="")
        return token

    def _address(self, target: str) -> str:
        """Return the whole address of a target as it was written on this page."""
        if not _EXTERNAL.match(target):
            path, _, anchor = unquote(target).partition("#")
            name = self._source.name
            target = address(_resolved(path, name) if path else name, anchor)
        self._links.append(target)
        return target

    def _of_role(self, role: str, content: str) -> str:
        titled = _ROLE_TARGET.fullmatch(content)
        text, target = (titled["text"], titled["target"]) if titled else (content, content)
        if role == "math":
            return formula_html(content)
        if role == "term":
            return link(self._address("/glossary"), text)
        if role == "doc":
            name = _resolved(target, self._source.name)
            return link(self._address(target), text if titled else self._title(name))
        if role == "download":
            return link(self._address(target), text)
        if role in ("ref", "numref"):
            return html.escape(text)
        return f"<code>{html.escape(text)}</code>"

    def _of_directive(self, directive: _Directive) -> str:
        name, body = directive.name, directive.body
        if name == "toctree":
            return "" if "hidden" in directive.options else self._contents(directive)
        if name in ("figure", "image"):
            return self._picture(directive)
        if name == "math":
            return displayed(body)
        if name == "eval-rst":
            return self._render(describe(body))
        if name == "literalinclude":
            return self._code(self._read(_resolved(directive.argument, self._source.name)))
        if name in ("code-block", "code", "sourcecode", "literal"):
            return self._code(body)
        if name == "glossary":
            return self._render(_as_definitions(body))
        if name in _ADMONITIONS:
            title = directive.argument if name == "admonition" else _ADMONITIONS[name]
            lead = "" if name == "admonition" else directive.argument
            content = self._render(f"{lead}\n{body}")
            return box(f"<p><b>{html.escape(title)}</b></p>{content}", "note")
        return self._render(body)

    def _contents(self, toctree: _Directive) -> str:
        items = [
            f"<li>{link(self._address(f'/{name}'), self._title(name))}</li>"
            for name in _listed(toctree, self._source.name)
        ]
        return f"<ul>{''.join(items)}</ul>\n"

    def _picture(self, directive: _Directive) -> str:
        source = self._address(directive.argument)
        alt = html.escape(directive.options.get("alt", ""))
        caption = self._render(directive.body)
        return f'<p class="picture"><img src="{source}" alt="{alt}"/></p>\n{caption}'

    def _code(self, text: str) -> str:
        self._text += text.splitlines()
        return code_box(text)


def _as_definitions(glossary: str) -> str:
    """Write the terms of a glossary as a list of definitions."""
    lines: list[str] = []
    for line in glossary.splitlines():
        if line.startswith(" "):
            first = bool(lines) and bool(lines[-1]) and not lines[-1].startswith((":", " "))
            lines.append(f": {line.strip()}" if first else f"  {line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)
