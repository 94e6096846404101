import math

import pytest

from saxsdog.curves.image_values import header_values
from saxsdog.io.headers import FrameHeader


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10.0),
        (" 0.5 s", 0.5),
        ("-1.5e-3m", -0.0015),
        (".25", 0.25),
        ("12, 5", 12.0),
        ("7. ", 7.0),
        ("2024-05-13", 2024.0),
        ("12,5", None),  # the comma of some countries, or of thousands: nobody knows
        ("1,234,567", None),
        ("1.2.3", None),
        ("1,2", None),
        ("counts 5", None),
        ("", None),
    ],
)
def test_only_what_is_clearly_a_number_is_one(text, value):
    found = header_values(FrameHeader(math.nan, "file", None, {"Monitor": text}))
    assert found == ({} if value is None else {"monitor": value})
