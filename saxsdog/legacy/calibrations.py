"""A calibration that a client of the original sends becomes one of today."""

import json
import logging
from typing import Any

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.importers import saxsdog3

logger = logging.getLogger(__name__)

_BESIDE = {"directory": "Directory", "threads": "Threads"}


def calibration_of(argument: Any) -> dict[str, Any]:
    """Return a calibration as it is, or where that means nothing today, in the form of today.

    Its user cannot send anything else: an older generation is no error, nor is a key that we do not
    have. What was changed is logged. What comes back may still be wrong in other ways.

    Parameters
    ----------
    argument
        The calibration, or an object with that as ``calibration``; a ``directory`` and ``threads``
        beside it count more than those that it holds.

    Raises
    ------
    CalibrationError
        If it is none.
    """
    wrapped = isinstance(argument, dict) and "calibration" in argument
    document = argument["calibration"] if wrapped else argument
    if not isinstance(document, dict):
        raise CalibrationError("expected a calibration, got something else")
    if wrapped:  # left out, they would let the queue work somewhere else
        beside = {key: argument[name] for name, key in _BESIDE.items() if name in argument}
        document = document | beside
    try:
        Calibration.from_document(document)
    except CalibrationError:
        findings = saxsdog3.read(json.dumps(document))
        for remark in findings.remarks:
            logger.info("calibration of a client of the original: %s", remark)
        return findings.document
    return document
