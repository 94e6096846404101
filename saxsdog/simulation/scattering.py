"""What the simulated sample scatters, in closed form."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saxsdog.errors import UsageError

Array = NDArray[np.float64]

SILVER_BEHENATE_SPACING = 5.838
"""Lamellar spacing of silver behenate, nm (T. C. Huang et al., J. Appl. Cryst. 26, 180, 1993)."""

RING_HEIGHTS = (1.0, 0.165, 0.087, 0.035, 0.028, 0.0113, 0.0067)
"""Heights of the orders 1 to 7 over the first one, read off a Pilatus 1M frame at 8 keV."""

RING_WIDTH = 0.085
"""Full width of a ring at half its height on the same frame, nm⁻¹."""

LORENTZIAN_SHARE = 0.2
"""Share of the Lorentzian in the shape of a ring, fitted to the tails on the same frame."""

SERIES_LIMIT = 0.2
"""Below this q R the form factor is summed as a series: the closed form cancels there."""


def silver_behenate(q: ArrayLike) -> Array:
    r"""Rings of silver behenate, 1 at the top of the first one.

    A sum of pseudo-Voigt lines at :math:`q_n = 2\pi n / d` with :math:`d` = 5.838 nm,

    .. math:: I(q) = \sum_n h_n \left[(1 - \eta)\, 2^{-u_n^2} + \frac{\eta}{1 + u_n^2}\right],
              \qquad u_n = \frac{q - q_n}{w/2}

    with the heights :math:`h_n` in ``RING_HEIGHTS`` and the full width :math:`w` in ``RING_WIDTH``.
    Orders above the seventh are left out.

    Parameters
    ----------
    q
        Lengths of the scattering vector, nm⁻¹, any shape.
    """
    q = np.asarray(q, dtype=np.float64)
    total = np.zeros_like(q)
    for order, height in enumerate(RING_HEIGHTS, start=1):
        position = order * 2 * np.pi / SILVER_BEHENATE_SPACING
        squared = ((q - position) / (RING_WIDTH / 2)) ** 2
        gaussian, lorentzian = np.exp2(-squared), 1 / (1 + squared)
        total += height * ((1 - LORENTZIAN_SHARE) * gaussian + LORENTZIAN_SHARE * lorentzian)
    return total


def spheres(q: ArrayLike, radius: float, spread: float) -> Array:
    r"""Form factor of spheres whose radii follow a Schulz distribution, 1 at q = 0.

    .. math:: P(q) = \frac{9}{q^6 \langle r^6 \rangle}
              \left\langle (\sin qr - qr \cos qr)^2 \right\rangle

    The square is :math:`\tfrac12 [1 + x^2 - (1 - x^2)\cos 2x - 2x \sin 2x]` with :math:`x = qr`,
    and for a Schulz (gamma) distribution of shape :math:`k = 1/\text{spread}^2` and scale
    :math:`s = \text{radius}\cdot\text{spread}^2` every term is known:

    .. math:: \langle r^n e^{2iqr} \rangle = s^n\, k (k+1) \dots (k+n-1)\, (1 - 2iqs)^{-k-n}.

    Where the terms cancel, at small q, the series of the same average is used instead.

    Parameters
    ----------
    q
        Lengths of the scattering vector, nm⁻¹, any shape.
    radius
        Mean of the radii, nm, positive.
    spread
        Standard deviation of the radii over their mean, positive.

    Raises
    ------
    UsageError
        If the radius or the spread is not positive.

    References
    ----------
    Lord Rayleigh, Proc. R. Soc. A 90, 219 (1914), for the sphere; M. Kotlarchyk, S.-H. Chen,
    J. Chem. Phys. 79, 2461 (1983), doi:10.1063/1.446055, for the average.
    """
    if not (radius > 0 and spread > 0):
        raise UsageError(f"expected a positive radius and spread, got {radius} and {spread}")
    q = np.asarray(q, dtype=np.float64)
    shape, scale = 1 / spread**2, radius * spread**2
    near = q * scale * (shape + 6) < SERIES_LIMIT
    safe = np.where(near, 1 / radius, q)
    return np.where(near, _spheres_near(q, shape, scale), _spheres_far(safe, shape, scale))


def _spheres_near(q: Array, shape: float, scale: float) -> Array:
    """Average of 1 - x²/5 + 3x⁴/175 - 4x⁶/4725 over the volumes squared."""
    squared = (q * scale) ** 2
    second = (shape + 6) * (shape + 7) * squared
    fourth = second * (shape + 8) * (shape + 9) * squared
    sixth = fourth * (shape + 10) * (shape + 11) * squared
    return 1 - second / 5 + 3 * fourth / 175 - 4 * sixth / 4725


def _spheres_far(q: Array, shape: float, scale: float) -> Array:
    """Average of the closed form, term by term."""
    size = q * scale
    factor = 1 / (1 - 2j * size)
    wave = factor**shape
    first = shape * size * factor * wave
    second = shape * (shape + 1) * size**2 * factor**2 * wave
    square = 1 + shape * (shape + 1) * size**2 - wave.real + second.real - 2 * first.imag
    sixth_moment = np.prod(shape + np.arange(6)) * size**6
    return np.asarray(4.5 * square / sixth_moment)


@dataclass(frozen=True)
class Evolution:
    r"""How the reaction goes on; time is in units of its duration.

    The rings grow like :math:`1 / (1 + e^{-(t - t_0)/w})`, the spheres fade like
    :math:`e^{-t/\tau}`, and the background stays.

    Attributes
    ----------
    midpoint, width
        :math:`t_0` and :math:`w` of the rings.
    decay
        :math:`\tau` of the spheres.
    """

    midpoint: float = 0.5
    width: float = 0.1
    decay: float = 0.4

    def rings(self, time_fraction: float) -> float:
        """Share of the rings that has grown, 0 to 1."""
        return float(1 / (1 + np.exp(-(time_fraction - self.midpoint) / self.width)))

    def spheres(self, time_fraction: float) -> float:
        """Share of the spheres that is left; 1 at the start."""
        return float(np.exp(-time_fraction / self.decay))


@dataclass(frozen=True)
class SampleModel:
    """Spheres that turn into silver behenate; the defaults count like ten seconds of a real frame.

    Attributes
    ----------
    ring_height
        Top of the first ring after the reaction, counts/pixel.
    sphere_height
        The spheres at q = 0 before the reaction, counts/pixel.
    background
        The same everywhere and always, counts/pixel.
    radius, spread
        Mean radius of the spheres, nm, and its relative standard deviation.
    evolution
        How the two turn into each other.
    """

    ring_height: float = 5.0e4
    sphere_height: float = 1.5e5
    background: float = 650.0
    radius: float = 8.0
    spread: float = 0.08
    evolution: Evolution = field(default_factory=Evolution)

    def rings(self, q: ArrayLike) -> Array:
        """Give the rings when the reaction is over, counts/pixel."""
        return self.ring_height * silver_behenate(q)

    def spheres(self, q: ArrayLike) -> Array:
        """Give the spheres before the reaction, counts/pixel."""
        return self.sphere_height * spheres(q, self.radius, self.spread)

    def intensity(self, q: ArrayLike, time_fraction: float) -> Array:
        """Give the true curve at one time, counts/pixel, shape of ``q`` in nm⁻¹.

        ``time_fraction`` is 0 when the reaction starts and 1 when it has taken its duration; it
        may go on after that.
        """
        grown = self.evolution.rings(time_fraction) * self.rings(q)
        left = self.evolution.spheres(time_fraction) * self.spheres(q)
        return grown + left + self.background
