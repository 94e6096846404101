"""Where images are found: named on a command line, seen by events, met on a walk."""
