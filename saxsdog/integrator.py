"""A calibration and the files that it names become a plan, and images become curves."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration
from saxsdog.classifiers.classification import Classification
from saxsdog.classifiers.planning import plan_classifiers
from saxsdog.errors import CalibrationError, CurveFileError
from saxsdog.io.chi import read_chi
from saxsdog.io.correction_files import read_correction
from saxsdog.io.headers import FrameHeader
from saxsdog.io.mask_files import read_mask
from saxsdog.io.status import last_change
from saxsdog.named_files import named_files
from saxsdog.reduction.abscissas import ABSCISSAS
from saxsdog.reduction.channels import Channel, PhiChannel, RadialChannel, SliceChannel
from saxsdog.reduction.corrections import Corrections
from saxsdog.reduction.geometry import Array
from saxsdog.reduction.integrate import Curve, integrate
from saxsdog.reduction.intensity import COUNTS_LABEL, unit_of
from saxsdog.reduction.plan import ChannelPlan, Plan, make_plan
from saxsdog.reduction.scaling import Background, Scaling, on_bins

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Mask = NDArray[np.bool_]

AXIS_LABELS = {abscissa.label for abscissa in ABSCISSAS.values()}


class Integrator:
    """Integrates images of one detector.

    Parameters
    ----------
    calibration
        What to compute.
    base
        Folder where relative paths of mask files start.
    files
        Where each file really is that the calibration names, by the text that stands there, if not
        in that folder; one that is missing is an error then.

    Raises
    ------
    CalibrationError
        If a file cannot be used; names the key, the file, what was expected and what came.
    """

    def __init__(
        self,
        calibration: Calibration,
        base: str | os.PathLike[str] = ".",
        files: Mapping[str, Path] | None = None,
    ) -> None:
        self.calibration = calibration
        self._files = _places(calibration, Path(base), files)
        self.plan = plan_of(calibration, self._files)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the curves that every image gives, for example ``("R0", "S1")``."""
        return tuple(channel.name for channel in self.plan.channels)

    @property
    def files(self) -> Mapping[str, Path]:
        """Where each file is that the calibration names."""
        return self._files

    @cached_property
    def _classification(self) -> Classification:
        """Made when the first image comes: a server, which sends them to others, has none.

        Nobody knows what the import of a plug-in does.
        """
        return Classification(self.plan.classifiers)

    @property
    def files_changed(self) -> int:
        """When the youngest of the files was changed, ns since the epoch."""
        return max(map(last_change, self._files.values()), default=0)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is allowed but hardly meant, such as a curve without pixels."""
        found = []
        for channel in self.plan.channels:
            over = channel.parameters_over
            if not self.plan.weights[channel.layer].linear[channel.row].any():
                found.append(f"{channel.name}: the mask or the range leaves no pixel at all")
            elif over is not None and not channel.q[over].size:
                found.append(
                    f"{channel.name}: no bin lies between qStart and qStop, the curve ends at "
                    f"{channel.scattering.max():.4g} nm⁻¹; its integral parameters will be 0"
                )
        if self.calibration.slices_only and self.calibration.classifiers:
            found.append("Classifiers: GISAXSmode leaves out the curves that they look at")
        return (*found, *self._curves_of_other_units())

    def _curves_of_other_units(self) -> Iterator[str]:
        """Find curves that nobody can subtract or compare, as far as their files tell.

        A formula for the scale of a background may well convert them.
        """
        calibration, unit = self.calibration, unit_of(self.plan.intensity_label)
        background = calibration.background
        converted = background is not None and background.scale.names
        files = (
            {}
            if converted
            else {
                f"Masks[{i}].BackgroundCurve": mask.background
                for i, mask in enumerate(calibration.masks)
            }
        )
        files |= {
            f"Classifiers[{i}].Reference": each.reference
            for i, each in enumerate(calibration.classifiers)
        }
        for key, name in files.items():
            if name is None or calibration.slices_only:
                continue
            labels = read_chi(self._files[name]).labels
            other = unit_of(labels[1]) if len(labels) > 1 else ""
            if other and other != unit:
                yield f"{key}: {name} is in {other}, curves of the images are in {unit}"

    def integrate(
        self, image: NDArray[np.generic], values: Mapping[str, float] | None = None
    ) -> list[Curve]:
        """Average an image over the bins of every channel.

        Parameters
        ----------
        image
            Counts, shape ``Geometry.Imagesize`` of the calibration, any integer or float type.
        values
            What the formulas of ``Normalization`` and ``Background`` need beside the constants of
            the calibration, by lower-case names: ``{"exposure_time": 10.0}``. A dark image is
            scaled to that exposure, s, and ``BadPixels.CountCutoff`` asks for ``count_cutoff``.
            Plug-ins find all of them as fields of the header. Which image came before is not known
            here: a difference from that is NaN.

        Raises
        ------
        FrameError
            If the image has another shape or does not hold numbers, or a value is missing.
        """
        known = {name.lower(): value for name, value in (values or {}).items()}
        exposure = known.get("exposure_time")
        curves = integrate(
            image,
            self.plan,
            self._scaling(known),
            exposure=exposure,
            cutoff=known.get("count_cutoff") if self.plan.bad_pixels.count_cutoff else None,
        )
        if self._classification.is_nothing:
            return curves
        fields = {name: str(value) for name, value in known.items()}
        header = FrameHeader(math.nan, "file", exposure, fields)
        return self._classification.of(curves, np.asarray(image), header, {})

    def _scaling(self, values: Mapping[str, float]) -> Scaling:
        """Return the scaling of one image; images that show a background are for files only."""
        normalization, background = self.calibration.normalization, self.calibration.background
        factor = scale = 1.0
        known = dict(values)
        if normalization is not None:
            known |= normalization.constants
            factor = normalization.factor_of(known)
        if background is not None:
            scale = background.scale_of(known)
        return Scaling(factor, background_scale=scale)

    def matrix(self, channel: str) -> "csr_matrix":
        """Weights C of a channel, shape ``(bins, pixels)``: intensity is ``C @ image.ravel()``.

        The definition behind the compiled kernel, for an image without bad pixels; rows of empty
        bins are empty, where the curve has NaN.

        Raises
        ------
        KeyError
            If there is no such channel.
        """
        from saxsdog.reduction.matrix import weight_matrix  # SciPy, which no server needs

        return weight_matrix(self.plan, channel)


def plan_of(calibration: Calibration, files: Mapping[str, Path]) -> Plan:
    """Read the files of a calibration and compute its plan; errors as of :class:`Integrator`."""
    masks = [_read_mask(calibration, i, files) for i in range(len(calibration.masks))]
    plan = make_plan(
        calibration.geometry,
        _channels(calibration, masks),
        polarization=calibration.polarization,
        corrections=_corrections(calibration, files),
        bad_pixels=calibration.bad_pixels,
        error_model=calibration.error_model,
    )
    _check_bins(plan, calibration)
    label = calibration.normalization.label if calibration.normalization else COUNTS_LABEL
    channels = _with_backgrounds(plan.channels, calibration, files)
    references = _references(channels, calibration, files)
    classifiers = plan_classifiers(calibration.classifiers, channels, masks, references)
    return replace(plan, channels=channels, intensity_label=label, classifiers=classifiers)


def _check_bins(plan: Plan, calibration: Calibration) -> None:
    """Refuse bins and sectors of one's own choice in which there is nothing."""
    for channel in plan.channels:
        if channel.name[0] != "R" or plan.weights[channel.layer].linear[channel.row].any():
            continue
        mask = calibration.masks[int(channel.name[1:])]
        if mask.sectors or mask.bins is not None:
            key = "Sectors" if mask.sectors else "Bins"
            raise CalibrationError(
                f"Masks[{channel.name[1:]}].{key}: expected some pixels of the detector there "
                "that are not masked, got none"
            )


