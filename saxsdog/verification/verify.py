"""Say whether results come out again."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.curves.jobs import ReuseRule
from saxsdog.curves.reducer import Reducer
from saxsdog.curves.treatment import TreatmentRule
from saxsdog.errors import SaxsdogError, VerificationError
from saxsdog.image_names import file_of, split
from saxsdog.provenance.bundle import Bundle
from saxsdog.provenance.counts import digest_of
from saxsdog.provenance.notes import Note
from saxsdog.reduction.integrate import Curve
from saxsdog.verification.products import results_in
from saxsdog.verification.results import Again, Result
from saxsdog.verification.search import Search


class Finding(StrEnum):
    """What came out."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "cannot be verified"


@dataclass(frozen=True)
class Verdict:
    """What is known of one result now.

    Attributes
    ----------
    name
        The file, and the image where it holds several results.
    reasons
        How it differs, or why nobody knows.
    remarks
        What was not as it should be, and yet did not matter.
    image, bundle
        What it was made of again.
    versions
        Of programs that are others now.
    """

    name: str
    finding: Finding
    reasons: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    image: Path | None = None
    bundle: Path | None = None
    versions: tuple[str, ...] = ()


class Verifier:
    """Makes results again; a context manager, for plans and files that stay between results.

    Parameters
    ----------
    search
        Where images and bundles may be.
    bundle
        A bundle to use instead of the one that a result names.
    """

    def __init__(self, search: Search, bundle: Path | None = None) -> None:
        self._search = search
        self._given = None if bundle is None else (Bundle.read(bundle), bundle)
        self._remakers: dict[tuple[str, int | None], _Remaker] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def verify(self, path: Path) -> Iterator[Verdict]:
        """Yield a verdict on each result in a file; errors become one."""
        try:
            if path.is_symlink():  # its notes lie where it really is
                path = path.resolve()
            for result in results_in(path):
                yield self._verdict(path, result)
        except SaxsdogError as error:
            yield Verdict(str(path), Finding.UNKNOWN, (str(error),))
        except OSError as error:  # somebody has removed or moved it just now
            reason = f"{error.filename or path}: cannot be read: {error.strerror or error}"
            yield Verdict(str(path), Finding.UNKNOWN, (reason,))

    def _verdict(self, path: Path, result: Result) -> Verdict:
        try:
            bundle, place = self._bundle_of(path, result)
            remaker = self._remaker(bundle, page_of_run(result.note))
            found = self._search.image(result.note, result.folder, remaker.digest)
            curves = remaker.curves(found.path)
            again = Again(dict(bundle.document), bundle.digests, remaker.plan, curves)
            differences = tuple(result.differences(again))
            if found.changed:
                changed = "the image has other counts than that which it was made of"
                differences = (changed, *(differences or ("and yet the result is the same",)))
        except SaxsdogError as error:
            return Verdict(result.name, Finding.UNKNOWN, (str(error),))
        remarks = []
        if not result.note.counts:
            remarks.append("which image and masks it was made of was not noted: taken by name")
        if found.moved:
            remarks.append("the image is in another place now")
        return Verdict(
            result.name,
            Finding.DIFFERENT if differences else Finding.EQUAL,
            differences,
            tuple(remarks),
            found.path,
            place,
            bundle.other_versions,
        )

    def _bundle_of(self, path: Path, result: Result) -> tuple[Bundle, Path]:
        if self._given is not None:
            return self._given
        if result.note.bundle:
            return self._search.bundle(result.note, path.parent)
        fitting = [
            each
            for each in self._search.bundles(path.parent)
            if result.document is None or each[0].document == result.document
        ]
        if len({bundle.id for bundle, _ in fitting}) != 1:
            raise VerificationError(
                f"{path}: which bundle it was made of was not noted, and {len(fitting)} would do: "
                "choose one with --bundle, or with --in where to look"
            )
        return fitting[0]

    def _remaker(self, bundle: Bundle, page: int | None) -> "_Remaker":
        key = (bundle.id, page)
        if key not in self._remakers:
            self._remakers[key] = self._stack.enter_context(_Remaker(bundle, page))
        return self._remakers[key]


def page_of_run(note: Note) -> int | None:
    """Return which image of each file was integrated; ``None`` if all of them were.

    Then the image before one is that of another file.
    """
    file, page = split(Path(note.image).name)
    alone = page is not None and note.result in (Path(file).stem, file)
    return page if alone else None


class _Remaker:
    """Integrates images as a bundle says; a context manager.

    Parameters
    ----------
    bundle
        With the calibration.
    page
        As of :class:`Reducer`.
    """

    def __init__(self, bundle: Bundle, page: int | None) -> None:
        self._page = page
        integrator = bundle.integrator()
        self.plan = integrator.plan
        rule = TreatmentRule.of(integrator.calibration)
        self._reducer = Reducer(self.plan, dict(bundle.document), ReuseRule(), page, treatment=rule)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reducer.close()

    def digest(self, image: Path) -> str:
        """Tell the counts of an image."""
        return digest_of(self._reducer.read(image).image)

    def curves(self, image: Path) -> list[Curve]:
        """Return the curves of an image; errors as of :class:`Reducer`."""
        if self._page is not None:
            image = file_of(image)
        return self._reducer.integrate(image, self._reducer.read(image))
