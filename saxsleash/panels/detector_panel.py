"""The newest frame with all that the calibration makes of it."""

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QPalette, QResizeEvent
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from saxsdog.inspection.masks import masked_share
from saxsdog.words import moment
from saxsleash.appearance import Tone, in_characters, in_lines, muted_color, tone_color
from saxsleash.models.checks import percent
from saxsleash.models.count_scale import CountScale
from saxsleash.models.detector_model import DetectorModel
from saxsleash.panels.counts_bar import CountsBar
from saxsleash.panels.detector_readout import DetectorReadout
from saxsleash.panels.detector_view import DetectorView
from saxsleash.panels.file_name_label import FileNameLabel
from saxsleash.panels.flow_layout import FlowLayout
from saxsleash.panels.picture_colors import ON_PICTURE, PICTURE_GROUND, translucent
from saxsleash.panels.redraw import Redraw
from saxsleash.panels.ring_chooser import RingChooser

NOTHING_YET = "No image yet"
WHAT_TO_DO = "Take the newest from the server, or open an image file"
IN_LINES = WHAT_TO_DO.replace(", ", ",\n")

CAPTION_OPACITY = 0.7
"""Of the ground of what is written over rings."""

ROOMY = 22
"""Lines of text in the height of a panel that has place for two lines of numbers."""

LONGEST_NAME = 10
"""Characters of the name of a mask that are always seen."""

SCALE_NAMES = {
    CountScale.LOG: "Log",
    CountScale.SQUARE_ROOT: "Root",
    CountScale.LINEAR: "Linear",
}


