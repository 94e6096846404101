"""Make a figure for a window or a file, and bring it there."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from saxsdog.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURE_SUFFIXES = (".png", ".svg", ".pdf")
PICTURE_DPI = 150


def require_matplotlib() -> None:
    """Raise UsageError where matplotlib is missing: before long work, not after it."""
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("drawing needs matplotlib: pip install 'saxsdog[plot]'")


@contextmanager
def figure(size: tuple[float, float], path: Path | None) -> "Iterator[Figure]":
    """Give an empty figure to draw on; then save it to ``path``, or show it in a window.

    Parameters
    ----------
    size
        Width and height, inch.
    path
        A file whose suffix tells the format; ``None`` opens a window and waits until it is closed.

    Raises
    ------
    UsageError
        If matplotlib is missing, the suffix is unknown, the file cannot be written, or there is no
        screen to open a window on.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    if path is None:
        from matplotlib import pyplot as plt

        if plt.get_backend().lower() == "agg":
            raise UsageError("there is no screen for a window: name a picture with -o FILE.png")
        drawing = plt.figure(figsize=size, layout="constrained")
        yield drawing
        plt.show()
        return
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        known = ", ".join(PICTURE_SUFFIXES)
        raise UsageError(f"{path}: expected a name that ends with one of {known}")
    drawing = Figure(figsize=size, layout="constrained")
    yield drawing
    try:
        drawing.savefig(path, dpi=PICTURE_DPI)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
