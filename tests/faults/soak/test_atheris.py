"""The parsers of bytes, by a fuzzer that sees which branches an input takes."""

import importlib.util
import subprocess
import sys

import pytest

from tests.helpers.promises import promise

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None,
        reason="atheris is not installed: pip install 'saxsdog[fuzz]'",
    ),
]

PARSERS = ("header of a request", "strict JSON", "event of a feeder", "TIFF", "CBF", "EDF", "curve")
LONGEST = 4
"""s for one input; what it takes is slowed down by being watched."""


@promise(
    "B10",
    fault="bytes that a fuzzer has bred to reach every branch of a parser",
    kept="each is understood or refused in the words of its reader",
)
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", PARSERS)
def test_no_input_that_a_fuzzer_finds_is_an_unexpected_error(tmp_path, budget, name):
    seconds = max(5, int(budget / len(PARSERS)))
    command = [sys.executable, "-m", "tests.helpers.breeding", name, str(tmp_path)]
    limits = [f"-max_total_time={seconds}", f"-timeout={LONGEST}", "-rss_limit_mb=1500"]
    ended = subprocess.run(  # noqa: S603 - our own program
        [*command, *limits], capture_output=True, text=True, timeout=seconds + 120, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-6000:]
