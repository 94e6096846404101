"""Builds the parts of the window, connects them, and reports what should not happen."""

import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import pyqtgraph as pg
from PyQt5.QtCore import QObject, QStandardPaths, Qt, QTimer
from PyQt5.QtWidgets import QApplication

from saxsdog.errors import SaxsdogError
from saxsdog.network import VARIABLE
from saxsleash.appearance import Theme, apply_theme
from saxsleash.background import Background
from saxsleash.controllers.bugs import Bugs
from saxsleash.controllers.choices import Choices
from saxsleash.controllers.connection import Connection
from saxsleash.controllers.documents import Documents
from saxsleash.controllers.exports import Exports
from saxsleash.controllers.file_choice import FileChoice
from saxsleash.controllers.folders import Folders
from saxsleash.controllers.frames import Frames
from saxsleash.controllers.help import Help
from saxsleash.controllers.imports import Imports
from saxsleash.controllers.named_files import NamedFiles
from saxsleash.controllers.queues import Queues
from saxsleash.controllers.refinement import Refinements
from saxsleash.controllers.refusals import Refusals
from saxsleash.controllers.results import Results
from saxsleash.controllers.troubles import Troubles
from saxsleash.crashes import Crashes
from saxsleash.dialogs.connect import ConnectDialog
from saxsleash.dialogs.failures import FailuresDialog
from saxsleash.link import Link, LocalServers, Probe
from saxsleash.main_window import MainWindow, Parts
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.curves_model import CurvesModel
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.history_model import HistoryModel
from saxsleash.models.manual import Manual
from saxsleash.models.mask_store import MaskStore
from saxsleash.models.preferences import Preferences
from saxsleash.models.server_model import ServerModel
from saxsleash.models.servers_model import ServersModel
from saxsleash.panels.calibration_panel import CalibrationPanel
from saxsleash.panels.checklist_panel import ChecklistPanel
from saxsleash.panels.detector_panel import DetectorPanel
from saxsleash.panels.history_panel import HistoryPanel
from saxsleash.panels.picked_curve_panel import PickedCurvePanel
from saxsleash.panels.plot_panel import PlotPanel
from saxsleash.panels.queue_panel import QueuePanel
from saxsleash.panels.status_panel import StatusPanel

LOOK_AT_SIGNALS = 200
"""ms between two looks of Python at what the terminal wants, for example Ctrl-C."""


def run(
    *,
    calibration: Path | None = None,
    local: Path | None = None,
    name: str | None = None,
    network: Path | None = None,
) -> int:
    """Show the window until it is closed, and return the exit status.

    Parameters
    ----------
    calibration
        A file to open.
    local
        A folder to start a server for.
    name
        A server of the network file to connect to.
    network
        Another network file than that of the user.
    """
    if network is not None:
        os.environ[VARIABLE] = str(network.absolute())
    application = make_application()
    with Crashes(reports_folder() / "qt-crash.txt") as crashes, Leash(crashes) as leash:
        with_signals = _listen_to_terminal(leash)
        leash.begin(calibration=calibration, local=local, name=name)
        status: int = application.exec_()
        with_signals.stop()
    return status


def make_application() -> QApplication:
    """Return the application, with what must be set before any widget is made."""
    QApplication.setAttribute(Qt.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("saxsleash")
    application.setApplicationDisplayName("saxsleash")
    pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)
    return application


def reports_folder() -> Path:
    """Return the folder where reports of crashes are kept."""
    folder = QStandardPaths.writableLocation(QStandardPaths.GenericDataLocation)
    return Path(folder, "saxsleash", "crashes")


