"""What the manual says of running a server can be called."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

from saxsdog.cli import server
from saxsdog.cli.leash.commands import COMMANDS, parser_of
from saxsdog.server import STALLED_AFTER

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to"
CALLS = re.findall(
    r"saxsleash ([a-z]+[^`'#;|\n]*)", (HOW_TO / "run-a-server.md").read_text("utf-8")
)


@pytest.mark.parametrize("call", sorted(set(CALLS)))
def test_every_call_of_the_leash_is_one(call):
    command, *words = shlex.split(re.split(r"\|\||>", call)[0])
    assert command in COMMANDS
    parser_of(command).parse_args(words)


def test_the_calls_are_found():
    assert {"new", "stat", "wait", "failed"} <= {call.split()[0] for call in CALLS}


@pytest.fixture(scope="module")
def service():
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read(HOW_TO / "saxsdog-server.service", encoding="utf-8")
    return unit["Service"]


def test_the_service_starts_the_server_as_it_wants_to_be_called(service):
    program, *words = shlex.split(service["ExecStart"])
    options = server.make_parser().parse_args(words)
    assert Path(program).name == "saxsdog-server"
    assert str(options.root) == service["ReadWritePaths"]
    assert options.state == Path("/var/lib") / service["StateDirectory"]


def test_a_server_that_stands_still_is_noticed_in_time(service):
    assert float(service["WatchdogSec"]) / 2 > STALLED_AFTER


def test_loops_may_be_compiled_in_the_service(service):
    assert "MemoryDenyWriteExecute" not in service
