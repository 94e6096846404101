"""Above the plot: which view, whether it follows, what to keep and to take away."""

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from saxsleash.appearance import Tone, in_characters, tone_color
from saxsleash.models.curves_model import MOST_REFERENCES, CurvesModel
from saxsleash.panels.plot_options import View

_VIEWS = (
    (View.CURVES, "&Curve", "The newest curve of every channel"),
    (View.WATERFALL, "&Waterfall", "The last curves of a channel, one behind the other"),
    (View.HEAT_MAP, "Heat &map", "The last curves of a channel as rows of colours"),
)


class PlotStrip(QWidget):
    """Buttons above the plot."""

    view_chosen = pyqtSignal(str)
    pause_toggled = pyqtSignal(bool)
    freeze_clicked = pyqtSignal()
    show_all_clicked = pyqtSignal()
    copy_clicked = pyqtSignal()
    save_picture_clicked = pyqtSignal()
    save_data_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trouble = ""
        self._told: CurvesModel | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._views = QButtonGroup(self)
        self.views: dict[View, QToolButton] = {}
        for view, text, tooltip in _VIEWS:
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setToolTip(tooltip)
            button.setMinimumHeight(self._height())
            button.setProperty("view", str(view))
            self._views.addButton(button)
            self.views[view] = button
            layout.addWidget(button)
        self._views.buttonClicked.connect(self._on_view_clicked)
        layout.addStretch(1)
        self.following = QLabel()
        self.following.setToolTip("Whether the newest curves are shown as they come")
        self.following.setMinimumWidth(in_characters(self, 2))  # the light stays, words may go
        layout.addWidget(self.following)
        self.pause = QPushButton("&Pause")
        self.pause.setCheckable(True)
        self.pause.setToolTip("Let the display stand still; curves are remembered meanwhile")
        self.pause.clicked.connect(self.pause_toggled)
        layout.addWidget(self.pause)
        layout.addSpacing(in_characters(self, 2))
        self.freeze = self._button("Free&ze", "", self.freeze_clicked)
        layout.addWidget(self.freeze)
        self.show_all = self._button(
            "Show &all", "Let the axes reach over everything again", self.show_all_clicked
        )
        layout.addWidget(self.show_all)
        layout.addWidget(self._export_button())

    def choose(self, view: View) -> None:
        """Show which view is chosen."""
        self.views[view].setChecked(True)

    def set_trouble(self, trouble: str) -> None:
        """Say why no newer curves can come, for example because of the server; ``""``: they can."""
        if trouble != self._trouble:
            self._trouble = trouble
            if self._told is not None:
                self.tell(self._told)

    def tell(self, model: CurvesModel) -> None:
        """Say whether the newest curves are shown."""
        self._told = model
        if model.is_paused:
            many = "image" if model.missed == 1 else "images"
            text, tone = f"paused, {model.missed} new {many}", Tone.DOUBTFUL
        elif model.is_pinned:
            text, tone = "picked in the history", Tone.BUSY
        elif self._trouble:
            text, tone = self._trouble, Tone.UNKNOWN
        elif model.curves:
            text, tone = "following", Tone.GOOD
        else:
            text, tone = "waiting", Tone.UNKNOWN
        color = tone_color(tone, self.palette()).name()
        self.following.setText(f'<span style="color:{color}">●</span> {text}')
        self.pause.setChecked(model.is_paused)
        self.pause.setText("Go &on" if model.is_paused else "&Pause")
        self.pause.setEnabled(bool(model.curves) or model.is_paused)
        has_curves = bool(model.curves)
        self.freeze.setEnabled(model.can_freeze)
        full = has_curves and not model.can_freeze
        self.freeze.setToolTip(
            f"{MOST_REFERENCES} references are kept already: remove one first"
            if full
            else "Keep what is shown as a reference, and see the ratio to it"
        )
        self.show_all.setEnabled(has_curves)
        self.export.setEnabled(has_curves)

    def _export_button(self) -> QPushButton:
        self.export = QPushButton("E&xport")
        self.export.setToolTip("Take the picture or the numbers away")
        menu = QMenu(self.export)
        menu.setToolTipsVisible(True)
        for text, tooltip, signal in (
            ("&Copy picture", "Put the picture into the clipboard", self.copy_clicked),
            ("Save &picture…", "Write the picture as PNG or SVG", self.save_picture_clicked),
            ("Save &data…", "Write the curves that are shown as CSV", self.save_data_clicked),
        ):
            action = menu.addAction(text)
            action.setToolTip(tooltip)
            action.triggered.connect(signal)
        self.export.setMenu(menu)
        return self.export

    def _button(self, text: str, tooltip: str, signal: object) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tooltip)
        button.clicked.connect(signal)  # type: ignore[arg-type]  # a bound signal
        return button

    def _height(self) -> int:
        return QPushButton("x").sizeHint().height()

    def _on_view_clicked(self, button: QToolButton) -> None:
        self.view_chosen.emit(button.property("view"))
