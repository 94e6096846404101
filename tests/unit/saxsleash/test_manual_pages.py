"""What only Sphinx understands is translated; nothing of it remains visible."""

import pytest

from saxsleash.models.manual_pages import Source, anchor_of, entries_of, title_of, translate


def page(markdown, name="how-to/one"):
    return translate(Source(name, markdown), lambda other: f"Title of {other}", lambda path: path)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("two.md", "manual:how-to/two"),
        ("two.md#a-heading", "manual:how-to/two#a-heading"),
        ("../glossary.md", "manual:glossary"),
        ("#here", "manual:how-to/one#here"),
        ("https://example.org/a#b", "https://example.org/a#b"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("../figures/x.svg", "manual:figures/x.svg"),
    ],
)
def test_every_address_is_whole(written, address):
    shown = page(f"[text]({written})")
    assert shown.links == (address,)
    assert f'href="{address}"' in shown.html


def test_a_picture_alone_in_its_paragraph_is_told_from_text():
    shown = page("![What it is](../figures/x.svg)")
    assert '<p class="picture"><img src="manual:figures/x.svg" alt="What it is"' in shown.html
    assert shown.links == ("manual:figures/x.svg",)


def test_headings_have_the_anchors_that_sphinx_gives_them():
    shown = page("# One\n\n## When `stat` says: no!\n\n## One\n\n#### Deep\n")
    assert [heading.anchor for heading in shown.headings] == ["one", "when-stat-says-no", "one-1"]
    assert '<h2><a name="when-stat-says-no"></a>' in shown.html
    assert anchor_of("What is not promised") == "what-is-not-promised"


def test_formulas_are_set_but_dollars_in_code_stay():
    shown = page("Let $q_k$ be\n\n$$\nI_k\n$$\n\nand `[$nm^{-1}$]`, $HOME")
    assert "<i>q</i><sub><i>k</i></sub>" in shown.html
    assert '<p class="formula"><i>I</i>' in shown.html
    assert "<code>[$nm^{-1}$]</code>, $HOME" in shown.html


def test_a_table_of_contents_lists_titles_unless_it_is_hidden():
    tree = "```{toctree}\n:maxdepth: 1\n\ntwo\nNamed <../glossary>\n```\n"
    shown = page(tree)
    assert '<a href="manual:how-to/two">Title of how-to/two</a>' in shown.html
    assert "maxdepth" not in shown.html
    assert page(tree.replace(":maxdepth: 1", ":hidden:")).html.strip() == ""
    assert entries_of(Source("how-to/one", tree)) == ["how-to/two", "glossary"]


def test_an_included_file_is_shown_with_its_text_and_can_be_searched():
    shown = page("```{literalinclude} a.service\n:language: ini\n```\n")
    assert "<pre>how-to/a.service</pre>" in shown.html
    assert "how-to/a.service" in shown.text


def test_a_download_leads_to_its_file():
    shown = page("{download}`the unit <a.service>`")
    assert '<a href="manual:how-to/a.service">the unit</a>' in shown.html


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("{term}`beam centre`", '<a href="manual:glossary">beam centre</a>'),
        ("{doc}`two`", '<a href="manual:how-to/two">Title of how-to/two</a>'),
        ("{doc}`that <../glossary>`", '<a href="manual:glossary">that</a>'),
        ("{ref}`a place <label>`", "a place"),
        ("{math}`q_k`", "<i>q</i><sub><i>k</i></sub>"),
        ("{command}`ls`", "<code>ls</code>"),
    ],
)
def test_a_role_becomes_what_it_stands_for(role, shown):
    assert page(role).html == f"<p>{shown}</p>\n"


def test_notes_and_figures_are_shown_with_their_contents():
    shown = page(":::{note}\nMind the *gap*.\n:::\n\n```{figure} x.png\n:alt: A\n\nCaption\n```\n")
    assert "<b>Note</b>" in shown.html
    assert "Mind the <em>gap</em>" in shown.html
    assert '<img src="manual:how-to/x.png" alt="A"/>' in shown.html
    assert "<p>Caption</p>" in shown.html


def test_an_unknown_directive_shows_its_contents():
    shown = page("```{unheard-of} argument\n:option: 1\n\nText\n```\n")
    assert shown.html == "<p>Text</p>\n"


def test_the_terms_of_a_glossary_are_definitions():
    shown = page(":::{glossary}\narea\n    Number of\n    pixels.\n\nbin\n    A row.\n:::\n")
    assert shown.html.count("<dt>") == shown.html.count("<dd>") == 2
    assert "Number of pixels." in shown.text


def test_comments_and_tags_of_the_source_are_left_out():
    shown = page("<!-- for editors -->\n\n# Title\n\nA <b>tag</b>.\n")
    assert "editors" not in shown.html
    assert "A tag." in shown.html
    assert title_of(Source("x", "<!-- c -->\n# The `title` \n")) == "The title"


def test_code_is_escaped():
    assert "<pre>a &lt; b &amp;&amp; c</pre>" in page("```sh\na < b && c\n```\n").html


def test_a_table_with_many_columns_is_told_from_others():
    head = "| a | b | c | d | e |\n|---|---|---|---|---|\n"
    assert 'class="data"' in page(head + "| 1 | 2 | 3 | 4 | short |\n").html
    assert 'class="wide"' in page(head + f"| 1 | 2 | 3 | 4 | {'long ' * 20} |\n").html
