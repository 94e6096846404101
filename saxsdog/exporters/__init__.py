"""Our calibrations become those of other programs: one module for each format."""
