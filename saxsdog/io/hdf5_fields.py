"""What an HDF5 file says of the time and the exposure of its images, in the words of NeXus."""

from contextlib import suppress
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5g, h5i
from numpy.typing import NDArray

from saxsdog.errors import FrameError
from saxsdog.io.hdf5_search import follow, has_own_numbers, text_attribute
from saxsdog.io.headers import CUTOFF_KEYS, TEXT_LIMIT, parse_seconds, parse_time
from saxsdog.io.libraries import translated

START_KEYS = ("start_time", "data_collection_date")
PERIOD_KEY = "frame_time"
"""From the start of one image to the start of the next."""

KEYS = ("count_time", "exposure_time", PERIOD_KEY, *START_KEYS, *CUTOFF_KEYS)
DETECTOR = b"instrument/detector"
SPECIFIC = b"detectorSpecific"

MAX_VALUES = 1 << 20
"""A field may have a value for each image."""


class Fields:
    """The fields that concern some images, read once.

    Parameters
    ----------
    root
        Of the file.
    dataset
        The images; what stands beside them, or at the usual place in the same entry, is theirs.
        Nothing in it is an error.
    """

    def __init__(self, root: h5g.GroupID, dataset: h5d.DatasetID) -> None:
        self._values: dict[str, NDArray[Any]] = {}
        self._units: dict[str, str] = {}
        for group in groups_beside(root, dataset):
            for key in KEYS:
                if key not in self._values:
                    with suppress(FrameError), translated(f"{key} in numbers or text"):
                        self._look(root, group, key)

    def _look(self, root: h5g.GroupID, group: h5g.GroupID, key: str) -> None:
        found = follow(root, key.encode(), group)
        if not isinstance(found, h5d.DatasetID) or not has_own_numbers(found):
            return
        dataset = h5py.Dataset(found)
        if dataset.size and dataset.size <= MAX_VALUES and dataset.dtype.itemsize <= TEXT_LIMIT:
            self._values[key] = np.asarray(dataset[()]).reshape(-1)
            self._units[key] = text_attribute(found, b"units").decode("utf-8", "replace")

    def of(self, image: int, n_images: int) -> dict[str, str]:
        """Return the fields of one of so many images.

        ``timestamp`` is the moment at which it began, in seconds since the epoch, where the file
        tells it: it is computed from the start of the first image.
        """
        fields = {}
        for key, values in self._values.items():
            if values.size in (1, n_images):
                value = values[0 if values.size == 1 else image]
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                fields[key] = f"{text} {self._units[key]}".strip()
        moment = _moment(fields, image)
        return fields if moment is None else fields | {"timestamp": f"{moment:.6f}"}


def _moment(fields: dict[str, str], image: int) -> float | None:
    starts = (parse_time(fields[key]) for key in START_KEYS if key in fields)
    start = next((time for time in starts if time is not None), None)
    if start is None or image == 0:
        return start
    period = parse_seconds(fields.get(PERIOD_KEY, ""))
    return None if period is None else start + image * period


def groups_beside(root: h5g.GroupID, dataset: h5d.DatasetID) -> list[h5g.GroupID]:
    """Return the groups that may say something of some images, the nearest first."""
    path = h5i.get_name(dataset) or b""
    entry, parent = path.strip(b"/").partition(b"/")[0], path.rpartition(b"/")[0]
    detector = b"/".join((entry, DETECTOR))
    paths = (parent, detector, b"/".join((detector, SPECIFIC)), entry)
    groups = (follow(root, each) for each in paths)
    return [group for group in groups if isinstance(group, h5g.GroupID)]
