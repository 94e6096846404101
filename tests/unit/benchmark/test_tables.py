import json
import math

from saxsdog.benchmark.tables import Column, Row, Table


def test_a_table_tells_its_numbers_with_their_units():
    table = Table(
        "kernel",
        (Column("a frame", "ms"), Column("ratio")),
        (Row("ours", (0.8, 1.0)), Row("theirs", (math.nan, None))),
        "in turn",
    )
    assert json.loads(json.dumps(table.as_dict(), allow_nan=False)) == {
        "title": "kernel",
        "caption": "in turn",
        "units": {"a frame": "ms", "ratio": "1"},
        "rows": [
            {"label": "ours", "a frame": 0.8, "ratio": 1.0},
            {"label": "theirs", "a frame": None, "ratio": None},
        ],
    }
