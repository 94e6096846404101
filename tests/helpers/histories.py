"""Pages of a history, as a server sends them."""

import numpy as np

START = 1_751_500_800.0
"""s since the epoch; an image every second from there on, and integrated a second later."""


def page_of(cursors, series="run/x_", **intensities):
    """Return files and numbers of a page; the integral intensity of each channel by its name."""
    cursors = np.array(cursors, np.float64)
    numbers = {
        "cursor": cursors,
        "time": START + cursors,
        "time_source": np.zeros(cursors.size),
        "exposure": np.full(cursors.size, 0.1),
        "announced": START + cursors,
        "done": START + cursors + 1,
    }
    numbers |= {f"{name}.I0": np.array(values) for name, values in intensities.items()}
    return [f"{series}{int(cursor):05d}.tif" for cursor in cursors], numbers
