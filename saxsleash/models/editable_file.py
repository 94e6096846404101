"""A calibration to edit, from its file: as it is, valid or not."""

from pathlib import Path
from typing import Any

from saxsdog.errors import CalibrationError, DocumentError
from saxsdog.schema import parse_json

NEW_DOCUMENT: dict[str, Any] = {
    "Title": "",
    "Geometry": {
        "BeamCenter": [521.5, 490.5],
        "DedectorDistanceMM": 1000.0,
        "Imagesize": [1043, 981],
        "PixelSizeMicroM": [172.0, 172.0],
    },
    "Wavelength": 1.54,
    "Masks": [{"Oversampling": 3}],
    "Directory": ["."],
}
"""What *New* begins with: a Pilatus 1M, hit in the middle."""


def read_document(path: Path) -> dict[str, Any]:
    """Read the document of a calibration, whatever is wrong with its keys.

    Raises
    ------
    CalibrationError
        If the file cannot be read or is no JSON object; names the file.
    """
    try:
        document = parse_json(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise CalibrationError(f"{path}: expected a calibration file: {reason}") from error
    except UnicodeDecodeError as error:
        raise CalibrationError(f"{path}: expected text in UTF-8: {error}") from error
    except DocumentError as error:
        raise CalibrationError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise CalibrationError(f"{path}: expected a calibration, an object with keys, got none")
    return document
