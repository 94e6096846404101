"""Write tokens of Markdown as the HTML that ``QTextDocument`` shows well.

It knows no boxes: one is a table of a single cell.
"""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from saxsleash.models.manual_formulas import formula_html, formula_text

_MANY_COLUMNS = 5
_LONG = 60
"""Characters of a text that is broken into lines anyway."""


def use_for_text_browser(parser: MarkdownIt) -> MarkdownIt:
    """Let a parser, made with :class:`Renderer`, write formulas for a text browser."""
    parser.add_render_rule("math_inline", _inline_formula)  # not those of the plugin
    parser.add_render_rule("math_block", _displayed_formula)
    return parser


class Renderer(RendererHTML):
    """Writes tokens, one kind a method."""

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any
    ) -> str:
        token = tokens[idx]
        return f'<{token.tag}><a name="{token.meta.get("anchor", "")}"></a>'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code_box(tokens[idx].content)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code_box(tokens[idx].content)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        kind = tokens[idx].attrs.get("class", "data")
        return f'<table class="{kind}" border="1" cellspacing="0" cellpadding="5">\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "</table>\n"

    def dt_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "<dt><b>"

    def dt_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "</b></dt>\n"


def prepare(tokens: Sequence[Token]) -> None:
    """Tell the renderer what only a look at the neighbours of a token shows."""
    _set_classes(tokens)
    _set_sizes(tokens)


def _set_classes(tokens: Sequence[Token]) -> None:
    """Tell paragraphs of definitions, and those that hold a picture alone, from others."""
    inside = 0
    for i, token in enumerate(tokens):
        inside += {"dd_open": 1, "dd_close": -1}.get(token.type, 0)
        if token.type == "paragraph_open":
            children = tokens[i + 1].children or []
            if [child.type for child in children] == ["image"]:
                token.attrs["class"] = "picture"
            elif inside:
                token.attrs["class"] = "definition"


def _inline_formula(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any
) -> str:
    return formula_html(tokens[idx].content)


def _displayed_formula(
    renderer: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any
) -> str:
    return displayed(tokens[idx].content)


def _set_sizes(tokens: Sequence[Token]) -> None:
    """Tell tables with many columns, one of them long: only in smaller print has it room."""
    for table in _tables(tokens):
        n_columns = sum(token.type == "th_open" for token in table)
        cells = [plain(token.children or ()) for token in table if token.type == "inline"]
        if n_columns >= _MANY_COLUMNS and max(map(len, cells)) > _LONG:
            table[0].attrs["class"] = "wide"


def _tables(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = 0
    for i, token in enumerate(tokens):
        if token.type == "table_open":
            start = i
        elif token.type == "table_close":
            yield tokens[start:i]


def html_token(text: str, *, inline: bool = False) -> Token:
    """Return a token that is written as it is."""
    return Token("html_inline" if inline else "html_block", "", 0, content=text)


def link(target: str, text: str) -> str:
    """Return a link to an address."""
    return f'<a href="{html.escape(target)}">{html.escape(text)}</a>'


def displayed(tex: str) -> str:
    """Return a formula on lines of its own."""
    return f'<p class="formula">{formula_html(tex, displayed=True)}</p>\n'


def code_box(text: str) -> str:
    """Return text of one width in a box."""
    return box(f"<pre>{html.escape(text.rstrip(), quote=False)}</pre>", "code")


def box(content: str, kind: str) -> str:
    """Return HTML in a box, whose kind the style sheet knows."""
    return (
        f'<table class="{kind}" width="100%" cellspacing="0" cellpadding="8" border="0">'
        f'<tr><td class="{kind}">{content}</td></tr></table>\n'
    )


def plain(tokens: Sequence[Token]) -> str:
    """Return the text of the tokens of a line."""
    parts: list[str] = []
    for token in tokens:
        if token.type == "image" or token.type == "html_inline":
            parts.append(re.sub(r"<[^>]*>", "", token.content))
        elif token.type == "math_inline":
            parts.append(formula_text(token.content))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        else:
            parts.append(token.content)
    return "".join(parts)
