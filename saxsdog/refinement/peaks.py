"""Maxima of many profiles at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.refinement.profiles import Profiles

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

ITERATIONS = 25
SIGNIFICANT = 6.0
"""Height of a maximum over its standard error below which it may be an accident."""

NARROWEST = 0.4
"""Standard deviation of the narrowest maximum, in bins."""

SMALLEST_VARIANCE = 0.2
"""Of a pixel, counts²: where the model is zero a pixel still may count."""

N_PARAMETERS = 5


@dataclass(frozen=True, eq=False)
class Peaks:
    """One for each profile.

    Attributes
    ----------
    place, error
        Of the maximum and its standard error from counting, pixels from the expected ring.
    width
        Standard deviation of the maximum, pixels.
    height
        Over the background, counts.
    clear
        Whether there is a maximum that can be trusted.
    """

    place: Array
    error: Array
    width: Array
    height: Array
    clear: Flags


def find_peaks(profiles: Profiles, half_widths: Array, widths: Array) -> Peaks:
    r"""Fit a Gaussian on a sloping background to every profile.

    .. math:: m(u) = A\,e^{-(u-\mu)^2/2s^2} + b_0 + b_1 u

    by least squares with the weights of counting, :math:`n/m(u)` for a bin of n pixels; they come
    from the model, because those of the counts themselves favour bins that happen to be low. All
    profiles take their steps (Levenberg-Marquardt) together.

    Parameters
    ----------
    profiles
        What to fit.
    half_widths
        How far from the middle a profile reaches, pixels, for each.
    widths
        First values of s, pixels, for each.
    """
    u, n, y = profiles.place, profiles.number, profiles.mean
    values = _first(u, n, y, half_widths, widths)
    damping = np.full(len(y), 1e-2)
    weights = _weights(_model(values, u), n)
    cost = _cost(values, u, y, weights)
    for _ in range(ITERATIONS):
        jacobian = _jacobian(values, u)
        residual = y - _model(values, u)
        normal = np.einsum("cbi,cb,cbj->cij", jacobian, weights, jacobian)
        gradient = np.einsum("cbi,cb,cb->ci", jacobian, weights, residual)
        diagonal = np.einsum("cii->ci", normal)
        damped = normal.copy()
        np.einsum("cii->ci", damped)[:] += damping[:, np.newaxis] * diagonal + _tiny(diagonal)
        steps = np.linalg.solve(damped, gradient[..., np.newaxis])[..., 0]
        tried = _bounded(values + steps, half_widths)
        new_cost = _cost(tried, u, y, weights)
        better = new_cost <= cost
        values[better] = tried[better]
        damping = np.where(better, damping / 5, np.minimum(damping * 8, 1e8))
        weights = _weights(_model(values, u), n)
        cost = _cost(values, u, y, weights)
    return _judged(values, u, n, weights, half_widths)


def _first(u: Array, n: Array, y: Array, half_widths: Array, widths: Array) -> Array:
    """Begin at the highest bin over the line through the ends of the profile."""
    filled = n > 0
    edge = filled & (np.abs(u) > 0.6 * half_widths[:, np.newaxis])
    slope, level = _line(u, y, np.where(edge.sum(axis=1, keepdims=True) >= 4, edge, filled))
    over = np.where(filled, y - level[:, np.newaxis] - slope[:, np.newaxis] * u, 0.0)
    padded = np.pad(over, ((0, 0), (1, 1)))
    smooth = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    best = np.argmax(smooth, axis=1)
    lines = np.arange(len(y))
    height = np.maximum(over[lines, best], 1e-3)
    return np.column_stack((height, u[lines, best], widths, level, slope))


def _line(u: Array, y: Array, used: Flags) -> tuple[Array, Array]:
    """Slope and level of straight lines, unweighted."""
    number = np.maximum(used.sum(axis=1), 1)
    mean_u = np.where(used, u, 0).sum(axis=1) / number
    mean_y = np.where(used, y, 0).sum(axis=1) / number
    du = np.where(used, u - mean_u[:, np.newaxis], 0.0)
    slope = (du * y).sum(axis=1) / np.maximum((du * du).sum(axis=1), 1e-12)
    return slope, mean_y - slope * mean_u


def _model(values: Array, u: Array) -> Array:
    height, place, width, level, slope = (column[:, np.newaxis] for column in values.T)
    return np.asarray(height * np.exp(-(((u - place) / width) ** 2) / 2) + level + slope * u)


def _jacobian(values: Array, u: Array) -> Array:
    height, place, width, _, _ = (column[:, np.newaxis] for column in values.T)
    away = (u - place) / width
    bell = np.exp(-(away**2) / 2)
    by_place = height * bell * away / width
    return np.stack((bell, by_place, by_place * away, np.ones_like(u), u), axis=-1)


def _weights(model: Array, n: Array) -> Array:
    return np.asarray(n / np.maximum(model, SMALLEST_VARIANCE))


def _cost(values: Array, u: Array, y: Array, weights: Array) -> Array:
    return np.asarray((weights * (y - _model(values, u)) ** 2).sum(axis=1))


def _tiny(diagonal: Array) -> Array:
    """Keep a profile without pixels from having no solution at all."""
    return np.asarray(1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-12)


def _bounded(values: Array, half_widths: Array) -> Array:
    bounded = values.copy()
    bounded[:, 1] = np.clip(values[:, 1], -half_widths, half_widths)
    bounded[:, 2] = np.clip(values[:, 2], NARROWEST / 2, half_widths)
    return bounded


def _judged(values: Array, u: Array, n: Array, weights: Array, half_widths: Array) -> Peaks:
    jacobian = _jacobian(values, u)
    normal = np.einsum("cbi,cb,cbj->cij", jacobian, weights, jacobian)
    diagonal = np.einsum("cii->ci", normal).copy()
    np.einsum("cii->ci", normal)[:] += _tiny(diagonal)
    variances = np.einsum("cii->ci", np.linalg.inv(normal))
    errors = np.sqrt(np.maximum(variances, 0.0))
    height, place, width = values[:, 0], values[:, 1], values[:, 2]
    away = (u - place[:, np.newaxis]) / width[:, np.newaxis]
    filled = n > 0
    left = (filled & (away > -2.0) & (away <= 0.0)).sum(axis=1)
    right = (filled & (away < 2.0) & (away >= 0.0)).sum(axis=1)
    expected = 2.0 * width / _step(u, filled)
    clear = (height > SIGNIFICANT * errors[:, 0]) & (filled.sum(axis=1) > N_PARAMETERS + 1)
    clear &= (left >= 0.6 * expected) & (right >= 0.6 * expected)
    clear &= (np.abs(place) < 0.85 * half_widths) & (width < 0.7 * half_widths)
    clear &= (errors[:, 1] < 0.5 * width) & (errors[:, 2] < 0.5 * width)
    return Peaks(place, errors[:, 1], width, height, clear)


def _step(u: Array, filled: Flags) -> Array:
    """Distance of the bins of each profile."""
    low = np.where(filled, u, np.inf).min(axis=1)
    high = np.where(filled, u, -np.inf).max(axis=1)
    first = np.argmax(filled, axis=1)
    last = u.shape[1] - 1 - np.argmax(filled[:, ::-1], axis=1)
    return np.asarray((high - low) / np.maximum(last - first, 1)).clip(1e-3)
