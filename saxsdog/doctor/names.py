"""Which names of files a folder takes, and which it takes for the same."""

import errno
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question

LONGEST = 255
"""Bytes; what the usual file systems take."""

LONG_ENOUGH = 200
"""Bytes for curves, whose names are longer than those of images, and longer while written."""


def longest(question: Question, folder: Path) -> Finding:
    """Find the longest name that a file may have."""
    taken, refused = 1, LONGEST + 1
    length = LONGEST
    while refused - taken > 1:
        if _is_taken(folder / ("n" * length)):
            taken = length
        else:
            refused = length
        length = (taken + refused) // 2
    text = f"may have {taken} bytes"
    if taken >= LONG_ENOUGH:
        return question.good(text, longest_bytes=taken)
    return question.doubtful(
        text,
        "Name images shortly: curves get longer names than their images, and some 25 bytes more "
        "while they are written.",
        longest_bytes=taken,
    )


def _is_taken(path: Path) -> bool:
    try:
        path.write_bytes(b"")
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.ENOENT):
            return False
        raise
    path.unlink()
    return True


def cases(question: Question, folder: Path) -> Finding:
    """Look whether ``a`` and ``A`` are two files."""
    (folder / "case.tif").write_bytes(b"")
    if not (folder / "CASE.tif").exists():
        return question.good("upper and lower case are different files", case_sensitive=True)
    return question.doubtful(
        "upper and lower case are the same file",
        "Images whose names differ only so share one curve. Do not name them so.",
        case_sensitive=False,
    )
