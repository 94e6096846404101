import math

import h5py
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.importers.choose import import_calibration
from saxsdog.importers.findings import Facts
from saxsdog.reduction.geometry import pixel_centers, two_theta

EXACT = 1e-9
SHAPE = (31, 43)
HEIGHT, WIDTH = 172e-6, 75e-6


def group(parent, name, kind):
    made = parent.require_group(name)
    made.attrs["NX_class"] = kind
    return made


def put(parent, name, value, units=None, **attributes):
    field = parent.create_dataset(name, data=value)
    if units is not None:
        field.attrs["units"] = units
    for key, each in attributes.items():
        field.attrs[key] = each
    return field


@pytest.fixture
def master(tmp_path):
    """An open file with the groups of an Eiger's master, and its path."""
    path = tmp_path / "series_1_master.h5"
    with h5py.File(path, "w") as file:
        entry = group(file, "entry", "NXentry")
        group(group(entry, "instrument", "NXinstrument"), "detector", "NXdetector")
        group(entry["instrument"], "beam", "NXbeam")
        yield file, path


def fill(file):
    """Write what DECTRIS writes."""
    detector, beam = file["entry/instrument/detector"], file["entry/instrument/beam"]
    put(detector, "beam_center_x", 20.25, "pixel")
    put(detector, "beam_center_y", -3.5, "pixel")
    put(detector, "detector_distance", 1.25, "m")
    put(detector, "x_pixel_size", WIDTH, "m")
    put(detector, "y_pixel_size", HEIGHT, "m")
    put(beam, "incident_wavelength", 1.1, "angstrom")
    specific = group(detector, "detectorSpecific", "NXcollection")
    put(specific, "x_pixels_in_detector", SHAPE[1])
    put(specific, "y_pixels_in_detector", SHAPE[0])


def geometry_of(file, path, **facts):
    file.close()
    imported = import_calibration(path, asked=Facts(**facts))
    return Calibration.from_document(imported.document).geometry, imported


def test_the_master_of_an_eiger_gives_the_whole_geometry(master):
    file, path = master
    fill(file)
    geometry, imported = geometry_of(file, path)
    assert (imported.format, imported.missing) == ("nexus", ())
    assert geometry.shape == SHAPE
    assert geometry.beam_center == pytest.approx((-3.5, 20.25), rel=1e-12)
    assert geometry.pixel_size == pytest.approx((HEIGHT, WIDTH), rel=1e-12)
    assert geometry.distance == 1.25
    assert geometry.wavelength == pytest.approx(0.11, rel=1e-12)
    assert geometry.tilt == 0.0
    assert imported.remarks == ("no masks: one curve of the whole detector",)


def test_units_are_those_that_the_file_says(master):
    file, path = master
    fill(file)
    detector, beam = file["entry/instrument/detector"], file["entry/instrument/beam"]
    for name in ("beam_center_x", "beam_center_y", "detector_distance", "x_pixel_size"):
        del detector[name]
    del beam["incident_wavelength"]
    put(detector, "beam_center_x", 1e3 * WIDTH * 20.25, "mm")
    put(detector, "beam_center_y", 1e6 * HEIGHT * 7.5, "µm")
    put(detector, "distance", 1250, "mm")
    put(detector, "x_pixel_size", 75, "um")
    put(detector["detectorSpecific"], "photon_energy", 12398.419843, "eV")
    geometry, _ = geometry_of(file, path)
    assert geometry.beam_center == pytest.approx((7.5, 20.25), rel=1e-12)
    assert geometry.distance == pytest.approx(1.25)
    assert geometry.pixel_size == pytest.approx((HEIGHT, WIDTH), rel=1e-12)
    assert geometry.wavelength == pytest.approx(0.1, rel=1e-12)


def turned(angle, axis, vector):
    """Rotation by the exponential of the cross product, not by the formula of the importer."""
    x, y, z = axis
    cross = angle * np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    values, vectors = np.linalg.eig(cross)
    return (vectors @ np.diag(np.exp(values)) @ np.linalg.inv(vectors)).real @ vector


