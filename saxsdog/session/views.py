"""Results as a leash sees them: paths below the root, numbers that JSON has."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saxsdog.io.cakes import read_cake
from saxsdog.io.chi import ERROR_LABEL, read_chi
from saxsdog.io.dat import SUFFIX as DAT
from saxsdog.io.dat import read_dat
from saxsdog.paths import Roots
from saxsdog.protocol.messages import Attachment, Failure, Graph, HistoryPage, Row
from saxsdog.queue.records import Ending, Result, State
from saxsdog.session.past import Excerpt

Relative = Callable[[Path], str]
Numbers = Mapping[str, float | None]
Columns = tuple[tuple[str, ...], NDArray[np.float64]]


def page_of(excerpt: Excerpt, relative: Relative) -> HistoryPage:
    """Return results as a page of the history."""
    rows = tuple(row_of(result, relative) for result in excerpt.results)
    return HistoryPage(excerpt.queue, rows, excerpt.next, excerpt.more)


def row_of(result: Result, relative: Relative) -> Row:
    """Return a result as a row of the history."""
    return Row(
        cursor=result.cursor,
        file=relative(Path(result.path)),
        time=result.time,
        time_source=result.time_source,
        exposure=result.exposure,
        announced=result.announced,
        done=result.done,
        parameters={channel: finite(numbers) for channel, numbers in result.parameters.items()},
    )


def failure_of(ending: Ending, roots: Roots) -> Failure:
    """Return an image that was not integrated as a row of a list."""
    status = "failed" if ending.state is State.FAILED else "skipped"
    file = roots.relative(Path(ending.path))
    return Failure(file, status, ending.reason, roots.shorten(ending.message), ending.ended)


def finite(numbers: Mapping[str, float]) -> Numbers:
    """Return numbers with ``None`` for those that are not finite."""
    return {name: x if math.isfinite(x) else None for name, x in numbers.items()}


def graphs_of(
    result: Result, kinds: Mapping[str, str], relative: Relative
) -> tuple[tuple[Graph, ...], tuple[Attachment, ...]]:
    """Read the curves of a result from their files; a cake as its mean over azimuth.

    Raises
    ------
    CurveFileError
        If one of them is not there any more.
    """
    graphs, attachments = [], []
    for (channel, kind), file in zip(kinds.items(), result.curves, strict=False):
        labels, stack = _columns_of_cake(file) if kind == "Cake" else _columns_of_curve(file)
        graphs.append(
            Graph(
                channel,
                kind,
                relative(Path(file)),
                labels,
                stack.shape[1],
                finite(result.parameters.get(channel, {})),
            )
        )
        attachments.append(Attachment(channel, stack.tobytes()))
    return tuple(graphs), tuple(attachments)


def _columns_of_curve(file: str) -> Columns:
    read = read_dat if file.endswith(DAT) else read_chi
    curve = read(file, follow=False)
    return curve.labels, np.stack([curve.q, curve.intensity, curve.sigma]).astype("<f8")


def _columns_of_cake(file: str) -> Columns:
    cake = read_cake(file, follow=False)
    return (*cake.labels, ERROR_LABEL), np.stack([cake.q, *cake.mean()]).astype("<f8")
