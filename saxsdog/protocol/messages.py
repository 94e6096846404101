"""What can be said: one class for each request and each reply.

``docs/reference/protocol.md`` outranks this module, ``schemas/request.schema.json`` and
``schemas/reply.schema.json`` describe the fields. Times are seconds since the epoch on the clock of
the server. Files are named by their path below the root of the server, with ``/``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

PROTOCOL_VERSION = 3

PAGE = 1000
"""Rows of a page unless the request says otherwise."""

LARGEST_PAGE = 5000

TABLE = 10_000
"""Rows of the history as columns unless the request says otherwise."""

LARGEST_TABLE = 20_000
LONGEST_WAIT = 10.0
"""Seconds that a request for the history may wait for something new."""


@dataclass(frozen=True)
class Attachment:
    """Bytes that travel beside a message, sealed like it."""

    name: str
    data: bytes = field(repr=False)


class QueueState(StrEnum):
    """What a server does with images."""

    IDLE = "idle"
    RUNNING = "running"
    CLOSED = "closed"
    ABORTED = "aborted"


# ------------------------------------------------------------------------------- requests


@dataclass(frozen=True)
class Request:
    """Something that a leash asks for; ``changes`` says whether to do it twice matters."""

    command: ClassVar[str]
    changes: ClassVar[bool] = False


@dataclass(frozen=True)
class Hello(Request):
    """Say who you are; needs no epoch and changes nothing."""

    command: ClassVar[str] = "hello"


@dataclass(frozen=True)
class New(Request):
    """Replace the queue: a calibration document, with the files that it names attached."""

    command: ClassVar[str] = "new"
    changes: ClassVar[bool] = True
    calibration: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class ReadDir(Request):
    """Put every existing image of the directory into the queue again."""

    command: ClassVar[str] = "readdir"
    changes: ClassVar[bool] = True


@dataclass(frozen=True)
class Close(Request):
    """Work off what is queued and take nothing new."""

    command: ClassVar[str] = "close"
    changes: ClassVar[bool] = True


@dataclass(frozen=True)
class Abort(Request):
    """Stop, and forget what is pending."""

    command: ClassVar[str] = "abort"
    changes: ClassVar[bool] = True


@dataclass(frozen=True)
class Get(Request):
    """Give me the calibration with its files."""

    command: ClassVar[str] = "get"


@dataclass(frozen=True)
class Plot(Request):
    """Give me the curve of every channel, of the image with a cursor or of the newest one."""

    command: ClassVar[str] = "plot"
    cursor: int | None = None


@dataclass(frozen=True)
class Stat(Request):
    """Say how it is going."""

    command: ClassVar[str] = "stat"


@dataclass(frozen=True)
class ListDir(Request):
    """Say what is in a folder, given by its parts below the root."""

    command: ClassVar[str] = "listdir"
    directory: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilesList(Request):
    """Name the curve files of each channel, after a cursor."""

    command: ClassVar[str] = "fileslist"
    since: int = 0
    limit: int = PAGE


@dataclass(frozen=True)
class History(Request):
    """Say what was integrated after a cursor; wait up to ``wait`` seconds for the first of it."""

    command: ClassVar[str] = "history"
    since: int = 0
    limit: int = PAGE
    wait: float = 0.0


@dataclass(frozen=True)
class HistoryColumns(Request):
    """Say what :class:`History` does, as columns of numbers."""

    command: ClassVar[str] = "historycolumns"
    since: int = 0
    limit: int = TABLE
    wait: float = 0.0


@dataclass(frozen=True)
class Failed(Request):
    """Say which images failed or were skipped, and why, after a cursor."""

    command: ClassVar[str] = "failed"
    since: int = 0
    limit: int = PAGE


@dataclass(frozen=True)
class Requeue(Request):
    """Try the failed images again, or those that failed for one reason."""

    command: ClassVar[str] = "requeue"
    changes: ClassVar[bool] = True
    reason: str | None = None


@dataclass(frozen=True)
class Image(Request):
    """Give me the newest frame, reduced to at most this many pixels a side.

    Of all that were integrated; or with the parts of a folder below the root, the newest file that
    lies in it, integrated or not.
    """

    command: ClassVar[str] = "image"
    max_side: int = 512
    directory: tuple[str, ...] | None = None


# ------------------------------------------------------------------------------- replies


@dataclass(frozen=True)
class Reply:
    """What a server answers."""

    result: ClassVar[str]


@dataclass(frozen=True)
class Welcome(Reply):
    """Answer to :class:`Hello`: who serves, and the epoch that every other request must carry."""

    result: ClassVar[str] = "hello"
    name: str
    version: str
    protocol: int
    state: QueueState
    commands: tuple[str, ...]


@dataclass(frozen=True)
class NewQueue(Reply):
    """Answer to :class:`New`.

    ``carried`` images were pending in the queue before, lie in the new directory, and will be
    integrated with the new calibration.
    """

    result: ClassVar[str] = "new queue"
    directory: tuple[str, ...]
    channels: tuple[str, ...]
    carried: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class QueueRestarted(Reply):
    """Answer to :class:`ReadDir`; the search goes on while ``stat`` says ``walking``."""

    result: ClassVar[str] = "queue restarted with all files"


@dataclass(frozen=True)
class QueueClosed(Reply):
    """Answer to :class:`Close`."""

    result: ClassVar[str] = "queue closed"
    pending: int


@dataclass(frozen=True)
class QueueAborted(Reply):
    """Answer to :class:`Abort`."""

    result: ClassVar[str] = "queue aborted"
    forgotten: int


@dataclass(frozen=True)
class CalibrationOf(Reply):
    """Answer to :class:`Get`, with the files that it names attached."""

    result: ClassVar[str] = "cal"
    calibration: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Counters:
    """``known = integrated + failed + skipped + pending``, whenever you look.

    ``leased`` and ``settling`` are those of the pending that a worker has, and that are waited for
    because they are not complete. The others count what has happened since the queue was opened.
    """

    known: int = 0
    pending: int = 0
    integrated: int = 0
    failed: int = 0
    skipped: int = 0
    leased: int = 0
    settling: int = 0
    duplicates: int = 0
    retries: int = 0
    worker_deaths: int = 0
    timeouts: int = 0
    failed_because: Mapping[str, int] = field(default_factory=dict)
    skipped_because: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceStatus:
    """What the sources of images say.

    ``feeder`` is ``off``, ``waiting`` (nothing heard yet), ``up`` or ``down``; ``watcher`` is
    ``off``, ``events`` or ``polling``. Ages are in seconds, ``None`` if it never happened.
    """

    feeder: str = "off"
    events: int = 0
    events_rejected: int = 0
    events_missed: int = 0
    last_event_age: float | None = None
    watcher: str = "off"
    walking: bool = False
    walks: int = 0
    last_walk_age: float | None = None
    found_by_walk: int = 0
    not_ours: int = 0


@dataclass(frozen=True)
class LegacyCounts:
    """Requests of clients of the original: taken, and refused for whatever reason.

    ``newest`` is when one was taken last (s since the epoch), ``None`` before the first.
    """

    requests: int = 0
    refused: int = 0
    newest: float | None = None


@dataclass(frozen=True)
class Statistics(Reply):
    """Answer to :class:`Stat`.

    Attributes
    ----------
    name, state, title, directory
        Which server, what it does, and with which calibration.
    time, started, opened
        Now; when the server started; when the queue was opened (``None`` without one).
    counters, sources
        What became of the images, and where they come from.
    rate
        Images integrated in each of the last 60 full seconds, oldest first.
    workers
        Process ids of the workers.
    newest_image, newest_time
        The image integrated last, and when its curve was written.
    trouble
        What is wrong now, one sentence each; empty when all is well.
    denied, replayed
        Messages refused because they were not sealed with our secret, and because they were old.
    cursor
        Of the newest row of the history.
    legacy
        ``None`` unless clients of the original are served; it is left out of the message then.
    """

    result: ClassVar[str] = "stat"
    name: str
    state: QueueState
    title: str
    directory: tuple[str, ...]
    time: float
    started: float
    opened: float | None
    counters: Counters
    sources: SourceStatus
    rate: tuple[int, ...]
    workers: tuple[int, ...]
    newest_image: str | None
    newest_time: float | None
    trouble: tuple[str, ...]
    denied: int
    replayed: int
    cursor: int
    legacy: LegacyCounts | None = None


@dataclass(frozen=True)
class Graph:
    """One curve; its columns are an attachment of float64, little-endian, ``(columns, points)``."""

    channel: str
    kind: str
    file: str
    columns: tuple[str, ...]
    points: int
    parameters: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class NewestCurves(Reply):
    """Answer to :class:`Plot`: one graph and one attachment, of the same name, for each channel.

    They are the newest unless another image was asked for. ``image`` is ``None``, and there are no
    graphs, as long as nothing was integrated.
    """

    result: ClassVar[str] = "plot"
    image: str | None
    time: float | None
    cursor: int
    graphs: tuple[Graph, ...]
    statistics: Statistics
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A file or folder."""

    name: str
    isdir: bool


