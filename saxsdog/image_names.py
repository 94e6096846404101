"""Names of images in files that hold several: ``x.h5::17`` is the image with index 17 of ``x.h5``.

A file that holds one image is an image under its own name. The names are paths as others are, with
the folder of the file, so that queue, journal and owners of curves need not know the difference.
"""

import re
from pathlib import Path

SEPARATOR = "::"

MOST_IMAGES = 1_000_000
"""Images of one file; a larger claim is no true one, and would fill the disk of a journal."""

_PAGE = re.compile(r"(.*[^/\\])::(0|[1-9][0-9]{0,8})", re.DOTALL)
"""ASCII digits without zeros in front, so that every image has one name; at most nine of them."""

_DIGITS = 5
"""Of a number in the name of a curve at least: curves stand in order in every listing."""


def join(file: str, page: int) -> str:
    """Return the name of an image of a file, counted from 0."""
    return f"{file}{SEPARATOR}{page}"


def split(name: str) -> tuple[str, int | None]:
    """Return the file of an image, and which of its images that is; ``None``: the only one."""
    if SEPARATOR not in name:  # nearly always
        return name, None
    found = _PAGE.fullmatch(name)
    return (name, None) if found is None else (found[1], int(found[2]))


def file_of(image: Path) -> Path:
    """Return the file that an image lies in."""
    file, page = split(image.name)
    return image if page is None else image.with_name(file)


def stem_of(image: Path) -> str:
    """Return how the names of the curves of an image begin: ``x_00017`` for ``x.h5::17``."""
    file, page = split(image.name)
    return image.stem if page is None else f"{Path(file).stem}_{page:0{_DIGITS}d}"


def full_stem_of(image: Path) -> str:
    """Return the same with the suffix of the file, for images that differ in nothing else."""
    file, page = split(image.name)
    return file if page is None else f"{file}_{page:0{_DIGITS}d}"
