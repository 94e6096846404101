"""What classifiers find is in the history of a server, by name."""

import numpy as np
import pytest

from tests.helpers.served import frame_of, rows_of, serving, write_frame

CLASSIFIERS = [
    {"Name": "pixels", "Kind": "counts"},
    {"Name": "damage", "Kind": "difference"},
    {"Name": "low", "Kind": "mean", "From": 0.1, "To": 0.3},
]


def test_whichever_worker_has_an_image_its_numbers_are_in_the_history(tmp_path):
    """Frames rise by one count from one to the next, so all differences are nearly the same."""
    with serving(tmp_path, workers=2) as served:
        for seed in range(6):
            write_frame(served.images / f"a_{seed}.tif", seed)
        served.new(Classifiers=CLASSIFIERS)
        served.until_ended(6)
        rows = {row.file[-5]: row.parameters["R0"] for row in rows_of(served.client)}
        for seed in range(6):
            assert rows[str(seed)]["pixels.total"] == frame_of(seed).sum()
            assert rows[str(seed)]["pixels.saturated"] is None
        assert rows["0"]["damage.chi2"] is None
        chi2 = [rows[str(seed)]["damage.chi2"] for seed in range(1, 6)]
        assert chi2 == pytest.approx([chi2[0]] * 5, rel=0.05)
        low = [rows[str(seed)]["low.mean"] for seed in range(6)]
        assert np.diff(low) == pytest.approx([1.0] * 5)
        columns = served.client.history_columns().numbers
        assert {"R0.pixels.total", "R0.damage.chi2", "R0.low.mean", "R0.I0"} <= set(columns)