class DetectorPanel(QWidget):
    """Draws a :class:`~saxsleash.models.detector_model.DetectorModel`."""

    newest_wanted = pyqtSignal()
    open_image_wanted = pyqtSignal()
    follow_changed = pyqtSignal(bool)
    refine_wanted = pyqtSignal()
    beam_center_moved = pyqtSignal(float, float)
    """Row from the top and column while the cross is dragged, at most ten times a second."""

    beam_center_dropped = pyqtSignal(float, float)
    """The same, where it is let go."""

    def __init__(self, model: DetectorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.view = DetectorView(model)
        self.counts_bar = CountsBar()
        self.readout = DetectorReadout()
        self.title = FileNameLabel()
        self.message = QLabel()
        self._pointed: tuple[float, float] | None = None
        self._lay_out()
        self._connect()
        self._redraw = Redraw(self._draw, self)
        model.frame_changed.connect(self._redraw.request)
        model.calibration_changed.connect(self._redraw.request)
        self._draw()

    @property
    def follows(self) -> bool:
        """Whether every new image of the server is to be shown."""
        return bool(self.follow.isChecked())

    def set_follow(self, follows: bool) -> None:
        """Follow the server or not; tells so by ``follow_changed`` if that is new."""
        self.follow.setChecked(follows)

    def set_connected(self, connected: bool) -> None:
        """Offer what needs a server, or not."""
        self.newest.setEnabled(connected)
        self.follow.setEnabled(connected)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.readout.set_short(self.height() < in_lines(self, ROOMY))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.PaletteChange and hasattr(self, "_redraw"):
            self._draw()

    # ------------------------------------------------------------ layout

    def _lay_out(self) -> None:
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.PlainText)
        self.message.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.empty = QLabel(self.view.viewport())
        self.empty.setAlignment(Qt.AlignCenter)
        self.empty.setAttribute(Qt.WA_TransparentForMouseEvents)
        # The picture is dark in the light theme too.
        ground = translucent(PICTURE_GROUND, CAPTION_OPACITY).name(QColor.HexArgb)
        self.empty.setStyleSheet(
            f"color: {ON_PICTURE.name()}; background: {ground}; padding: 0.3em 0.6em"
        )
        over = QVBoxLayout(self.view.viewport())
        over.addWidget(self.empty)
        column = QVBoxLayout(self)
        space = in_characters(self, 0.7)
        column.setContentsMargins(space, space, space, space)
        column.setSpacing(space)
        tools = FlowLayout(in_characters(self, 2), space)
        for group in (
            self._source_tools(),
            self._ring_tools(),
            self._mask_tools(),
        ):
            tools.addWidget(group)
        heading = QHBoxLayout()
        heading.addWidget(self.title, 1)
        heading.addWidget(self._zoom_tools())
        column.addLayout(tools)
        column.addLayout(heading)
        column.addWidget(self.message)
        column.addLayout(self._picture(), 1)
        column.addWidget(self.readout)

    def _picture(self) -> QHBoxLayout:
        colors = QVBoxLayout()
        colors.addWidget(self.counts_bar, 1)
        colors.addWidget(self._color_tools())
        row = QHBoxLayout()
        # In a small window it gives way to what is to be read: many warnings take many lines.
        self.view.setMinimumHeight(self.counts_bar.minimumSizeHint().height())
        row.addWidget(self.view, 1)
        row.addLayout(colors)
        return row

    def _source_tools(self) -> QWidget:
        self.newest = QPushButton("&Newest")
        self.newest.setToolTip("Show the image that the server saw last")
        self.open = QPushButton("&Open image…")
        self.open.setToolTip("Show an image file of this computer")
        self.follow = QCheckBox("Fo&llow")
        self.follow.setToolTip("Show every new image of the server as it comes, as far as it can")
        return _group(self.newest, self.open, self.follow)

    def _ring_tools(self) -> QWidget:
        self.rings = RingChooser(self._model)
        self.refine = QPushButton("&Refine…")
        self.refine.setToolTip(
            "Find beam centre, distance and tilt from the rings of a powder on this image"
        )
        return _group(self.rings, self.refine)

    def _mask_tools(self) -> QWidget:
        self.mask_shown = QCheckBox("&Mask")
        self.mask_shown.setChecked(True)
        self.mask_shown.setToolTip("Draw the mask over the image, with its share of the pixels")
        self.mask_list = QComboBox()
        self.mask_list.setToolTip("Which mask is drawn, with its range of q as dashed rings")
        self.mask_list.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.mask_list.setMinimumContentsLength(LONGEST_NAME)
        return _group(self.mask_shown, self.mask_list)

    def _color_tools(self) -> QWidget:
        self.scale_list = QComboBox()
        for scale, name in SCALE_NAMES.items():
            self.scale_list.addItem(name, scale)
        self.scale_list.setToolTip("How counts are spread over the colours")
        self.auto = QCheckBox("Auto")
        self.auto.setToolTip("Choose the darkest and the brightest colour for every image")
        self.auto.setChecked(True)
        tools = QWidget()
        column = QVBoxLayout(tools)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.scale_list)
        column.addWidget(self.auto)
        return tools

    def _zoom_tools(self) -> QWidget:
        self.fit = _tool("Fit", "Show the whole detector; a double click on it does the same")
        self.beam = _tool("Beam", "Look closely at the beam centre")
        self.pixels = _tool("1:1", "Show one pixel of the detector on one of the screen")
        return _group(self.fit, self.beam, self.pixels)

    def _connect(self) -> None:
        self.newest.clicked.connect(lambda: self.newest_wanted.emit())
        self.open.clicked.connect(lambda: self.open_image_wanted.emit())
        self.follow.toggled.connect(self.follow_changed)
        self.refine.clicked.connect(lambda: self.refine_wanted.emit())
        self.fit.clicked.connect(lambda: self.view.show_whole())
        self.beam.clicked.connect(lambda: self.view.show_beam())
        self.pixels.clicked.connect(lambda: self.view.show_pixels())
        self.mask_shown.toggled.connect(self.view.show_mask)
        self.mask_list.activated.connect(self._model.choose_mask)
        self.scale_list.activated.connect(self._on_scale_chosen)
        self.auto.clicked.connect(self._on_auto_clicked)
        self.counts_bar.levels_dragged.connect(self._on_levels_dragged)
        self.counts_bar.auto_wanted.connect(self._on_auto_wanted)
        self.view.levels_changed.connect(self._on_levels_changed)
        self.view.pointed.connect(self._on_pointed)
        self.view.beam_center_moved.connect(self.beam_center_moved)
        self.view.beam_center_dropped.connect(self.beam_center_dropped)

    # ------------------------------------------------------------ drawing

    def _draw(self) -> None:
        self._draw_advice()
        self.title.setText(self._title())
        self.title.setToolTip(self._title())
        self._tint(self.title, QPalette.WindowText, None)
        self._draw_message()
        self._draw_masks()
        self._show_pointed()

    def _draw_advice(self) -> None:
        """Say what to do, in the middle of nothing, or beside what the calibration draws."""
        alone = self._model.shape is None
        self.empty.setVisible(self._model.frame is None)
        self.empty.setText(f"{NOTHING_YET}\n\n{IN_LINES}" if alone else NOTHING_YET)
        layout = self.view.viewport().layout()
        layout.setAlignment(self.empty, Qt.AlignCenter if alone else Qt.AlignTop | Qt.AlignRight)

    def _title(self) -> str:
        frame = self._model.frame
        if frame is None:
            return "" if self._model.shape is None else WHAT_TO_DO
        rows, columns = frame.shape
        parts = [frame.name, f"{rows} × {columns}"]
        if frame.time is not None:
            parts.append(moment(frame.time))
        if frame.block > 1:
            parts.append(f"means of {frame.block} × {frame.block} pixels")
        return " · ".join(parts)

    def _draw_message(self) -> None:
        model = self._model
        text, tone = "", Tone.BAD
        if model.problem:
            text = model.problem
            if model.frame is not None:
                text += "\nStill on view is the image before."
        elif model.stale:
            text = "The calibration is not valid; drawn is what it was before."
            tone = Tone.DOUBTFUL
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self._tint(self.message, QPalette.WindowText, tone)

    def _draw_masks(self) -> None:
        model = self._model
        mask = model.mask
        share = "" if mask is None else f" {percent(masked_share(mask))}"
        self.mask_shown.setText(f"&Mask{share}")
        names = [mask.name for mask in model.masks]
        if names != [self.mask_list.itemText(i) for i in range(self.mask_list.count())]:
            self.mask_list.clear()
            self.mask_list.addItems(names)
        self.mask_list.setVisible(len(names) > 1)
        self.mask_list.setCurrentIndex(model.chosen_mask if names else -1)

    def _tint(self, label: QLabel, role: QPalette.ColorRole, tone: Tone | None) -> None:
        own = self.palette()
        palette = QPalette(own)
        palette.setColor(role, muted_color(own) if tone is None else tone_color(tone, own))
        label.setPalette(palette)

    # -------------------------------------------------------------- slots

    def _on_scale_chosen(self) -> None:
        self.auto.setChecked(True)
        self.view.set_count_scale(self.scale_list.currentData())

    def _on_auto_clicked(self) -> None:
        self.view.set_levels(None if self.auto.isChecked() else self.view.levels)

    def _on_auto_wanted(self) -> None:
        self.auto.setChecked(True)
        self.view.set_levels(None)

    def _on_levels_dragged(self, low: float, high: float) -> None:
        self.auto.setChecked(False)
        self.view.set_levels((low, high))

    def _on_levels_changed(self) -> None:
        known = self._model.frame is not None
        self.counts_bar.show_levels(self.view.levels, self.view.count_scale, known=known)

    def _on_pointed(self, place: tuple[float, float] | None) -> None:
        self._pointed = place
        self._show_pointed()

    def _show_pointed(self) -> None:
        if self._pointed is None:
            self.readout.clear()
        else:
            self.readout.show_readout(self._model.readout(*self._pointed))


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    return button


def _group(*widgets: QWidget) -> QWidget:
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget)
    return group
