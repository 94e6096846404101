import json
import math

import numpy as np
import pytest

from saxsdog.legacy import replies
from saxsdog.protocol.arrays import Table, table_of
from saxsdog.protocol.messages import (
    FIRST_COLUMNS,
    CalibrationOf,
    CurveFiles,
    HistoryColumns,
    Plot,
    ReadDir,
    Refusal,
    Stat,
)
from tests.helpers.canned_session import CALIBRATION, NOW, CannedSession


@pytest.fixture
def session():
    """A session with two images."""
    session = CannedSession()
    session.calibration = CALIBRATION
    session(ReadDir())
    return session


def test_a_reply_with_empty_bins_is_read_by_python(session):
    data = replies.plot(session(Plot()), CALIBRATION)
    (_, intensity, error), *_ = (
        np.array(graph["array"])
        for graph in json.loads(replies.encode("plot", data))["data"]["graphs"]
    )
    assert intensity.dtype == error.dtype == np.float64
    np.testing.assert_array_equal(intensity, [10, np.nan, 30])
    np.testing.assert_array_equal(error, [1, np.nan, 3])


def test_a_graph_has_the_entry_of_its_mask_or_slice(session):
    graphs = replies.plot(session(Plot()), CALIBRATION)["graphs"]
    assert [graph["kind"] for graph in graphs] == ["Radial", "Radial", "Slice"]
    assert [graph["conf"] for graph in graphs] == [*CALIBRATION["Masks"], *CALIBRATION["Slices"]]


def test_a_graph_of_a_calibration_that_was_replaced_meanwhile_has_no_entry(session):
    graphs = replies.plot(session(Plot()), {"Masks": []})["graphs"]
    assert [graph["conf"] for graph in graphs] == [{}, {}, {}]


def test_the_start_is_that_of_the_queue_or_of_the_server(session):
    assert replies.stat(session(Stat()))["stat"]["start time"] == NOW - 3700
    assert replies.stat(CannedSession()(Stat()))["stat"]["start time"] == NOW - 7200


def test_the_history_is_that_of_the_last_hundred_seconds(session):
    tables = [table_of(session(HistoryColumns(since))) for since in (0, 1)]
    assert replies.past(tables, NOW)["history"] == [NOW - 1]
    assert replies.past(tables, NOW + 98)["history"] == [NOW - 1]
    assert replies.past(tables, NOW + 100)["history"] == []


def table(n_rows, **columns):
    numbers = {name: np.arange(n_rows, dtype=float) for name in FIRST_COLUMNS}
    files = tuple(f"{i}.tif" for i in range(n_rows))
    return Table("q", files, numbers | columns, ("header",), n_rows, False)


def integrals(n_rows, channel):
    return {f"{channel}.{name}": np.arange(n_rows, dtype=float) for name in ("I0", "I1", "I2")}


def test_a_column_that_a_page_does_not_have_is_empty_there():
    pages = [table(2, **integrals(2, "R0")), table(1, **integrals(1, "R1"))]
    channels = replies.past(pages, 0.0)["IntegralParameters"]
    assert list(channels) == ["R0", "R1"]
    assert channels["R0"]["file"] == ["0.tif", "1.tif", "0.tif"]
    assert channels["R0"]["I0"][:2] == [0, 1]
    assert math.isnan(channels["R0"]["I0"][2])


def test_a_channel_without_all_three_parameters_is_left_out():
    columns = integrals(2, "R0") | {"R1.I0": np.zeros(2), "S1.mean": np.zeros(2)}
    assert list(replies.past([table(2, **columns)], 0.0)["IntegralParameters"]) == ["R0"]


def test_of_very_many_numbers_the_newest_are_told(monkeypatch):
    monkeypatch.setattr(replies, "MOST_NUMBERS", 60)
    columns = integrals(50, "R0") | integrals(50, "R1")
    channels = replies.past([table(50, **columns)], 0.0)["IntegralParameters"]
    for channel in channels.values():
        assert {len(column) for column in channel.values()} == {10}
        assert channel["file"][-1] == "49.tif"
        assert channel["I2"][-1] == 49


def test_a_calibration_without_a_folder_has_that_of_the_schema():
    data = replies.calibration(CalibrationOf({"Masks": [{}]}))
    assert (data["directory"], data["threads"], data["attachments"]) == (["."], 2, [])


def test_files_of_all_pages_are_named():
    pages = [CurveFiles({"R0": (str(i),)}, i, more=i < 2) for i in range(3)]
    assert replies.files(pages) == {"fileslist": {"R0": ["0", "1", "2"]}}


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("no-queue", "no queue"),
        ("bad-calibration", "ValueError"),
        ("outside-root", "IOError"),
        ("denied", "AuthenticationError"),
        ("unknown-command", "ErrorNotimplemented"),
    ],
)
def test_what_the_client_did_wrong_is_said(code, word):
    reply = json.loads(replies.refusal(Refusal(code, "the reason")))
    assert reply == {"result": word, "data": {"Error": "the reason"}}


@pytest.mark.parametrize("code", ["internal", "output-failed", "busy", "anything"])
def test_what_went_wrong_in_the_server_is_not(code):
    reply = json.loads(replies.refusal(Refusal(code, "/home/x: no space left")))
    assert reply["result"] in {"Error", "IOError"}
    assert "/home" not in reply["data"]["Error"]
