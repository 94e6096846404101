"""The manual that ships with the package: its pages, their order, and a search in all of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from saxsleash.models.manual_pages import Page, Source, entries_of, title_of, translate

START = "index"
"""The page that everything is reached from."""

SNIPPET = 110
"""Characters of the text around a hit."""

_BEFORE_HIT = 30


@dataclass(frozen=True)
class Entry:
    """A page in the table of contents, with the pages below it."""

    name: str
    title: str
    children: "tuple[Entry, ...]" = ()


@dataclass(frozen=True)
class Hit:
    """A page that has all words of a search.

    Attributes
    ----------
    name, title
        Of the page.
    snippet
        Text around the first place where the words were found.
    n_places
        How often they stand there, together.
    """

    name: str
    title: str
    snippet: str
    n_places: int


def manual_folder() -> Path:
    """Folder of the manual: inside this package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "manual"
    return shipped if shipped.is_dir() else package.parent / "docs"


class Manual:
    """The pages of a folder; each is translated when it is first asked for.

    Only what lies in the folder can be reached through it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or manual_folder()
        self._pages: dict[str, Page] = {}
        self._sources: Mapping[str, Source] = {
            source.name: source for source in _sources(self._folder)
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all pages."""
        return tuple(self._sources)

    def contents(self) -> Entry:
        """Return the start page and, below it, all pages in their order."""
        return self._entry(START, frozenset())

    def title(self, name: str) -> str:
        """Return the title of a page; its name, if there is no such page."""
        source = self._sources.get(name)
        return title_of(source) if source else name

    def page(self, name: str) -> Page:
        """Return a page; one that says so, if there is none of this name."""
        if name not in self._pages:
            source = self._sources.get(name) or _missing(name, self._folder)
            self._pages[name] = translate(source, self.title, self._read)
        return self._pages[name]

    def file(self, path: str) -> Path | None:
        """Return where a picture or another file of the manual lies, if it is there."""
        file = (self._folder / path).resolve()
        inside = file.is_relative_to(self._folder.resolve())
        return file if inside and file.is_file() else None

    def search(self, words: str) -> list[Hit]:
        """Find the pages that have all words, those first that have them in the title or often."""
        wanted = words.casefold().split()
        if not wanted:
            return []
        found = [hit for name in self._sources if (hit := self._hit(name, wanted))]
        return sorted(found, key=lambda hit: (not _in_title(hit, wanted), -hit.n_places))

    def _hit(self, name: str, wanted: list[str]) -> Hit | None:
        page = self.page(name)
        folded = page.text.casefold()
        phrase = " ".join(wanted)
        places = [match.start() for match in re.finditer(re.escape(phrase), folded)]
        if not places:
            counts = [folded.count(word) for word in wanted]
            if not all(counts):
                return None
            # Words that stand apart say less than a phrase; one place for all of them.
            places = [min(folded.find(word) for word in wanted)]
        return Hit(name, page.title, _snippet(page.text, places[0]), len(places))

    def _entry(self, name: str, above: frozenset[str]) -> Entry:
        below = above | {name}
        source = self._sources.get(name)
        names = [one for one in entries_of(source) if one not in below] if source else []
        children = tuple(self._entry(one, below) for one in names if one in self._sources)
        return Entry(name, self.title(name), children)

    def _read(self, path: str) -> str:
        file = self.file(path)
        return file.read_text(encoding="utf-8") if file else f"{path}: not there"


def _sources(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*.md")):
        relative = path.relative_to(folder)
        if not relative.parts[0].startswith(("_", ".")):
            name = relative.with_suffix("").as_posix()
            yield Source(name, path.read_text(encoding="utf-8"))


def _missing(name: str, folder: Path) -> Source:
    text = f"# No such page\n\nThe manual has no page `{name}`. It was looked for in `{folder}`."
    return Source(name, text)


def _snippet(text: str, at: int) -> str:
    """Return the text around a place, from the beginning of a word on."""
    start = max(0, at - _BEFORE_HIT)
    if start:
        start = max(text.find(" ", start, at), text.rfind("\n", start, at), start - 1) + 1
    piece = " ".join(text[start : start + SNIPPET].split())
    return ("… " if start else "") + piece + (" …" if start + SNIPPET < len(text) else "")


def _in_title(hit: Hit, wanted: list[str]) -> bool:
    return all(word in hit.title.casefold() for word in wanted)
