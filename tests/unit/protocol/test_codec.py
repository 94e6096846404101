import json
import math
from dataclasses import MISSING, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import ProtocolError, RequestError
from saxsdog.protocol.codec import (
    Answer,
    Call,
    decode_answer,
    decode_call,
    encode_answer,
    encode_call,
)
from saxsdog.protocol.messages import (
    REPLIES,
    REQUESTS,
    Attachment,
    Close,
    Counters,
    Entry,
    Failure,
    Graph,
    Hello,
    History,
    HistoryPage,
    LegacyCounts,
    ListDir,
    New,
    Preview,
    QueueState,
    Refusal,
    Requeue,
    Row,
    SourceStatus,
)
from saxsdog.reasons import Reason
from saxsdog.schema import load_schema, schema_folder
from tests.helpers.calibrations import FULL
from tests.helpers.wires import EPOCH, ID

EXAMPLES = schema_folder() / "examples" / "good"
REPLY = load_schema("reply")["$defs"]
ROW = Row(7, "a/b.tif", None, "file", 0.1, 1.0, 2.0, {"R0": {"I0": 1.5}})


def documents(kind):
    return [
        pytest.param(json.loads(path.read_text(encoding="utf-8")), id=path.stem)
        for path in sorted((EXAMPLES / kind).glob("*.json"))
    ]


def parts_of(document):
    return [json.dumps(document).encode(), *(b"data" for _ in document.get("attachments", []))]


def fields_of(kind):
    return {field.name: field for field in fields(kind) if field.name != "attachments"}


def call_of(request):
    return Call(request, ID, 1e9, "a test", None if isinstance(request, Hello) else EPOCH)


@pytest.mark.parametrize("document", documents("request"))
def test_a_request_that_is_read_and_written_stays_the_same(document):
    call = decode_call(parts_of(document))
    assert isinstance(call.request, REQUESTS[document["command"]])
    assert decode_call(encode_call(call)) == call
    written = json.loads(encode_call(call)[0])
    assert written.items() >= {k: v for k, v in document.items() if k != "argument"}.items()
    assert written["argument"].items() >= document.get("argument", {}).items()


@pytest.mark.parametrize("document", documents("reply"))
def test_a_reply_that_is_read_and_written_stays_the_same(document):
    answer = decode_answer(parts_of(document))
    assert isinstance(answer.reply, REPLIES[document["result"]])
    assert json.loads(encode_answer(answer)[0]) == {"attachments": []} | document
    assert decode_answer(encode_answer(answer)) == answer


@pytest.mark.parametrize("command", REQUESTS)
def test_a_request_class_has_the_fields_and_defaults_of_its_schema(command):
    schema = load_schema("request")["$defs"][command]["properties"]
    own = fields_of(REQUESTS[command])
    assert own.keys() == schema.keys()
    for name, field in own.items():
        if field.default is not MISSING:
            default = list(field.default) if isinstance(field.default, tuple) else field.default
            assert schema[name]["default"] == default


@pytest.mark.parametrize("result", REPLIES)
def test_a_reply_class_has_the_fields_of_its_schema(result):
    assert fields_of(REPLIES[result]).keys() == REPLY[result]["properties"].keys()


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Counters, REPLY["stat"]["properties"]["counters"]),
        (SourceStatus, REPLY["stat"]["properties"]["sources"]),
        (LegacyCounts, REPLY["stat"]["properties"]["legacy"]),
        (Graph, REPLY["plot"]["properties"]["graphs"]["items"]),
        (Entry, REPLY["listdir"]["properties"]["dircontent"]["items"]),
        (Row, REPLY["history"]["properties"]["rows"]["items"]),
        (Failure, REPLY["failed"]["properties"]["rows"]["items"]),
    ],
)
def test_a_part_of_a_reply_has_the_fields_of_its_schema(kind, schema):
    assert fields_of(kind).keys() == schema["properties"].keys()


def test_the_schemas_name_every_command_result_state_and_reason():
    request, reply = load_schema("request"), load_schema("reply")
    assert request["properties"]["command"]["enum"] == list(REQUESTS)
    assert set(reply["properties"]["result"]["enum"]) == set(REPLIES)
    assert len(request["allOf"]) == len(REQUESTS) + 1
    assert len(reply["allOf"]) == len(REPLIES)
    assert REPLY["stat"]["properties"]["state"]["enum"] == list(QueueState)
    reason = REPLY["failed"]["properties"]["rows"]["items"]["properties"]["reason"]
    assert reason["enum"] == list(Reason)


def test_attachments_travel_beside_the_body():
    masks = (Attachment("a.msk", b"\x00\xff"), Attachment("b.msk", b""))
    parts = encode_call(call_of(New(FULL, masks)))
    assert parts[1:] == [b"\x00\xff", b""]
    assert "attachments" not in json.loads(parts[0])["argument"]
    assert decode_call(parts).request == New(FULL, masks)
    preview = Preview("a.tif", (4, 4), (2, 2), 2, (Attachment("image", bytes(16)),))
    assert decode_answer(encode_answer(Answer(preview, EPOCH, 1.0))).reply == preview


