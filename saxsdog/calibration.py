"""A checked calibration document becomes a :class:`Calibration` in internal units."""

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from saxsdog.classifier_settings import (
    ClassifierSettings,
    classifier_contradictions,
    classifier_of,
)
from saxsdog.correction_settings import (
    METRE_PER_MICROMETRE,
    CorrectionSettings,
    bad_pixels_of,
    corrections_of,
    polarization_of,
)
from saxsdog.errors import CalibrationError, DocumentError
from saxsdog.explanations import KeyPath, Problem, path_text
from saxsdog.mask_settings import MaskSettings, binning_contradictions, mask_of
from saxsdog.reduction.abscissas import METRE_PER_MM, NM_PER_ANGSTROM
from saxsdog.reduction.bad_pixels import BadPixels
from saxsdog.reduction.channels import Direction, ErrorModel, Plane
from saxsdog.reduction.corrections import Polarization
from saxsdog.reduction.geometry import Geometry
from saxsdog.scale_settings import (
    BackgroundSettings,
    Normalization,
    background_of,
    normalization_of,
    scale_problems,
)
from saxsdog.schema import load_schema, parse_json, problems, with_defaults
from saxsdog.whole_file import write_whole


@dataclass(frozen=True)
class SliceSettings:
    """One of ``Slices``; the angle in rad, ``mask`` the index of a mask or ``None``."""

    direction: Direction
    plane: Plane
    position: int
    margin: int
    incident_angle: float
    mask: int | None


@dataclass(frozen=True)
class Calibration:
    """How the images of one detector become curves.

    Attributes
    ----------
    geometry
        Position of the detector, in m, nm and rad.
    masks, slices
        What to compute, in the order of the channels.
    polarization
        Of the beam, or ``None`` to correct nothing.
    corrections, bad_pixels
        What else is corrected, and left out.
    normalization, background
        What is done to the curves of each image; ``None`` for nothing.
    classifiers
        What is computed of the curves.
    error_model
        Of the standard errors.
    formats, dat_unit
        What is written, and in which unit of q; ``None`` where others may choose.
    directory
        Parts of the folder of the images below the root of a server.
    workers
        Number of worker processes of a server.
    live_file_list, overwrite, slices_only
        ``Live-Filelisting``, ``OverwriteFiles`` and ``GISAXSmode``.
    document
        The document as it was read, in the units and with the keys of the schema.
    """

    title: str
    geometry: Geometry
    masks: tuple[MaskSettings, ...]
    slices: tuple[SliceSettings, ...]
    polarization: Polarization | None
    corrections: CorrectionSettings
    bad_pixels: BadPixels
    normalization: Normalization | None
    background: BackgroundSettings | None
    classifiers: tuple[ClassifierSettings, ...]
    error_model: ErrorModel
    formats: tuple[str, ...] | None
    dat_unit: str
    directory: tuple[str, ...]
    workers: int
    live_file_list: bool
    overwrite: bool
    slices_only: bool
    document: dict[str, Any] = field(repr=False)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a ``.saxsconf`` file.

        Raises
        ------
        CalibrationError
            If the file cannot be read or a key is wrong; names the file and the key.
        """
        try:
            return cls.from_document(parse_json(Path(path).read_text(encoding="utf-8-sig")))
        except OSError as error:
            reason = error.strerror or str(error)
            raise CalibrationError(f"{path}: expected a calibration file: {reason}") from error
        except UnicodeDecodeError as error:
            raise CalibrationError(f"{path}: expected text in UTF-8: {error}") from error
        except (DocumentError, CalibrationError) as error:
            raise CalibrationError(f"{path}: {error}") from error

    @classmethod
    def from_document(cls, document: Any) -> Self:
        """Check a parsed document and convert its units.

        Raises
        ------
        CalibrationError
            With the path of every key that is wrong, what was expected and what came.
        """
        calibration, found = cls.examine(document)
        if calibration is None:
            raise CalibrationError("\n".join(map(str, found)))
        return calibration

    @classmethod
    def examine(cls, document: Any) -> tuple[Self | None, list[Problem]]:
        """Convert a document, or say everything that is wrong with it.

        What the schema cannot see is looked for only in documents that it accepts.
        """
        if found := problems(document, "calibration"):
            return None, found
        if found := list(scale_problems(document)):
            return None, found
        calibration = cls._converted(document)
        found = list(calibration.contradictions())
        return (None if found else calibration), found

    @classmethod
    def _converted(cls, document: Any) -> Self:
        full = with_defaults(document, load_schema("calibration"))
        return cls(
            title=full["Title"],
            geometry=_geometry(full),
            masks=tuple(map(mask_of, full["Masks"])),
            slices=tuple(map(_slice, full["Slices"])),
            polarization=polarization_of(full.get("PolarizationCorrection")),
            corrections=corrections_of(full.get("Corrections", {})),
            bad_pixels=bad_pixels_of(full.get("BadPixels", {})),
            normalization=normalization_of(full.get("Normalization")),
            background=background_of(full.get("Background")),
            classifiers=tuple(map(classifier_of, full["Classifiers"])),
            error_model=ErrorModel(full["ErrorModel"]),
            formats=tuple(full["Formats"]) if "Formats" in full else None,
            dat_unit=full["DatUnit"],
            directory=tuple(full["Directory"]),
            workers=int(full["Threads"]),
            live_file_list=full["Live-Filelisting"],
            overwrite=full["OverwriteFiles"],
            slices_only=full["GISAXSmode"],
            document=document,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the document to a ``.saxsconf`` file."""
        write_whole(path, text_of(self.document).encode())

    def contradictions(self) -> Iterator[Problem]:
        """Find what the schema cannot see: values that do not go together."""
        for i, mask in enumerate(self.masks):
            if not mask.q_start < mask.q_stop:
                yield _problem(
                    ("Masks", i, "qStop"),
                    f"expected more than qStart ({mask.q_start:g} nm⁻¹), got {mask.q_stop:g}",
                )
            entry = self.document["Masks"][i]
            yield from binning_contradictions(("Masks", i), entry, mask, self.geometry)
        for i, cut in enumerate(self.slices):
            if cut.mask is not None and cut.mask >= len(self.masks):
                yield _problem(
                    ("Slices", i, "MaskRef"),
                    f"expected -1 or the index of one of {len(self.masks)} masks, got {cut.mask}",
                )
            size = self.geometry.shape[0 if cut.direction is Direction.X else 1]
            if not 1 - cut.margin <= cut.position <= size + cut.margin:
                yield _problem(
                    ("Slices", i, "CutPosition"),
                    f"expected 1 to {size}, so that the slice meets the detector, "
                    f"got {cut.position}",
                )
        entries = self.document.get("Classifiers", [])
        yield from classifier_contradictions(entries, self.classifiers, self.masks)
        yield from self.corrections.contradictions()
        if not self.slices and (self.slices_only or not self.masks):
            wanted, to_mend = (
                ("Slices", "Slices") if self.slices_only else ("Masks or Slices", "Masks")
            )
            yield Problem(
                wanted, "expected at least one, got none: no curve to compute", ((to_mend,),)
            )


