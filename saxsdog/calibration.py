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
from saxsdog.errors import CalibrationError, DocumentError, ExpressionError, FrameError
from saxsdog.explanations import KeyPath, Problem, path_text
from saxsdog.expressions import Expression, parse
from saxsdog.mask_settings import MaskSettings, binning_contradictions, mask_of
from saxsdog.reasons import Reason
from saxsdog.reduction.bad_pixels import BadPixels, Clipping
from saxsdog.reduction.channels import Direction, ErrorModel, Plane
from saxsdog.reduction.corrections import Polarization, Sensor
from saxsdog.reduction.geometry import Geometry
from saxsdog.schema import load_schema, parse_json, problems, with_defaults
from saxsdog.whole_file import write_whole

METRE_PER_MM = 1e-3
METRE_PER_MICROMETRE = 1e-6
NM_PER_ANGSTROM = 0.1


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
class LogSettings:
    """A table beside the images: its path from their folder, and the column of their names."""

    file: str
    key: str


@dataclass(frozen=True)
class Normalization:
    """By what the curves of each image are divided, and their scale.

    Attributes
    ----------
    divide_by
        A formula of values of each image, or ``None``.
    constants
        Values that are the same for all images, by lower-case names.
    log
        Where further values are found.
    factor
        By which all intensities are multiplied, for an absolute scale.
    unit
        Of the intensities, empty if they are arbitrary.
    """

    divide_by: Expression | None
    constants: Mapping[str, float]
    log: LogSettings | None
    factor: float
    unit: str

    @property
    def label(self) -> str:
        """What the intensity is, as plots and curve files write it."""
        return f"Intensity ({self.unit or 'a.u.'})"

    def factor_of(self, values: Mapping[str, float]) -> float:
        """Return what the intensities of an image with these values are multiplied by.

        Raises
        ------
        FrameError
            If a value is missing, or the divisor is not more than 0.
        """
        if self.divide_by is None:
            return self.factor
        divisor = _value(self.divide_by, values, "Normalization.DivideBy")
        if divisor <= 0.0:
            raise FrameError(
                f"Normalization.DivideBy: expected more than 0, got {divisor:g} from "
                f"{self.divide_by.text!r}",
                Reason.NO_VALUE,
            )
        return self.factor / divisor


@dataclass(frozen=True)
class BackgroundSettings:
    """What is subtracted besides the curves of the masks.

    Attributes
    ----------
    scale
        How much is subtracted, a formula of values of each image.
    frames
        Pattern of the names of images that show a background, empty for none.
    last
        How many of them are averaged.
    """

    scale: Expression
    frames: str
    last: int

    def scale_of(self, values: Mapping[str, float]) -> float:
        """Return how much to subtract from an image; errors as of ``Normalization.factor_of``."""
        return _value(self.scale, values, "Background.Scale")


def _value(expression: Expression, values: Mapping[str, float], key: str) -> float:
    try:
        return expression.value(values)
    except ExpressionError as error:
        raise FrameError(f"{key}: {error}", Reason.NO_VALUE) from error


@dataclass(frozen=True)
class CorrectionSettings:
    """``Corrections``: the flat and the dark by their files, all else as the reduction takes it.

    The exposure of the dark is in s; what is ``None`` is not corrected.
    """

    solid_angle: bool
    flat: str | None
    dark: str | None
    dark_exposure: float | None
    sensor: Sensor | None
    sample_transmission: float | None


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
        if found := _bad_formulas(document):
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
            polarization=_polarization(full.get("PolarizationCorrection")),
            corrections=_corrections(full.get("Corrections", {})),
            bad_pixels=_bad_pixels(full.get("BadPixels", {})),
            normalization=_normalization(full.get("Normalization")),
            background=_background(full.get("Background")),
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
        if self.corrections.dark is None and self.corrections.dark_exposure is not None:
            yield _problem(
                ("Corrections", "DarkExposureTime"),
                "expected DarkCurrent beside it, whose exposure it is, got none",
            )
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


def _polarization(section: dict[str, Any] | None) -> Polarization | None:
    if section is None:
        return None
    return Polarization(fraction=section["Fraction"], angle=math.radians(section["Angle"]))


def _corrections(section: dict[str, Any]) -> CorrectionSettings:
    sensor = section.get("Sensor")
    return CorrectionSettings(
        solid_angle=section.get("SolidAngle", False),
        flat=section.get("FlatField"),
        dark=section.get("DarkCurrent"),
        dark_exposure=section.get("DarkExposureTime"),
        sensor=None if sensor is None else _sensor(sensor),
        sample_transmission=section.get("SampleTransmission"),
    )


def _sensor(section: dict[str, Any]) -> Sensor:
    return Sensor(
        thickness=section["ThicknessMicroM"] * METRE_PER_MICROMETRE,
        attenuation_length=section["AttenuationLengthMicroM"] * METRE_PER_MICROMETRE,
    )


def _bad_pixels(section: dict[str, Any]) -> BadPixels:
    zingers = section.get("Zingers")
    return BadPixels(
        count_cutoff=section.get("CountCutoff", False),
        pixel_mask=section.get("PixelMask", False),
        zingers=None if zingers is None else Clipping(zingers["Sigmas"], int(zingers["Rounds"])),
    )


def _normalization(section: dict[str, Any] | None) -> Normalization | None:
    if section is None:
        return None
    divide_by, log = section.get("DivideBy"), section.get("Log")
    return Normalization(
        divide_by=None if divide_by is None else parse(divide_by),
        constants={each["Name"].lower(): float(each["Value"]) for each in section["Constants"]},
        log=None if log is None else LogSettings(log["File"], log["Key"]),
        factor=section["ScaleFactor"],
        unit=section["Unit"],
    )


def _background(section: dict[str, Any] | None) -> BackgroundSettings | None:
    if section is None:
        return None
    return BackgroundSettings(parse(section["Scale"]), section["Frames"], int(section["Last"]))


def _formulas(document: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Find the texts that must be formulas."""
    for path in (("Normalization", "DivideBy"), ("Background", "Scale")):
        text = document.get(path[0], {}).get(path[1])
        if text is not None:
            yield path, text


def _bad_formulas(document: dict[str, Any]) -> list[Problem]:
    found = []
    for path, text in _formulas(document):
        try:
            parse(text)
        except ExpressionError as error:
            found.append(_problem(path, str(error)))
    return found
