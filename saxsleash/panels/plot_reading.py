"""A point of a curve in words."""

import math

from saxsleash.models.presentation import Abscissa, Presentation, QUnit
from saxsleash.panels.plot_contents import Series, shortened


def words_of(series: Series, index: int, presentation: Presentation, unit: QUnit) -> str:
    """Say where a point lies: its q, the length that belongs to it, its intensity with error."""
    curve = series.curve
    abscissa = curve.abscissa
    kept = index
    if presentation is Presentation.GUINIER and abscissa.is_q:
        kept += int((curve.q < 0).sum())  # over q² there is only one half of a slice
    place, intensity = float(curve.q[kept]), float(curve.intensity[kept])
    parts = [shortened(series.name)]
    if abscissa is Abscissa.AZIMUTH:
        parts.append(f"azimuth {place:.4f} rad = {math.degrees(place):.1f}°")
    elif not abscissa.is_q:
        parts.append(f"{abscissa} {place:.5g} {abscissa.unit}")
    else:
        q = place * unit.factor
        parts.append(f"{abscissa.value.replace('_', '')} {q:.4g} {unit}")
        if q != 0:
            parts.append(f"d {2 * math.pi / abs(q):.4g} {unit.length}")
    value = with_error(intensity, float(curve.sigma[kept]))
    parts.append(f"I {value} {curve.unit}".rstrip())
    if abscissa.is_q and presentation is not Presentation.INTENSITY:
        drawn, sigma = float(series.points.y[index]), float(series.points.sigma[index])
        parts.append(f"{_SYMBOLS[presentation]} {with_error(drawn, sigma)}")
    return "    ".join(parts)


def with_error(value: float, sigma: float) -> str:
    """Return a number with as many digits as its error allows: two of the error."""
    if not math.isfinite(value):
        return "–"
    if not (math.isfinite(sigma) and sigma > 0):
        return f"{value:.5g}"
    first = math.floor(math.log10(sigma))
    if -4 <= first <= 4 and abs(value) < 1e7:
        places = max(1 - first, 0)
        return f"{value:.{places}f} ± {sigma:.{places}f}"
    power = math.floor(math.log10(max(abs(value), sigma)))
    places = max(power - first + 1, 0)
    scaled, error = value / 10.0**power, sigma / 10.0**power
    return f"({scaled:.{places}f} ± {error:.{places}f})e{power:+d}"


_SYMBOLS = {
    Presentation.KRATKY: "q² I",
    Presentation.POROD: "q⁴ I",
    Presentation.GUINIER: "ln I",
}
