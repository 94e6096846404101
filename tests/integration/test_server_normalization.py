"""A server that divides by what a log says, and subtracts images that show the background."""

import os
import time

import numpy as np

from saxsdog.calibration import Calibration
from saxsdog.integrator import Integrator
from saxsdog.io.chi import read_chi
from tests.helpers.served import frame_of, serving, write_frame

SECTIONS = {
    "Normalization": {"DivideBy": "monitor", "Log": {"File": "log.csv", "Key": "file"}},
    "Background": {"Frames": "buffer_*.tif", "Last": 2},
}


def test_an_image_waits_for_its_row_and_is_freed_from_its_background(tmp_path):
    with serving(tmp_path) as served:
        served.new(**SECTIONS)
        log = served.images / "log.csv"
        log.write_text("file,monitor\nbuffer_1.tif,2\n", encoding="utf-8")
        buffer = write_frame(tmp_path / "buffer_1.tif", 1)
        earlier = time.time() - 60
        os.utime(buffer, (earlier, earlier))
        buffer.rename(served.images / buffer.name)
        write_frame(served.images / "a.tif", 2)
        stat = served.until(lambda stat: stat.counters.settling == stat.counters.pending == 1)
        assert stat.counters.integrated == 1
        with log.open("a", encoding="utf-8") as file:
            file.write("a.tif,4\n")
        assert served.until_ended(2).counters.integrated == 2
        plain = Integrator(Calibration.load(served.calibration()))
        (of_buffer,), (of_image,) = map(plain.integrate, (frame_of(1), frame_of(2)))
        curve = read_chi(served.root / "work" / "a.chi")
        expected = of_image.intensity / 4 - of_buffer.intensity / 2
        np.testing.assert_allclose(curve.intensity, expected, rtol=1e-9, atol=1e-9)
        assert curve.labels[1] == "Intensity (a.u.)"
