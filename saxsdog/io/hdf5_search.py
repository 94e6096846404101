"""Which datasets of an HDF5 file hold its images, without a step out of the file.

A link may name any file that this process can read, and so may a virtual dataset or one with
external storage. They are recognised and told, never followed: what the library opens for us is
only ever a hard link. NeXus: https://manual.nexusformat.org.
"""

import re
from collections import deque
from typing import Any

import numpy as np
from h5py import h5a, h5d, h5g, h5l, h5o, h5t

from saxsdog.errors import FrameError
from saxsdog.reasons import Reason

USUAL_PLACE = b"entry/data/data"
NUMBERED_PLACE = b"entry/data"
DETECTOR_PLACE = b"entry/instrument/detector/data"
NUMBERED = re.compile(rb"data_(\d{1,9})")
"""Eigers put so many images into a dataset and go on in the next."""

MAX_OBJECTS = 10_000
"""Links that are looked at where no usual place has images."""

MAX_STEPS = 32
"""Soft links or ``@default`` attributes one after the other; more are a circle."""

MAX_NAMES = 3
"""Other files in a message."""

MAX_SOURCES = 1000
"""Other files of a virtual dataset that are looked at."""


class Elsewhere:
    """Other files, which hold what this one only mentions."""

    def __init__(self, *names: bytes | str) -> None:
        self.names: dict[str, None] = {}
        self.add(*names)

    def add(self, *names: bytes | str) -> None:
        for name in names:
            text = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
            self.names.setdefault(text)

    def join(self, other: "Elsewhere") -> None:
        self.add(*other.names)

    def __bool__(self) -> bool:
        return bool(self.names)

    def error(self) -> FrameError:
        named = ", ".join(list(self.names)[:MAX_NAMES])
        more = len(self.names) - MAX_NAMES
        others = f" and {more} more" if more > 0 else ""
        return FrameError(
            f"expected images in the file itself, they are in {named}{others}: integrate those",
            Reason.IMAGES_ELSEWHERE,
        )


def find_images(root: h5g.GroupID) -> list[h5d.DatasetID]:
    """Find the datasets that hold the images, in the order of the images.

    The first of these that is there: what ``@default`` and ``@signal`` of NeXus name;
    ``/entry/data/data``; ``/entry/data/data_*``, one after the other;
    ``/entry/instrument/detector/data``; the largest dataset of numbers with two or more dimensions
    that a bounded search finds.

    Raises
    ------
    FrameError
        If there is none, or the images are in other files.
    """
    usual = (_images_at(root, USUAL_PLACE), _numbered(root), _images_at(root, DETECTOR_PLACE))
    for found in (_default(root), *usual):
        if isinstance(found, Elsewhere):
            raise found.error()
        if found:
            return found
    return [_largest(root)]


def follow(root: h5g.GroupID, path: bytes, start: Any = None, steps: int = MAX_STEPS) -> Any:
    """Find an object by its path, inside the file.

    Parameters
    ----------
    root
        Where absolute paths start.
    path
        Names with slashes between them.
    start
        The group where relative paths start, the root if none is given.
    steps
        Soft links that may be followed.

    Returns
    -------
    ObjectID, Elsewhere or None
        ``None`` where there is no such object.
    """
    here = root if start is None or path.startswith(b"/") else start
    names = [name for name in path.split(b"/") if name not in (b"", b".")]
    for i, name in enumerate(names):
        if not isinstance(here, h5g.GroupID) or not here.links.exists(name):
            return None
        kind = here.links.get_info(name).type
        if kind == h5l.TYPE_EXTERNAL:
            return Elsewhere(here.links.get_val(name)[0])
        if kind == h5l.TYPE_SOFT:
            rest = b"/".join([here.links.get_val(name), *names[i + 1 :]])
            return follow(root, rest, here, steps - 1) if steps else None
        if kind != h5l.TYPE_HARD:
            return None
        here = h5o.open(here, name)
    return here


def text_attribute(place: Any, name: bytes) -> bytes:
    """Return an attribute that is one text, else nothing."""
    if not h5a.exists(place, name):
        return b""
    attribute = h5a.open(place, name)
    if attribute.shape not in ((), (1,)):
        return b""
    value = np.empty(attribute.shape, attribute.dtype)
    attribute.read(value)
    text = value.reshape(-1)[0]
    if isinstance(text, str):
        return text.encode()
    return bytes(text) if isinstance(text, bytes) else b""


