"""What stands where in the NeXus file of a data set."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from saxsdog.archive.description import ChannelDescription, Description
from saxsdog.archive.growing import create_growing
from saxsdog.classifiers.descriptions import describe
from saxsdog.reduction.intensity import in_ascii

ENTRY, IMAGES = "stack", "stack/images"
CURVE = "curve_{}"
"""Comes before the stacks in the order of names: SasView expects a SASentry first."""

IDENTITY = f"{ENTRY}/reduction/input/identity"

KEV_NM = 1.239841984332
"""Energy times wavelength of a photon."""

_REFERENCE = "M. Burian et al., SAXSDOG"

FLOAT = np.dtype("<f8")
INTEGER = np.dtype("<i8")
DIGEST = np.dtype("S32")
"""Of the counts of an image, hexadecimal."""


@dataclass(frozen=True, eq=False)
class CurveOfImage:
    """A curve that stands alone: the name of its group, and that of its image."""

    channel: ChannelDescription
    group: str
    title: bytes
    intensity: NDArray[np.float64]
    sigma: NDArray[np.float64]


def lay_out(
    root: h5py.File,
    description: Description,
    capacity: int,
    width: int,
    columns: Sequence[str],
    curves: Iterable[CurveOfImage],
) -> None:
    """Make all groups and datasets of an empty file.

    Parameters
    ----------
    root
        The file.
    description
        Of the results.
    capacity
        How many images there is room for.
    width
        Bytes of the longest name of an image.
    columns
        Paths of the parameters of each image.
    curves
        That stand alone.
    """
    channels = description.channels
    root.attrs.update({"NX_class": "NXroot", "default": ENTRY, "creator": "saxsdog"})
    entry = _group(root, ENTRY, "NXentry", default=channels[0].name)
    # No title: SasView would take it for that of the last curve.
    _texts(entry, definition="NXazint2d" if channels[0].kind == "Cake" else "NXazint1d")
    entry["solid_angle_applied"] = description.solid_angle
    entry["polarization_applied"] = description.polarization
    entry["normalization_applied"] = description.normalization
    _write_instrument(entry, description)
    _write_process(entry, description)
    _create_table(entry, columns, capacity, width, description.intensity_unit)
    for channel in channels:
        _create_stack(entry, channel, description, capacity)
    for curve in curves:
        _create_curve(root, curve, description, width)


def _write_instrument(entry: h5py.Group, description: Description) -> None:
    instrument = _group(entry, "instrument", "NXinstrument")
    _texts(instrument, name="unknown")
    monochromator = _group(instrument, "monochromator", "NXmonochromator")
    wavelength = description.wavelength
    _value(monochromator, "wavelength", wavelength * 10.0, "angstrom")
    _value(monochromator, "energy", KEV_NM / wavelength, "keV")
    detector = _group(instrument, "detector", "NXdetector")
    row, column = description.beam_center
    height, width = description.pixel_size
    _value(detector, "distance", description.distance, "m")
    _value(detector, "beam_center_x", column, "pixel")
    _value(detector, "beam_center_y", row, "pixel")
    _value(detector, "x_pixel_size", width, "m")
    _value(detector, "y_pixel_size", height, "m")
    source = _group(instrument, "source", "NXsource")
    _texts(source, name="unknown", type="Synchrotron X-ray Source", probe="x-ray")


def _write_process(entry: h5py.Group, description: Description) -> None:
    process = _group(entry, "reduction", "NXprocess")
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    _texts(process, program="saxsdog", version=description.program, date=now, reference=_REFERENCE)
    given = _group(process, "input", "NXparameters")
    _texts(
        given,
        calibration=description.calibration,
        calibration_sha256=description.calibration_sha256,
        files_sha256=json.dumps(dict(description.files)),
        identity=description.identity,
        bundle=description.bundle,
    )


def _create_table(
    entry: h5py.Group, columns: Sequence[str], capacity: int, width: int, intensity_unit: str
) -> None:
    """Make the columns of what is known of each image, and of its parameters."""
    table = _group(entry, "images", "NXcollection")
    name = h5py.string_dtype("utf-8", width)
    create_growing(table, "index", INTEGER, (), capacity)
    create_growing(table, "name", name, (), capacity)
    create_growing(table, "counts_xxh3", DIGEST, (), capacity)
    for field in ("time", "integrated"):
        long_name = f"{field}, seconds since 1970-01-01 UTC"
        create_growing(table, field, FLOAT, (), capacity, units="s", long_name=long_name)
    create_growing(table, "exposure", FLOAT, (), capacity, units="s")
    for path in columns:
        channel, parameter = path.removeprefix(f"{IMAGES}/").split("/", 1)
        if channel not in table:
            _group(table, channel, "NXcollection")
        unit = in_ascii(describe(parameter.replace("|", "/")).unit_with(intensity_unit))
        units = {"units": unit} if unit else {}
        create_growing(table[channel], parameter, FLOAT, (), capacity, **units)


def _create_stack(
    entry: h5py.Group, channel: ChannelDescription, description: Description, capacity: int
) -> None:
    data = _group(entry, channel.name, "NXdata", signal="I")
    units = {"units": description.intensity_unit}
    long_name = description.intensity_label
    create_growing(data, "I", FLOAT, channel.shape, capacity, **units, long_name=long_name)
    create_growing(data, "I_errors", FLOAT, channel.shape, capacity, **units)
    q = "azimuthal_axis" if channel.kind == "Phi" else "radial_axis"
    _axis(data, q, channel.q, channel.unit, channel.label)
    if channel.chi is None:
        data.attrs.update({"axes": [".", q], "interpretation": "spectrum"})
        return
    _axis(data, "azimuthal_axis", channel.chi, "rad", "Azimuth [rad]")
    data.attrs.update({"axes": [".", "azimuthal_axis", q], "interpretation": "image"})


def _create_curve(
    root: h5py.File, curve: CurveOfImage, description: Description, width: int
) -> None:
    """Write a curve as programs for curves read it; they leave empty bins out themselves."""
    group = _group(root, curve.group, "NXentry")
    group.attrs.update({"canSAS_class": "SASentry", "version": "1.1", "default": "data"})
    _texts(group, definition="NXcanSAS")
    text = h5py.string_dtype("utf-8", width)
    for name in ("title", "run"):
        group.create_dataset(name, data=np.array(curve.title, text))
    data = _group(group, "data", "NXdata", canSAS_class="SASdata", signal="I")
    data.attrs.update({"I_axes": "Q", "axes": ["Q"], "Q_indices": np.array([0], np.int32)})
    channel = curve.channel
    _axis(data, "Q", channel.q, channel.unit, channel.label)
    data["I"], data["Idev"] = curve.intensity, curve.sigma
    data["I"].attrs.update({"units": description.intensity_unit, "uncertainties": "Idev"})
    data["Idev"].attrs["units"] = description.intensity_unit


def curve_group(channel: str) -> str:
    """Return the group of the newest curve of a channel."""
    return CURVE.format(channel)


def _group(parent: h5py.Group, name: str, kind: str, **attributes: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs.update({"NX_class": kind} | attributes)
    return group


def _texts(group: h5py.Group, **texts: str) -> None:
    for name, text in texts.items():
        group[name] = text.encode("utf-8", "backslashreplace").decode()


def _value(group: h5py.Group, name: str, value: float, units: str) -> None:
    group[name] = value
    group[name].attrs["units"] = units


def _axis(group: h5py.Group, name: str, values: Any, units: str, long_name: str) -> None:
    group[name] = np.asarray(values, FLOAT)
    group[name].attrs.update({"units": units, "long_name": long_name})
