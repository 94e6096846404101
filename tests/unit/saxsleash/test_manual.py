"""The manual that ships with the package is whole, and can be searched."""

import re
import tomllib
from pathlib import Path

import pytest

from saxsleash.models.manual import START, Manual, manual_folder

ROOT = Path(__file__).parents[3]
NOT_SHIPPED = {"_build", "conf.py", "make_figures.py", "make_reference.py", "make_screenshots.py"}
MANUAL = Manual()
CODE = re.compile(r"<pre>.*?</pre>|<code>.*?</code>", re.DOTALL)


def names_below(entry):
    yield entry.name
    for child in entry.children:
        yield from names_below(child)


def test_in_a_checkout_the_manual_is_that_of_the_checkout():
    assert manual_folder() == ROOT / "docs"


def test_every_page_stands_once_in_the_contents():
    assert sorted(names_below(MANUAL.contents())) == sorted(MANUAL.names)


@pytest.mark.parametrize("name", MANUAL.names)
def test_nothing_that_only_sphinx_understands_remains(name):
    shown = CODE.sub("", MANUAL.page(name).html)
    assert not re.search(r"[{}\\]|```|:::|\]\(|<!--|:\w+:`", shown)
    assert "$" not in shown.replace("$SAXSDOG_NETWORK", "")


@pytest.mark.parametrize("name", MANUAL.names)
def test_every_link_leads_somewhere(name):
    for link in MANUAL.page(name).links:
        if not link.startswith("manual:"):
            assert link.startswith(("https://", "http://", "mailto:"))
            continue
        target, _, anchor = link.removeprefix("manual:").partition("#")
        if target in MANUAL.names:
            anchors = [heading.anchor for heading in MANUAL.page(target).headings]
            assert not anchor or anchor in anchors, link
        else:
            assert MANUAL.file(target), link


@pytest.mark.parametrize("name", MANUAL.names)
def test_every_page_has_a_title_and_words(name):
    page = MANUAL.page(name)
    assert page.title == MANUAL.title(name) != name
    assert page.title in page.html.replace("<code>", "").replace("</code>", "")
    assert page.html


def test_the_wheel_has_all_of_the_manual():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    shipped = {path.removeprefix("docs/"): to for path, to in included.items() if "docs/" in path}
    there = {path.name for path in (ROOT / "docs").iterdir() if path.name[0] not in ".~"}
    assert set(shipped) == there - NOT_SHIPPED - {"__pycache__"}
    assert all(to == f"saxsleash/manual/{name}" for name, to in shipped.items())


def test_a_search_needs_all_words_and_ignores_their_case():
    hits = MANUAL.search("POLARIZATION fraction")
    assert hits
    for hit in hits:
        text = MANUAL.page(hit.name).text.casefold()
        assert "polarization" in text
        assert "fraction" in text


def test_a_page_with_the_words_in_its_title_comes_first():
    assert MANUAL.search("geometry")[0].name == "explanation/geometry"


def test_a_hit_shows_the_text_around_it():
    hit = next(hit for hit in MANUAL.search("lamellar") if hit.name == "explanation/geometry")
    assert "lamellar" in hit.snippet
    assert len(hit.snippet) < 130


def test_a_search_for_nothing_finds_nothing():
    assert MANUAL.search("  ") == []
    assert MANUAL.search("xyzzy") == []


def test_a_page_that_is_not_there_says_so():
    assert "no page <code>nowhere</code>" in MANUAL.page("nowhere").html


def test_nothing_outside_the_manual_can_be_reached():
    assert MANUAL.file("figures/queue.svg")
    assert MANUAL.file("../pyproject.toml") is None
    assert MANUAL.file("/etc/hostname") is None
    assert MANUAL.file("figures") is None


def test_a_folder_without_a_manual_says_so(tmp_path):
    manual = Manual(tmp_path)
    assert "No such page" in manual.page(START).html
    assert manual.contents().children == ()


def test_pages_that_list_each_other_end(tmp_path):
    (tmp_path / "index.md").write_text("# A\n\n```{toctree}\nb\n```\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# B\n\n```{toctree}\nindex\nb\n```\n", encoding="utf-8")
    assert list(names_below(Manual(tmp_path).contents())) == ["index", "b"]