class Leash(QObject):
    """The whole window with all that works for it; a context manager.

    Attributes
    ----------
    window
        What is seen.
    calibration, masks, detector, curves, history, server, servers
        What it knows.
    link
        Who talks to the server.
    """

    def __init__(self, crashes: Crashes) -> None:
        super().__init__()
        self.preferences = Preferences(self)
        apply_theme(_application(), self.preferences.theme)
        self._make_models()
        self._make_workers()
        self._make_panels()
        self._make_window()
        self._make_controllers(crashes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End threads and local servers."""
        self._probe.stop()
        self.link.stop()
        self._local_servers.stop()
        self._background.stop()

    def begin(
        self, *, calibration: Path | None = None, local: Path | None = None, name: str | None = None
    ) -> None:
        """Show the window with what the command line names; without a server ask for one."""
        self.window.show()
        if calibration is not None:
            self.documents.open(calibration)
        if local is not None:
            self.connection.start_local(local.absolute())
        elif name is not None:
            self.connection.connect_by_name(name)
        else:
            self.connection.choose()

    def _make_models(self) -> None:
        self.calibration = CalibrationModel(self)
        self.masks = MaskStore(self)
        self.detector = DetectorModel(self)
        self.curves = CurvesModel(self)
        self.history = HistoryModel(self)
        self.server = ServerModel(self)
        self.servers = ServersModel(self.preferences, self)

    def _make_workers(self) -> None:
        self.link = Link(self)
        self._local_servers = LocalServers(self)
        self._probe = Probe(self)
        self._background = Background((SaxsdogError, OSError), self)

    def _make_panels(self) -> None:
        self.calibration_panel = CalibrationPanel(self.calibration, self.masks)
        self.detector_panel = DetectorPanel(self.detector)
        self.checklist_panel = ChecklistPanel(self.detector)
        self.queue_panel = QueuePanel(self.server)
        self.plot_panel = PlotPanel(self.curves)
        self.history_panel = HistoryPanel(self.history)
        self.picked_curve_panel = PickedCurvePanel(self.curves)
        self.status_panel = StatusPanel(self.server)

    def _make_window(self) -> None:
        parts = Parts(
            calibration=self.calibration_panel,
            detector=self.detector_panel,
            checklist=self.checklist_panel,
            queue=self.queue_panel,
            plot=self.plot_panel,
            history=self.history_panel,
            picked_curve=self.picked_curve_panel,
            status=self.status_panel,
        )
        self.window = MainWindow(parts, self.queue_panel.actions(), self.preferences)
        self.window.theme_wanted.connect(self._on_theme_wanted)
        self.connect_dialog = ConnectDialog(self.servers, self.window)
        self.failures_dialog = FailuresDialog(self.window)

    def _make_controllers(self, crashes: Crashes) -> None:
        window, link, background = self.window, self.link, self._background
        local_servers = self._local_servers
        self.bugs = Bugs(window, crashes, reports_folder(), lambda: bool(local_servers.entries))
        for worker in (link, self._local_servers, self._probe):
            worker.broke.connect(crashes.tell)
        self.files = NamedFiles(self.calibration, self.masks, background, self)
        self.documents = Documents(window, self.calibration, self.files, self.preferences)
        self.calibration_panel.new_wanted.connect(window.new_action.trigger)
        self.calibration_panel.open_wanted.connect(window.open_action.trigger)
        self.calibration_panel.load_wanted.connect(window.load_from_server_action.trigger)
        self.imports = Imports(window, self.calibration, background, self.preferences)
        self.exports = Exports(window, self.calibration, self.preferences)
        self.file_choice = FileChoice(
            window, self.calibration_panel, self.calibration, self.preferences
        )
        self.folders = Folders(window, self.calibration_panel, self.calibration, link)
        self.frames = Frames(
            window,
            self.detector_panel,
            self.detector,
            self.calibration,
            self.masks,
            link,
            background,
            self.preferences,
        )
        self.checklist_panel.center_wanted.connect(self.frames.use_center)
        self.refinements = Refinements(
            window, self.detector_panel, self.detector, self.calibration, background
        )
        refusals = Refusals(window.notices, self.server)
        Troubles(window.notices, self.server)  # lives as long as the notices
        self.queues = Queues(
            window,
            self.checklist_panel,
            self.queue_panel,
            self.failures_dialog,
            self.calibration,
            self.detector,
            self.server,
            self.files,
            link,
            refusals,
        )
        self.results = Results(
            window,
            self.curves,
            self.history,
            self.history_panel,
            self.plot_panel,
            self.picked_curve_panel,
            link,
            refusals,
            background,
        )
        self.connection = Connection(
            window,
            self.connect_dialog,
            self.server,
            self.servers,
            link,
            self._local_servers,
            self._probe,
        )
        self.connection.begun.connect(self.documents.show_server)
        self.connection.begun.connect(self.results.forget)
        self.connection.ended.connect(lambda: self.documents.show_server(""))
        link.connected.connect(self.queues.offer_calibration)
        self.server.changed.connect(self._on_server_changed)
        self._on_server_changed()
        self.status_panel.failures_wanted.connect(self.queues.show_failures)
        self.help = Help(window, Manual(), self.preferences)
        self.choices = Choices(
            window, {"plot": self.plot_panel, "history": self.history_panel}, self.preferences
        )

    def _on_server_changed(self) -> None:
        server = self.server
        trouble = "" if server.is_online else f"server: {server.light.word}"
        self.plot_panel.strip.set_trouble(trouble)
        self.plot_panel.set_next_step(server.next_step)
        self.history_panel.set_next_step(server.next_step)
        self.detector_panel.set_connected(self.server.is_online)
        self.calibration_panel.set_connected(self.server.is_online)
        why = (
            "The server has none" if self.server.is_online else "Connect to a server first (Ctrl+K)"
        )
        self.calibration_panel.set_can_load(self.server.has_calibration, why)

    def _on_theme_wanted(self, theme: Theme) -> None:
        self.preferences.theme = theme
        apply_theme(_application(), theme)


def _application() -> QApplication:
    application = QApplication.instance()
    assert isinstance(application, QApplication)  # noqa: S101 - made before any widget
    return application


def _listen_to_terminal(leash: Leash) -> QTimer:
    """Close the window on Ctrl-C and on a polite kill; Python must run now and then for that."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leash.window.close_for_good())
    timer = QTimer(leash)
    timer.timeout.connect(lambda: None)
    timer.start(LOOK_AT_SIGNALS)
    return timer
