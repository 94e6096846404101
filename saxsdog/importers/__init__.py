"""Calibrations of other programs become ours: one module for each format."""
