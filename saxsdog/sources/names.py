"""Which names in a folder are those of images."""


def is_hidden(name: str) -> bool:
    """Whether a name is one that programs keep for themselves, for example while they write."""
    return name.startswith(".")


def is_image_file(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file may hold images: its name has one of the suffixes, given in lower case."""
    return name.lower().endswith(suffixes) and not is_hidden(name)
