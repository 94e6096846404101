"""Colours and sizes, so that all parts of the window look alike, in the light and in the dark."""

from collections.abc import Sequence
from enum import StrEnum

import pyqtgraph as pg
from PyQt5.QtGui import QColor, QFont, QFontMetrics, QPalette
from PyQt5.QtWidgets import QApplication, QWidget


class Theme(StrEnum):
    """How bright the window is; ``SYSTEM`` leaves that to the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Tone(StrEnum):
    """What a colour says of the thing that bears it."""

    GOOD = "good"
    BUSY = "busy"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    UNKNOWN = "unknown"


# Tones and channels stay apart for colour-blind eyes too: after M. Okabe and K. Ito, "Color
# Universal Design" (2008), each shifted in lightness until it stands out from its background.
_TONES = {
    Tone.GOOD: ("#1a7f4b", "#3ecf8e"),
    Tone.BUSY: ("#0b6fb8", "#58b4f0"),
    Tone.DOUBTFUL: ("#b36b00", "#f0b429"),
    Tone.BAD: ("#c4311c", "#ff7a66"),
    Tone.UNKNOWN: ("#6b7280", "#9aa3af"),
}
_CHANNELS = (
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#ff9040"),
    ("#009e73", "#2fd1a5"),
    ("#b0508f", "#e58fc4"),
    ("#a87900", "#f0d24a"),
    ("#5b4fc7", "#a79cff"),
    ("#2f7f8f", "#7fd3e0"),
    ("#7a5230", "#d0a078"),
)

_MIDDLE = 128
_GRID = 0.15
"""Opacity of the lines of a grid."""

_EDGE = 130
"""Lightness of an edge over that of the ground, in percent."""

_FADED = 0.35
"""Share of the colour of text in what marks things that cannot be used now."""

_MUTED = 0.6
"""Share of the colour of text in text that stands back."""


def is_dark(palette: QPalette) -> bool:
    """Tell whether a palette has light text on a dark ground."""
    return palette.color(QPalette.Base).lightness() < _MIDDLE


def tone_color(tone: Tone, palette: QPalette) -> QColor:
    """Return the colour of a tone on the ground of a palette."""
    return QColor(_TONES[tone][is_dark(palette)])


def channel_color(index: int, palette: QPalette) -> QColor:
    """Return the colour of a channel by its index; after eight they come again."""
    return QColor(_CHANNELS[index % len(_CHANNELS)][is_dark(palette)])


def muted_color(palette: QPalette) -> QColor:
    """Return the colour of text that stands back."""
    return _between(palette.color(QPalette.Text), palette.color(QPalette.Base), _MUTED)


def style_plot(plot: pg.PlotItem, palette: QPalette) -> None:
    """Give axes, title and grid of a plot the colours of a palette."""
    ink = palette.color(QPalette.Text)
    plot.showGrid(x=True, y=True, alpha=_GRID)
    for name in ("left", "bottom", "right", "top"):
        axis = plot.getAxis(name)
        axis.setPen(muted_color(palette))
        axis.setTextPen(ink)


def style_view(view: pg.GraphicsView, palette: QPalette) -> None:
    """Give the ground of a view, and every plot in it, the colours of a palette."""
    view.setBackground(palette.color(QPalette.Base))
    for item in view.items():
        if isinstance(item, pg.PlotItem):
            style_plot(item, palette)


def in_characters(widget: QWidget, width: float) -> int:
    """Return the width of so many digits, in pixels: sizes that grow with font and scaling."""
    return round(width * QFontMetrics(widget.font()).horizontalAdvance("0"))


def in_lines(widget: QWidget, height: float) -> int:
    """Return the height of so many lines of text, in pixels."""
    return round(height * QFontMetrics(widget.font()).lineSpacing())


def digits_font(widget: QWidget) -> QFont:
    """Return the widget's font with digits of one width, so that numbers that change stay put."""
    font = QFont(widget.font())
    font.setStyleHint(QFont.TypeWriter)
    font.setFamily("monospace")
    return font


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Give all widgets of an application a theme, those that are there already too."""
    application.setStyle("Fusion")
    match theme:
        case Theme.LIGHT:
            application.setPalette(_palette("#f4f5f7", "#ffffff", "#1b1f24", "#0b6fb8"))
        case Theme.DARK:
            application.setPalette(_palette("#2d3238", "#1a1d21", "#e4e7eb", "#58b4f0"))
        case Theme.SYSTEM:
            application.setPalette(application.style().standardPalette())


def _between(one: QColor, other: QColor, share: float) -> QColor:
    parts = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in parts))


def _palette(window: str, base: str, text: str, accent: str) -> QPalette:
    palette = QPalette()
    ink, ground = QColor(text), QColor(window)
    for role, color in _roles(ground, QColor(base), ink, QColor(accent)):
        palette.setColor(role, color)
    faded = QColor(ink)
    faded.setAlphaF(0.4)
    for role in (QPalette.Text, QPalette.WindowText, QPalette.ButtonText):
        palette.setColor(QPalette.Disabled, role, faded)
    # Else a bar, or a row, that is only known from before would look as alive as ever.
    palette.setColor(QPalette.Disabled, QPalette.Highlight, _between(ink, ground, _FADED))
    return palette


def _roles(
    ground: QColor, base: QColor, ink: QColor, accent: QColor
) -> Sequence[tuple[QPalette.ColorRole, QColor]]:
    return (
        (QPalette.Window, ground),
        (QPalette.Button, ground),
        (QPalette.AlternateBase, ground),
        (QPalette.ToolTipBase, ground),
        (QPalette.Base, base),
        (QPalette.WindowText, ink),
        (QPalette.Text, ink),
        (QPalette.ButtonText, ink),
        (QPalette.ToolTipText, ink),
        (QPalette.PlaceholderText, QColor(ink.red(), ink.green(), ink.blue(), 128)),
        (QPalette.Highlight, accent),
        (QPalette.HighlightedText, base),
        (QPalette.Link, accent),
        # Edges of tabs, boxes and buttons, which Qt would make white in the dark.
        (QPalette.Light, ground.lighter(_EDGE)),
        (QPalette.Midlight, ground.lighter(_EDGE)),
        (QPalette.Mid, ground.darker(_EDGE)),
        (QPalette.Dark, ground.darker(_EDGE)),
    )
