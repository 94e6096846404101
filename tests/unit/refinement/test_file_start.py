"""What the files of frames say to start from."""

import math

import h5py
import numpy as np
import pytest
from fabio.edfimage import EdfImage

from saxsdog.calibration import Calibration
from saxsdog.importers.choose import import_calibration
from saxsdog.io.images import read_frame
from saxsdog.refinement.file_start import start_in_file
from saxsdog.refinement.header_start import HeaderStart
from tests.helpers.eiger import EigerSeries, write_series

SHAPE = (31, 43)
SPD = {
    "Center_1": "20.25",
    "Center_2": "-3.5",
    "PSize_1": "7.5e-05",
    "PSize_2": "0.000172",
    "SampleDistance": "1250_mm",
    "WaveLength": "1.1e-10",
    "DetectorRotation_1": "10_deg",
}


def edf(folder, header, shape=SHAPE):
    path = folder / "frame.edf"
    EdfImage(np.ones(shape, np.int32), header).write(str(path))
    return path


def start_in(path, page=None):
    frame = read_frame(path, page=page)
    return start_in_file(frame.path, frame.header.fields, frame.image.shape)


def as_geometry(document):
    geometry = Calibration.from_document(document).geometry
    return HeaderStart(
        geometry.wavelength,
        geometry.distance,
        geometry.pixel_size,
        geometry.beam_center,
        (geometry.tilt, geometry.tilt_rotation) if geometry.tilt else None,
    )


def assert_alike(one, other):
    for name in ("wavelength", "distance", "pixel_size", "beam_center", "tilt"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert ours == (theirs and pytest.approx(theirs, rel=1e-12)), name


def test_the_header_of_an_edf_image_is_as_good_as_an_import_of_it(tmp_path):
    path = edf(tmp_path, SPD)
    found = start_in(path)
    assert found.source == "the header of frame.edf"
    assert found.values.tilt == pytest.approx((math.radians(10), math.pi / 2))
    assert_alike(found.values, as_geometry(import_calibration(path).document))


def test_forms_that_nobody_has_filled_in_say_nothing(tmp_path):
    zeros = SPD | {"Center_1": "0", "Center_2": "0.0", "SampleDistance": "0"}
    zeros |= {"PSize_1": "0", "WaveLength": "0"}
    del zeros["DetectorRotation_1"]
    assert start_in(edf(tmp_path, zeros)).values == HeaderStart()


def test_a_header_that_makes_no_sense_is_left_out_and_that_is_said(tmp_path):
    found = start_in(edf(tmp_path, SPD | {"SampleDistance": "far"}))
    assert found.values == HeaderStart()
    (remark,) = found.remarks
    assert remark.startswith("the header of frame.edf is not used: sampledistance: expected a numb")


def test_the_data_of_an_eiger_are_described_by_their_master(tmp_path):
    series = EigerSeries(beam_center=(12.5, 20.25))
    master, data = write_series(tmp_path, np.ones((2, *SHAPE), np.uint32), series)
    found = start_in(data, page=1)
    assert found.source == "series_1_master.h5"
    assert_alike(found.values, HeaderStart(0.154987, 0.31, (75e-6, 75e-6), (12.5, 20.25)))
    master.unlink()
    alone = start_in(data, page=1)
    assert alone.values == HeaderStart()
    assert "is not used: expected a group NXinstrument" in alone.remarks[0]


def test_the_master_of_another_detector_is_not_used(tmp_path):
    write_series(tmp_path, np.ones((1, 9, 9), np.uint32))
    with h5py.File(tmp_path / "series_1_data_000001.h5", "w") as file:
        file["entry/data/data"] = np.ones((1, *SHAPE), np.uint32)
    found = start_in(tmp_path / "series_1_data_000001.h5")
    assert found.values == HeaderStart()
    assert "expected [31, 43] pixels as the frame has, got [9, 9]" in found.remarks[0]


def test_a_nexus_file_with_its_own_images_describes_them(tmp_path):
    path = tmp_path / "scan.nxs"
    with h5py.File(path, "w") as file:
        file["entry/instrument/detector/data"] = np.ones((1, *SHAPE), np.uint32)
        file["entry/instrument/detector/distance"] = 850
        file["entry/instrument/detector/distance"].attrs["units"] = "mm"
    found = start_in(path)
    assert found.source == "scan.nxs"
    assert found.values == HeaderStart(distance=0.85)
    assert found.remarks == ("the beam centre is not there, or it needs the pixel size",)