@pytest.mark.parametrize("number", [0, 1, 3])
def test_attachments_that_have_no_name_or_are_missing_are_refused(number):
    body, *_ = encode_call(call_of(New(FULL, (Attachment("a", b""), Attachment("b", b"")))))
    with pytest.raises(ProtocolError, match=f"expected 2 attachments, got {number}"):
        decode_call([body, *([b""] * number)])


def test_a_command_without_attachments_takes_none():
    document = json.loads(encode_call(call_of(Close()))[0]) | {"attachments": ["a"]}
    with pytest.raises(ProtocolError, match="expected no attachments here, got 1"):
        decode_call([json.dumps(document).encode(), b""])


@pytest.mark.parametrize(
    "command", ["__class__", "start", "NEW", "nеw", "", "new\n", "stat; abort", "x" * 1000]
)
def test_an_unknown_command_is_named_shortly(command):
    document = json.loads(encode_call(call_of(Close()))[0]) | {"command": command}
    with pytest.raises(RequestError) as caught:
        decode_call([json.dumps(document).encode()])
    assert caught.value.code == "unknown-command"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "g" * 32),
        ("id", ID + "\n"),
        ("epoch", 7),
        ("time", "now"),
        ("time", None),
        ("time", 1e308),
        ("time", True),
        ("client", "x" * 256),
        ("command", None),
        ("command", ["close"]),
        ("argument", []),
        ("attachments", {}),
        ("extra", 1),
    ],
)
def test_a_request_with_a_wrong_field_is_refused(key, value):
    document = json.loads(encode_call(call_of(Close()))[0]) | {key: value}
    with pytest.raises(ProtocolError):
        decode_call([json.dumps(document).encode()])


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"new"', b"\xff", b"{}"])
def test_what_is_no_request_at_all_is_refused(body):
    with pytest.raises(ProtocolError):
        decode_call([body])
    with pytest.raises(ProtocolError):
        decode_answer([body])


@given(
    st.dictionaries(
        st.sampled_from(["id", "epoch", "time", "client", "command", "argument", "attachments"]),
        st.none()
        | st.integers(-5, 5)
        | st.sampled_from([ID, *REQUESTS])
        | st.lists(st.text(max_size=3), max_size=2)
        | st.dictionaries(st.sampled_from(["since", "limit", "wait", "calibration"]), st.integers())
        | st.text(max_size=5),
    )
)
def test_no_document_raises_anything_unexpected(document):
    try:
        call = decode_call([json.dumps(document).encode()])
    except (ProtocolError, RequestError):
        return
    assert decode_call(encode_call(call)) == call


def test_a_reply_that_does_not_say_what_it_is_is_refused_in_words():
    body = b'{"sesult": "cal", "data": {}, "epoch": "%b", "time": 1}' % (b"0" * 32)
    with pytest.raises(ProtocolError, match="expected the key 'result'"):
        decode_answer([body])


def test_numbers_of_a_request_come_as_the_types_of_its_class():
    document = json.loads(encode_call(call_of(History(5, 7, 3.0)))[0])
    document["argument"] = {"since": 5.0, "wait": 3}
    request = decode_call([json.dumps(document).encode()]).request
    assert request == History(5, 1000, 3.0)
    assert (type(request.since), type(request.wait)) == (int, float)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_becomes_null(value):
    row = Row(7, "a.tif", value, "file", value, 1.0, 2.0, {"R0": {"I0": value, "I1": 3.0}})
    body, *_ = encode_answer(Answer(HistoryPage("q", (row,), 7, False), EPOCH, 1.0))
    page = decode_answer([body]).reply
    assert page.rows[0].parameters == {"R0": {"I0": None, "I1": 3.0}}
    assert (page.rows[0].time, page.rows[0].exposure) == (None, None)


@pytest.mark.parametrize(
    "request_", [Requeue(None), Requeue("poison"), ListDir(("a", "ü b")), Hello(), History(2**40)]
)
def test_requests_survive_the_way(request_):
    assert decode_call(encode_call(call_of(request_))).request == request_


@pytest.mark.parametrize(
    "reply",
    [Refusal("busy", "come back <b>later</b>", True), HistoryPage("q", (ROW,) * 5000, 7, False)],
    ids=["refusal", "page"],
)
def test_replies_survive_the_way(reply):
    assert decode_answer(encode_answer(Answer(reply, EPOCH, 1.0))).reply == reply


def test_older_clients_see_nothing_of_old_clients_that_are_not_served():
    example = json.loads((EXAMPLES / "reply" / "stat.json").read_text(encoding="utf-8"))
    answer = decode_answer(parts_of(example))
    assert answer.reply.legacy == LegacyCounts(311, 2, 1791277199.25)
    without = replace(answer, reply=replace(answer.reply, legacy=None))
    assert "legacy" not in json.loads(encode_answer(without)[0])["data"]
    plot = json.loads((EXAMPLES / "reply" / "plot_of_nothing.json").read_text(encoding="utf-8"))
    assert "legacy" not in plot["data"]["statistics"]
    assert json.loads(encode_answer(decode_answer(parts_of(plot)))[0])["data"] == plot["data"]