def is_images(dataset: Any) -> bool:
    """Whether an object is a dataset of real numbers with two dimensions or more."""
    if not isinstance(dataset, h5d.DatasetID) or dataset.rank < 2:
        return False
    kind = dataset.get_type().get_class()  # a bool is an enumeration
    return kind in (h5t.INTEGER, h5t.FLOAT) or (kind == h5t.ENUM and dataset.dtype.kind == "b")


def has_own_numbers(dataset: h5d.DatasetID) -> bool:
    """Whether the numbers of a dataset lie in its own file."""
    return _sources(dataset) is None


def _sources(dataset: h5d.DatasetID) -> Elsewhere | None:
    """Files outside that a dataset takes its numbers from, ``None`` where it has its own.

    Asked ahead of all else: to tell the shape of a virtual dataset, the library opens its sources.
    """
    properties = dataset.get_create_plist()
    if properties.get_layout() == h5d.VIRTUAL:
        n_sources = min(properties.get_virtual_count(), MAX_SOURCES)
        names = (properties.get_virtual_filename(i) for i in range(n_sources))
        return Elsewhere(*(name for name in names if name != "."))
    n_files = min(properties.get_external_count(), MAX_SOURCES)
    return Elsewhere(*(properties.get_external(i)[0] for i in range(n_files))) if n_files else None


def _checked(found: Any) -> list[h5d.DatasetID] | Elsewhere | None:
    if isinstance(found, Elsewhere):
        return found
    if not isinstance(found, h5d.DatasetID):
        return None
    sources = _sources(found)
    if sources is not None:  # a virtual dataset of parts of this very file leaves it to them
        return sources or None
    return [found] if is_images(found) else None


def _images_at(root: h5g.GroupID, path: bytes) -> list[h5d.DatasetID] | Elsewhere | None:
    return _checked(follow(root, path))


def _default(root: h5g.GroupID) -> list[h5d.DatasetID] | Elsewhere | None:
    here = root
    for _ in range(MAX_STEPS):
        if signal := text_attribute(here, b"signal"):
            return _checked(follow(root, signal, here))
        if not (name := text_attribute(here, b"default")):
            return None
        found = follow(root, name, here)
        if not isinstance(found, h5g.GroupID):
            return _checked(found)
        here = found
    return None


def _numbered(root: h5g.GroupID) -> list[h5d.DatasetID] | Elsewhere | None:
    group = follow(root, NUMBERED_PLACE)
    if not isinstance(group, h5g.GroupID):
        return group if isinstance(group, Elsewhere) else None
    names = [name for name, _ in _links(group) if NUMBERED.fullmatch(name)]
    datasets, elsewhere = [], Elsewhere()
    for name in sorted(names, key=lambda name: int(name[len(b"data_") :])):
        found = _checked(follow(root, name, group))
        if isinstance(found, Elsewhere):
            elsewhere.join(found)
        else:
            datasets += found or []
    return datasets or elsewhere or None


def _largest(root: h5g.GroupID) -> h5d.DatasetID:
    """Search the groups level by level, by hard links, each object once."""
    elsewhere = Elsewhere()
    candidates = []
    groups, seen = deque([root]), {h5o.get_info(root).addr}
    n_links = 0
    while groups and n_links < MAX_OBJECTS:
        group = groups.popleft()
        for name, kind in _links(group):
            n_links += 1
            if kind == h5l.TYPE_EXTERNAL:
                elsewhere.add(group.links.get_val(name)[0])
            if kind != h5l.TYPE_HARD:
                continue
            found = h5o.open(group, name)
            if (address := h5o.get_info(found).addr) in seen:
                continue
            seen.add(address)
            if isinstance(found, h5g.GroupID):
                groups.append(found)
            elif isinstance(images := _checked(found), Elsewhere):
                elsewhere.join(images)
            else:
                candidates += images or []
    if elsewhere:  # what is flat is a mask or a flat field of the images that are elsewhere
        candidates = [dataset for dataset in candidates if dataset.rank > 2]
    if candidates:
        return max(candidates, key=lambda dataset: _n_numbers(dataset.shape))
    if elsewhere:
        raise elsewhere.error()
    raise FrameError(
        "expected a dataset of numbers with two dimensions or more, the HDF5 file has none",
        Reason.NOT_AN_IMAGE,
    )


def _n_numbers(shape: tuple[int, ...]) -> int:
    product = 1
    for length in shape:
        product *= int(length)
    return product


def _links(group: h5g.GroupID) -> list[tuple[bytes, int]]:
    """Names and kinds of the links of a group, not endlessly many."""
    links: list[tuple[bytes, int]] = []

    def note(name: bytes, info: Any) -> bool | None:
        links.append((name, info.type))
        return True if len(links) >= MAX_OBJECTS else None

    group.links.iterate(note, info=True)
    return links
