"""Which names in a folder are those of images."""


def is_hidden(name: str) -> bool:
    """Whether a name is one that programs keep for themselves, for example while they write."""
    return name.startswith(".")


def is_image_name(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a name has one of the suffixes, given in lower case, and is not hidden."""
    return name.lower().endswith(suffixes) and not is_hidden(name)
