"""The bytes of a curve or a cake, from a folder in which others may plant what they like."""

import os

from saxsdog.errors import CurveFileError
from saxsdog.regular_file import read_regular

MOST_BYTES = 1 << 28
"""Of a result; a curve of 10,000 rows takes less than a million, a cake of a million bins 12."""


def result_bytes(path: str | os.PathLike[str], what: str, *, follow: bool) -> bytes:
    """Read a result as a whole.

    Parameters
    ----------
    path
        The file.
    what
        That it should be, for the message.
    follow
        Whether a link is followed.

    Raises
    ------
    CurveFileError
        If it cannot be read, is no regular file or too large.
    """
    try:
        return read_regular(path, MOST_BYTES, follow=follow)
    except OSError as error:
        reason = error.strerror or error
        raise CurveFileError(f"{path}: expected {what}: {reason}") from error
