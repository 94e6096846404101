"""The closed list of reasons and its page in the manual say the same."""

import re
from pathlib import Path

from saxsdog.errors import FrameError, OutputError
from saxsdog.reasons import Reason

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reasons.md"


def test_every_reason_is_explained_once_and_in_order():
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == [str(reason) for reason in Reason]


def test_errors_carry_a_reason_without_being_told():
    assert FrameError("x").reason is Reason.DECODE_ERROR
    assert OutputError("x").reason is Reason.OUTPUT_FAILED
