"""What is wrong at the server is told above the tabs as long as it is so."""

from PyQt5.QtCore import QObject

from saxsleash.appearance import Tone
from saxsleash.models.server_model import ServerModel
from saxsleash.panels.notice_bar import Notice, NoticeBar

TROUBLE = "trouble"
"""Subject of notices."""


class Troubles(QObject):
    """Shows the sentences in which the server says what is wrong.

    The line at the bottom of the window has room for a few words of them. Who closes the notice
    sees it again when something else is wrong.
    """

    def __init__(self, notices: NoticeBar, server: ServerModel) -> None:
        super().__init__(notices)
        self._notices = notices
        self._server = server
        self._told: tuple[str, ...] = ()
        server.changed.connect(self._on_server_changed)

    def _on_server_changed(self) -> None:
        sentences = self._server.trouble if self._server.is_online else ()
        if sentences == self._told:
            return
        self._told = sentences
        if sentences:
            self._notices.show_notice(Notice(TROUBLE, "\n".join(sentences), Tone.BAD))
        else:
            self._notices.withdraw(TROUBLE)
