"""Which results a file holds."""

from collections.abc import Iterator
from pathlib import Path

from saxsdog.archive.tables import CSV, PARQUET
from saxsdog.errors import VerificationError
from saxsdog.io.cakes import SUFFIX as HDF
from saxsdog.io.dat import SUFFIX as DAT
from saxsdog.verification.archive_results import (
    archived,
    csv_rows,
    is_archive,
    parquet_rows,
    tabulated,
)
from saxsdog.verification.curve_results import CHI, curve_result
from saxsdog.verification.results import Result

SUFFIXES = (CHI, DAT, HDF, CSV, PARQUET)
"""Of files that can be verified."""


def results_in(path: Path) -> Iterator[Result]:
    """Yield the results that a file holds.

    Raises
    ------
    VerificationError
        If it holds none, or nobody knows of which image it is.
    CurveFileError
        If it is damaged.
    """
    if path.exists() and not path.is_file():
        raise VerificationError(f"{path}: expected a file, got a device, a pipe or a folder")
    match path.suffix.lower():
        case ".chi" | ".dat":
            yield curve_result(path)
        case ".hdf":
            yield from archived(path) if is_archive(path) else [curve_result(path)]
        case ".csv":
            yield from tabulated(path, csv_rows(path))
        case ".parquet":
            yield from tabulated(path, parquet_rows(path))
        case _:
            raise VerificationError(f"{path}: expected a result ({', '.join(SUFFIXES)})")
