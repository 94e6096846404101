"""The newest curves, in one plot or in one for each channel."""

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PyQt5.QtCore import QEvent, QPointF, pyqtSignal
from PyQt5.QtWidgets import QWidget

from saxsleash.panels.plot_caption import Caption
from saxsleash.panels.plot_cell import CurveCell
from saxsleash.panels.plot_contents import PlotContents
from saxsleash.panels.plot_options import PlotOptions
from saxsleash.panels.plot_reading import words_of


class CurvesView(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws plots of curves in a grid; emits the point under the mouse in words."""

    read = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption = Caption(self.font(), self.palette())
        self.addItem(self.caption, row=0, col=0)
        self._grid = pg.GraphicsLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.addItem(self._grid, row=1, col=0)
        self._cells: list[CurveCell] = []
        self._shown = 0
        self._options = PlotOptions()
        self._mouse: QPointF | None = None
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.restyle()

    @property
    def contents(self) -> list[PlotContents]:
        """What is drawn."""
        return [cell.contents for cell in self.cells if cell.contents is not None]

    @property
    def cells(self) -> Sequence[CurveCell]:
        """The plots, row by row."""
        return self._cells[: self._shown]

    def draw(self, plots: Sequence[PlotContents], options: PlotOptions) -> None:
        """Draw the newest contents."""
        self._options = options
        if len(plots) != self._shown:
            self._arrange(len(plots))
        for cell, plot in zip(self.cells, plots, strict=True):
            cell.draw(plot, options)
        self._read()

    def show_all(self) -> None:
        """Let all axes reach over everything."""
        for cell in self.cells:
            cell.show_all()

    def restyle(self, enlarged: float = 1.0) -> None:
        """Draw in the colours of the palette, lines as wide as the screen or a picture needs."""
        self._width = enlarged * self.devicePixelRatioF()
        palette = self.palette()
        self.setBackground(palette.color(palette.Base))
        self.caption.restyle(palette)
        for cell in self._cells:
            cell.restyle(palette, self._width)

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the colours of another palette: the parent hears of it before its children."""
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_mouse"):
            self.restyle()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse when it is gone."""
        self._mouse = None
        self._read()
        super().leaveEvent(event)

    def _on_mouse_moved(self, position: QPointF) -> None:
        self._mouse = position
        self._read()

    def _read(self) -> None:
        reading = None
        for cell in self.cells:
            if self._mouse is None:
                cell.hide_cross()
            else:
                reading = cell.read(self._mouse) or reading
        if reading is None:
            self.read.emit("")
        else:
            options = self._options
            self.read.emit(
                words_of(reading.series, reading.index, options.presentation, options.unit)
            )

    def _arrange(self, number: int) -> None:
        """Show so many plots; what is not needed any more is kept, to be used again."""
        while len(self._cells) < number:
            cell = CurveCell(self.palette())
            cell.setParentItem(self._grid)
            self._cells.append(cell)
            cell.restyle(self.palette(), self._width)
        grid = self._grid.layout
        while grid.count():
            grid.removeAt(0)
        columns = max(math.ceil(math.sqrt(number)), 1)
        for position, cell in enumerate(self._cells):
            cell.setVisible(position < number)
            if position < number:
                grid.addItem(cell, position // columns, position % columns)
        self._shown = number
