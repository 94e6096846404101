"""What stays the same for all images of an archive, as a document."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from saxsdog.calibration import Calibration
from saxsdog.provenance.bundle import Bundle, sha256_of
from saxsdog.reduction.intensity import ARBITRARY
from saxsdog.reduction.plan import ChannelPlan, Plan

COUNTS = "counts"


@dataclass(frozen=True)
class ChannelDescription:
    """One curve of every image; the fields are those of ``ChannelPlan``."""

    name: str
    kind: str
    unit: str
    label: str
    q: tuple[float, ...]
    chi: tuple[float, ...] | None

    @classmethod
    def of(cls, channel: ChannelPlan) -> Self:
        chi = None if channel.chi is None else tuple(channel.chi.tolist())
        q = tuple(channel.q.tolist())
        return cls(channel.name, channel.kind, channel.unit, channel.axis_label, q, chi)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the intensity of one image."""
        return (len(self.q),) if self.chi is None else (len(self.chi), len(self.q))


@dataclass(frozen=True)
class DataSet:
    """The images of a folder, and where their archive goes.

    Attributes
    ----------
    folder
        Of the images, and all folders below it.
    target
        Path of the archive without its ending.
    """

    folder: str
    target: str


@dataclass(frozen=True)
class Description:
    """All that an archive says beside the results.

    Attributes
    ----------
    formats
        Of the archive: ``nexus``, ``csv``, ``parquet``.
    data_sets
        At least one.
    within
        Folders that everything must lie in; none of them allows all.
    program
        Version of saxsdog.
    document
        The calibration.
    files
        SHA-256 of each file that the calibration names.
    bundle
        Identity of the bundle that is kept beside the archive.
    channels
        The curves of each image.
    intensity_label, intensity_unit
        What the intensity is.
    wavelength, distance, pixel_size, beam_center
        In nm, m, m and pixels, ``(row, column)``.
    solid_angle, polarization, normalization
        Whether this was corrected.
    """

    formats: tuple[str, ...]
    data_sets: tuple[DataSet, ...]
    within: tuple[str, ...]
    program: str
    document: dict[str, Any]
    files: Mapping[str, str]
    bundle: str
    channels: tuple[ChannelDescription, ...]
    intensity_label: str
    intensity_unit: str
    wavelength: float
    distance: float
    pixel_size: tuple[float, float]
    beam_center: tuple[float, float]
    solid_angle: bool
    polarization: bool
    normalization: bool

    @property
    def calibration(self) -> str:
        """The calibration as text, as it stands in curve files."""
        return json.dumps(self.document)

    @property
    def calibration_sha256(self) -> str:
        return sha256_of(self.document)

    @property
    def identity(self) -> str:
        """The same for results that may stand in one file: of the same calibration and program."""
        curves = [asdict(channel) for channel in self.channels]
        text = json.dumps([self.program, self.document, dict(sorted(self.files.items())), curves])
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        fields["data_sets"] = tuple(DataSet(**each) for each in fields["data_sets"])
        fields["channels"] = tuple(
            ChannelDescription(
                **each
                | {
                    "q": tuple(each["q"]),
                    "chi": None if each["chi"] is None else tuple(each["chi"]),
                }
            )
            for each in fields["channels"]
        )
        for name in ("formats", "within", "pixel_size", "beam_center"):
            fields[name] = tuple(fields[name])
        return cls(**fields)


def describe(
    calibration: Calibration,
    plan: Plan,
    bundle: Bundle,
    formats: Sequence[str],
    data_sets: Iterable[DataSet],
    within: Iterable[Path] = (),
) -> Description:
    """Return the description of the archive of some data sets.

    Parameters
    ----------
    calibration, plan
        What is computed.
    bundle
        Of this calibration.
    formats, data_sets, within
        As of :class:`Description`.
    """
    geometry, normalization = calibration.geometry, calibration.normalization
    unit = COUNTS if normalization is None else normalization.unit or ARBITRARY
    return Description(
        formats=tuple(formats),
        data_sets=tuple(data_sets),
        within=tuple(map(str, within)),
        program=bundle.versions["saxsdog"],
        document=calibration.document,
        files=bundle.digests,
        bundle=bundle.id,
        channels=tuple(map(ChannelDescription.of, plan.channels)),
        intensity_label=plan.intensity_label,
        intensity_unit=unit,
        wavelength=geometry.wavelength,
        distance=geometry.distance,
        pixel_size=geometry.pixel_size,
        beam_center=geometry.beam_center,
        solid_angle=calibration.corrections.solid_angle,
        polarization=calibration.polarization is not None,
        normalization=normalization is not None and normalization.divide_by is not None,
    )