def _places(
    calibration: Calibration, base: Path, known: Mapping[str, Path] | None
) -> dict[str, Path]:
    """Return where each file is that the calibration names."""
    places: dict[str, Path] = {}
    for file in named_files(calibration.document):
        if known is None:
            places[file.name] = base / file.name
        elif file.name in known:
            places[file.name] = known[file.name]
        else:
            raise CalibrationError(
                f"{file.key}: expected the file {file.name!r} with the calibration, "
                f"got {', '.join(map(repr, known)) or 'none'}"
            )
    return places


def _read_mask(calibration: Calibration, index: int, files: Mapping[str, Path]) -> Mask | None:
    name = calibration.masks[index].file
    if name is None:
        return None
    try:
        return read_mask(files[name], calibration.geometry.shape)
    except CalibrationError as error:
        raise CalibrationError(f"Masks[{index}].MaskFile: {error}") from error


def _corrections(calibration: Calibration, files: Mapping[str, Path]) -> Corrections:
    settings = calibration.corrections
    shape = calibration.geometry.shape

    def read(key: str, name: str | None) -> Array | None:
        if name is None:
            return None
        try:
            return read_correction(files[name], shape)
        except CalibrationError as error:
            raise CalibrationError(f"Corrections.{key}: {error}") from error

    return Corrections(
        solid_angle=settings.solid_angle,
        flat=read("FlatField", settings.flat),
        dark=read("DarkCurrent", settings.dark),
        dark_exposure=settings.dark_exposure,
        sensor=settings.sensor,
        sample_transmission=settings.sample_transmission,
    )


