"""Find what a result was made of, by the digests that were noted of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from saxsdog.errors import BundleError, VerificationError
from saxsdog.image_names import file_of, split, stem_of
from saxsdog.provenance.bundle import SUFFIX, Bundle
from saxsdog.provenance.notes import FOLDER, Note, bundle_file
from saxsdog.sources.find import find_images

Digest = Callable[[Path], str]
"""Tells the counts of an image, or raises ``FrameError``."""


@dataclass(frozen=True)
class FoundImage:
    """An image that a result was made of.

    Attributes
    ----------
    path
        Of the image.
    moved
        Whether it was somewhere else.
    changed
        Whether it had other counts.
    """

    path: Path
    moved: bool = False
    changed: bool = False


class Search:
    """Looks where things were, and then in some folders.

    Parameters
    ----------
    folders
        Where images and bundles may be now, with all folders below them.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = folders

    def image(self, note: Note, folder: Path, digest: Digest) -> FoundImage:
        """Find the image of a result: with its counts, else one of its name.

        Parameters
        ----------
        note
            What is known of it.
        folder
            From which its path is seen.
        digest
            Of an image.

        Raises
        ------
        VerificationError
            If it is not there.
        """
        if not note.image:
            return self._by_stem(note.result)
        former = note.image_path(folder)
        others = []
        for place in self._places(former):
            if not file_of(place).exists():
                continue
            if not note.counts or digest(place) == note.counts:
                return FoundImage(place, moved=place != former)
            others.append(place)
        if others and others[0].name == former.name:
            return FoundImage(others[0], moved=others[0] != former, changed=True)
        looked = [str(former), *(f"below {each}" for each in self._folders)]
        raise VerificationError(f"{note.image}: no such image: looked for {', '.join(looked)}")

    def bundle(self, note: Note, results: Path) -> tuple[Bundle, Path]:
        """Find the bundle of a result beside it, or among the zips of the folders.

        Raises
        ------
        VerificationError
            If it is not there.
        BundleError
            If it is damaged.
        """
        beside = bundle_file(results, note.bundle)
        if beside.exists():
            return Bundle.read(beside), beside
        for bundle, path in self.bundles(results):
            if bundle.id == note.bundle:
                return bundle, path
        looked = [str(beside), *(f"below {each}" for each in self._folders)]
        raise VerificationError(
            f"{note.result}: its bundle {note.bundle} is not there: looked for {', '.join(looked)}"
        )

    def bundles(self, results: Path) -> Iterator[tuple[Bundle, Path]]:
        """Yield the bundles beside the results of a folder, and those of the folders."""
        beside = sorted((results / FOLDER).glob(f"*{SUFFIX}"))
        for path in [*beside, *self._below(f"*{SUFFIX}")]:
            with suppress(BundleError):
                yield Bundle.read(path), path

    def _by_stem(self, stem: str) -> FoundImage:
        """Find an image of which nobody noted anything: its curves are named like it."""
        found = [image for image in self._images() if stem_of(image) == stem]
        if len(found) != 1:
            raise VerificationError(
                f"{stem}: nobody noted which image it was made of: expected one of this name in "
                f"the folders of --in, got {len(found)}"
            )
        return FoundImage(found[0])

    def _places(self, former: Path) -> Iterator[Path]:
        """Yield where an image may be: where it was, of the same name, and under any other."""
        yield former
        file, page = split(former.name)
        for found in self._below(file):
            yield found.with_name(former.name)
        if page is None:
            yield from (image for image in self._images() if image.name != file)

    def _images(self) -> Iterator[Path]:
        for source in find_images([str(folder) for folder in self._folders], lambda _: None):
            yield source.image

    def _below(self, pattern: str) -> Iterator[Path]:
        for folder in self._folders:
            yield from sorted(folder.rglob(pattern))