@settings(max_examples=40)
@given(
    angles=st.tuples(*[st.floats(-60, 60)] * 2),
    start=st.tuples(*[st.floats(-80, 80)] * 2),
    distance=st.floats(100, 10_000),
    offset=st.tuples(*[st.floats(-50, 50)] * 3),
    origin=st.tuples(*[st.integers(0, 500)] * 2),
)
def test_every_pixel_has_the_angle_of_its_place_in_the_laboratory(
    tmp_path_factory, angles, start, distance, offset, origin
):
    path = tmp_path_factory.getbasetemp() / "chain.h5"
    with h5py.File(path, "w") as file:
        entry = group(file, "entry", "NXentry")
        detector = group(group(entry, "instrument", "NXinstrument"), "det", "NXdetector")
        put(entry, "instrument/beam/incident_wavelength", 1.0)
        put(detector, "detectorSpecific/x_pixels_in_detector", 1000)
        put(detector, "detectorSpecific/y_pixels_in_detector", 900)
        chain = group(detector, "transformations", "NXtransformations")
        put(chain, "z", distance, "mm", vector=[0, 0, 1], transformation_type="translation")
        chain["z"].attrs["depends_on"] = "."
        put(chain, "two_theta", angles[0], "deg", vector=[0, 1, 0], transformation_type="rotation")
        chain["two_theta"].attrs["depends_on"] = "z"
        put(chain, "roll", [angles[1]], "deg", vector=[1, 2, 2], transformation_type="rotation")
        chain["roll"].attrs["depends_on"] = chain["two_theta"].name
        chain["roll"].attrs["offset"] = offset
        chain["roll"].attrs["offset_units"] = "mm"
        module = group(detector, "module", "NXdetector_module")
        put(module, "data_origin", origin)
        put(module, "data_size", SHAPE)
        put(module, "module_offset", 0.0, "mm", vector=[0, 0, 0], offset=[*start, 0.0])
        module["module_offset"].attrs.update(
            {"offset_units": "mm", "depends_on": chain["roll"].name}
        )
        module["module_offset"].attrs["transformation_type"] = "translation"
        for name, edge, vector in (("fast", WIDTH, [-1, 0, 0]), ("slow", HEIGHT, [0, -1, 0])):
            field = put(module, f"{name}_pixel_direction", edge, "m", vector=vector)
            field.attrs["depends_on"] = module["module_offset"].name
            field.attrs["transformation_type"] = "translation"

    def placed(point):
        rolled = turned(math.radians(angles[1]), np.array([1, 2, 2]) / 3, point)
        swung = turned(math.radians(angles[0]), (0, 1, 0), rolled + np.array(offset))
        return swung + np.array([0, 0, distance])

    corner = placed(np.array([*start, 0.0]))
    right, down = (
        placed(np.array([*start, 0.0]) + step) - corner for step in ((-1, 0, 0), (0, -1, 0))
    )
    rows, columns = (
        np.arange(900)[::100, None, None] + 0.5,
        np.arange(1000)[None, ::100, None] + 0.5,
    )
    place = (
        corner
        + (columns - origin[1]) * 1e3 * WIDTH * right
        + (rows - origin[0]) * 1e3 * HEIGHT * down
    )
    theirs = np.arctan2(np.hypot(place[..., 0], place[..., 1]), place[..., 2])
    normal = np.cross(right, down)
    hit = float(corner @ normal) / normal[2]
    assume(hit > 1 and abs(normal[2]) > 0.3)  # not behind the sample, not along the beam
    calibration = Calibration.from_document(import_calibration(path).document)
    ours = two_theta(calibration.geometry, *pixel_centers(calibration.geometry))[::100, ::100]
    assert np.abs(ours - theirs).max() < EXACT