def _with_backgrounds(
    channels: Sequence[ChannelPlan], calibration: Calibration, files: Mapping[str, Path]
) -> tuple[ChannelPlan, ...]:
    """Bring the curves that shall be subtracted onto the bins of their channels."""
    curves = {f"R{i}": mask.background for i, mask in enumerate(calibration.masks)}
    return tuple(
        channel
        if (name := curves.get(channel.name)) is None
        else replace(channel, background=_read_background(channel, files[name]))
        for channel in channels
    )


def _read_background(channel: ChannelPlan, file: Path) -> Background:
    return _read_curve(f"Masks[{channel.name[1:]}].BackgroundCurve", channel, file)


def _references(
    channels: Sequence[ChannelPlan], calibration: Calibration, files: Mapping[str, Path]
) -> dict[int, Background]:
    """Bring the curves that others are compared with onto the bins of their channels."""
    by_name = {channel.name: channel for channel in channels}
    return {
        i: _read_curve(f"Classifiers[{i}].Reference", channel, files[each.reference])
        for i, each in enumerate(calibration.classifiers)
        if each.reference is not None and (channel := by_name.get(f"R{each.mask}")) is not None
    }


def _read_curve(key: str, channel: ChannelPlan, file: Path) -> Background:
    try:
        curve = read_chi(file)
    except CurveFileError as error:
        raise CalibrationError(f"{key}: {error}") from error
    if curve.q.size == 0 or not (np.diff(curve.q) > 0).all():
        raise CalibrationError(f"{key}: {file}: expected a curve whose first column ascends")
    label = curve.labels[0] if curve.labels else ""
    if label != channel.axis_label and label in AXIS_LABELS:
        raise CalibrationError(
            f"{key}: {file}: expected a curve over {channel.axis_label!r} as that of "
            f"{channel.name}, got one over {label!r}"
        )
    background = on_bins(curve.q, curve.intensity, curve.sigma, channel.q)
    if np.isnan(background.intensity).all():
        raise CalibrationError(
            f"{key}: {file}: expected a curve between {channel.q[0]:.4g} and {channel.q[-1]:.4g} "
            f"as that of {channel.name}, got {curve.q[0]:.4g} to {curve.q[-1]:.4g}"
        )
    return background


def _channels(calibration: Calibration, masks: list[Mask | None]) -> list[Channel]:
    """Masks, then slices; numbered through, so that a name stays the same in GISAXS mode."""
    channels: list[Channel] = []
    for i, (settings, mask) in enumerate(zip(calibration.masks, masks, strict=True)):
        name, ends = f"R{i}", (settings.q_start, settings.q_stop)
        if calibration.slices_only:
            continue
        if settings.phi_mode:
            bins = settings.azimuthal_bins
            channels.append(PhiChannel(name, mask, settings.oversampling, bins, *ends))
        else:
            width = settings.pixels_per_bin
            channels.append(
                RadialChannel(
                    name,
                    mask,
                    settings.oversampling,
                    width,
                    *ends,
                    bins=settings.bins,
                    sectors=settings.sectors,
                    azimuthal_bins=settings.cake_bins,
                )
            )
    for i, cut in enumerate(calibration.slices):
        channels.append(
            SliceChannel(
                name=f"S{len(masks) + i}",
                mask=None if cut.mask is None else masks[cut.mask],
                direction=cut.direction,
                plane=cut.plane,
                position=cut.position,
                margin=cut.margin,
                incident_angle=cut.incident_angle,
            )
        )
    return channels
