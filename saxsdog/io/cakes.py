"""Cake files (``.hdf``): intensity over azimuth and q as a NeXus plot in HDF5.

The names of the fields are those of NXazint2d. The ending is none that an image may have, so that a
result is never taken for one.
"""

import io
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.errors import CurveFileError
from saxsdog.io.result_bytes import result_bytes
from saxsdog.reduction.integrate import Curve
from saxsdog.reduction.intensity import COUNTS_LABEL
from saxsdog.reduction.plan import ChannelPlan

if TYPE_CHECKING:
    import h5py

Array = NDArray[np.float64]

SUFFIX = ".hdf"

_NUMBER = np.dtype("<f4")
_NO_CAKE = (OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError)
"""Errors of a file that is another or damaged; h5py has no list of its own."""

_DATA = "entry/data"
_INPUT = "entry/reduction/input/calibration"


@dataclass(frozen=True, eq=False)
class CakeFile:
    """What a cake file holds.

    Attributes
    ----------
    q
        Middle of each radial bin, in the unit of its label; shape ``(bins,)``.
    chi
        Middle of each azimuthal bin, rad; shape ``(azimuths,)``.
    intensity, sigma
        Shape ``(azimuths, bins)``; NaN in empty bins.
    area
        Good pixels in each bin, of the same shape.
    labels
        What q and the intensity are.
    calibration
        The calibration document.
    """

    q: Array
    chi: Array
    intensity: Array
    sigma: Array
    area: Array
    labels: tuple[str, str]
    calibration: dict[str, Any]

    def mean(self) -> tuple[Array, Array]:
        r"""Average over azimuth, as a curve over the same bins would.

        .. math:: I = \frac{\sum_m A_m I_m}{\sum_m A_m}, \qquad
                  \sigma = \frac{\sqrt{\sum_m A_m^2 \sigma_m^2}}{\sum_m A_m}
        """
        area = self.area.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            intensity = np.nansum(self.area * self.intensity, axis=0) / area
            sigma = np.sqrt(np.nansum((self.area * self.sigma) ** 2, axis=0)) / area
        return intensity, sigma


class CakeFormat:
    """Turns the cakes of one channel into the bytes of files.

    HDF5 makes such a file once. From frame to frame only the numbers change, and where they lie in
    it stays the same.

    Parameters
    ----------
    channel
        Of kind ``Cake``.
    calibration
        The calibration document.
    intensity_label
        What the intensity is.
    """

    suffix = SUFFIX

    def __init__(
        self,
        channel: ChannelPlan,
        calibration: dict[str, Any],
        intensity_label: str = COUNTS_LABEL,
    ) -> None:
        if channel.chi is None:
            raise ValueError(f"expected the channel of a cake, got one of kind {channel.kind}")
        self._channel, self._chi = channel, channel.chi
        self._calibration = json.dumps(calibration)
        self._labels = (channel.axis_label, intensity_label)

    def made(self, data: bytes) -> bool:
        """Tell whether these bytes are a whole file of this channel and calibration."""
        try:
            cake = _parsed(data)
        except _NO_CAKE:
            return False
        return json.dumps(cake.calibration) == self._calibration and cake.labels == self._labels

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Tell whether a file is a cake, of whatever calibration."""
        try:
            read_cake(path)
        except CurveFileError:
            return False
        return True

    def render(self, curve: Curve) -> bytes:
        """Return the whole file of a cake; its numbers have the seven digits of 32 bits."""
        file, places = self._pattern
        pieces: list[bytes | memoryview] = []
        end = 0
        for place, values in zip(places, (curve.intensity, curve.sigma, curve.area), strict=True):
            numbers = values.astype(_NUMBER).data
            pieces += [file[end:place], numbers]
            end = place + numbers.nbytes
        return b"".join([*pieces, file[end:]])

    @cached_property
    def _pattern(self) -> tuple[memoryview, list[int]]:
        """A file without counts, and where its intensities, errors and areas begin, ascending."""
        import h5py

        # In memory: of the name nothing comes to the disk.
        with h5py.File("cake", "w", driver="core", backing_store=False) as file:
            file.attrs["default"] = "entry"
            entry = _group(file, "entry", "NXentry")
            entry.attrs["default"] = "data"
            entry["title"] = self._channel.name
            process = _group(entry, "reduction", "NXprocess")
            process["program"] = "saxsdog"
            _group(process, "input", "NXparameters")["calibration"] = self._calibration
            data = _group(entry, "data", "NXdata")
            data.attrs["signal"] = "I"
            data.attrs["axes"] = ["azimuthal_axis", "radial_axis"]
            nothing = np.zeros((self._chi.size, self._channel.q.size), _NUMBER)
            axis, intensity = self._labels
            fields = [
                _field(data, "I", nothing, long_name=intensity),
                _field(data, "I_errors", nothing),
                _field(data, "norm", nothing, long_name="Pixels"),
            ]
            unit = self._channel.unit
            _field(data, "radial_axis", self._channel.q, units=unit, long_name=axis)
            degrees = np.degrees(self._chi)
            _field(data, "azimuthal_axis", degrees, units="degree", long_name="Azimuth [deg]")
            file.flush()
            places = [field.id.get_offset() for field in fields]
            if sorted(places) != places:
                raise RuntimeError(f"expected fields in the order of their making, got {places}")
            return memoryview(file.id.get_file_image()), places


def read_cake(path: str | os.PathLike[str], *, follow: bool = True) -> CakeFile:
    """Read a cake file.

    Parameters
    ----------
    path
        The file.
    follow
        Whether a link is followed.

    Raises
    ------
    CurveFileError
        If the file is missing or is no whole cake.
    """
    data = result_bytes(path, "a cake", follow=follow)
    try:
        return _parsed(data)
    except _NO_CAKE as error:
        raise CurveFileError(f"{path}: expected a whole cake: {error}") from error


def _parsed(data: bytes) -> CakeFile:
    """Take a file apart.

    Raises
    ------
    OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError
        If it is damaged, or something is missing or has another shape.
    """
    import h5py

    with h5py.File(io.BytesIO(data), "r") as file:
        group = file[_DATA]
        q, chi = (_numbers(group, name) for name in ("radial_axis", "azimuthal_axis"))
        intensity, sigma, area = (_numbers(group, name) for name in ("I", "I_errors", "norm"))
        labels = tuple(str(group[name].attrs["long_name"]) for name in ("radial_axis", "I"))
        calibration = json.loads(file[_INPUT].asstr()[()])
    shape = (*chi.shape, *q.shape)
    if not intensity.shape == sigma.shape == area.shape == shape:
        raise ValueError(f"expected fields of {shape} numbers, got {intensity.shape}")
    return CakeFile(q, np.radians(chi), intensity, sigma, area, (labels[0], labels[1]), calibration)


def _numbers(group: "h5py.Group", name: str) -> Array:
    return np.asarray(group[name][()], dtype=np.float64)


def _group(parent: "h5py.Group", name: str, kind: str) -> "h5py.Group":
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _field(
    group: "h5py.Group", name: str, values: NDArray[Any], **attributes: str
) -> "h5py.Dataset":
    dataset = group.create_dataset(name, data=values)
    dataset.attrs.update(attributes)
    return dataset
