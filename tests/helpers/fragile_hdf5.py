"""An HDF5 file that ends the process that looks at it."""

from pathlib import Path

import h5py

_NAME = b"NX_class" + bytes(8)
_TEXTS, _NONSENSE = b"\x19\x01", b"\x19\xff"
"""Datatype of variable length, kind "text"; there is no kind 15, and the library follows it."""


def write_killer(path: Path) -> Path:
    """Write a file whose one attribute is of a kind that there is not (libhdf5 to 2.0)."""
    with h5py.File(path, "w") as file:
        detector = file.create_group("entry/instrument/detector")
        file["entry"].attrs["NX_class"] = "NXentry"
        detector["detector_distance"] = 2.5
    content = path.read_bytes()
    if content.count(_NAME + _TEXTS) != 1:
        raise AssertionError("expected one attribute NX_class in the layout of old versions")
    path.write_bytes(content.replace(_NAME + _TEXTS, _NAME + _NONSENSE))
    return path
