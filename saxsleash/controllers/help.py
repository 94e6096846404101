"""The manual, and who made this."""

from importlib.metadata import version

from PyQt5.QtCore import QObject

from saxsleash.dialogs.manual import ManualWindow
from saxsleash.dialogs.questions import tell
from saxsleash.main_window import MainWindow
from saxsleash.models.manual import Manual

FIRST_STEPS = "tutorials/first-window"

ABOUT = """\
Real-time azimuthal integration of 2D X-ray scattering images.

A remake of SAXSDOG by M. Burian, C. Meisenbichler, D. Naumenko and H. Amenitsch, Graz University \
of Technology.

Free software under the GNU General Public License, version 3 or later."""


class Help(QObject):
    """Carries out the menu *Help*; the manual is read when it is first wanted."""

    def __init__(self, window: MainWindow, manual: Manual) -> None:
        super().__init__(window)
        self._window = window
        self._manual = manual
        self._shown: ManualWindow | None = None
        window.manual_action.triggered.connect(lambda: self.show("index"))
        window.first_steps_action.triggered.connect(lambda: self.show(FIRST_STEPS))
        window.about_action.triggered.connect(self._on_about)

    def show(self, page: str) -> None:
        """Open the manual at a page."""
        if self._shown is None:
            self._shown = ManualWindow(self._manual, self._window)
        self._shown.show_page(page)
        self._shown.show()
        self._shown.raise_()
        self._shown.activateWindow()

    def _on_about(self) -> None:
        tell(self._window, f"saxsdog {version('saxsdog')}", ABOUT)
