"""Frames of a detector that was never there, with the curve that they must give."""
