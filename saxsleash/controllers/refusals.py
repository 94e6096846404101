"""What the server has refused is told as long as it would refuse it again."""

from dataclasses import dataclass

from PyQt5.QtCore import QObject

from saxsdog.protocol.messages import Statistics
from saxsleash.models.server_model import Connection, ServerModel
from saxsleash.panels.notice_bar import Notice, NoticeBar


@dataclass(eq=False)
class _Refusal:
    """One that is told.

    Attributes
    ----------
    notice
        How it is told.
    heard
        What the server had said of itself by then; that may have been old.
    lost
        Whether it has been lost since, or was.
    state
        What it said next.
    """

    notice: Notice
    heard: Statistics | None
    lost: bool
    state: tuple[object, ...] | None = None


class Refusals(QObject):
    """Takes its notices back when the server is in another state than when it refused.

    That is: when it answers again after it was lost, when a queue was started or ended, and when
    the window has left it.
    """

    def __init__(self, notices: NoticeBar, server: ServerModel) -> None:
        super().__init__(notices)
        self._notices = notices
        self._server = server
        self._told: list[_Refusal] = []
        server.changed.connect(self._on_server_changed)

    def tell(self, notice: Notice) -> None:
        """Show why something was refused, or not even answered."""
        server = self._server
        self._told.append(_Refusal(notice, server.statistics, not server.is_online))
        self._notices.show_notice(notice)

    def _on_server_changed(self) -> None:
        over = [refusal for refusal in self._told if self._is_over(refusal)]
        self._told = [refusal for refusal in self._told if refusal not in over]
        for refusal in over:
            self._notices.take_back(refusal.notice)

    def _is_over(self, refusal: _Refusal) -> bool:
        if not self._server.is_online:
            refusal.lost = True
            return self._server.connection is Connection.DISCONNECTED
        statistics = self._server.statistics
        if statistics is None or statistics is refusal.heard:
            return False
        before, refusal.state = refusal.state, (statistics.opened, statistics.state)
        return refusal.lost or before not in (None, refusal.state)
