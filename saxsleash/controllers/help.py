"""The manual, and who made this."""

from importlib.metadata import version

from PyQt5.QtCore import QObject

from saxsleash.dialogs.manual import ManualWindow
from saxsleash.dialogs.questions import tell
from saxsleash.main_window import MainWindow
from saxsleash.models.manual import Manual
from saxsleash.models.preferences import Preferences

FIRST_STEPS = "tutorials/first-window"
LAYOUT = "manual"
"""Name under which place and size of its window are kept."""

ABOUT = """\
Real-time azimuthal integration of 2D X-ray scattering images.

A remake of SAXSDOG by M. Burian, C. Meisenbichler, D. Naumenko and H. Amenitsch, Graz University \
of Technology.

Free software under the GNU General Public License, version 3 or later."""


class Help(QObject):
    """Carries out the menu *Help*; the manual is read when it is first wanted.

    Its window lies beside that of the program, which may cover it, and closes with it.
    """

    def __init__(self, window: MainWindow, manual: Manual, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._manual = manual
        self._preferences = preferences
        self._shown: ManualWindow | None = None
        window.closed.connect(self._on_closed)
        window.manual_action.triggered.connect(lambda: self.show("index"))
        window.first_steps_action.triggered.connect(lambda: self.show(FIRST_STEPS))
        window.about_action.triggered.connect(self._on_about)

    def show(self, page: str) -> None:
        """Open the manual at a page."""
        if self._shown is None:
            self._shown = ManualWindow(self._manual)
            if not self._shown.restoreGeometry(self._preferences.layout(LAYOUT)):
                self._shown.resize(self._shown.size().boundedTo(self._window.size()))
        self._shown.show_page(page)
        self._shown.show()
        self._shown.raise_()
        self._shown.activateWindow()

    def _on_closed(self) -> None:
        if self._shown is not None:
            self._preferences.remember_layout(LAYOUT, self._shown.saveGeometry())
            self._shown.close()
            self._shown.deleteLater()
            self._shown = None

    def _on_about(self) -> None:
        tell(self._window, f"saxsdog {version('saxsdog')}", ABOUT)