@dataclass(frozen=True)
class Listing(Reply):
    """Answer to :class:`ListDir`: folders first; ``complete`` is false if there were too many."""

    result: ClassVar[str] = "listdir"
    directory: tuple[str, ...]
    dircontent: tuple[Entry, ...]
    complete: bool = True


@dataclass(frozen=True)
class CurveFiles(Reply):
    """Answer to :class:`FilesList`: the files of each channel, and of ``images``, in one order."""

    result: ClassVar[str] = "resultfileslists"
    fileslist: Mapping[str, tuple[str, ...]]
    next: int
    more: bool


@dataclass(frozen=True)
class Row:
    """One integrated image.

    Attributes
    ----------
    cursor
        Grows from row to row and is never used twice, not even for another queue.
    file
        The image.
    time, time_source, exposure
        When it was taken, how that is known, and for how long (s).
    announced, done
        When we heard of it first, and when its curves were complete.
    parameters
        Integral parameters of each radial channel; ``None`` for what is not finite.
    """

    cursor: int
    file: str
    time: float | None
    time_source: str
    exposure: float | None
    announced: float
    done: float
    parameters: Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class HistoryPage(Reply):
    """Answer to :class:`History`: ask again with ``since=next``; ``more`` is there already.

    ``queue`` changes when the queue is replaced; the rows of a former queue are gone then.
    """

    result: ClassVar[str] = "history"
    queue: str
    rows: tuple[Row, ...]
    next: int
    more: bool


