"""Masters of Eigers in the layout that DECTRIS documents, against fabio and pyFAI."""

import fabio
import h5py
import numpy as np
import pytest
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

from saxsdog.calibration import Calibration
from saxsdog.exporters.choose import export_calibration
from saxsdog.importers.choose import import_calibration
from saxsdog.io.images import read_frame
from saxsdog.reduction.geometry import pixel_centers, two_theta
from tests.helpers.eiger import DEAD, GAP, NO_COUNT, EigerSeries, write_series

EXACT = 1e-9
SHAPE = (64, 80)
SERIES = EigerSeries(beam_center=(20.25, 33.5), distance=0.12)


@pytest.mark.parametrize("module", [False, True])
def test_every_pixel_has_the_angle_that_pyfai_gives_it(tmp_path, module):
    images = np.zeros((2, *SHAPE), np.uint32)
    master, _ = write_series(tmp_path, images, SERIES, module=module)
    imported = import_calibration(master)
    assert imported.missing == ()
    assert imported.remarks == ("no masks: one curve of the whole detector",)
    geometry = Calibration.from_document(imported.document).geometry
    row, column = SERIES.beam_center
    edge = SERIES.pixel_size
    oracle = AzimuthalIntegrator(
        dist=SERIES.distance, poni1=row * edge, poni2=column * edge, pixel1=edge, pixel2=edge
    )
    theirs = oracle.tth(*np.indices(SHAPE).astype(float))
    assert np.abs(two_theta(geometry, *pixel_centers(geometry)) - theirs).max() < EXACT
    assert geometry.wavelength == pytest.approx(0.1 * SERIES.wavelength, rel=1e-12)


def test_numbers_of_single_precision_are_those_that_were_meant(tmp_path):
    master, _ = write_series(tmp_path, np.zeros((1, *SHAPE), np.uint32), SERIES)
    document = import_calibration(master).document
    assert document["Geometry"]["PixelSizeMicroM"] == [75.0, 75.0]
    assert document["Geometry"]["DedectorDistanceMM"] == 120.0
    assert document["Wavelength"] == 1.54987


def test_a_master_becomes_a_poni_file_with_the_name_of_its_detector(tmp_path):
    master, _ = write_series(tmp_path, np.zeros((1, 512, 1028), np.uint32), SERIES)
    calibration = Calibration.from_document(import_calibration(master).document)
    assert calibration.geometry.pixel_size == (75e-6, 75e-6)
    with h5py.File(master, "a") as file:  # of modules
        specific = file["entry/instrument/detector/detectorSpecific"]
        del specific["y_pixels_in_detector"]
        specific["y_pixels_in_detector"] = 1062
    calibration = Calibration.from_document(import_calibration(master).document)
    assert "Detector: Eiger2_1M\n" in export_calibration(calibration, "poni").text


def test_the_images_that_it_links_to_are_those_that_fabio_reads(tmp_path):
    images = np.random.default_rng(0).poisson(5.0, (2, *SHAPE)).astype(np.uint32)
    mask = np.zeros(SHAPE, np.uint32)
    mask[10:14], mask[40, 7] = GAP, DEAD
    master, data = write_series(tmp_path, images, SERIES, mask=mask)
    with fabio.open(str(master)) as file:  # locks the data, too
        theirs = [file.get_frame(page).data.copy() for page in range(file.nframes)]
    assert len(theirs) == 2
    for page, image in enumerate(theirs):
        ours = read_frame(data, page=page).image
        assert np.array_equal(ours, image)
        assert np.array_equal(ours == NO_COUNT, mask != 0)


def test_a_master_whose_data_are_gone_still_gives_the_geometry(tmp_path):
    master, data = write_series(tmp_path, np.zeros((1, *SHAPE), np.uint32), SERIES)
    data.unlink()
    assert import_calibration(master).missing == ()
