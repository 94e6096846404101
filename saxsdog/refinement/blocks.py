"""Refine with a frame whose pixels are means over blocks, as those from a server are."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saxsdog.inspection.blocks import any_in_blocks
from saxsdog.inspection.counts import Flags
from saxsdog.reduction.geometry import Geometry
from saxsdog.refinement.calibrants import Calibrant
from saxsdog.refinement.refine import refine
from saxsdog.refinement.result import Refinement


def refine_blocks(
    means: NDArray[Any],
    block: int,
    start: Geometry,
    calibrant: Calibrant,
    *,
    mask: Flags | None = None,
    tilt: bool = False,
) -> Refinement:
    """Refine as :func:`saxsdog.refinement.refine.refine`, with means over square blocks.

    Parameters
    ----------
    means
        Mean counts of a block, no count where nothing was counted.
    block
        Side of a block, pixels; 1 for the frame itself.
    start, mask
        Of the whole frame.
    calibrant, tilt
        As for a whole frame.
    """
    if block == 1:
        return refine(means, start, calibrant, mask=mask, tilt=tilt)
    coarse = replace(
        start,
        shape=(means.shape[0], means.shape[1]),
        beam_center=(start.beam_center[0] / block, start.beam_center[1] / block),
        pixel_size=(start.pixel_size[0] * block, start.pixel_size[1] * block),
    )
    found = refine(
        # A sum of counts has the error of counting that its mean does not show.
        means.astype(np.float64) * block**2,
        coarse,
        calibrant,
        mask=None if mask is None else any_in_blocks(mask, block),
        tilt=tilt,
    )
    return _in_pixels(found, block, start)


def _in_pixels(found: Refinement, block: int, start: Geometry) -> Refinement:
    """Write a result in pixels of the whole frame."""
    scale = np.ones(found.covariance.shape[0])
    scale[:2] = block
    geometry, errors, points = found.geometry, found.uncertainties, found.points
    row, column = geometry.beam_center
    return replace(
        found,
        start=start,
        geometry=replace(
            start,
            beam_center=(row * block, column * block),
            distance=geometry.distance,
            tilt=geometry.tilt,
            tilt_rotation=geometry.tilt_rotation,
        ),
        uncertainties=replace(errors, row=errors.row * block, column=errors.column * block),
        covariance=found.covariance * np.outer(scale, scale),
        rings=tuple(
            replace(ring, rms=ring.rms * block, mean=ring.mean * block) for ring in found.rings
        ),
        points=replace(
            points,
            row=points.row * block,
            column=points.column * block,
            error=points.error * block,
            width=points.width * block,
        ),
        residuals=found.residuals * block,
        rms=found.rms * block,
        ring_scatter=found.ring_scatter * block,
        warnings=(
            *found.warnings,
            f"the frame is a preview, of blocks of {block} × {block} pixels: its file tells more",
        ),
    )
