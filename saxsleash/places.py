"""Files and folders that people name: any text, and a disk that may not be there any more."""

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a path leads to a file that can be looked at.

    Unlike the method of the path it is false, too, for a name that is too long, a folder that must
    not be entered, and a disk whose connection is lost: whoever reads says why.
    """
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder that can be looked at, as :func:`is_file` means it."""
    try:
        return path.is_dir()
    except OSError:
        return False


def from_home(path: Path) -> Path:
    """Put the home of a user in place of a leading ``~``; that of nobody known stays."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
