import math
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.protocol.arrays import table_of
from saxsdog.protocol.messages import FIRST_COLUMNS
from saxsdog.queue.records import Result
from saxsdog.session.columns import LARGEST, columns_of
from saxsdog.session.past import Excerpt
from saxsdog.session.views import page_of

numbers = st.floats(allow_nan=True, allow_infinity=True)
moments = st.none() | st.floats(-1e11, 1e11)
names = st.sampled_from(["I0", "I1", "I2", "correlation_length"])
channels = st.sampled_from(["R0", "R1", "S2"])


def result_of(cursor, **fields):
    usual = {
        "path": f"/data/{cursor}.tif",
        "time": 1.5,
        "time_source": "header",
        "exposure": 0.5,
        "announced": 2.5,
        "done": 3.5,
        "curves": (),
        "parameters": {},
    }
    return Result(cursor, **usual | fields)


def relative(path):
    return str(PurePosixPath(path).relative_to("/data"))


def excerpt_of(*results, more=False):
    return Excerpt("queue", results, results[-1].cursor if results else 0, more)


def opened(*results, **options):
    return table_of(columns_of(excerpt_of(*results), relative, **options))


@given(
    st.lists(
        st.builds(
            result_of,
            st.integers(1, 2**53),
            path=st.text("aü /:\\", min_size=1).map(lambda name: f"/data/x{name}x"),
            time=moments,
            time_source=st.sampled_from(["header", "file", ""]),
            exposure=moments,
            announced=st.floats(0, 1e11),
            done=st.floats(0, 1e11),
            parameters=st.dictionaries(channels, st.dictionaries(names, numbers)),
        ),
        max_size=8,
    )
)
def test_columns_say_what_rows_say(results):
    table = opened(*results)
    page = page_of(excerpt_of(*results), lambda path: relative(path.as_posix()))
    assert (table.queue, table.next, table.more) == (page.queue, page.next, page.more)
    occurring = {
        f"{channel}.{name}"
        for row in page.rows
        for channel, values in row.parameters.items()
        for name in values
    }
    assert list(table.numbers)[:6] == list(FIRST_COLUMNS)
    assert set(table.numbers) == {*FIRST_COLUMNS, *occurring}
    assert len(table.files) == len(page.rows)
    for i, row in enumerate(page.rows):
        assert table.files[i] == row.file
        assert table.time_sources[int(table.numbers["time_source"][i])] == row.time_source
        for name in ("cursor", "time", "exposure", "announced", "done"):
            assert_same(table.numbers[name][i], getattr(row, name))
        for column in occurring:
            channel, name = column.split(".")
            assert_same(table.numbers[column][i], row.parameters.get(channel, {}).get(name))


def assert_same(number, value):
    assert math.isnan(number) if value is None else number == value


def test_columns_of_nothing_are_those_that_every_history_has():
    table = opened()
    assert tuple(table.numbers) == FIRST_COLUMNS
    assert table.files == table.time_sources == ()


def test_parameters_stand_in_the_order_in_which_they_occur():
    first = result_of(1, parameters={"R1": {"b": 1.0}})
    second = result_of(2, parameters={"R0": {"a": 2.0}, "R1": {"a": 3.0, "b": 4.0}})
    table = opened(first, second)
    assert list(table.numbers)[6:] == ["R1.b", "R0.a", "R1.a"]
    np.testing.assert_array_equal(table.numbers["R1.b"], [1.0, 4.0])
    np.testing.assert_array_equal(table.numbers["R0.a"], [np.nan, 2.0])


@pytest.mark.parametrize(
    "many",
    [
        {"parameters": {f"R{i}": dict.fromkeys("abcd", 1.0) for i in range(64)}},
        {"path": "/data/" + "x" * 2000},
    ],
)
def test_what_is_too_large_for_a_message_comes_in_parts(many):
    results = [result_of(cursor, **many) for cursor in range(1, 101)]
    excerpt, seen = excerpt_of(*results), []
    while excerpt.results:
        reply = columns_of(excerpt, relative, largest=50_000)
        assert max(len(attachment.data) for attachment in reply.attachments) <= 50_000
        seen += table_of(reply).numbers["cursor"].tolist()
        assert reply.next == seen[-1]
        assert reply.more == (reply.next < 100)
        left = [result for result in results if result.cursor > reply.next]
        excerpt = replace(excerpt, results=left, next=100)
    assert seen == list(range(1, 101))


def test_one_row_is_told_however_large():
    assert opened(result_of(1, path="/data/" + "x" * 2000), largest=10).files == ("x" * 2000,)
    assert LARGEST < 64 << 20
