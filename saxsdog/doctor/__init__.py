"""Looks at a site before the beamtime: one module for each subject, made of small checks."""
