"""The tree in which a calibration is edited."""
