"""Everything of the product that reads what others wrote, each with samples that it takes.

A reader is called with bytes. It understands them, or refuses them by one of its own errors.
"""

import gzip
import io
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import tifffile

from saxsdog.calibration import Calibration
from saxsdog.errors import (
    AuthenticationError,
    CalibrationError,
    CurveFileError,
    DocumentError,
    FrameError,
    ProtocolError,
    RequestError,
    SettingsError,
)
from saxsdog.importers.choose import FORMATS, import_calibration
from saxsdog.io.chi import read_chi
from saxsdog.io.images import FrameReader
from saxsdog.io.mask_files import read_mask, write_fit2d_mask
from saxsdog.legacy.calibrations import calibration_of
from saxsdog.legacy.masks import masks_of
from saxsdog.legacy.requests import read_request
from saxsdog.network import load_network
from saxsdog.protocol.codec import decode_answer, decode_call
from saxsdog.protocol.envelope import open_reply, open_request, seal_reply
from saxsdog.protocol.events import parse_event
from saxsdog.protocol.messages import Stat
from saxsdog.protocol.strict_json import REQUEST_LIMITS, parse
from saxsdog.schema import parse_json, problems
from saxsdog.settings import load_settings
from tests.helpers.calibrations import FULL
from tests.helpers.feeds import heartbeat, new_file
from tests.helpers.foreign import CALIBRATIONS, spd_bytes
from tests.helpers.frames import cbf_bytes, edf_bytes, stored, tiff_bytes
from tests.helpers.legacy import attachment, frames_of, signed
from tests.helpers.wires import keys_of, sealed

OLD_SECRET = "a secret of old clients"  # noqa: S105 - it guards nothing
OLD_WORDS = ("stat", "listdir", "new")
EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples" / "good"
IMAGE = np.arange(24, dtype=np.int32).reshape(4, 6)
CURVE = (
    "a calibration\n"
    '{"I0": 1.5, "I1": NaN}\n["Q (Inverse Nanometres)", "Intensity", "Error"]\n'
    "   2\n 1.0e-01 2.0e+00 3.0e-01\n 2.0e-01 nan inf\n "
)

SETTINGS = b"""
roots = ["/data/saxs", "~/more"]
suffixes = [".tif", ".cbf"]
[output]
relative = "../work"
[workers]
number = 4
image_timeout = 60.0
[walk]
interval = 30
"""


@dataclass(frozen=True)
class Reader:
    """Something that reads bytes.

    Attributes
    ----------
    read
        Called with the bytes.
    samples
        What it takes.
    errors
        By which it refuses others.
    """

    read: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    errors: tuple[type[Exception], ...]

    def try_on(self, data):
        """Read; whether it understood. Any other error than its own is a bug."""
        try:
            self.read(data)
        except self.errors:
            return False
        return True


def _from_file(read, data, name="file"):
    """Read bytes by what wants the path of a file."""
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        return read(stored(Path(folder), data, name))


def _read_image(path):
    reader = FrameReader()
    try:
        return reader.read(path)
    finally:
        reader.close()


def _read_calibration(path, name=None):
    document = import_calibration(path, FULL, file_format=name).document
    with suppress(CalibrationError):  # what is understood need not be possible
        Calibration.from_document(document)


def _check_document(name, data):
    return problems(parse_json(data.decode("utf-8", "replace")), name)


def _open(frames, context, which, data):
    """Open a message with one of its frames replaced."""
    frames = [*frames[:which], data, *frames[which + 1 :]]
    return open_reply(keys_of(), frames, context) if context else open_request(keys_of(), frames)


def _examples(kind):
    return tuple(path.read_bytes() for path in sorted((EXAMPLES / kind).iterdir()))


def _calibrations():
    texts = (path for path in sorted(CALIBRATIONS.iterdir()) if path.suffix != ".md")
    return *(path.read_bytes() for path in texts), spd_bytes()


def _generations():
    return tuple(path.read_bytes() for path in sorted(CALIBRATIONS.glob("*_generation.saxsconf")))


def _tiff(**options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, IMAGE, **options)
    return buffer.getvalue()


def _mask():
    return _from_file(
        lambda path: (write_fit2d_mask(path, IMAGE > 5), path.read_bytes())[1], b"", "mask.msk"
    )


