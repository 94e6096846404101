"""Data sets: images that belong together, by where they lie and how their names begin."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from saxsleash.models.file_names import FileNames, Group
from saxsleash.models.newest_rows import NewestRows

MOST_OFFERED = 500
"""Nobody reads a longer list; what is not in it is found by the start of its name."""


class Kind(StrEnum):
    """What the text of a data set means."""

    EVERYTHING = "everything"
    FOLDER = "folder"  # with all that lies below it
    SERIES = "series"  # one folder, one start of names, then a number
    PREFIX = "prefix"  # how a name begins, with the folder if there is a slash in it


@dataclass(frozen=True)
class DataSet:
    """Images that are shown together.

    Attributes
    ----------
    kind, text
        Which ones; the text of a folder ends in a slash, that of a series is a group's start.
    """

    kind: Kind = Kind.EVERYTHING
    text: str = ""

    @classmethod
    def typed(cls, text: str) -> "DataSet":
        """Return what somebody means who types a folder or the start of a name."""
        text = text.strip().removesuffix("*").removesuffix("…")
        if not text:
            return cls()
        return cls(Kind.FOLDER if text.endswith("/") else Kind.PREFIX, text)

    @property
    def label(self) -> str:
        """How it is called in a list."""
        match self.kind:
            case Kind.EVERYTHING:
                return "All images"
            case Kind.FOLDER:
                return self.text
            case Kind.SERIES | Kind.PREFIX:
                return f"{self.text}*"

    def rest_in(self, group: Group) -> str | None:
        """Return how names of a group must go on to be of this set; ``None``: none of them is."""
        match self.kind:
            case Kind.EVERYTHING:
                return ""
            case Kind.FOLDER:
                return "" if group.folder.startswith(self.text) else None
            case Kind.SERIES:
                return "" if group.start == self.text else None
            case Kind.PREFIX:
                start = group.start if "/" in self.text else group.series
                if start.startswith(self.text):
                    return ""
                return self.text[len(start) :] if self.text.startswith(start) else None


@dataclass(frozen=True)
class Offer:
    """A data set that may be chosen, and how many images it has."""

    data_set: DataSet
    count: int


def offers_of(files: FileNames, newest: NewestRows) -> list[Offer]:
    """Find the folders and series in the names of files; each image counts once.

    Everything comes first, then each folder with its series below it. Folders that hold nothing
    but one other folder are left out, and so are those that hold everything and series of a single
    image. If there are too many, the newest are kept.
    """
    again = np.bincount(files.group_of[newest.superseded], minlength=len(files.groups))
    counts = (files.counts() - again).tolist()
    in_folder: Counter[str] = Counter()
    for group, count in zip(files.groups, counts, strict=True):
        for folder in _with_parents(group.folder):
            in_folder[folder] += count
    came, below = _layout(files, counts)
    largest = _largest_children(in_folder)
    found = [Offer(DataSet(), newest.n_images)]
    for folder in sorted(in_folder):
        if largest[folder] < in_folder[folder]:
            if in_folder[folder] < newest.n_images:
                found.append(Offer(DataSet(Kind.FOLDER, folder), in_folder[folder]))
            found += [Offer(DataSet(Kind.SERIES, start), count) for start, count in below[folder]]
    return _newest(found, came)


def _layout(
    files: FileNames, counts: list[int]
) -> tuple[dict[str, int], dict[str, list[tuple[str, int]]]]:
    """Return when folders and series came last, and the series in each folder."""
    came: dict[str, int] = {}
    below: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for index, (group, count) in enumerate(zip(files.groups, counts, strict=True)):
        came[group.start] = index
        came[group.folder] = index
        series = below[group.folder]
        if group.series and count > 1:
            series.append((group.start, count))
    for series in below.values():
        series.sort()
    return came, below


def _newest(offers: list[Offer], came: dict[str, int]) -> list[Offer]:
    if len(offers) <= MOST_OFFERED:
        return offers
    everything, *others = offers
    by_age = sorted(others, key=lambda offer: came.get(offer.data_set.text, 0), reverse=True)
    kept = {offer.data_set for offer in by_age[:MOST_OFFERED]}
    return [everything, *(offer for offer in others if offer.data_set in kept)]


def _with_parents(folder: str) -> list[str]:
    """Return a folder and all above it, but the root of all."""
    parts = folder.split("/")[:-1]
    return ["/".join(parts[: n + 1]) + "/" for n in range(len(parts)) if parts[n]]


def _largest_children(in_folder: Counter[str]) -> Counter[str]:
    """Return for each folder how much lies in that folder in it that holds most."""
    largest: Counter[str] = Counter()
    for folder, count in in_folder.items():
        parent = folder[: folder[:-1].rfind("/") + 1]
        largest[parent] = max(largest[parent], count)
    return largest
