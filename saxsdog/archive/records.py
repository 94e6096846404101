"""Results on their way into the archive: one small file for each image, in a folder of its own.

A worker leaves it there when the curves are written, and it stays until the archive holds what it
says: whoever dies in between, nothing is lost.
"""

import json
import logging
import os
import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Self

import numpy as np

from saxsdog.reduction.geometry import Array
from saxsdog.whole_file import write_whole

logger = logging.getLogger(__name__)

DESCRIPTION = "description.json"
"""Beside the records: what they are results of."""

BUNDLE = "bundle.zip"
"""Beside them: what is kept beside the archive."""

CLOSED = "closed"
"""Beside them when no more come."""

SUFFIX = ".record"
DAMAGED = ".damaged"

_LENGTH = struct.Struct("<I")
_NUMBER = np.dtype("<f8")
_numbers = count()


@dataclass(frozen=True, eq=False)
class Record:
    """The result of one image.

    Attributes
    ----------
    image
        Its path.
    time, time_source, exposure
        When it was taken (s since the epoch), how that is known, and for how long (s).
    done
        When its curves were whole, s since the epoch.
    parameters
        Of each channel that has some.
    curves
        Intensity and error of each channel.
    counts
        What :func:`~saxsdog.provenance.counts.digest_of` says of the image.
    """

    image: str
    time: float | None
    time_source: str
    exposure: float | None
    done: float
    parameters: Mapping[str, Mapping[str, float]]
    curves: Mapping[str, tuple[Array, Array]]
    counts: str = ""

    def to_bytes(self) -> bytes:
        header = json.dumps(
            {
                "image": self.image,
                "time": self.time,
                "time_source": self.time_source,
                "exposure": self.exposure,
                "done": self.done,
                "parameters": self.parameters,
                "counts": self.counts,
                "shapes": {name: values.shape for name, (values, _) in self.curves.items()},
            }
        ).encode()
        columns = [
            np.ascontiguousarray(column, _NUMBER).tobytes()
            for columns in self.curves.values()
            for column in columns
        ]
        return b"".join([_LENGTH.pack(len(header)), header, *columns])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a record.

        Raises
        ------
        ValueError, KeyError, TypeError, struct.error
            If it is none.
        """
        (length,) = _LENGTH.unpack_from(data)
        at = _LENGTH.size + length
        fields = json.loads(data[_LENGTH.size : at])
        curves = {}
        for name, shape in fields.pop("shapes").items():
            size = int(np.prod(shape))
            pair = np.frombuffer(data, _NUMBER, 2 * size, at).reshape(2, *shape)
            curves[name] = (pair[0], pair[1])
            at += pair.nbytes
        return cls(**fields, curves=curves)


def leave(folder: Path, record: Record) -> None:
    """Leave a record for the archive.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    name = f"{time.time_ns():020d}-{os.getpid()}-{next(_numbers)}{SUFFIX}"
    write_whole(folder / name, record.to_bytes())


def waiting(folder: Path) -> list[Path]:
    """Return the records that wait, the oldest first.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.endswith(SUFFIX)]
    return [folder / name for name in sorted(names) if not name.startswith(".")]


def read_records(paths: Iterable[Path]) -> list[tuple[Path, Record]]:
    """Read records; what is none is set aside.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    found = []
    for path in paths:
        try:
            found.append((path, Record.from_bytes(path.read_bytes())))
        except (ValueError, KeyError, TypeError, struct.error) as error:
            # After a loss of power a file may be there without what was written to it.
            logger.warning("%s: expected the result of an image: %s", path, error)
            path.replace(path.with_suffix(DAMAGED))
    return found
