"""The answers of a session with two images, without a server: the same every time."""

from dataclasses import replace

import numpy as np

from saxsdog.errors import CalibrationError, PathError, RequestError
from saxsdog.protocol.messages import (
    FIRST_COLUMNS,
    Abort,
    Attachment,
    CalibrationOf,
    Close,
    Counters,
    CurveFiles,
    Entry,
    FilesList,
    Get,
    Graph,
    HistoryColumns,
    HistoryTable,
    ListDir,
    Listing,
    New,
    NewestCurves,
    NewQueue,
    Plot,
    QueueAborted,
    QueueClosed,
    QueueRestarted,
    QueueState,
    ReadDir,
    SourceStatus,
    Stat,
    Statistics,
)

NOW = 1791277200.5
"""s since the epoch; one image was integrated a second ago, another one an hour ago."""

CALIBRATION = {
    "Title": "silver behenate",
    "Geometry": {
        "BeamCenter": [28.3, 21.7],
        "DedectorDistanceMM": 500.0,
        "Imagesize": [40, 50],
        "PixelSizeMicroM": [172.0],
    },
    "Wavelength": 1.5,
    "Masks": [
        {"MaskFile": "stop.msk", "Oversampling": 3, "qStart": 0.1, "qStop": 0.4},
        {"MaskFile": "half.msk", "Oversampling": 1, "qStart": 0.1, "qStop": 0.4},
    ],
    "Slices": [{"Direction": "x", "Plane": "InPlane", "CutPosition": 12, "CutMargin": 2}],
    "Directory": ["2026", "user"],
    "Threads": 4,
}
MASKS = (("stop.msk", b"\x00\x01\x80\xff"), ("half.msk", b"MASK"))

_STATISTICS = Statistics(
    name="test",
    state=QueueState.IDLE,
    title="",
    directory=(),
    time=NOW,
    started=NOW - 7200,
    opened=None,
    counters=Counters(),
    sources=SourceStatus(),
    rate=(),
    workers=(),
    newest_image=None,
    newest_time=None,
    trouble=(),
    denied=0,
    replayed=0,
    cursor=0,
)
_LABELS = ("q / nm", "Intensity", "Error")
_CURVES = np.array([[0.5, 1.5, 2.5], [10.0, np.nan, 30.0], [1.0, np.inf, 3.0]], "<f8")
_COLUMNS = (*FIRST_COLUMNS, "R0.I0", "R0.I1", "R0.I2", "R0.Rg", "R1.I0", "R1.I1", "R1.I2")
_NUMBERS = np.array(
    [
        [1, NOW - 3601, 0, 0.1, NOW - 3600, NOW - 3600, 1.5, 2.5, 3.5, 4.5, 5, 6, 7],
        [2, np.nan, 0, 0.1, NOW - 1, NOW - 1, 2.5, 3.5, np.nan, 5.5, 6, 7, 8],
    ],
    "<f8",
).T


class CannedSession:
    """Has no queue until ``new``, and no images until ``readdir``.

    Attributes
    ----------
    requests
        All that it was asked.
    calibration
        The document of its queue, ``None`` without one.
    """

    def __init__(self):
        self.requests = []
        self.calibration = None
        self._masks = ()
        self._has_images = False

    def __call__(self, request):
        self.requests.append(request)
        match request:
            case Stat():
                return self._statistics()
            case HistoryColumns():
                return self._history(request.since)
            case New():
                return self._new(request)
            case ListDir():
                return self._listing(request.directory)
        if self.calibration is None:
            raise RequestError("no-queue", "expected a calibration, none was sent yet")
        match request:
            case Plot():
                return self._plot()
            case Get():
                return CalibrationOf(self.calibration, self._masks)
            case FilesList():
                return self._files(request.since)
            case ReadDir():
                self._has_images = True
                return QueueRestarted()
            case Close():
                return QueueClosed(1)
            case Abort():
                return QueueAborted(1)
        raise AssertionError(request)

    def _statistics(self):
        if self.calibration is None:
            return _STATISTICS
        counters = Counters(known=3, integrated=2, pending=1) if self._has_images else Counters()
        cursor = 2 if self._has_images else 0
        return replace(_STATISTICS, opened=NOW - 3700, counters=counters, cursor=cursor)

    def _history(self, since):
        """A page has one row, so that there are two."""
        rows = slice(since, since + 1) if self._has_images else slice(0)
        numbers = _NUMBERS[:, rows]
        files = "".join(f"{name}\0" for name in ["a/0.tif", "a/1.tif"][rows])
        return HistoryTable(
            "q",
            _COLUMNS,
            ("header",),
            numbers.shape[1],
            since + numbers.shape[1],
            self._has_images and since < 1,
            (Attachment("numbers", numbers.tobytes()), Attachment("files", files.encode())),
        )

    def _new(self, request):
        if [mask.name for mask in request.attachments] != [name for name, _ in MASKS]:
            raise CalibrationError("Masks[0].MaskFile: expected another file")
        self.calibration, self._masks = request.calibration, request.attachments
        return NewQueue(("2026", "user"), ("R0", "R1", "S2"), 0)

    def _plot(self):
        if not self._has_images:
            return NewestCurves(None, None, 0, (), self._statistics())
        kinds = {"R0": "Radial", "R1": "Cake", "S2": "Slice"}
        graphs = tuple(Graph(name, kinds[name], f"{name}.chi", _LABELS, 3) for name in kinds)
        attachments = tuple(Attachment(name, _CURVES.tobytes()) for name in kinds)
        return NewestCurves("a/1.tif", NOW - 1, 2, graphs, self._statistics(), attachments)

    def _files(self, since):
        lists = {"images": (f"a/{since}.tif",), "R0": (f"work/{since}.chi",)}
        return CurveFiles(lists, since + 1, since < 1)

    def _listing(self, directory):
        if ".." in directory:
            raise PathError("part 1 of the path, '..', would lead upwards")
        return Listing(directory, (Entry("work", True), Entry("0.tif", False)))
