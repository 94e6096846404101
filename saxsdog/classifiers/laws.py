"""Laws of small-angle scattering, fitted to a part of a curve: Guinier's and Porod's.

Empty bins (NaN) are left out, and so are bins whose standard error is not known or 0.
"""

import math

import numpy as np
from numpy.typing import NDArray

from saxsdog.classifiers.straight_lines import fitted_line
from saxsdog.reduction.geometry import Array

GUINIER = ("Rg", "I0", "r2", "qRg_max")
POROD = ("constant", "background", "r2")


def guinier(q: Array, intensity: Array, sigma: Array) -> dict[str, float]:
    r"""Fit Guinier's law, which holds for q Rg up to about 1.3.

    .. math::
        \ln I = \ln I_0 - \frac{R_g^2}{3} q^2

    by weighted least squares; the standard error of :math:`\ln I` is :math:`\sigma / I`.

    Parameters
    ----------
    q, intensity, sigma
        The part of the curve to fit, nm⁻¹ and any unit; shape ``(bins,)``. Bins that are not above
        0 are left out.

    Returns
    -------
    dict
        ``Rg`` in nm, ``I0`` in the unit of the intensity, ``r2`` of the line, and ``qRg_max``, the
        largest q of the fit times Rg: above 1.3 the range is too wide. All NaN where fewer than
        three bins remain; all but ``r2`` where the curve does not fall.

    References
    ----------
    A. Guinier, Ann. Phys. (Paris) 12, 161 (1939). For the range: D. A. Jacques and J. Trewhella,
    Protein Sci. 19, 642 (2010), doi:10.1002/pro.351.
    """
    known = _known(intensity, sigma) & (intensity > 0.0)
    q, intensity, sigma = q[known], intensity[known], sigma[known]
    line = fitted_line(q * q, np.log(intensity), (intensity / sigma) ** 2)
    if line is None:
        return dict.fromkeys(GUINIER, math.nan)
    if line.slope >= 0.0:
        return dict.fromkeys(GUINIER, math.nan) | {"r2": line.r2}
    radius = math.sqrt(-3.0 * line.slope)
    forward = float(np.exp(line.intercept))
    return dict(
        zip(GUINIER, (radius, forward, line.r2, radius * float(q.max())), strict=True),
    )


def porod(q: Array, intensity: Array, sigma: Array) -> dict[str, float]:
    r"""Fit Porod's law for sharp interfaces, with a constant background.

    .. math::
        I = K q^{-4} + B

    by weighted least squares: B is the slope of :math:`I q^4` over :math:`q^4`, K its value at 0.

    Parameters
    ----------
    q, intensity, sigma
        The part of the curve to fit, nm⁻¹ and any unit; shape ``(bins,)``.

    Returns
    -------
    dict
        ``constant`` K in intensity nm⁻⁴, ``background`` B in the unit of the intensity, and ``r2``
        of the line I over :math:`q^{-4}`. NaN where fewer than three bins remain.

    References
    ----------
    G. Porod, Kolloid-Z. 124, 83 (1951); for the background W. Ruland, J. Appl. Cryst. 4, 70
    (1971), doi:10.1107/S0021889871006265, of which this is the case of a constant one.
    """
    known = _known(intensity, sigma) & (q > 0.0)
    line = fitted_line(q[known] ** -4, intensity[known], sigma[known] ** -2)
    if line is None:
        return dict.fromkeys(POROD, math.nan)
    return dict(zip(POROD, (line.slope, line.intercept, line.r2), strict=True))


def _known(intensity: Array, sigma: Array) -> NDArray[np.bool_]:
    return np.isfinite(intensity) & np.isfinite(sigma) & (sigma > 0.0)
