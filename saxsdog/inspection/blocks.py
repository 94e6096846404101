"""Masks seen in blocks of pixels, as frames from a server are."""

import math

import numpy as np

from saxsdog.inspection.counts import Flags


def any_in_blocks(mask: Flags, block: int) -> Flags:
    """Tell which square blocks hold a masked pixel; those at the far edges may be cut off."""
    if block == 1:
        return mask
    by_rows = np.zeros((math.ceil(mask.shape[0] / block), mask.shape[1]), np.bool_)
    for k in range(block):
        part = mask[k::block]
        by_rows[: part.shape[0]] |= part
    both = np.zeros((by_rows.shape[0], math.ceil(mask.shape[1] / block)), np.bool_)
    for k in range(block):
        part = by_rows[:, k::block]
        both[:, : part.shape[1]] |= part
    return both


def all_in_blocks(mask: Flags, block: int) -> Flags:
    """Tell which square blocks are masked altogether."""
    return mask if block == 1 else ~any_in_blocks(~mask, block)
