"""Averages over a part of a curve: of the intensity, and of how much two curves differ."""

import math

import numpy as np

from saxsdog.reduction.geometry import Array

MEAN = ("mean",)
DIFFERENCE = ("chi2",)


def mean(intensity: Array, widths: Array) -> dict[str, float]:
    r"""Average the intensity over q.

    .. math::
        \bar I = \sum I_k \Delta q_k \Big/ \sum \Delta q_k

    Parameters
    ----------
    intensity, widths
        Of the bins, any unit; shape ``(bins,)``. Empty bins (NaN) are left out.

    Returns
    -------
    dict
        ``mean`` in the unit of the intensity; NaN where all bins are empty.
    """
    known = np.isfinite(intensity)
    length = float(widths[known].sum())
    average = float(intensity[known] @ widths[known]) / length if length > 0.0 else math.nan
    return {"mean": average}


def difference(
    intensity: Array, sigma: Array, reference: Array, reference_sigma: Array
) -> dict[str, float]:
    r"""Compare two curves bin by bin.

    .. math::
        \chi^2 = \frac{1}{N} \sum_k \frac{(I_k - I'_k)^2}{\sigma_k^2 + \sigma_k'^2}

    over the N bins in which both are known, and so is an error. It is 1 where curves differ by
    their noise alone, as far as the errors are true.

    Parameters
    ----------
    intensity, sigma
        Of a curve, shape ``(bins,)``.
    reference, reference_sigma
        Of the other one, same shape and unit.

    Returns
    -------
    dict
        ``chi2``, without a unit; NaN where there is no such bin.
    """
    variance = sigma**2 + reference_sigma**2
    squares = (intensity - reference) ** 2
    known = np.isfinite(squares) & np.isfinite(variance) & (variance > 0.0)
    if not known.any():
        return {"chi2": math.nan}
    return {"chi2": float(np.mean(squares[known] / variance[known]))}
