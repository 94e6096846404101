"""The history of a server as columns, and the curves of any of its images."""

import threading

import numpy as np
import pytest

from saxsdog.errors import RequestError, SaxsdogError
from saxsdog.io.chi import read_chi
from saxsdog.protocol.arrays import arrays_of
from saxsdog.protocol.messages import FIRST_COLUMNS
from saxsdog.queue.history import LENGTH
from saxsdog.queue.journal import Journal
from saxsdog.queue.records import Result
from tests.helpers.experiments import DOCUMENT
from tests.helpers.served import Expected, frame_of, rows_of, serving, write_frame

ODD = ("ü 空.tif", "a'b\"c`$.tif", "100%.tif", "new\nline.tif", "not\udcffutf8.tif")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all tests of this module: a new queue forgets what was."""
    with serving(tmp_path_factory.mktemp("history")) as served:
        yield served


@pytest.fixture
def served(shared, request):
    """The server with an empty queue for a folder that is named after the test."""
    name = f"{request.node.name}/in"
    shared.images = shared.folder(name)
    shared.new(name)
    return shared


def write_some(served, number):
    for seed in range(number):
        write_frame(served.images / f"{seed:03d}.tif", seed)
    return served.until_ended(number)


def open_another(served):
    """Open a queue for another folder, and return that."""
    name = served.images.parent.relative_to(served.root).as_posix() + "/other"
    served.new(name)
    return served.root / name


def tables_of(client, limit):
    """Every page of the history as columns."""
    tables, since, more = [], 0, True
    while more:
        tables.append(client.history_columns(since, limit))
        since, more = tables[-1].next, tables[-1].more
    return tables


def check_same(tables, rows):
    """Compare every number of the columns with that of the rows."""
    done = 0
    for table in tables:
        of_page = rows[done : done + len(table.files)]
        done += len(of_page)
        assert list(table.files) == [row.file for row in of_page]
        sources = [table.time_sources[int(i)] for i in table.numbers["time_source"]]
        assert sources == [row.time_source for row in of_page]
        for name, column in table.numbers.items():
            if name != "time_source":
                np.testing.assert_array_equal(column, [value_of(row, name) for row in of_page])
    assert done == len(rows)


def value_of(row, column):
    channel, _, name = column.partition(".")
    value = row.parameters.get(channel, {}).get(name) if name else getattr(row, column)
    return np.nan if value is None else value


def test_columns_say_what_rows_say(served):
    first = served.client.history_columns()
    assert tuple(first.numbers) == FIRST_COLUMNS
    assert first.files == ()
    masks = DOCUMENT["Masks"] * 2 + [DOCUMENT["Masks"][0] | {"Phi-mode": True}]
    served.new(served.images.relative_to(served.root).as_posix(), Masks=masks)
    write_some(served, 25)
    rows = rows_of(served.client)
    tables = tables_of(served.client, 10)
    assert [len(table.files) for table in tables] == [10, 10, 5]
    check_same(tables, rows)
    parameters = [
        f"{channel}.{name}"
        for channel in rows[0].parameters
        for name in rows[0].parameters[channel]
    ]
    assert list(tables[0].numbers) == [*FIRST_COLUMNS, *parameters]
    assert {"R0.I0", "R1.I2"} <= set(parameters)
    assert tables[-1].next == rows[-1].cursor
    assert np.isfinite(tables[0].numbers["R1.I0"]).all()


def test_images_with_odd_names_stand_in_the_columns(served):
    for seed, name in enumerate(ODD):
        write_frame(served.images / name, seed)
    served.until_ended(len(ODD))
    (table,) = tables_of(served.client, 100)
    assert len(table.files) == len(ODD)
    check_same([table], rows_of(served.client))


def test_what_is_older_than_the_memory_comes_from_the_journal(served):
    write_some(served, 2)
    name = rows_of(served.client)[0].file.rpartition("/")[0]
    served.server.stop()
    insert_results(served.server.state / "journal.sqlite", served.root / name, LENGTH + 1500)
    served.server.restart()
    rows = rows_of(served.client)
    assert len(rows) == LENGTH + 1502
    for limit in (700, 10_000, 20_000):
        tables = tables_of(served.client, limit)
        assert [len(table.files) for table in tables[:-1]] == [limit] * (len(tables) - 1)
        check_same(tables, rows)
    border = rows[-LENGTH].cursor
    for since in range(border - 3, border + 2):
        check_same([served.client.history_columns(since, 4)], rows_after(rows, since)[:4])
    write_frame(served.images / "002.tif", 2)
    served.until(lambda stat: stat.cursor > rows[-1].cursor)
    check_same(tables_of(served.client, 20_000), rows_of(served.client))
    for row in (rows[0], rows[1]):  # these curves were read from the journal's row
        assert served.client.plot(row.cursor).image == row.file


def rows_after(rows, since):
    return [row for row in rows if row.cursor > since]


def insert_results(path, folder, number):
    """Let a server remember images that it never had; every third one has another channel."""
    journal = Journal(path)
    for i in range(number):
        values = {
            "I0": float(i),
            "I1": -1e300 / (i + 1),
            "I2": float("nan"),
            "length": float("inf"),
        }
        parameters = {"R0": values} | ({"R7": {"I0": 0.1 * i}} if i % 3 == 0 else {})
        journal.add_result(
            Result(
                cursor=0,
                path=str(folder / f"former_{i:05d}.tif"),
                time=None if i % 5 == 0 else 1.7e9 + 0.001 * i,
                time_source="file" if i % 2 else "header",
                exposure=None if i % 7 else 0.05,
                announced=1.7e9 + i,
                done=1.7e9 + i + 0.125,
                curves=(str(folder / "former.chi"),),
                parameters=parameters,
            )
        )
    journal.close()


def test_a_request_that_waits_is_answered_with_the_first_new_row(served):
    stat = write_some(served, 2)
    assert served.client.history_columns(stat.cursor, wait=0.05).files == ()
    seen = []

    def follow():
        with served.server.client() as client:
            seen.append(client.history_columns(stat.cursor, wait=10.0))

    follower = threading.Thread(target=follow)
    follower.start()
    write_frame(served.images / "002.tif", 2)
    follower.join(30)
    (table,) = seen
    check_same([table], rows_after(rows_of(served.client), stat.cursor))
    assert len(table.files) == 1


def test_the_columns_of_a_new_queue_have_no_old_rows(served):
    stat = write_some(served, 3)
    before = served.client.history_columns()
    images = open_another(served)
    after = served.client.history_columns(before.next)
    assert after.queue != before.queue
    assert after.files == ()
    assert after.next == stat.cursor
    write_frame(images / "003.tif", 3)
    served.until(lambda stat: stat.cursor > before.next)
    later = served.client.history_columns(after.next)
    assert later.queue == after.queue
    assert [file.rpartition("/")[2] for file in later.files] == ["003.tif"]
    assert tables_of(served.client, 10)[0].files == later.files


def test_too_many_rows_are_refused(served):
    with pytest.raises(SaxsdogError, match="limit"):
        served.client.history_columns(limit=20_001)


def test_the_curves_of_any_image_can_be_seen(served):
    write_some(served, 5)
    expected = Expected(served.calibration())
    for row in rows_of(served.client):
        plot = served.client.plot(row.cursor)
        assert (plot.image, plot.cursor, plot.time) == (row.file, row.cursor, row.time)
        assert plot.statistics.counters.integrated == 5
        (graph,) = plot.graphs
        assert graph.parameters == row.parameters["R0"]
        curve = read_chi(served.root / graph.file)
        for column, values in zip(
            arrays_of(plot)["R0"].values(), (curve.q, curve.intensity, curve.sigma), strict=True
        ):
            np.testing.assert_array_equal(column, values)
        expected.check(served.root / graph.file, frame_of(int(row.file[-7:-4])))
    newest = served.client.plot()
    assert (newest.image, newest.cursor) == (row.file, row.cursor)


def test_the_curves_of_an_image_that_is_integrated_again_are_the_newer_ones(served):
    first = write_some(served, 1)
    write_frame(served.images / "000.tif", 9)
    served.until(lambda stat: stat.cursor > first.cursor and stat.counters.pending == 0)
    plot = served.client.plot(first.cursor)
    assert plot.cursor == first.cursor
    Expected(served.calibration()).check(served.root / plot.graphs[0].file, frame_of(9))


def test_a_cursor_without_an_image_of_this_queue_is_refused(served):
    former = write_some(served, 2).cursor
    images = open_another(served)
    write_frame(images / "002.tif", 2)
    present = served.until(lambda stat: stat.cursor > former).cursor
    assert served.client.plot(present).image is not None
    for cursor in (0, former, present + 1, 2**53 - 1):
        with pytest.raises(RequestError, match=f"none at {cursor}$") as refusal:
            served.client.plot(cursor)
        assert refusal.value.code == "not-found"
    served.client.abort()
    assert served.client.plot(present).cursor == present


def test_a_curve_that_is_gone_is_told_so(served):
    write_some(served, 1)
    (row,) = rows_of(served.client)
    (served.root / served.client.plot(row.cursor).graphs[0].file).unlink()
    with pytest.raises(RequestError, match=r"000\.chi") as refusal:
        served.client.plot(row.cursor)
    assert refusal.value.code == "not-found"