FIRST_COLUMNS = ("cursor", "time", "time_source", "exposure", "announced", "done")
"""Columns that every history has; those of the parameters follow."""


@dataclass(frozen=True)
class HistoryTable(Reply):
    """Answer to :class:`HistoryColumns`; :func:`saxsdog.protocol.arrays.table_of` opens it.

    The attachment ``numbers`` is float64, little-endian, ``(columns, rows)``: what a :class:`Row`
    holds, with NaN for ``None`` and ``time_source`` as the place in ``time_sources``. The
    attachment ``files`` names the images, each with a byte 0 behind it.
    """

    result: ClassVar[str] = "history columns"
    queue: str
    columns: tuple[str, ...]
    time_sources: tuple[str, ...]
    rows: int
    next: int
    more: bool
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class Failure:
    """An image that was not integrated."""

    file: str
    status: str
    reason: str
    message: str
    time: float


@dataclass(frozen=True)
class Failures(Reply):
    """Answer to :class:`Failed`: failed and skipped images, in the order in which they ended."""

    result: ClassVar[str] = "failed"
    rows: tuple[Failure, ...]
    next: int
    more: bool


@dataclass(frozen=True)
class Requeued(Reply):
    """Answer to :class:`Requeue`."""

    result: ClassVar[str] = "requeued"
    images: int


@dataclass(frozen=True)
class Preview(Reply):
    """Answer to :class:`Image`: one attachment of float32, little-endian, ``shape``.

    Each of its pixels is the mean over a block of ``block`` x ``block`` of the frame, of those that
    hold a count; NaN where none does.
    """

    result: ClassVar[str] = "image"
    file: str
    frame_shape: tuple[int, int]
    shape: tuple[int, int]
    block: int
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class Refusal(Reply):
    """A genuine request that cannot be carried out. ``retry``: the same may succeed later."""

    result: ClassVar[str] = "Error"
    code: str
    message: str
    retry: bool = False


Following = History | HistoryColumns
"""Requests that may wait for something new."""

REQUESTS: Mapping[str, type[Request]] = {kind.command: kind for kind in Request.__subclasses__()}
REPLIES: Mapping[str, type[Reply]] = {kind.result: kind for kind in Reply.__subclasses__()}

AnyRequest = (
    Hello
    | New
    | ReadDir
    | Close
    | Abort
    | Get
    | Plot
    | Stat
    | ListDir
    | FilesList
    | History
    | HistoryColumns
    | Failed
    | Requeue
    | Image
)
