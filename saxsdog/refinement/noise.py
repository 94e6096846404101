"""What moves points off their rings, and how far a result can be trusted because of it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from saxsdog.refinement.ring_points import RingPoints

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

NO_ACCIDENT = {1: 1.94, 2: 1.64}
"""Variance from nine parts of the detector over the one without that comes by accident in one of
twenty cases, for one number and for the mean of two: chi-squared of 8 and 16 degrees of freedom."""

N_WITH_TILT = 5
"""Parameters of a geometry whose tilt is free."""

MOST_LAG = 12
"""Sectors apart on a ring that may err together, for instance on the same module."""

FEWEST_RINGS = 3
"""Rings without which nothing shows that whole ones are beside their places."""

PATCHES = 3
"""Parts that the detector is cut into along each axis to see what errs together."""

FEWEST_PATCHES = 6


@dataclass(frozen=True)
class Noise:
    """Standard deviations of single points and of whole rings besides counting, pixels."""

    point: float
    ring: float


class _Whitened:
    """Products with the inverse of V, ring by ring (Sherman-Morrison)."""

    def __init__(self, points: RingPoints, noise: Noise) -> None:
        self.weights = 1.0 / (points.error**2 + noise.point**2)
        _, self._ring = np.unique(points.ring, return_inverse=True)
        self._sums = np.bincount(self._ring, self.weights)
        self._factor = noise.ring**2 / (1.0 + noise.ring**2 * self._sums)

    def product(self, one: Array, other: Array) -> Array:
        """Return ``one.T @ inverse(V) @ other`` for matrices with a row for each point."""
        plain = one.T @ (self.weights[:, np.newaxis] * other)
        left, right = self._by_ring(one), self._by_ring(other)
        return np.asarray(plain - (left * self._factor) @ right.T)

    @property
    def log_determinant(self) -> float:
        """Of V."""
        return float(
            np.log1p(self._factor * self._sums / (1 - self._factor * self._sums)).sum()
            - np.log(self.weights).sum()
        )

    def _by_ring(self, matrix: Array) -> Array:
        return np.array([np.bincount(self._ring, self.weights * column) for column in matrix.T])


def solved(
    residuals: Array, jacobian: Array, points: RingPoints, noise: Noise
) -> tuple[Array, Array]:
    """Return the normal matrix and the solution of generalised least squares."""
    whitened = _Whitened(points, noise)
    normal = whitened.product(jacobian, jacobian)
    gradient = whitened.product(jacobian, residuals[:, np.newaxis])[:, 0]
    return normal, np.asarray(np.linalg.solve(normal, gradient), np.float64)


def _chi_squared(residuals: Array, jacobian: Array, points: RingPoints, noise: Noise) -> float:
    """Weighted sum of the squares of what the parameters leave."""
    whitened = _Whitened(points, noise)
    normal = whitened.product(jacobian, jacobian)
    gradient = whitened.product(jacobian, residuals[:, np.newaxis])
    total = whitened.product(residuals[:, np.newaxis], residuals[:, np.newaxis])[0, 0]
    return float(total - (gradient.T @ np.linalg.solve(normal, gradient))[0, 0])


def likeliest(residuals: Array, jacobian: Array, points: RingPoints) -> Noise:
    """Find the noise of points and rings that explains the residuals best."""
    if points.rings.size < FEWEST_RINGS:
        return Noise(float(np.median(points.error)), 0.0)
    freedom = max(points.number - jacobian.shape[1], 1)
    scaled = jacobian / np.sqrt((jacobian**2).sum(axis=0))
    usual = float(np.median(points.error))

    def unlikeliness(logarithms: Array) -> float:
        noise = Noise(*np.exp(np.clip(logarithms, -12.0, 4.0)).tolist())
        whitened = _Whitened(points, noise)
        normal = whitened.product(scaled, scaled)
        gradient = whitened.product(scaled, residuals[:, np.newaxis])
        total = whitened.product(residuals[:, np.newaxis], residuals[:, np.newaxis])[0, 0]
        left = max(float(total - (gradient.T @ np.linalg.solve(normal, gradient))[0, 0]), 1e-300)
        determinant = np.linalg.slogdet(normal)[1]
        return float(whitened.log_determinant + determinant + freedom * math.log(left))

    first = np.log([max(usual, 1e-4), max(usual, 1e-4)])
    found = minimize(unlikeliness, first, method="Nelder-Mead", options={"xatol": 0.02})
    return Noise(*np.exp(np.clip(found.x, -12.0, 4.0)).tolist())


def estimated(
    residuals: Array, jacobian: Array, points: RingPoints, noise: Noise
) -> tuple[Array, Array, float]:
    """Solve the linear problem.

    Returns
    -------
    solution, covariance
        Of the parameters.
    spread
        Variance of the residuals over that which the noise gives them.
    """
    normal, solution = solved(residuals, jacobian, points, noise)
    freedom = max(points.number - jacobian.shape[1], 1)
    spread = _chi_squared(residuals, jacobian, points, noise) / freedom
    covariance = np.linalg.inv(normal) * spread * _alikeness(residuals, points)
    own = np.sqrt(np.diag(covariance))
    larger = _larger(_by_patches(residuals, jacobian, points, noise) / own)
    return solution, np.asarray(covariance * np.outer(larger, larger)), spread


def _larger(ratios: Array) -> Array:
    """Factors for standard errors: where those from parts are larger, and by more than chance.

    The centre has two components, and so has the tilt; a pair is judged together, so that nothing
    depends on which axis of the detector is which.
    """
    groups = [[0, 1], [2], [3, 4]] if ratios.size >= N_WITH_TILT else [[0, 1], [2]]
    groups += [[i] for i in range(sum(map(len, groups)), ratios.size)]
    factors = np.ones(ratios.size)
    for group in groups:
        square = float(np.mean(ratios[group] ** 2))
        if square > NO_ACCIDENT[len(group)]:
            factors[group] = math.sqrt(square)
    return factors


def _by_patches(residuals: Array, jacobian: Array, points: RingPoints, noise: Noise) -> Array:
    r"""Return standard errors from leaving out the parts of the detector in turn (jackknife).

    .. math:: \hat\sigma^2 = \frac{G-1}{G} \sum_g (x_{(g)} - \bar x)^2

    Points on the same module err alike, on all rings: these errors see that, wherever the borders
    of the modules are.

    References
    ----------
    B. Efron, C. Stein, Ann. Statist. 9, 586 (1981), doi:10.1214/aos/1176345462.
    """
    patch = _patch_of(points)
    found = []
    for part in np.unique(patch):
        left = patch != part
        if np.count_nonzero(left) <= jacobian.shape[1]:
            continue
        _, solution = solved(residuals[left], jacobian[left], points.only(left), noise)
        found.append(solution)
    if len(found) < FEWEST_PATCHES:
        return np.zeros(jacobian.shape[1])
    solutions = np.array(found)
    squares = ((solutions - solutions.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(squares * (len(found) - 1) / len(found)))


def _alikeness(residuals: Array, points: RingPoints) -> float:
    r"""How much less neighbours on a ring tell than their number says, at least 1.

    :math:`1 + 2\sum_k (1 - k/(L+1))\,\rho_k` with the correlation :math:`\rho_k` of residuals that
    are k sectors apart on the same ring; 1 where that is not more than twice its standard error
    without any correlation.

    References
    ----------
    W. K. Newey, K. D. West, Econometrica 55, 703 (1987), doi:10.2307/1913610.
    """
    rows = []
    for ring in points.rings:
        own = points.ring == ring
        order = np.argsort(points.azimuth[own])
        scaled = residuals[own][order]
        rows.append(scaled - scaled.mean())
    power = sum(float(row @ row) for row in rows)
    total = 1.0
    for lag in range(1, MOST_LAG + 1):
        together = sum(float(row[lag:] @ row[:-lag]) for row in rows if row.size > lag)
        total += 2 * (1 - lag / (MOST_LAG + 1)) * together / power if power else 0.0
    number = sum(row.size for row in rows)
    weights = 1 - np.arange(1, MOST_LAG + 1) / (MOST_LAG + 1)
    by_accident = 2 * math.sqrt(4 * float((weights**2).sum()) / number)
    return total if total > 1.0 + by_accident else 1.0


def _patch_of(points: RingPoints) -> Indices:
    number = np.zeros(points.number, np.intp)
    for place in (points.row, points.column):
        low, high = float(place.min()), float(place.max())
        relative = (place - low) / max(high - low, 1e-9)
        number = number * PATCHES + np.minimum((relative * PATCHES).astype(np.intp), PATCHES - 1)
    return number
