"""Find what a result was made of, by the digests that were noted of it."""

import glob
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from saxsdog.errors import BundleError, FrameError, VerificationError
from saxsdog.image_names import file_of, join, split, stem_of
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
        self._bundles: dict[Path, Bundle] = {}

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
        known = (former, note.image_path(folder.resolve()))  # by the name of a link, and behind it
        named = dict.fromkeys([*known, *self._of_name(former)])
        found = [place for place in named if _is_there(place)]
        if found and not note.counts:
            return FoundImage(found[0], moved=found[0] not in known)
        changed, complaint = None, None
        for place in found:
            try:
                counts = digest(place)
            except FrameError as error:  # the right one may be somewhere else
                complaint = complaint or error
                continue
            if counts == note.counts:
                return FoundImage(place, moved=place not in known)
            changed = changed or FoundImage(place, moved=place not in known, changed=True)
        for place in self._of_any_name(former) if note.counts else ():
            with suppress(FrameError):
                if digest(place) == note.counts:
                    return FoundImage(place, moved=True)
        if changed is not None:
            return changed
        if complaint is not None:
            raise complaint
        looked = [str(former), *(f"below {each}" for each in self._folders)]
        raise VerificationError(f"{note.image}: no such image: looked for {', '.join(looked)}")

    def bundle(self, note: Note, results: Path) -> tuple[Bundle, Path]:
        """Find the bundle of a result beside it, or among the zips of the folders.

        Raises
        ------
        VerificationError
            If it is not there.
        BundleError
            If what has its name is damaged or another.
        """
        beside = bundle_file(results, note.bundle)
        complaint = None
        if beside.exists():
            try:
                bundle = self._read(beside)
            except BundleError as error:
                complaint = error
            else:
                if bundle.id == note.bundle:
                    return bundle, beside
                complaint = BundleError(
                    f"{beside}: expected the bundle {note.bundle}, got {bundle.id}"
                )
        for bundle, path in self.bundles(results):
            if bundle.id == note.bundle:
                return bundle, path
        if complaint is not None:
            raise complaint
        looked = [str(beside), *(f"below {each}" for each in self._folders)]
        raise VerificationError(
            f"{note.result}: its bundle {note.bundle} is not there: looked for {', '.join(looked)}"
        )

    def bundles(self, results: Path) -> Iterator[tuple[Bundle, Path]]:
        """Yield the bundles beside the results of a folder, and those of the folders."""
        beside = sorted((results / FOLDER).glob(f"*{SUFFIX}"))
        for path in [*beside, *self._below(f"*{SUFFIX}")]:
            with suppress(BundleError):
                yield self._read(path), path

    def _read(self, path: Path) -> Bundle:
        """Read a bundle, once: thousands of results may have the same."""
        bundle = self._bundles.get(path)
        if bundle is None:
            bundle = self._bundles[path] = Bundle.read(path)
        return bundle

    def _by_stem(self, stem: str) -> FoundImage:
        """Find an image of which nobody noted anything: its curves are named like it."""
        found = [image for image in self._images() if stem_of(image) == stem]
        if len(found) != 1:
            raise VerificationError(
                f"{stem}: nobody noted which image it was made of: expected one of this name in "
                f"the folders of --in, got {len(found)}"
            )
        return FoundImage(found[0])

    def _of_name(self, former: Path) -> Iterator[Path]:
        """Yield the images of the same name."""
        file, _ = split(former.name)
        if file:
            for found in self._below(glob.escape(file)):
                yield found.with_name(former.name)

    def _of_any_name(self, former: Path) -> Iterator[Path]:
        """Yield the images of other names; of files that hold several, those of the same number."""
        file, page = split(former.name)
        for image in self._images():
            if image.name != file:
                yield image if page is None else image.with_name(join(image.name, page))

    def _images(self) -> Iterator[Path]:
        for source in find_images([str(folder) for folder in self._folders], lambda _: None):
            yield source.image

    def _below(self, pattern: str) -> Iterator[Path]:
        for folder in self._folders:
            yield from sorted(folder.rglob(pattern))


def _is_there(image: Path) -> bool:
    """Whether there is something of this name, which may be none that a file can have."""
    try:
        return file_of(image).exists()
    except OSError:
        return False
