"""Results as columns of numbers, for a leash that draws very many of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from saxsdog.protocol.messages import FIRST_COLUMNS, Attachment, HistoryTable
from saxsdog.queue.records import Result
from saxsdog.session.past import Excerpt

LARGEST = 32 << 20
"""Bytes of an attachment, so that two of them go into a message for certain."""

_NUMBER_BYTES = 8

_Shape = tuple[tuple[str, ...], ...]
"""Each channel with the names of its parameters."""


def columns_of(
    excerpt: Excerpt, relative: Callable[[str], str], largest: int = LARGEST
) -> HistoryTable:
    """Return results as columns; fewer of them, and ``more``, if they are too large for a message.

    Parameters
    ----------
    excerpt
        The results.
    relative
        From the path of an image to its name for people.
    largest
        Bytes of an attachment, unless one result alone has more.
    """
    results = excerpt.results
    shapes = _shapes_of(results)
    parameters = tuple(dict.fromkeys(name for shape in shapes for name in _names_in(shape)))
    columns = (*FIRST_COLUMNS, *parameters)
    files = "".join([f"{relative(result.path)}\0" for result in results]).encode()
    size = max(len(columns) * len(results) * _NUMBER_BYTES, len(files))
    if size > largest and len(results) > 1:
        half = results[: len(results) // 2]
        fewer = replace(excerpt, results=half, next=half[-1].cursor, more=True)
        return columns_of(fewer, relative, largest)
    sources = tuple(dict.fromkeys(result.time_source for result in results))
    numbers = _numbers_of(results, columns, sources, shapes)
    return HistoryTable(
        excerpt.queue,
        columns,
        sources,
        len(results),
        excerpt.next,
        excerpt.more,
        (Attachment("numbers", numbers.tobytes()), Attachment("files", files)),
    )


def _numbers_of(
    results: Sequence[Result],
    columns: Sequence[str],
    sources: Sequence[str],
    shapes: Mapping[_Shape, list[int]],
) -> NDArray[np.float64]:
    """Return a row for each of the columns; NaN for what is not finite, as in the history."""
    numbers = np.full((len(columns), len(results)), np.nan, "<f8")
    numbers[: len(FIRST_COLUMNS)] = [*_first(results, sources)]
    for shape, rows in shapes.items():
        places = [columns.index(name) for name in _names_in(shape)]
        numbers[np.ix_(places, rows)] = _values([results[row] for row in rows], len(places))
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _shapes_of(results: Iterable[Result]) -> Mapping[_Shape, list[int]]:
    """Return the rows of each combination of parameters; mostly all rows have the same."""
    shapes: dict[_Shape, list[int]] = {}
    for row, result in enumerate(results):
        shape = tuple([(channel, *names) for channel, names in result.parameters.items()])
        shapes.setdefault(shape, []).append(row)
    return shapes


def _names_in(shape: _Shape) -> list[str]:
    return [f"{channel}.{name}" for channel, *names in shape for name in names]


def _first(results: Sequence[Result], sources: Sequence[str]) -> Iterator[NDArray[np.float64]]:
    """Yield the values of :data:`FIRST_COLUMNS`; numpy makes NaN of ``None``."""
    places = {source: place for place, source in enumerate(sources)}
    yield np.array([result.cursor for result in results], np.float64)
    yield np.array([result.time for result in results], np.float64)
    yield np.array([places[result.time_source] for result in results], np.float64)
    yield np.array([result.exposure for result in results], np.float64)
    yield np.array([result.announced for result in results], np.float64)
    yield np.array([result.done for result in results], np.float64)


def _values(results: Sequence[Result], number: int) -> NDArray[np.float64]:
    """Return all parameters, shape ``(number, results)``, of results that have as many."""
    values = chain.from_iterable(
        numbers.values() for result in results for numbers in result.parameters.values()
    )
    return np.fromiter(values, np.float64).reshape(len(results), number).T
