"""Numbers that follow a reaction: what a calibration asks for under ``Classifiers``."""
