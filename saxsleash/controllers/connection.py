"""Which server the window talks to: chosen, lost, found again, or started for this window."""

from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from saxsdog.errors import SaxsdogError
from saxsdog.network import NetworkEntry, choose, load_network
from saxsdog.protocol.messages import Welcome
from saxsleash.appearance import Tone
from saxsleash.dialogs.connect import ConnectDialog
from saxsleash.dialogs.questions import tell
from saxsleash.link import Link, LocalServers, Probe
from saxsleash.main_window import MainWindow
from saxsleash.models.server_model import ServerModel
from saxsleash.models.servers_model import ServersModel
from saxsleash.panels.notice_bar import Notice

CONNECTION = "connection"
"""Subject of notices."""

SHARED_FOLDER = "shared folder"
"""Subject of notices as well: this one is worth reading after the connection too."""

GOES_ON = "The window goes on asking."
TO_BE_LET_IN = (
    "Copy the network file from the computer of the server once more: its secret has changed, "
    "or its version of saxsdog is another. Then connect again (Ctrl+K)."
)


class Connection(QObject):
    """Connects the link to the server that the user chooses, and tells what becomes of it."""

    begun = pyqtSignal(str)
    """A server of this name is asked from now on; what another one said no longer counts."""

    ended = pyqtSignal()

    def __init__(
        self,
        window: MainWindow,
        dialog: ConnectDialog,
        server: ServerModel,
        servers: ServersModel,
        link: Link,
        local_servers: LocalServers,
        probe: Probe,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._dialog = dialog
        self._server = server
        self._servers = servers
        self._link = link
        self._local_servers = local_servers
        self._probe = probe
        window.connect_action.triggered.connect(self.choose)
        window.disconnect_action.triggered.connect(link.disconnect)
        dialog.server_chosen.connect(self.connect_to)
        dialog.local_server_wanted.connect(self.start_local)
        dialog.finished.connect(probe.stop)
        servers.changed.connect(self._on_servers_changed)
        probe.seen.connect(servers.set_light)
        link.connected.connect(self._on_connected)
        link.lost.connect(self._on_lost)
        link.back.connect(self._on_back)
        link.status.connect(server.set_statistics)
        link.disconnected.connect(self._on_disconnected)
        local_servers.local_started.connect(self._on_local_started)
        local_servers.local_failed.connect(self._on_local_failed)
        local_servers.shared.connect(self._on_shared)

    # ---------------------------------------------------------------- choosing

    def choose(self) -> None:
        """Show the servers, and how each of them is."""
        self._servers.reload()
        self._probe.start(self._servers.entries)
        self._dialog.open()

    def connect_by_name(self, name: str) -> None:
        """Connect to a server of the network file; say so if there is none of this name."""
        try:
            self.connect_to(choose(load_network(self._servers.path), name))
        except SaxsdogError as error:
            tell(self._window, "No such server", str(error), tone=Tone.BAD)

    def connect_to(self, entry: NetworkEntry) -> None:
        """Leave the former server and ask this one."""
        self._window.notices.withdraw(CONNECTION)
        self._server.set_connecting(entry)
        self._link.connect_to(entry)
        self._link.follow_history()
        self.begun.emit(entry.name)

    def start_local(self, root: Path) -> None:
        """Start a server for the images below a folder, and connect to it."""
        self._servers.remember_local_root(root)
        self._tell(f"A server for {root} is being started…", Tone.BUSY)
        self._local_servers.start(root)

    def _on_servers_changed(self) -> None:
        if self._dialog.isVisible():
            self._probe.start(self._servers.entries)

    def _on_local_started(self, entry: NetworkEntry) -> None:
        self._servers.set_local(self._local_servers.entries)
        self._dialog.accept()
        self.connect_to(entry)

    def _on_local_failed(self, reason: str) -> None:
        if self._dialog.isVisible():
            self._window.notices.withdraw(CONNECTION)
            self._dialog.show_local_problem(reason)
        else:
            self._tell(f"The local server did not start: {reason}", Tone.BAD)

    def _on_shared(self, root: Path) -> None:
        text = (
            f"Another window on this computer has a server for {root} as well. Both write the "
            "curves of its images to the same places: close one of the windows."
        )
        self._window.notices.show_notice(Notice(SHARED_FOLDER, text, Tone.DOUBTFUL))

    # ---------------------------------------------------------------- what becomes of it

    def _on_connected(self, welcome: Welcome) -> None:
        self._server.set_online()
        self._servers.remember(self._server.name)
        self._window.notices.withdraw(CONNECTION)

    def _on_lost(self, code: str, message: str) -> None:
        self._server.set_lost(code, message)
        self._tell(f"{message}. {TO_BE_LET_IN if code == 'denied' else GOES_ON}", Tone.BAD)

    def _on_back(self) -> None:
        self._server.set_online()
        self._window.notices.withdraw(CONNECTION)

    def _on_disconnected(self) -> None:
        self._server.set_disconnected()
        self._window.notices.withdraw(CONNECTION)
        self.ended.emit()

    def _tell(self, text: str, tone: Tone) -> None:
        self._window.notices.show_notice(Notice(CONNECTION, text, tone))
