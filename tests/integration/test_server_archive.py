"""A server that keeps one growing file of all results of a folder."""

import csv

import h5py
import numpy as np

from saxsdog.calibration import Calibration
from saxsdog.integrator import Integrator
from saxsdog.verification.search import Search
from saxsdog.verification.verify import Finding, Verifier
from tests.helpers.served import frame_of, serving, write_frame

SETTINGS = '[output]\nformats = ["nexus", "csv"]\n'


def test_every_result_is_in_the_archive_once_also_after_a_crash(tmp_path):
    with serving(tmp_path, settings=SETTINGS) as served:
        served.new()
        for number in range(4):
            write_frame(served.images / f"{number}.tif", number)
        assert served.until_ended(4).trouble == ()
        served.server.kill()
        served.server.restart()
        for number in range(4, 6):
            write_frame(served.images / f"{number}.tif", number)
        served.until_ended(6)
        served.new(Wavelength=1.0)  # another calibration, another file
        served.client.readdir()
        served.until_ended(6)
        served.server.stop()
        assert not any((served.root / "work").glob("*.chi"))
        results = served.root / "results"
        names = [f"{number}.tif" for number in range(6)]
        for file, changes in (("in.hdf", {}), ("in_2.hdf", {"Wavelength": 1.0})):
            integrator = Integrator(Calibration.load(served.calibration(**changes)))
            with h5py.File(results / file) as root:
                found = [name.decode() for name in root["stack/images/name"][()]]
                stack = root["stack/R0/I"][()]
            assert sorted(found) == names
            for name, intensity in zip(found, stack, strict=True):
                (curve,) = integrator.integrate(frame_of(int(name[0])))
                np.testing.assert_array_equal(intensity, curve.intensity)
        with (results / "in.csv").open(newline="", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        assert len({(row["image"], row["calibration"]) for row in rows}) == 12
        with Verifier(Search()) as verifier:
            for file in ("in.hdf", "in_2.hdf", "in.csv"):
                findings = {each.finding for each in verifier.verify(results / file)}
                assert findings == {Finding.EQUAL}
        # Some were integrated twice, as young images are when all are asked for: a line each time.
        assert len({(row["image"], row["integrated"]) for row in rows}) == len(rows)
