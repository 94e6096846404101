"""Where the detector stands, found from the rings of a powder whose spacings are known."""