def _problem(path: KeyPath, message: str) -> Problem:
    return Problem(path_text(path), message, (path,))


def text_of(document: Mapping[str, Any]) -> str:
    """Return the text of a calibration file."""
    return json.dumps(document, indent=4, ensure_ascii=False) + "\n"


def _geometry(full: dict[str, Any]) -> Geometry:
    section = full["Geometry"]
    rows, columns = (int(n) for n in section["Imagesize"])
    from_bottom, from_left = section["BeamCenter"]
    height, *rest = (edge * METRE_PER_MICROMETRE for edge in section["PixelSizeMicroM"])
    return Geometry(
        shape=(rows, columns),
        beam_center=(rows - from_bottom, from_left),
        distance=section["DedectorDistanceMM"] * METRE_PER_MM,
        pixel_size=(height, rest[0] if rest else height),
        wavelength=full["Wavelength"] * NM_PER_ANGSTROM,
        tilt=math.radians(section["Tilt"]["TiltAngleDeg"]),
        tilt_rotation=math.radians(section["Tilt"]["TiltRotDeg"]),
    )


def _slice(entry: dict[str, Any]) -> SliceSettings:
    reference = int(entry["MaskRef"])
    return SliceSettings(
        direction=Direction(entry["Direction"]),
        plane=Plane(entry["Plane"]),
        position=int(entry["CutPosition"]),
        margin=int(entry["CutMargin"]),
        incident_angle=math.radians(entry["IncidentAngle"]),
        mask=None if reference < 0 else reference,
    )
