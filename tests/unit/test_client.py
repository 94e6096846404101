import json
from concurrent.futures import Future
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from saxsdog import Calibration, Client
from saxsdog.errors import (
    CalibrationError,
    ProtocolError,
    RequestError,
    ServerUnreachableError,
    UsageError,
)
from saxsdog.network import NetworkEntry, save_network
from saxsdog.protocol.arrays import Table
from saxsdog.protocol.codec import decode_answer
from saxsdog.protocol.messages import (
    FIRST_COLUMNS,
    REPLIES,
    REQUESTS,
    Abort,
    Attachment,
    Close,
    CurveFiles,
    Failed,
    FilesList,
    Get,
    Hello,
    History,
    HistoryColumns,
    HistoryPage,
    HistoryTable,
    Image,
    ListDir,
    New,
    NewQueue,
    Plot,
    QueueClosed,
    ReadDir,
    Requeue,
    Row,
    Stat,
)
from saxsdog.schema import schema_folder
from saxsdog.transport.endpoint import Endpoint
from tests.helpers.calibrations import FULL, SMALL
from tests.helpers.wires import SECRET, keys_of, welcome

COMMANDS = {
    "hello": Hello(),
    "readdir": ReadDir(),
    "close": Close(),
    "abort": Abort(),
    "get": Get(),
    "plot": Plot(),
    "stat": Stat(),
    "listdir": ListDir(),
    "fileslist": FilesList(),
    "history": History(),
    "failed": Failed(),
    "requeue": Requeue(),
    "image": Image(),
}


