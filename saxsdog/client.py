"""Ask a server from Python: one method for each command."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError, ProtocolError
from saxsdog.named_files import NamedFile, named_files
from saxsdog.network import NetworkEntry, choose, load_network
from saxsdog.protocol.arrays import Table, table_of
from saxsdog.protocol.envelope import Keys
from saxsdog.protocol.messages import (
    LONGEST_WAIT,
    PAGE,
    TABLE,
    Abort,
    AnyRequest,
    Attachment,
    CalibrationOf,
    Close,
    CurveFiles,
    Failed,
    Failures,
    FilesList,
    Get,
    Hello,
    History,
    HistoryColumns,
    HistoryPage,
    HistoryTable,
    Image,
    ListDir,
    Listing,
    New,
    NewestCurves,
    NewQueue,
    Plot,
    Preview,
    QueueAborted,
    QueueClosed,
    QueueRestarted,
    ReadDir,
    Reply,
    Requeue,
    Requeued,
    Row,
    Stat,
    Statistics,
    Welcome,
)
from saxsdog.transport.client import PATIENCE, Greeting, Link

PATIENCE_FOR_NEW = 60.0
"""Seconds: the server reads the masks and computes the weights of every pixel."""

BETWEEN_LOOKS = 0.1
"""Seconds between two looks at a queue that is worked off."""

_Answer = TypeVar("_Answer", bound=Reply)


class Client:
    """Asks one server.

    Every method may raise :exc:`~saxsdog.errors.RequestError` if the server refuses,
    :exc:`~saxsdog.errors.ServerUnreachableError` if nobody answers within five seconds, and
    :exc:`~saxsdog.errors.AuthenticationError` if the secrets are not the same. Threads that share a
    client wait for each other; give each its own.

    Parameters
    ----------
    entry
        Address and secret of the server.
    patience
        Seconds until a server that has answered before, and says nothing, counts as not there.
    """

    def __init__(self, entry: NetworkEntry, patience: float = PATIENCE) -> None:
        self.name = entry.name
        self._patience = patience
        # A server that listens at every address of its machine is also at this one.
        url = entry.server.replace("//*:", "//127.0.0.1:")
        self._link = Link(url, Keys.from_secret(entry.secret), name=entry.name)

    @classmethod
    def from_network(
        cls, name: str | None = None, path: str | os.PathLike[str] | None = None
    ) -> Self:
        """Take a server from ``~/.saxsdognetwork``: that of a name, or the only one.

        Raises
        ------
        SettingsError
            If there is no such file, or it is wrong.
        UsageError
            If there is no such server, or no name and several servers.
        """
        return cls(choose(load_network(None if path is None else Path(path)), name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.disconnect()

    def disconnect(self) -> None:
        """Let the connection go; safe to call twice. What :meth:`close` closes is the queue."""
        self._link.close()

    def hello(self) -> Welcome:
        """Say who serves."""
        return self._ask(Hello(), Welcome)

    def greet(self) -> Greeting:
        """Say hello, and compare the server's clock with ours."""
        return self._link.greet()

    def new(
        self,
        calibration: Calibration | dict[str, Any] | str | os.PathLike[str],
        files: Mapping[str, bytes | Path] | None = None,
    ) -> NewQueue:
        """Replace the queue.

        Parameters
        ----------
        calibration
            A calibration, its document, or the path of its file.
        files
            Content or path of each file that the calibration names, such as its masks, by the text
            that stands there. With the path of a calibration, files that are not given are read
            from its folder.

        Raises
        ------
        CalibrationError
            If the calibration is wrong or a file is missing; nothing was sent then.
        """
        folder = None
        if isinstance(calibration, dict):
            calibration = Calibration.from_document(calibration)
        elif not isinstance(calibration, Calibration):
            folder = Path(calibration).parent
            calibration = Calibration.load(calibration)
        attachments = _attachments(calibration, files or {}, folder)
        request = New(calibration.document, attachments)
        return self._ask(request, NewQueue, PATIENCE_FOR_NEW)

    def readdir(self) -> QueueRestarted:
        """Put every existing image of the directory into the queue again."""
        return self._ask(ReadDir(), QueueRestarted)

    def close(self) -> QueueClosed:
        """Work off what is queued and take nothing new."""
        return self._ask(Close(), QueueClosed)

    def abort(self) -> QueueAborted:
        """Stop, and forget what is pending."""
        return self._ask(Abort(), QueueAborted)

    def get(self) -> CalibrationOf:
        """Fetch the calibration with its files."""
        return self._ask(Get(), CalibrationOf)

    def plot(self, cursor: int | None = None) -> NewestCurves:
        """Fetch the curves of an image; see :func:`saxsdog.protocol.arrays.arrays_of`.

        Parameters
        ----------
        cursor
            Of its row of the history; the newest image by default.
        """
        return self._ask(Plot(cursor), NewestCurves)

    def stat(self) -> Statistics:
        """Say how it is going."""
        return self._ask(Stat(), Statistics)

    def listdir(self, *parts: str) -> Listing:
        """Say what is in the folder with these parts below the root."""
        return self._ask(ListDir(parts), Listing)

    def fileslist(self, since: int = 0, limit: int = PAGE) -> CurveFiles:
        """Name the curve files of each channel, after a cursor."""
        return self._ask(FilesList(since, limit), CurveFiles)

    def history(self, since: int = 0, limit: int = PAGE, wait: float = 0.0) -> HistoryPage:
        """Say what was integrated after a cursor; wait up to ``wait`` seconds for the first."""
        return self._ask(History(since, limit, wait), HistoryPage, self._patience + wait)

    def history_columns(self, since: int = 0, limit: int = TABLE, wait: float = 0.0) -> Table:
        """Say what :meth:`history` does as arrays: for very many rows, a hundred times faster."""
        request = HistoryColumns(since, limit, wait)
        return table_of(self._ask(request, HistoryTable, self._patience + wait))

    def failed(self, since: int = 0, limit: int = PAGE) -> Failures:
        """Say which images failed or were skipped, and why, after a cursor."""
        return self._ask(Failed(since, limit), Failures)

    def requeue(self, reason: str | None = None) -> Requeued:
        """Try the failed images again, or those that failed for one reason."""
        return self._ask(Requeue(reason), Requeued)

    def image(self, max_side: int = 512, directory: Sequence[str] | None = None) -> Preview:
        """Fetch the newest frame, reduced; see :func:`saxsdog.protocol.arrays.array_of`.

        Parameters
        ----------
        max_side
            Rows and columns that it may have.
        directory
            Parts of the path of a folder below the root of the server: the newest image in it and
            below, whether there is a queue or not. By default the newest one that was integrated.
        """
        return self._ask(Image(max_side, None if directory is None else tuple(directory)), Preview)

    def live(self, since: int | None = None) -> Iterator[Row]:
        """Yield each image when its curves are written, for ever.

        A new queue goes on in the same loop. If the server cannot be reached,
        :exc:`~saxsdog.errors.ServerUnreachableError` ends it; the cursor of the last row is where
        to begin again.

        Parameters
        ----------
        since
            Cursor behind which to begin; the present one by default.
        """
        cursor = self.stat().cursor if since is None else since
        while True:
            page = self.history(cursor, wait=LONGEST_WAIT)
            yield from page.rows
            cursor = page.next

    def wait(
        self,
        timeout: float | None = None,
        progress: Callable[[Statistics], None] | None = None,
    ) -> Statistics:
        """Wait until nothing is pending and no folder is being searched.

        Parameters
        ----------
        timeout
            Seconds; for ever by default.
        progress
            Called with the statistics at every look.

        Raises
        ------
        TimeoutError
            If there is still something to do.
        """
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            looked = time.monotonic()
            statistics = self.stat()
            if progress is not None:
                progress(statistics)
            pending = statistics.counters.pending
            if not pending and not statistics.sources.walking:
                return statistics
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{self.name}: {pending} images are pending after {timeout} s")
            self.history(statistics.cursor, limit=1, wait=min(1.0, left))
            time.sleep(max(0.0, min(looked + BETWEEN_LOOKS, deadline) - time.monotonic()))

    def _ask(
        self, request: AnyRequest, expected: type[_Answer], patience: float | None = None
    ) -> _Answer:
        reply = self._link.ask(request, self._patience if patience is None else patience)
        if isinstance(reply, expected):
            return reply
        raise ProtocolError(
            f"{self.name}: expected {expected.result!r} as the answer to {request.command!r}, "
            f"got {reply.result!r}"
        )


def _attachments(
    calibration: Calibration, given: Mapping[str, bytes | Path], folder: Path | None
) -> tuple[Attachment, ...]:
    """Collect the files that a calibration names, each once, under the text that stands there."""
    attachments: dict[str, Attachment] = {}
    for file in named_files(calibration.document):
        name = file.name
        if name in attachments:
            continue
        if name not in given and folder is None:
            raise CalibrationError(f"{file.key}: expected the file {name!r} among those given")
        source = given[name] if name in given else Path(folder or "", name)
        attachments[name] = Attachment(name, _content(source, file))
    if unknown := sorted(set(given) - set(attachments)):
        raise CalibrationError(
            f"files: expected those that the calibration names, got {', '.join(map(repr, unknown))}"
        )
    return tuple(attachments.values())


def _content(source: bytes | Path, file: NamedFile) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise CalibrationError(
            f"{file.key}: expected a file, cannot read {source}: {reason}"
        ) from error
