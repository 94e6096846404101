"""Calibrations of other programs for tests."""

from pathlib import Path

CALIBRATIONS = Path(__file__).parents[1] / "data" / "calibrations"


def text_of(name):
    """The text of a file of the collection; FIT2D's notes may be Latin-1."""
    return (CALIBRATIONS / name).read_bytes().decode("latin-1")