def example(result):
    """The reply of the example of this result."""
    for path in sorted((schema_folder() / "examples" / "good" / "reply").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["result"] == result:
            parts = [json.dumps(document).encode(), *document.get("attachments", [])]
            return decode_answer([part if isinstance(part, bytes) else b"" for part in parts]).reply
    raise AssertionError(f"no example of {result}")


RESULTS = {
    "hello": "hello",
    "new": "new queue",
    "readdir": "queue restarted with all files",
    "close": "queue closed",
    "abort": "queue aborted",
    "get": "cal",
    "plot": "plot",
    "stat": "stat",
    "listdir": "listdir",
    "fileslist": "resultfileslists",
    "history": "history",
    "historycolumns": "history columns",
    "failed": "failed",
    "requeue": "requeued",
    "image": "image",
}


class Session:
    """Answers with the examples, or with what a test puts first."""

    def __init__(self):
        self.requests = []
        self.next = {}

    def __call__(self, request):
        if not isinstance(request, Hello):
            self.requests.append(request)
        if replies := self.next.get(request.command):
            return replies.pop(0)
        return example(RESULTS[request.command])


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def entry(session):
    with Endpoint("tcp://127.0.0.1:*", keys_of(), session) as endpoint:
        yield NetworkEntry("Pilatus1M", endpoint.address, "", SECRET)


@pytest.fixture
def client(entry):
    with Client(entry) as connected:
        yield connected


@pytest.mark.parametrize("command", COMMANDS)
def test_there_is_a_method_for_every_command(command, client, session):
    reply = getattr(client, command)()
    assert type(reply) is REPLIES[RESULTS[command]]
    assert session.requests == ([] if command == "hello" else [COMMANDS[command]])


def test_no_command_is_without_a_test():
    assert {*COMMANDS, "new", "historycolumns"} == set(REQUESTS) == set(RESULTS)


def table(number, **fields):
    """A history of so many rows, all of them 1.0."""
    columns = np.ones((6, number), "<f8")
    columns[2] = 0.0
    files = b"".join(b"%d.tif\0" % i for i in range(number))
    attachments = (Attachment("numbers", columns.tobytes()), Attachment("files", files))
    full = HistoryTable("q", FIRST_COLUMNS, ("file",), number, number, False, attachments)
    return replace(full, **fields)


def test_a_history_comes_as_columns(client, session):
    session.next["historycolumns"] = [table(3), table(0)]
    opened = client.history_columns()
    assert type(opened) is Table
    assert opened.files == ("0.tif", "1.tif", "2.tif")
    assert opened.numbers["done"].tolist() == [1.0, 1.0, 1.0]
    assert client.history_columns(3, 4, 0.5).files == ()
    assert session.requests == [HistoryColumns(0, 10_000, 0.0), HistoryColumns(3, 4, 0.5)]


def test_columns_that_are_not_what_the_reply_says_are_refused(client, session):
    session.next["historycolumns"] = [table(3, rows=4)]
    with pytest.raises(ProtocolError, match="attachment 'numbers'"):
        client.history_columns()


def test_arguments_are_passed_on(client, session):
    client.listdir("2026", "user")
    client.fileslist(3, 4)
    client.history(5, 6, 0.5)
    client.failed(7, 8)
    client.requeue("poison")
    client.image(64)
    client.plot(9)
    assert session.requests == [
        ListDir(("2026", "user")),
        FilesList(3, 4),
        History(5, 6, 0.5),
        Failed(7, 8),
        Requeue("poison"),
        Image(64),
        Plot(9),
    ]


def test_a_server_is_found_by_its_name_in_the_network_file(entry, tmp_path):
    path = tmp_path / "network"
    other = NetworkEntry("Eiger", "tcp://127.0.0.1:9", "", "another secret, not ours")
    save_network([other, entry], path)
    with Client.from_network("Pilatus1M", path) as client:
        assert client.name == "Pilatus1M"
        assert client.stat() == example("stat")
    with pytest.raises(UsageError):
        Client.from_network(path=path)


def test_a_server_at_every_address_is_asked_at_this_one(entry, session):
    everywhere = replace(entry, server=entry.server.replace("127.0.0.1", "*"))
    with Client(everywhere) as client:
        assert client.close() == example("queue closed")


@pytest.fixture
def folder(tmp_path):
    """A calibration with the files that it names, one of them below its folder."""
    document = json.loads(json.dumps(FULL))
    document["Masks"][1]["MaskFile"] = "masks/ring.msk"
    document["Masks"].append(document["Masks"][0])
    (tmp_path / "masks").mkdir()
    (tmp_path / "mask.msk").write_bytes(b"one")
    (tmp_path / "masks" / "ring.msk").write_bytes(b"two")
    (tmp_path / "a.saxsconf").write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


BOTH = (Attachment("mask.msk", b"one"), Attachment("masks/ring.msk", b"two"))


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_the_masks_of_a_calibration_file_are_sent_with_it(kind, folder, client, session):
    assert isinstance(client.new(kind(folder / "a.saxsconf")), NewQueue)
    (request,) = session.requests
    assert request == New(Calibration.load(folder / "a.saxsconf").document, BOTH)


@pytest.mark.parametrize("kind", [Calibration.from_document, dict])
def test_a_calibration_without_a_file_is_sent_with_the_masks_that_are_given(
    kind, folder, client, session
):
    document = Calibration.load(folder / "a.saxsconf").document
    client.new(kind(document), {"mask.msk": b"one", "masks/ring.msk": folder / "masks/ring.msk"})
    assert session.requests == [New(document, BOTH)]


def test_a_mask_that_is_given_goes_before_the_file(folder, client, session):
    client.new(folder / "a.saxsconf", {"mask.msk": b"better"})
    assert session.requests[0].attachments == (Attachment("mask.msk", b"better"), BOTH[1])


def test_a_calibration_without_masks_needs_none(client, session):
    client.new(SMALL)
    assert session.requests == [New(SMALL)]


def test_a_missing_mask_is_named_before_anything_is_sent(folder, client, session):
    (folder / "masks" / "ring.msk").unlink()
    with pytest.raises(CalibrationError, match=r"Masks\[1\]\.MaskFile: .*ring\.msk"):
        client.new(folder / "a.saxsconf")
    with pytest.raises(CalibrationError, match=r"Masks\[0\]\.MaskFile: .*'mask\.msk'"):
        client.new(FULL)
    with pytest.raises(CalibrationError, match=r"calibration names, got 'other\.msk'"):
        client.new(SMALL, {"other.msk": b""})
    with pytest.raises(CalibrationError, match="Wavelength"):
        client.new(SMALL | {"Wavelength": 0})
    assert session.requests == []


def page(*cursors, queue="q"):
    rows = tuple(
        Row(cursor, f"{cursor}.tif", None, "file", None, 1.0, 2.0, {}) for cursor in cursors
    )
    return HistoryPage(queue, rows, cursors[-1] if cursors else 0, more=False)


def test_live_rows_begin_at_the_present_and_outlive_a_new_queue(client, session):
    session.next["history"] = [page(1204, 1205), page(1206, queue="r"), page(1209)]
    rows = list(islice(client.live(), 4))
    assert [row.cursor for row in rows] == [1204, 1205, 1206, 1209]
    assert session.requests == [
        Stat(),
        *(History(since, wait=10.0) for since in (1203, 1205, 1206)),
    ]


def test_live_rows_may_begin_in_the_past(client, session):
    session.next["history"] = [page(6)]
    assert next(client.live(since=5)).cursor == 6
    assert session.requests == [History(5, wait=10.0)]


def statistics(pending, *, walking=False):
    full = example("stat")
    counters = replace(full.counters, pending=pending)
    return replace(full, counters=counters, sources=replace(full.sources, walking=walking))


def test_waiting_ends_when_nothing_is_pending_and_no_folder_is_searched(client, session):
    session.next["stat"] = [statistics(2), statistics(0, walking=True), statistics(0)]
    seen = []
    done = client.wait(timeout=30, progress=lambda now: seen.append(now.counters.pending))
    assert done == statistics(0)
    assert seen == [2, 0, 0]
    assert [type(request) for request in session.requests] == [Stat, History, Stat, History, Stat]


def test_waiting_gives_up_in_time(client, session):
    session.next["stat"] = [statistics(7) for _ in range(100)]
    with pytest.raises(TimeoutError, match=r"Pilatus1M: 7 images are pending after 0\.2 s"):
        client.wait(timeout=0.2)
    assert len(session.requests) < 20


def test_an_answer_to_another_question_is_refused(client, session):
    session.next["stat"] = [QueueClosed(3)]
    with pytest.raises(ProtocolError, match="expected 'stat' as the answer to 'stat', got 'queue"):
        client.stat()


def test_a_refusal_is_raised(client, session):
    session.next["plot"] = [replace(example("Error"), code="no-queue")]
    with pytest.raises(RequestError) as caught:
        client.plot()
    assert caught.value.code == "no-queue"


def test_an_empty_page_has_no_files(client, session):
    session.next["fileslist"] = [CurveFiles({}, 0, more=False)]
    assert client.fileslist().fileslist == {}


def test_a_client_is_not_more_patient_than_it_was_told_to_be():
    def answer(request):
        return welcome() if isinstance(request, Hello) else Future()  # which never completes

    with Endpoint("tcp://127.0.0.1:*", keys_of(), answer) as endpoint:
        entry = NetworkEntry("Pilatus1M", endpoint.address, "", SECRET)
        with (
            Client(entry, patience=0.2) as client,
            pytest.raises(ServerUnreachableError, match=r"within 0\.2 s"),
        ):
            client.stat()