def test_a_difference_between_the_two_ways_is_said(master):
    file, path = master
    fill(file)
    module = group(file["entry/instrument/detector"], "module", "NXdetector_module")
    put(module, "fast_pixel_direction", WIDTH, "m", vector=[-1, 0, 0], depends_on=".")
    put(module, "slow_pixel_direction", HEIGHT, "m", vector=[0, -1, 0], depends_on=".")
    put(module, "module_offset", 1.3, "m", vector=[0, 0, 1], offset=[0.0015, 0.00172, 0])
    module["module_offset"].attrs["offset_units"] = "m"
    geometry, imported = geometry_of(file, path)
    assert geometry.distance == pytest.approx(1.3)
    assert geometry.beam_center == pytest.approx((10.0, 20.0))
    assert imported.remarks[0] == (
        "beam centre and distance are row -3.50, column 20.25, 1250 mm, but by the transformations "
        "row 10.00, column 20.00, 1300 mm: the transformations are taken"
    )


def test_a_rotation_without_directions_of_pixels_is_said(master):
    file, path = master
    fill(file)
    chain = group(file["entry/instrument/detector"], "transformations", "NXtransformations")
    put(chain, "tt", 12.0, "deg", vector=[1, 0, 0], transformation_type="rotation")
    _, imported = geometry_of(file, path)
    assert imported.remarks[0] == (
        "/entry/instrument/detector/transformations/tt, 12 deg, turns the detector, but there are "
        "no directions of pixels: not carried over"
    )


def with_module(file, **directions):
    fill(file)
    module = group(file["entry/instrument/detector"], "module", "NXdetector_module")
    for name, attributes in directions.items():
        put(module, f"{name}_pixel_direction", 1e-4, "m", **attributes)
    return module


@pytest.mark.parametrize(
    ("fast", "message"),
    [
        ({"vector": [-1, -1, 0]}, "expected a detector with orthogonal axes"),
        ({"vector": [0, 0, 1]}, "it lies along the beam"),
        ({"vector": [0, 0, 0]}, "fast_pixel_direction: expected a vector with a direction"),
        ({"vector": [1, 0]}, "fast_pixel_direction: expected three numbers as vector, got"),
        ({}, "fast_pixel_direction: expected three numbers as vector, got"),
        ({"vector": [-1, 0, 0], "depends_on": "nowhere"}, "'nowhere' that it depends on"),
        (
            {"vector": [-1, 0, 0], "depends_on": "fast_pixel_direction"},
            "expected transformations that end, they are a circle",
        ),
    ],
)
def test_a_detector_that_cannot_be_one_of_ours_is_refused(master, fast, message):
    file, path = master
    with_module(file, fast=fast, slow={"vector": [0, -1, 0]})
    with pytest.raises(CalibrationError) as caught:
        geometry_of(file, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_the_first_position_of_a_scan_is_taken_and_that_is_said(master):
    file, path = master
    fill(file)
    del file["entry/instrument/detector/detector_distance"]
    put(file["entry/instrument/detector"], "detector_distance", [1.5, 1.6, 1.7], "m")
    geometry, imported = geometry_of(file, path)
    assert geometry.distance == 1.5
    assert imported.remarks[0] == (
        "/entry/instrument/detector/detector_distance has several values: the first is taken"
    )


def test_an_unknown_unit_is_named(master):
    file, path = master
    fill(file)
    file["entry/instrument/detector/detector_distance"].attrs["units"] = "furlong"
    with pytest.raises(CalibrationError, match=r"detector_distance: expected one of m.*'furlong'"):
        geometry_of(file, path)


def test_no_other_file_is_opened(master, tmp_path):
    file, path = master
    fill(file)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["distance"] = 5.0
    del file["entry/instrument/detector/detector_distance"]
    file["entry/instrument/detector/detector_distance"] = h5py.ExternalLink(
        str(tmp_path / "other.h5"), "distance"
    )
    file.close()
    imported = import_calibration(path)
    assert "Geometry.DedectorDistanceMM" in imported.missing


def test_a_file_without_a_detector_is_refused(tmp_path):
    path = tmp_path / "results.h5"
    with h5py.File(path, "w") as file:
        file["entry/data"] = [1.0]
    with pytest.raises(CalibrationError, match=r"results\.h5: expected a group NXinstrument in"):
        import_calibration(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CalibrationError, match=r"results\.h5: expected an HDF5 file"):
        import_calibration(path)
