import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import ProtocolError
from saxsdog.protocol.strict_json import REPLY_LIMITS, REQUEST_LIMITS, Limits, dump, parse

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(DOCUMENTS)
def test_what_is_written_is_read(document):
    assert parse(dump(document), REQUEST_LIMITS) == document


@given(DOCUMENTS)
def test_escapes_and_white_space_do_not_matter(document):
    assert parse(json.dumps(document, indent=3).encode(), REQUEST_LIMITS) == document


@given(
    st.binary(max_size=200) | st.text(alphabet='[]{}",:\\u0d89aeE+-.', max_size=60).map(str.encode)
)
def test_no_bytes_raise_anything_but_a_protocol_error(data):
    try:
        document = parse(data, REQUEST_LIMITS)
    except ProtocolError:
        return
    assert document == json.loads(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected JSON"),
        (b"{", "expected JSON"),
        (b"[1] [2]", "expected JSON"),
        (b'{"a": 1,}', "expected JSON"),
        (b"\xef\xbb\xbf{}", "expected JSON"),
        (b'"\xff"', "byte 0xff at 1"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'{"a": 1, "a": 1}', "every key of an object once"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "every key of an object once"),
        (b"[NaN]", "finite numbers, got NaN"),
        (b"[-Infinity]", "finite numbers, got -Infinity"),
        (b"[1e999]", "finite numbers"),
        (b"9223372036854775808", "64 bits"),
        (b"-9223372036854775809", "64 bits"),
        (b"1" * 1_000_000, "got 1000000 characters"),
        (b'"\\ud800"', "half of a surrogate pair"),
        (b'{"\\udfff": 1}', "half of a surrogate pair"),
        (b"[" * 100_000, "at most 10000 values"),
        (b"[" * 33 + b"]" * 33, "at most 32 levels"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "at most 32 levels"),
        (b"[" + b"0," * 10_000 + b"0]", "at most 10000 values, got 10001"),
        (b'"' + b"x" * 65_537 + b'"', "texts of at most 65536 characters"),
        (b'{"' + b"x" * 65_537 + b'": 1}', "texts of at most 65536 characters"),
    ],
)
def test_a_document_that_could_be_misunderstood_is_refused(data, message):
    with pytest.raises(ProtocolError, match=message):
        parse(data, REQUEST_LIMITS)


def test_what_lies_within_the_limits_is_read():
    assert parse(b"[" * 32 + b"]" * 32, REQUEST_LIMITS)
    assert len(parse(b"[" + b"0," * 9_999 + b"0]", REQUEST_LIMITS)) == 10_000
    assert parse(b'"' + b"x" * 65_536 + b'"', REQUEST_LIMITS) == "x" * 65_536
    assert parse(b"[9223372036854775807,-9223372036854775808]", REQUEST_LIMITS)
    assert parse(b'"\\ud83d\\ude00"', REQUEST_LIMITS) == "😀"


def test_brackets_and_commas_within_texts_do_not_count():
    text = '[{,"\\' * 10_000
    assert parse(dump([text]), REQUEST_LIMITS) == [text]


def test_brackets_behind_a_text_with_escapes_count():
    data = b'"\\\\\\"", ' + b"[" * 40
    with pytest.raises(ProtocolError, match="at most 32 levels"):
        parse(b"[" + data + b"]" * 41, REQUEST_LIMITS)


def test_a_reply_may_hold_a_page_of_the_history():
    page = [[1.5] * 8] * 5000
    assert parse(dump(page), REPLY_LIMITS) == page
    with pytest.raises(ProtocolError):
        parse(dump(page), REQUEST_LIMITS)


def test_limits_are_those_that_are_given():
    with pytest.raises(ProtocolError, match="at most 2 levels"):
        parse(b"[[[]]]", Limits(depth=2, values=5))


@pytest.mark.parametrize("data", [b"[[1],[2],[3]]", b'{"a":[1],"b":{},"c":[2]}'])
def test_depth_is_that_of_the_deepest_place(data):
    limits = Limits(depth=2, values=6)
    assert len(parse(data, limits)) == 3
    with pytest.raises(ProtocolError, match="at most 2 levels"):
        parse(b"[[1],[[]]]", limits)


def test_every_comma_object_and_list_counts_as_a_value():
    assert parse(b"[[1],{},[2]]", Limits(depth=2, values=6)) == [[1], {}, [2]]
    with pytest.raises(ProtocolError, match="at most 5 values, got 6"):
        parse(b"[[1],{},[2]]", Limits(depth=2, values=5))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_no_reader_takes_is_not_written(value):
    with pytest.raises(ProtocolError, match="expected finite numbers and texts of Unicode"):
        dump({"a": value})
