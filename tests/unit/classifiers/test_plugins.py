"""Functions of somebody else: what they may do, and that nothing they do harms a curve."""

import math
import signal
import sys
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from saxsdog.classifiers.plugins import MOST_OVERDUE, MOST_VALUES, Plugin
from saxsdog.io.headers import FrameHeader
from saxsdog.reduction.integrate import Curve

HEADER = FrameHeader(0.0, "header", 2.0, {"Exposure_time": "2 s"})
ONES = np.ones(5)
CURVE = Curve("R0", "Radial", np.arange(5.0), ONES, ONES, ONES, None, "q")


@pytest.fixture
def plugin_of(monkeypatch, tmp_path):
    """Make a plug-in of the source of a module with a function ``measure``."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(source, seconds=2.0, value="a_plugin:measure"):
        (tmp_path / "a_plugin.py").write_text(source, encoding="utf-8")
        sys.modules.pop("a_plugin", None)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        return Plugin(EntryPoint("x", value, "saxsdog.classifiers"), seconds)

    yield make
    sys.modules.pop("a_plugin", None)


def test_its_numbers_come_by_name(plugin_of):
    plugin = plugin_of(
        "import numpy as np\n"
        "def measure(curve, header):\n"
        "    return {'a': np.float32(curve.intensity.sum() * header.exposure), 'b': 3}\n"
    )
    assert plugin.values(CURVE, HEADER) == {"a": 10.0, "b": 3.0, "failed": 0.0}
    assert plugin.complaint == ""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise ValueError('no peak\\nat all')", "ValueError: no peak"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("return 7", "expected numbers by name, got int"),
        ("return None", "expected numbers by name, got NoneType"),
        ("return {'a': '5'}", "a: expected a number, got str"),
        ("return {'a': 1j}", "a: expected a number, got complex"),
        ("return {'a b': 5}", "expected a word as the name of a value, got 'a b'"),
        ("return {'failed': 5}", "expected a word as the name of a value, got 'failed'"),
        ("return {5: 5}", "expected a word as the name of a value, got 5"),
        ("return {f'v{i}': i for i in range(17)}", f"expected at most {MOST_VALUES} values"),
        ("curve.intensity[0] = 5", "ValueError: assignment destination is read-only"),
        ("curve.q[:] = 5", "ValueError: assignment destination is read-only"),
    ],
)
def test_what_goes_wrong_is_told_and_counted(plugin_of, body, told):
    plugin = plugin_of(f"def measure(curve, header):\n    {body}\n")
    found = plugin.values(CURVE, HEADER)
    assert found.pop("failed") == 1.0
    assert all(map(math.isnan, found.values()))
    assert plugin.complaint.startswith(told)
    assert "\n" not in plugin.complaint


ODD = """
import asyncio
from collections.abc import Mapping
from fractions import Fraction

class Worse(Exception):
    def __str__(self):
        raise self

class Lazy(Mapping):
    def __len__(self): return 1
    def __iter__(self): return iter(["a"])
    def __getitem__(self, name): raise OSError("not today")

class Number(Fraction):
    def __float__(self): raise ZeroDivisionError("no float")

def measure(curve, header):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise asyncio.CancelledError('a task')", "CancelledError: a task"),
        ("raise GeneratorExit", "GeneratorExit: "),
        ("raise Worse", "Worse: of which nothing can be told"),
        ("return Lazy()", "OSError: not today"),
        ("return {'a': Number(1, 2)}", "ZeroDivisionError: no float"),
    ],
)
def test_nothing_that_comes_out_of_it_comes_farther(plugin_of, body, told):
    plugin = plugin_of(ODD.replace("{body}", body))
    assert plugin.values(CURVE, HEADER)["failed"] == 1.0
    assert plugin.complaint == told


@pytest.mark.skipif(not hasattr(signal, "SIGVTALRM"), reason="nothing can be stopped here")
def test_an_answer_without_an_end_is_stopped(plugin_of):
    body = "Lazy.items = lambda self: (('a', 1) for _ in iter(int, 1))\n    return Lazy()"
    plugin = plugin_of(ODD.replace("{body}", body), seconds=0.02)
    assert plugin.values(CURVE, HEADER) == {"failed": 1.0}
    assert plugin.complaint == "takes longer than 0.02 s"


def test_an_interrupt_of_the_user_is_no_failure(plugin_of):
    plugin = plugin_of("def measure(curve, header):\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        plugin.values(CURVE, HEADER)


def test_what_it_does_to_the_header_is_its_own_business(plugin_of):
    plugin = plugin_of("def measure(curve, header):\n    header.fields.clear()\n    return {}\n")
    plugin.values(CURVE, HEADER)
    assert HEADER.fields == {"Exposure_time": "2 s"}


def test_its_values_are_nan_where_it_fails_later(plugin_of):
    plugin = plugin_of(
        "def measure(curve, header):\n    return {'a': 1 / header.exposure, 'b': 10**400}\n"
    )
    assert plugin.values(CURVE, HEADER)["a"] == 0.5
    found = plugin.values(CURVE, FrameHeader(0.0, "file", 0.0, {}))
    assert found == pytest.approx({"a": math.nan, "b": math.nan, "failed": 1.0}, nan_ok=True)
    assert plugin.complaint == "ZeroDivisionError: float division by zero"
    assert plugin.values(CURVE, HEADER)["failed"] == 0.0


@pytest.mark.parametrize(
    ("source", "value", "told"),
    [
        ("import no_such_module", "a_plugin:measure", "cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit", "a_plugin:measure", "cannot be imported: SystemExit"),
        ("x = 1", "a_plugin:measure", "cannot be imported: AttributeError"),
        ("measure = 5", "a_plugin:measure", "expected a function, got int"),
    ],
)
def test_one_that_cannot_be_imported_fails_for_every_image(plugin_of, source, value, told):
    plugin = plugin_of(source, value=value)
    for _ in range(2):
        assert plugin.values(CURVE, HEADER) == {"failed": 1.0}
        assert plugin.complaint.startswith(told)


def test_one_that_was_removed_is_missed():
    plugin = Plugin(None)
    assert plugin.values(CURVE, HEADER) == {"failed": 1.0}
    assert plugin.complaint == "is not installed"


ENDLESS = """
calls = []
def measure(curve, header):
    calls.append(1)
    while True:
        try:
            pass
        except Exception:
            pass
"""


@pytest.mark.skipif(not hasattr(signal, "SIGVTALRM"), reason="nothing can be stopped here")
def test_an_endless_loop_is_stopped_and_not_begun_for_ever(plugin_of):
    plugin = plugin_of(ENDLESS, seconds=0.02)
    for _ in range(MOST_OVERDUE + 2):
        assert plugin.values(CURVE, HEADER) == {"failed": 1.0}
    assert plugin.complaint == "takes longer than 0.02 s: not called any more"
    assert len(sys.modules["a_plugin"].calls) == MOST_OVERDUE
