"""Bytes that somebody has damaged, or made up, for everything that reads what others wrote."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saxsdog.protocol.envelope import MEBIBYTE
from tests.helpers.mutations import damaged
from tests.helpers.promises import promise
from tests.helpers.readers import READERS

LONGEST = 1.0
"""s of processor time for one example."""

MOST_MEMORY = 200 * MEBIBYTE
MEMORY = Path("/proc/self/clear_refs")


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_samples_of_its_own(name):
    assert any(READERS[name].try_on(sample) for sample in READERS[name].samples)


@promise(
    "B10",
    fault="damaged and invented images, masks, curves, calibrations, settings, network files, "
    "messages and events",
    kept="each is understood or refused in the words of its reader, within a second and 200 MiB",
)
@pytest.mark.parametrize("name", READERS)
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_whatever_is_read_is_understood_or_refused(name, data):
    reader = READERS[name]
    check_reader(reader, data.draw(damaged(reader.samples) | st.binary(max_size=300)))


def check_reader(reader, content):
    """Read, and watch time and memory; any error that is not its own comes through."""
    before, start = _begin_to_measure(), time.process_time()
    reader.try_on(content)
    assert time.process_time() - start < LONGEST
    assert _most_memory() - before < MOST_MEMORY


def _begin_to_measure():
    """Forget the peak of the memory, and return what is in use, bytes."""
    if MEMORY.exists():
        MEMORY.write_text("5", encoding="ascii")
    return _most_memory()


def _most_memory():
    """Peak of the memory of this process, bytes; 0 where nobody tells."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
