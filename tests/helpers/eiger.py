"""Files of an Eiger as DECTRIS's file writer lays them out: a master, and data that it links to.

Names, types and units are those of "EIGER2 SIMPLON API Reference", "NeXus/HDF5 metadata". The
older layout has no ``module``; the newer one (NXmx) has one, with transformations.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

GAP, DEAD = 1, 2
"""Bits of a pixel mask."""

NO_COUNT = 2**32 - 1


@dataclass(frozen=True)
class EigerSeries:
    """What a series says; the values are those that its files hold."""

    beam_center: tuple[float, float] = (120.25, 141.75)
    """(y, x), pixels."""

    distance: float = 0.31
    pixel_size: float = 75e-6
    wavelength: float = 1.54987
    """Ångström."""


def write_series(
    folder: Path,
    images: NDArray[np.uint32],
    series: EigerSeries = EigerSeries(),
    *,
    mask: NDArray[np.uint32] | None = None,
    module: bool = False,
    name: str = "series_1",
) -> tuple[Path, Path]:
    """Write master and data; return their paths."""
    data, master = folder / f"{name}_data_000001.h5", folder / f"{name}_master.h5"
    shape = images.shape[1:]
    mask = np.zeros(shape, np.uint32) if mask is None else mask
    stored = np.where(mask != 0, np.uint32(NO_COUNT), images)
    with h5py.File(data, "w") as file:
        _group(file, "entry", "NXentry")
        _group(file, "entry/data", "NXdata")
        field = file["entry"].create_dataset(
            "data/data", data=stored, chunks=(1, *shape), **hdf5plugin.Bitshuffle(cname="lz4")
        )
        field.attrs.update({"image_nr_low": 1, "image_nr_high": len(images)})
    with h5py.File(master, "w") as file:
        entry = _group(file, "entry", "NXentry")
        entry["definition"] = np.bytes_("NXmx")
        _group(entry, "data", "NXdata")
        entry["data/data_000001"] = h5py.ExternalLink(data.name, "/entry/data/data")
        _group(entry, "sample", "NXsample")
        _group(entry, "instrument", "NXinstrument")
        beam = _group(entry, "instrument/beam", "NXbeam")
        _put(beam, "incident_wavelength", np.float32(series.wavelength), "angstrom")
        detector = _group(entry, "instrument/detector", "NXdetector")
        _fill(detector, series, mask, len(images))
        if module:
            _add_module(detector, series, shape)
    return master, data


def _fill(
    detector: h5py.Group, series: EigerSeries, mask: NDArray[np.uint32], n_images: int
) -> None:
    row, column = series.beam_center
    for name, value, unit in (
        ("beam_center_x", column, "pixel"),
        ("beam_center_y", row, "pixel"),
        ("detector_distance", series.distance, "m"),
        ("x_pixel_size", series.pixel_size, "m"),
        ("y_pixel_size", series.pixel_size, "m"),
        ("count_time", 0.9999999, "s"),
        ("frame_time", 1.0, "s"),
        ("sensor_thickness", 4.5e-4, "m"),
        ("threshold_energy", 4000.0, "eV"),
    ):
        _put(detector, name, np.float32(value), unit)
    for name, text in (
        ("description", "Dectris EIGER2 Si 1M"),
        ("detector_number", "E-02-0000"),
        ("sensor_material", "Si"),
    ):
        detector[name] = np.bytes_(text)
    for name in ("countrate", "flatfield", "pixel_mask", "virtual_pixel"):
        suffix = "applied" if name == "pixel_mask" else "correction_applied"
        detector[f"{name}_{suffix}"] = 1
    detector["bit_depth_image"] = 32
    specific = _group(detector, "detectorSpecific", "NXcollection")
    specific["pixel_mask"] = mask
    specific["flatfield"] = np.ones(mask.shape, np.float32)
    specific["nimages"], specific["ntrigger"] = n_images, 1
    specific["y_pixels_in_detector"], specific["x_pixels_in_detector"] = mask.shape
    specific["data_collection_date"] = np.bytes_("2026-01-01T12:00:00.000000")
    _put(specific, "photon_energy", np.float32(12398.4198 / series.wavelength), "eV")
    geometry = _group(detector, "geometry", "NXgeometry")
    _group(geometry, "orientation", "NXorientation")["value"] = np.float32([-1, 0, 0, 0, -1, 0])
    distances = np.float32([column * series.pixel_size, row * series.pixel_size, -series.distance])
    _put(_group(geometry, "translation", "NXtranslation"), "distances", distances, "m")


def _add_module(detector: h5py.Group, series: EigerSeries, shape: tuple[int, ...]) -> None:
    chain = _group(detector, "transformations", "NXtransformations")
    row, column = series.beam_center
    place = np.array([column * series.pixel_size, row * series.pixel_size, series.distance])
    length = float(np.linalg.norm(place))
    _put(chain, "translation", length, "m", vector=place / length, depends_on=".")
    module = _group(detector, "module", "NXdetector_module")
    module["data_origin"], module["data_size"] = (0, 0), shape
    above = {"offset": np.zeros(3), "offset_units": "m", "depends_on": chain["translation"].name}
    _put(module, "module_offset", 0.0, "m", vector=(1.0, 0.0, 0.0), **above)
    for name, vector in (("fast", (-1.0, 0.0, 0.0)), ("slow", (0.0, -1.0, 0.0))):
        below = above | {"depends_on": module["module_offset"].name}
        _put(module, f"{name}_pixel_direction", series.pixel_size, "m", vector=vector, **below)
    for field in (chain["translation"], *(module[name] for name in module if "_" in name)):
        if "vector" in field.attrs:
            field.attrs["transformation_type"] = "translation"


def _group(parent: h5py.Group, name: str, kind: str) -> h5py.Group:
    made = parent.create_group(name)
    made.attrs["NX_class"] = kind
    return made


def _put(parent: h5py.Group, name: str, value: object, unit: str, **attributes: object) -> None:
    parent[name] = value
    parent[name].attrs.update({"units": unit} | attributes)
