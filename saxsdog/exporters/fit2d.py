"""FIT2D: the lines that it writes when it has refined a calibration.

Our geometry is FIT2D's, so the numbers are those of the calibration, all their digits included.
FIT2D itself tells neither the number nor the size of the pixels; two lines ahead of its own do, so
that nothing is missing when we read the file again.
"""

from saxsdog.calibration import Calibration

NAME, TITLE, SUFFIX = "fit2d", "FIT2D", ".txt"
CARRIES = frozenset({"Geometry", "Wavelength"})
"""Keys of a calibration that have a place in such a text."""

_MM_PER_UM = 1e-3


def text_of(calibration: Calibration) -> str:
    """Write the geometry and the wavelength of a calibration."""
    geometry = calibration.document["Geometry"]
    rows, columns = geometry["Imagesize"]
    y, x = geometry["BeamCenter"]
    height, *rest = geometry["PixelSizeMicroM"]
    width = rest[0] if rest else height
    tilt = geometry.get("Tilt", {})
    values = {
        "Image size": f"{columns} x {rows} pixels",
        "Pixel size": f"{width} x {height} microns",
        "Refined Beam centre": f"{x} {y} (pixels)",
        "Refined sample to detector distance": f"{geometry['DedectorDistanceMM']} mm",
        "Refined wavelength": f"{calibration.document['Wavelength']} Angstroms",
        "Refined tilt plane rotation angle": f"{tilt.get('TiltRotDeg', 0.0)} degrees",
        "Refined tilt angle": f"{tilt.get('TiltAngleDeg', 0.0)} degrees",
    }
    lines = [f"INFO: {name} = {value}" for name, value in values.items()]
    lines.insert(
        3, f"INFO: Refined Beam centre = {x * width * _MM_PER_UM} {y * height * _MM_PER_UM} (mm)"
    )
    return "\n".join([*lines, ""])