def _npy():
    buffer = io.BytesIO()
    np.save(buffer, IMAGE)
    return buffer.getvalue()


_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - folders of our own
_REQUEST = sealed(Stat())
_REPLY = seal_reply(keys_of(), [b"{}"], _REQUEST.context)
_TIFFS = (
    tiff_bytes(IMAGE, rows_per_strip=2),
    tiff_bytes(IMAGE, rows_per_strip=3, gap=2, order=">"),
    tiff_bytes(IMAGE, big=True),
    _tiff(compression="zlib"),
    _tiff(tile=(16, 16)),
)
_IMAGES = partial(_from_file, _read_image)
_DOCUMENTS = {
    "calibration": json.dumps(FULL).encode(),
    "network": _examples("network")[0],
    "settings": b'{"roots": ["/data"]}',
}

READERS = {
    "header of a request": Reader(
        partial(_open, _REQUEST.frames, b"", 0), (_REQUEST.frames[0],), (AuthenticationError,)
    ),
    "body of a request": Reader(
        partial(_open, _REQUEST.frames, b"", 1), (_REQUEST.frames[1],), (AuthenticationError,)
    ),
    "header of a reply": Reader(
        partial(_open, _REPLY, _REQUEST.context, 0), (_REPLY[0],), (AuthenticationError,)
    ),
    "strict JSON": Reader(
        lambda data: parse(data, REQUEST_LIMITS), _examples("request"), (ProtocolError,)
    ),
    "request": Reader(
        lambda data: decode_call([data]), _examples("request"), (ProtocolError, RequestError)
    ),
    "reply": Reader(lambda data: decode_answer([data]), _examples("reply"), (ProtocolError,)),
    "request of the original": Reader(
        lambda data: read_request(data, OLD_SECRET.encode()),
        tuple(frames_of(signed(word, {"directory": ["a"]}, OLD_SECRET))[0] for word in OLD_WORDS),
        (ProtocolError,),
    ),
    "calibration of the original": Reader(
        lambda data: calibration_of(parse(data, REQUEST_LIMITS)),
        _generations(),
        (ProtocolError, CalibrationError),
    ),
    "mask of the original": Reader(
        lambda data: masks_of({"Masks": [{"MaskFile": "a.msk"}]}, [data]),
        (attachment("a.msk", bytes(range(256))),),
        (CalibrationError,),
    ),
    "event of a feeder": Reader(
        lambda data: parse_event([data]),
        (new_file("/data/x.tif", stream="s", seq=1, size=2, mtime_ns=3), heartbeat("s", 7)),
        (ProtocolError,),
    ),
    **{
        f"schema of {name}": Reader(partial(_check_document, name), (sample,), (DocumentError,))
        for name, sample in _DOCUMENTS.items()
    },
    "calibration of any format": Reader(
        partial(_from_file, _read_calibration), _calibrations(), (CalibrationError,)
    ),
    **{
        f"calibration as {name}": Reader(
            partial(_from_file, partial(_read_calibration, name=name)),
            _calibrations(),
            (CalibrationError,),
        )
        for name in FORMATS
        if name != "nexus"  # the HDF5 library itself dies of some damaged files
    },
    "network file": Reader(
        partial(_from_file, load_network), _examples("network"), (SettingsError,)
    ),
    "settings": Reader(partial(_from_file, load_settings), (SETTINGS,), (SettingsError,)),
    "TIFF": Reader(_IMAGES, _TIFFS, (FrameError,)),
    "CBF": Reader(_IMAGES, (cbf_bytes(IMAGE),), (FrameError,)),
    "EDF": Reader(_IMAGES, (edf_bytes(IMAGE), edf_bytes(IMAGE, order=">")), (FrameError,)),
    "packed image": Reader(
        partial(_from_file, _read_image, name="x.edf.gz"),
        (gzip.compress(edf_bytes(IMAGE)),),
        (FrameError,),
    ),
    "mask": Reader(
        partial(_from_file, lambda path: read_mask(path, IMAGE.shape)),
        (_mask(), _npy(), _TIFFS[0]),
        (CalibrationError,),
    ),
    "curve": Reader(partial(_from_file, read_chi), (CURVE.encode(),), (CurveFileError,)),
}
