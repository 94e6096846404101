"""The queue of the server: started with a second look, ended with a question."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PyQt5.QtCore import QObject

from saxsdog.errors import SaxsdogError
from saxsdog.protocol.messages import (
    CalibrationOf,
    Failures,
    NewQueue,
    QueueAborted,
    QueueClosed,
    Requeued,
)
from saxsdog.words import count, folder
from saxsleash.appearance import Tone
from saxsleash.controllers.comparison import Comparison, compare
from saxsleash.controllers.named_files import NamedFiles
from saxsleash.controllers.refusals import Refusals
from saxsleash.dialogs.failures import FailuresDialog
from saxsleash.dialogs.questions import ask
from saxsleash.link import Link
from saxsleash.main_window import MainWindow
from saxsleash.models.calibration_model import CalibrationModel
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.server_model import ServerModel
from saxsleash.panels.checklist_panel import ChecklistPanel
from saxsleash.panels.notice_bar import Notice
from saxsleash.panels.queue_panel import QueuePanel

QUEUE = "queue"
CHANGED = "calibration of the server"
LOADED = "loading"
"""Subjects of notices."""

DOUBTS = (Tone.BAD, Tone.DOUBTFUL)
"""Tones of checks that are named before a queue is started."""


class Queues(QObject):
    """Carries out what the user wants of the queue."""

    def __init__(
        self,
        window: MainWindow,
        checklist: ChecklistPanel,
        panel: QueuePanel,
        failures: FailuresDialog,
        calibration: CalibrationModel,
        detector: DetectorModel,
        server: ServerModel,
        files: NamedFiles,
        link: Link,
        refusals: Refusals,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._checklist = checklist
        self._failures = failures
        self._calibration = calibration
        self._detector = detector
        self._server = server
        self._files = files
        self._link = link
        self._refusals = refusals
        checklist.start_wanted.connect(self.start)
        window.start_action.triggered.connect(self.start)
        panel.redo_wanted.connect(self._on_redo_wanted)
        panel.close_wanted.connect(self._on_close_wanted)
        panel.abort_wanted.connect(self._on_abort_wanted)
        window.load_from_server_action.triggered.connect(lambda: self._load())
        window.failures_action.triggered.connect(self.show_failures)
        failures.refresh_wanted.connect(self._ask_for_failures)
        failures.requeue_wanted.connect(self._on_requeue_wanted)
        link.refused.connect(self._on_refused)
        server.changed.connect(self._show_readiness)
        server.queue_replaced.connect(self._on_queue_replaced)
        calibration.changed.connect(self._show_readiness)
        calibration.opened.connect(lambda: window.notices.withdraw(LOADED))
        self._show_readiness()

    # ---------------------------------------------------------------- start

    def start(self) -> None:
        """Send the calibration, after a question if there are doubts."""
        if self._obstacle():
            return
        doubts = [
            f"{check.name}: {check.text}" for check in self._detector.checks if check.tone in DOUBTS
        ]
        if doubt := title_doubt(self._calibration.document):
            doubts.append(doubt)
        if not doubts:
            self._send()
            return
        ask(
            self._window,
            "Start the queue?",
            "Look at this first:\n\n" + "\n".join(f"• {doubt}" for doubt in doubts),
            yes="Start anyway",
            dangerous=True,
            answered=lambda yes: self._send() if yes else None,
        )

    def _send(self) -> None:
        calibration, files = self._calibration.calibration, self._files.attachments()
        if calibration is None:
            return
        self._server.expect_replacement()
        self._tell("The calibration is on its way…", Tone.BUSY)
        self._link.ask(
            lambda client: client.new(calibration, files), self._on_started, self._on_not_started
        )

    def _on_started(self, reply: NewQueue) -> None:
        where = folder(reply.directory)
        remarks = "".join(f"\n{remark}" for remark in reply.remarks)
        if remarks:
            self._tell(f"The queue runs, but:{remarks}", Tone.DOUBTFUL)
        else:
            self._window.notices.withdraw(QUEUE)
        self._window.notices.withdraw(CHANGED)
        ask(
            self._window,
            "Integrate the existing images?",
            f"The queue runs: new images in {where} are integrated from now on.\n"
            "Shall the images that are there already be integrated as well?",
            yes="Integrate existing images",
            no="Only new ones",
            answered=self._on_existing_answered,
        )

    def _on_not_started(self, error: SaxsdogError) -> None:
        self._server.forget_replacement()
        self._on_refused(error)

    def _on_existing_answered(self, yes: bool) -> None:
        if yes:
            self._link.ask(lambda client: client.readdir(), lambda _: None, self._on_refused)

    def _obstacle(self) -> str:
        """Say why no queue can be started now, ``""`` if one can."""
        if not self._server.is_online:
            return "Connect to a server first (Ctrl+K)"
        if self._calibration.is_empty:
            return "Open a calibration first"
        if self._calibration.calibration is None:
            return "The calibration has problems: they are marked in the tree"
        return ""

    def _show_readiness(self) -> None:
        obstacle = self._obstacle()
        self._checklist.set_can_start(not obstacle, obstacle)
        self._window.start_action.setEnabled(not obstacle)
        self._window.load_from_server_action.setEnabled(self._server.has_calibration)
        self._window.failures_action.setEnabled(self._server.is_online)
        self._window.disconnect_action.setEnabled(self._server.entry is not None)

    # ---------------------------------------------------------------- redo, close, abort

    def _on_redo_wanted(self) -> None:
        ask(
            self._window,
            "Integrate all images again?",
            "Every image in the directory of the queue is integrated again; its curves are "
            "written anew.",
            yes="Redo all images",
            answered=self._on_redo_answered,
        )

    def _on_redo_answered(self, yes: bool) -> None:
        if yes:
            self._link.ask(lambda client: client.readdir(), lambda _: None, self._on_refused)

    def _on_close_wanted(self) -> None:
        self._link.ask(lambda client: client.close(), self._on_closed, self._on_refused)

    def _on_closed(self, reply: QueueClosed) -> None:
        self._tell(
            f"The queue is closed: no new images are taken. Still to be integrated: "
            f"{count(reply.pending, 'image')}.",
            Tone.GOOD,
        )

    def _on_abort_wanted(self) -> None:
        statistics = self._server.statistics
        pending = 0 if statistics is None else statistics.counters.pending
        ask(
            self._window,
            "Abort the queue?",
            f"Not to be integrated any more: {count(pending, 'pending image')}. Curves that are "
            "written stay, and so do the images.",
            yes="Abort the queue",
            dangerous=True,
            answered=self._on_abort_answered,
        )

    def _on_abort_answered(self, yes: bool) -> None:
        if yes:
            self._link.ask(lambda client: client.abort(), self._on_aborted, self._on_refused)

    def _on_aborted(self, reply: QueueAborted) -> None:
        self._tell(
            f"The queue is aborted. Forgotten: {count(reply.forgotten, 'pending image')}.",
            Tone.DOUBTFUL,
        )

    # ---------------------------------------------------------------- the server's calibration

    def offer_calibration(self) -> None:
        """After connecting: take the server's calibration if no other is edited, else offer it."""
        self._compare(self._on_first_calibration)

    def _compare(self, done: Callable[[Comparison], None]) -> None:
        """Have the server's calibration compared with ours, where files may be read."""
        files = self._files.attachments()

        def on_compared(found: Comparison) -> None:
            if self._files.attachments() == files:
                done(found)
            else:  # others were loaded while the answer was on its way
                self._compare(done)

        self._link.ask(lambda client: compare(client.get(), files), on_compared, lambda _: None)

    def _on_first_calibration(self, found: Comparison) -> None:
        if self._calibration.path is None and not self._calibration.is_modified:
            self._show(found.reply)
        elif what := self._difference(found):
            self._offer(f"The server works with {what}, not with what is here.")

    def _on_queue_replaced(self) -> None:
        self._compare(self._on_other_calibration)

    def _on_other_calibration(self, found: Comparison) -> None:
        if what := self._difference(found):
            title = found.reply.calibration.get("Title") or "without a title"
            self._offer(f"Somebody else has started a queue with {what}: {title}.")

    def _difference(self, found: Comparison) -> str:
        """Say in what the server differs from the window, ``""`` if it does not."""
        if found.reply.calibration != self._calibration.document:
            return "another calibration"
        return "" if found.same_files else "other files of the same names"

    def _offer(self, text: str) -> None:
        notice = Notice(CHANGED, text, Tone.DOUBTFUL, "Load it", self._load)
        self._window.notices.show_notice(notice)

    def _load(self) -> None:
        """Show the server's calibration, after a question if edits would be lost.

        The server is asked after the user: meanwhile it may have got another one.
        """
        if not self._calibration.is_modified:
            self._fetch()
            return
        ask(
            self._window,
            "Replace what is edited?",
            "The calibration here has changes that are not saved; loading that of the server "
            "discards them.",
            yes="Discard the changes",
            dangerous=True,
            answered=lambda yes: self._fetch() if yes else None,
        )

    def _fetch(self) -> None:
        given_up = self._calibration.document
        self._link.ask(
            lambda client: client.get(), partial(self._on_fetched, given_up), self._on_not_loaded
        )

    def _on_fetched(self, given_up: dict[str, Any], reply: CalibrationOf) -> None:
        if self._calibration.document is given_up:
            self._show(reply)
        else:  # edited while the answer was on its way
            self._load()

    def _on_not_loaded(self, error: SaxsdogError) -> None:
        self._refusals.tell(Notice(LOADED, str(error), Tone.BAD))

    def _show(self, reply: CalibrationOf) -> None:
        self._window.notices.withdraw(CHANGED)
        self._calibration.open_document(reply.calibration)
        self._files.take({file.name: file.data for file in reply.attachments})

    # ---------------------------------------------------------------- failures

    def show_failures(self) -> None:
        """Open the list of images that were not integrated."""
        self._failures.show()
        self._failures.raise_()
        self._ask_for_failures()

    def _ask_for_failures(self) -> None:
        self._link.ask(lambda client: client.failed(), self._on_failures, self._on_refused)

    def _on_failures(self, page: Failures) -> None:
        self._failures.show_failures(page.rows)
        if page.more:
            self._ask_for_more(page.next)

    def _ask_for_more(self, since: int) -> None:
        self._link.ask(
            lambda client: client.failed(since), self._on_more_failures, self._on_refused
        )

    def _on_more_failures(self, page: Failures) -> None:
        self._failures.append(page.rows)
        if page.more and self._failures.isVisible():
            self._ask_for_more(page.next)

    def _on_requeue_wanted(self, reason: str | None) -> None:
        self._link.ask(lambda client: client.requeue(reason), self._on_requeued, self._on_refused)

    def _on_requeued(self, reply: Requeued) -> None:
        self._tell(f"Tried again: {count(reply.images, 'image')}.", Tone.GOOD)
        self._ask_for_failures()

    # ---------------------------------------------------------------- telling

    def _on_refused(self, error: SaxsdogError) -> None:
        self._refusals.tell(Notice(QUEUE, str(error), Tone.BAD))

    def _tell(self, text: str, tone: Tone) -> None:
        self._window.notices.show_notice(Notice(QUEUE, text, tone))


def title_doubt(document: dict[str, object]) -> str:
    """Say so if the title does not name the user's folder, which may be that of somebody else.

    The original asked the same before it started a queue.
    """
    directory = document.get("Directory")
    first = directory[0] if isinstance(directory, list) and directory else "."
    title = str(document.get("Title") or "")
    if first in ("", ".") or str(first) in title:
        return ""
    named = f"the title {title!r}" if title else "the empty title"
    return f"The folder of the images is {first!r}, but {named} does not name it. Is it yours?"
