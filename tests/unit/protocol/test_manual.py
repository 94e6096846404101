"""The page about the protocol says what the program does."""

import json
import re
from pathlib import Path

import pytest

from saxsdog.protocol import envelope, messages, strict_json
from saxsdog.schema import load_schema
from saxsdog.transport import crowd, gatekeeper, rates, seen

TESTS = Path(__file__).parents[2]
PAGE = (TESTS.parent / "docs" / "reference" / "protocol.md").read_text(encoding="utf-8")
RECORDED = json.loads((TESTS / "data" / "wire" / "close.json").read_text(encoding="utf-8"))


def lines_about(name):
    return [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]


def test_the_example_of_the_manual_is_the_recorded_message():
    bare = re.sub(r"\s", "", PAGE)
    for key in ("identity", "to_server", "to_client"):
        assert RECORDED[key] in bare
    for message in (RECORDED["request"], RECORDED["reply"]):
        assert all(frame in bare for frame in message["frames"])
        assert all(part in PAGE for part in message["parts"])
    assert f"`{RECORDED['secret']}`" in PAGE


@pytest.mark.parametrize("kind", messages.REQUESTS.values(), ids=lambda kind: kind.command)
def test_every_command_is_in_the_manual_with_its_argument(kind):
    lines = lines_about(kind.command)
    arguments = load_schema("request")["$defs"][kind.command]["properties"]
    assert any(all(f"`{key}`" in line for key in arguments) for line in lines)
    assert any(line.endswith("| yes |") for line in lines) == kind.changes


@pytest.mark.parametrize("kind", messages.REPLIES.values(), ids=lambda kind: kind.result)
def test_every_result_is_in_the_manual_with_its_data(kind):
    data = load_schema("reply")["$defs"][kind.result]["properties"]
    lines = lines_about(kind.result)
    assert any(all(f"`{key}`" in line for key in data) for line in lines)


def test_the_numbers_of_the_manual_are_those_of_the_program():
    assert envelope._HEADER.size == 68
    assert f"Version {messages.PROTOCOL_VERSION}." in PAGE
    assert (envelope.MOST_FRAMES, envelope.SHORTEST_SECRET) == (34, 16)
    assert (strict_json.REQUEST_LIMITS.depth, strict_json.REQUEST_LIMITS.values) == (32, 10_000)
    assert (strict_json.REPLY_LIMITS.values, strict_json.REPLY_LIMITS.text) == (2_000_000, 65_536)
    assert (gatekeeper.WINDOW, seen.LIFETIME, gatekeeper.MOST_UNDER_WAY) == (60, 120, 1000)
    assert (rates.MESSAGES_PER_SECOND, rates.BURST, rates.MOST_FAILURES) == (200, 400, 20)
    assert (crowd.MOST_OF_A_STRANGER, crowd.MOST_STRANGERS) == (2 * envelope.MEBIBYTE, 256)
    assert gatekeeper.MOST_TRIES == 16
    assert (messages.PAGE, messages.LARGEST_PAGE, messages.LONGEST_WAIT) == (1000, 5000, 10)
    assert (messages.TABLE, messages.LARGEST_TABLE) == (10_000, 20_000)
