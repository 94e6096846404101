"""Calibration documents for tests: a small one, a full one, and changed copies of them."""

from copy import deepcopy

SMALL = {
    "Geometry": {
        "BeamCenter": [12.25, 17.5],
        "DedectorDistanceMM": 829.7,
        "Imagesize": [40, 50],
        "PixelSizeMicroM": [172],
    },
    "Wavelength": 1.54,
    "Masks": [{"qStart": 0.1, "qStop": 2.0}],
}
FULL = {
    "Title": "everything",
    "Geometry": {
        "BeamCenter": [12.25, 17.5],
        "DedectorDistanceMM": 829.7,
        "Imagesize": [40, 50],
        "PixelSizeMicroM": [172.0, 75.5],
        "Tilt": {"TiltRotDeg": 30.0, "TiltAngleDeg": -4.5},
    },
    "Wavelength": 1.54,
    "Masks": [
        {
            "MaskFile": "mask.msk",
            "Oversampling": 5,
            "PixelPerRadialElement": 0.5,
            "qStart": 0.1,
            "qStop": 2.0,
            "Name": "all",
            "Phi-mode": False,
        },
        {
            "MaskFile": "ring.msk",
            "qStart": 0.05,
            "qStop": 0.2,
            "Phi-mode": True,
            "AzimuthalBins": 90,
        },
    ],
    "Slices": [
        {
            "Direction": "x",
            "Plane": "InPlane",
            "CutPosition": 12,
            "CutMargin": 2,
            "IncidentAngle": 0.25,
            "MaskRef": 1,
        },
        {"Direction": "y", "Plane": "Vertical", "CutPosition": 50, "CutMargin": 0},
    ],
    "PolarizationCorrection": {"Fraction": 0.95, "Angle": 90.0},
    "ErrorModel": "propagated",
    "Directory": ["2026", "user"],
    "Threads": 7,
    "Live-Filelisting": False,
    "OverwriteFiles": False,
    "GISAXSmode": True,
}
MISSING = object()


def changed(document, *path_and_value):
    """Copy a document with the value at a path of keys replaced, added or taken out."""
    *path, last, value = path_and_value
    copy = deepcopy(document)
    place = copy
    for key in path:
        place = place[key]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return copy
