"""Which pixels an HDF5 file marks as bad, in the words of NeXus."""

import h5py
import numpy as np
from h5py import h5d, h5g
from numpy.typing import NDArray

from saxsdog.errors import FrameError
from saxsdog.io.hdf5_fields import groups_beside
from saxsdog.io.hdf5_search import follow, has_own_numbers
from saxsdog.reasons import Reason

NAME = b"pixel_mask"


def marked_pixels(root: h5g.GroupID, images: h5d.DatasetID) -> NDArray[np.intp]:
    """Find the pixels that the first ``pixel_mask`` beside some images marks: it is not 0 there.

    Returns
    -------
    NDArray[np.intp]
        Flat indices; none where the file has no mask.

    Raises
    ------
    FrameError
        If the mask does not have the shape of an image.
    """
    for group in groups_beside(root, images):
        found = follow(root, NAME, group)
        if isinstance(found, h5d.DatasetID) and has_own_numbers(found):
            return _marked(found, images.shape[-2:])
    return np.empty(0, np.intp)


def _marked(mask: h5d.DatasetID, shape: tuple[int, ...]) -> NDArray[np.intp]:
    got = tuple(int(size) for size in mask.shape)
    if got not in (shape, (1, *shape)) or mask.dtype.kind not in "iub":
        raise FrameError(
            f"expected a {NAME.decode()} of {shape} whole numbers, got {got} of {mask.dtype}",
            Reason.WRONG_SHAPE,
        )
    return np.flatnonzero(h5py.Dataset(mask)[()])
