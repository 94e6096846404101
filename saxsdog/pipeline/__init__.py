"""From an image file to curve files, in this process or in workers."""
