"""Calibrations of other programs for tests."""

import io
from pathlib import Path

import h5py
import numpy as np

from tests.helpers.frames import edf_bytes

CALIBRATIONS = Path(__file__).parents[1] / "data" / "calibrations"


def text_of(name):
    """The text of a file of the collection; FIT2D's notes may be Latin-1."""
    return (CALIBRATIONS / name).read_bytes().decode("latin-1")


def spd_bytes():
    """An EDF image with the keys of SPD in its header."""
    keys = {"Center_1": 20.25, "Center_2": -3.5, "PSize_1": "75_um", "PSize_2": 0.000172}
    keys |= {"SampleDistance": 1.25, "WaveLength": "1.1e-10", "DetectorRotation_1": "3_deg"}
    return edf_bytes(np.zeros((31, 43), "i4"), **keys)


def nexus_bytes():
    """An HDF5 file with a detector that is swung out."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        detector = file.create_group("entry/instrument/detector")
        detector["detector_distance"], detector["beam_center_x"] = 1.25, 20.25
        detector["beam_center_y"], detector["x_pixel_size"] = -3.5, 75e-6
        detector["y_pixel_size"], detector["pixel_mask"] = 172e-6, np.zeros((31, 43), "u1")
        file["entry/instrument/beam/incident_wavelength"] = 1.1
        detector["two_theta"] = 10.0
        module = detector.create_group("module")
        module.attrs["NX_class"] = "NXdetector_module"
        module["module_offset"] = 1.25
        module["fast_pixel_direction"], module["slow_pixel_direction"] = 75e-6, 172e-6
        axes = {
            detector["two_theta"]: ([0, 1, 0], "."),
            module["module_offset"]: ([0, 0, 1], detector["two_theta"].name),
            module["fast_pixel_direction"]: ([-1, 0, 0], "module_offset"),
            module["slow_pixel_direction"]: ([0, -1, 0], "module_offset"),
        }
        for field, (vector, parent) in axes.items():
            field.attrs["vector"], field.attrs["depends_on"] = vector, parent
        detector["two_theta"].attrs["transformation_type"] = "rotation"
    return buffer.getvalue()
