"""From image files to curve files: find, assign, integrate, write."""
