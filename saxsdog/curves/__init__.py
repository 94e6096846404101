"""From an image to the files of its curves."""
