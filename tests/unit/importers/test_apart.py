"""Files that end the process that reads them."""

from dataclasses import astuple

import h5py
import numpy as np
import pytest

from saxsdog.errors import CalibrationError
from saxsdog.importers.apart import import_apart
from saxsdog.importers.choose import import_calibration
from saxsdog.importers.findings import Facts
from tests.helpers.eiger import write_series
from tests.helpers.foreign import CALIBRATIONS
from tests.helpers.fragile_hdf5 import write_killer


def test_a_file_that_kills_its_reader_is_an_error(tmp_path):
    killer = write_killer(tmp_path / "damaged.h5")
    with pytest.raises(CalibrationError, match=r"damaged\.h5: expected an HDF5 file, .*has died"):
        import_apart(killer)


def test_a_good_file_is_read_as_it_is_without_a_process_of_its_own(tmp_path):
    master, _ = write_series(tmp_path, np.zeros((1, 20, 30), np.uint32))
    template = {"Geometry": {"Imagesize": [20, 30]}, "Masks": [{"Name": "mine"}], "Title": "αβ"}
    asked = Facts(wavelength=1.25, pixel_size=(75.0, 76.0))
    apart = import_apart(master, template, asked=asked)
    assert astuple(apart) == astuple(import_calibration(master, template, asked=asked))
    assert apart.remarks


def test_what_is_wrong_is_said_in_the_same_words(tmp_path):
    path = tmp_path / "results.h5"
    with h5py.File(path, "w") as file:
        file["entry/data"] = [1.0]
    for read in (import_apart, import_calibration):
        with pytest.raises(CalibrationError, match=r"results\.h5: expected a group NXinstrument"):
            read(path)
    for read in (import_apart, import_calibration):
        with pytest.raises(CalibrationError, match=r"gone\.poni: expected a calibration file: No "):
            read(tmp_path / "gone.poni")


def test_texts_need_no_other_process(monkeypatch):
    monkeypatch.setattr("sys.executable", "/nowhere")
    path = CALIBRATIONS / "version_2.1.poni"
    assert astuple(import_apart(path)) == astuple(import_calibration(path))
