"""A calibration and its mask files become a plan, and images become curves."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.io.mask_files import read_mask
from saxsdog.io.status import last_change
from saxsdog.reduction.channels import Channel, PhiChannel, RadialChannel, SliceChannel
from saxsdog.reduction.integrate import Curve, integrate
from saxsdog.reduction.plan import Plan, make_plan

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Mask = NDArray[np.bool_]


class Integrator:
    """Integrates images of one detector.

    Parameters
    ----------
    calibration
        What to compute.
    base
        Folder where relative paths of mask files start.
    mask_files
        Where the file of each ``MaskFile`` really is, if not there; a mask that came without its
        file is an error then.

    Raises
    ------
    CalibrationError
        If a mask file cannot be used; names the key, the file, what was expected and what came.
    """

    def __init__(
        self,
        calibration: Calibration,
        base: str | os.PathLike[str] = ".",
        mask_files: Mapping[str, Path] | None = None,
    ) -> None:
        self.calibration = calibration
        self._files = _files(calibration, Path(base), mask_files)
        self.plan = plan_of(calibration, self._files)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the curves that every image gives, for example ``("R0", "S1")``."""
        return tuple(channel.name for channel in self.plan.channels)

    @property
    def masks_changed(self) -> int:
        """When the youngest of the mask files was changed, ns since the epoch."""
        return max((last_change(file) for file in self._files if file), default=0)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is allowed but hardly meant: a curve without pixels, a range without bins."""
        found = []
        for channel in self.plan.channels:
            over = channel.parameters_over
            if not self.plan.weights[channel.layer].linear[channel.row].any():
                found.append(f"{channel.name}: the mask or the range leaves no pixel at all")
            elif over is not None and not channel.q[over].size:
                found.append(
                    f"{channel.name}: no bin lies between qStart and qStop, the curve ends at "
                    f"{channel.q[-1]:.4g} nm⁻¹; its integral parameters will be 0"
                )
        return tuple(found)

    def integrate(self, image: NDArray[np.generic]) -> list[Curve]:
        """Average an image over the bins of every channel.

        Parameters
        ----------
        image
            Counts, shape ``Geometry.Imagesize`` of the calibration, any integer or float type.

        Raises
        ------
        FrameError
            If the image has another shape or does not hold numbers.
        """
        return integrate(image, self.plan)

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


def plan_of(calibration: Calibration, mask_files: Sequence[Path | None]) -> Plan:
    """Read the masks of a calibration and compute its plan; errors as of :class:`Integrator`."""
    masks = [_read(calibration, i, file) for i, file in enumerate(mask_files)]
    return make_plan(
        calibration.geometry,
        _channels(calibration, masks),
        polarization=calibration.polarization,
        error_model=calibration.error_model,
    )


def _files(
    calibration: Calibration, base: Path, known: Mapping[str, Path] | None
) -> list[Path | None]:
    """Return where the file of each mask is."""
    files: list[Path | None] = []
    for i, mask in enumerate(calibration.masks):
        if mask.file is None:
            files.append(None)
        elif known is None:
            files.append(base / mask.file)
        elif mask.file in known:
            files.append(known[mask.file])
        else:
            raise CalibrationError(
                f"Masks[{i}].MaskFile: expected the file {mask.file!r} with the calibration, "
                f"got {', '.join(map(repr, known)) or 'none'}"
            )
    return files


def _read(calibration: Calibration, index: int, file: Path | None) -> Mask | None:
    if file is None:
        return None
    key = f"Masks[{index}].MaskFile"
    try:
        return read_mask(file, calibration.geometry.shape)
    except CalibrationError as error:
        raise CalibrationError(f"{key}: {error}") from error


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
            channels.append(RadialChannel(name, mask, settings.oversampling, width, *ends))
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
