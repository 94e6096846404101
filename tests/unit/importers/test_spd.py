import math

import fabio.edfimage
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.importers.choose import combined, import_calibration
from saxsdog.importers.findings import Facts
from saxsdog.importers.spd import from_fields, recognizes
from saxsdog.reduction.geometry import pixel_centers, two_theta

EXACT = 1e-9
SHAPE = (31, 43)
HEADER = {
    "Dim_1": "43",
    "Dim_2": "31",
    "Center_1": "20.25",
    "Center_2": "-3.5",
    "PSize_1": "7.5e-05",
    "PSize_2": "0.000172",
    "SampleDistance": "1.25",
    "WaveLength": "1.1e-10",
}


def angles_in(fields):
    document = combined(from_fields(fields)).document
    geometry = Calibration.from_document(document).geometry
    return two_theta(geometry, *pixel_centers(geometry))


def of_spd(fields):
    """Angles as SPD's ``waxs.c`` computes them: kout = R3 R2 R1 (u, v, -L), the beam along -3."""
    number = {key: float(value) for key, value in fields.items()}
    r1, r2, r3 = (number.get(f"DetectorRotation_{i}", 0.0) for i in (1, 2, 3))
    (c1, s1), (c2, s2), (c3, s3) = ((math.cos(r), math.sin(r)) for r in (r1, r2, r3))
    turned = (
        np.array([[c3, -s3, 0], [s3, c3, 0], [0, 0, 1]])
        @ np.array([[c2, 0, s2], [0, 1, 0], [-s2, 0, c2]])
        @ np.array([[1, 0, 0], [0, c1, -s1], [0, s1, c1]])
    )
    offset = [number.get(f"Offset_{i}", 0.0) for i in (1, 2)]
    u = (np.arange(SHAPE[1]) + 0.5 + offset[0] - number["Center_1"]) * number["PSize_1"]
    v = (np.arange(SHAPE[0]) + 0.5 + offset[1] - number["Center_2"]) * number["PSize_2"]
    orientation = number.get("RasterOrientation", 1)
    u = -u if orientation in (2, 4) else u
    v = -v if orientation in (3, 4) else v
    down, right = np.meshgrid(v, u, indexing="ij")
    rays = np.stack([right, down, np.full(SHAPE, -number["SampleDistance"])], axis=-1) @ turned.T
    return np.arctan2(np.hypot(rays[..., 0], rays[..., 1]), -rays[..., 2])


def test_every_pixel_of_a_straight_detector_has_the_angle_that_pyfai_gives_it():
    number = {key: float(value) for key, value in HEADER.items()}
    oracle = AzimuthalIntegrator()
    names = ("SampleDistance", "Center_1", "Center_2", "PSize_1", "PSize_2", "WaveLength")
    oracle.setSPD(**{name: number[name] for name in names})
    assert np.abs(angles_in(HEADER) - oracle.tth(*np.indices(SHAPE).astype(float))).max() < EXACT


@settings(max_examples=60)
@given(
    rotations=st.tuples(*[st.floats(-1.2, 1.2)] * 2, st.floats(-3, 3)),
    center=st.tuples(*[st.floats(-500, 500)] * 2),
    offset=st.tuples(*[st.floats(-500, 500)] * 2),
    distance=st.floats(0.05, 20),
    orientation=st.integers(1, 4),
)
def test_every_pixel_of_a_rotated_detector_has_the_angle_that_spd_gives_it(
    rotations, center, offset, distance, orientation
):
    fields = HEADER | {"SampleDistance": repr(distance), "RasterOrientation": str(orientation)}
    fields |= {f"DetectorRotation_{i}": repr(value) for i, value in enumerate(rotations, 1)}
    fields |= {f"Center_{i}": repr(value) for i, value in enumerate(center, 1)}
    fields |= {f"Offset_{i}": repr(value) for i, value in enumerate(offset, 1)}
    assert np.abs(angles_in(fields) - of_spd(fields)).max() < EXACT


@pytest.mark.parametrize("orientation", range(1, 9))
def test_without_rotations_the_orientation_changes_no_angle(orientation):
    fields = HEADER | {"RasterOrientation": str(orientation)}
    assert np.array_equal(angles_in(fields), angles_in(HEADER))


def test_units_may_follow_the_numbers():
    fields = HEADER | {
        "SAMPLEDISTANCE": "1250_mm",
        "PSize_1": "75 um",
        "WaveLength": "0.11_nm",
        "DetectorRotation_1": "10_deg",
    }
    del fields["SampleDistance"]
    same = HEADER | {"DetectorRotation_1": repr(math.radians(10))}
    assert np.abs(angles_in(fields) - angles_in(same)).max() < EXACT


def test_an_image_is_known_by_its_first_bytes(tmp_path):
    path = tmp_path / "frame.edf"
    header = {key: value for key, value in HEADER.items() if not key.startswith("Dim")}
    fabio.edfimage.EdfImage(np.zeros(SHAPE, np.int32), header).write(str(path))
    imported = import_calibration(path)
    assert imported.format == "spd"
    assert imported.missing == ()
    geometry = Calibration.from_document(imported.document).geometry
    assert geometry.shape == SHAPE
    assert geometry.beam_center == pytest.approx((-3.5, 20.25))
    assert geometry.pixel_size == pytest.approx((172e-6, 75e-6))
    assert geometry.wavelength == pytest.approx(0.11)


@pytest.mark.parametrize("text", [b'{"Geometry": {}}', b"{\n}", b"", b'{ "a=b": 3}', b"x = {"])
def test_an_object_of_json_is_no_header(text):
    assert not recognizes(text)


def test_what_cannot_be_carried_over_is_said():
    fields = HEADER | {"DetectorRotation_3": "0.5", "WaveLength": "1.54", "PSize_1": "0"}
    found = from_fields(fields)
    assert [remark[:20] for remark in found.remarks] == [
        "WaveLength 1.54 is n",
        "DetectorRotation_3 t",
    ]
    assert "Wavelength" not in found.document
    assert "PixelSizeMicroM" not in found.document["Geometry"]


def test_a_rotated_detector_needs_its_pixel_size():
    fields = HEADER | {"DetectorRotation_1": "0.5"}
    del fields["PSize_1"]
    alone = from_fields(fields)
    assert "BeamCenter" not in alone.document["Geometry"]
    assert "needs SampleDistance and PSize" in alone.remarks[-1]
    helped = from_fields(fields, fallback=Facts(pixel_size=(172.0, 75.0)))
    assert "BeamCenter" in helped.document["Geometry"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SampleDistance": "far"}, "SampleDistance: expected a number, or one in m, mm"),
        ({"SampleDistance": "3_pixel"}, "SampleDistance: expected a number"),
        ({"SampleDistance": "-1"}, "SampleDistance: expected more than 0, got -1"),
        ({"DetectorRotation_2": "1e999"}, "expected finite rotations"),
        ({"DetectorRotation_1": "1.6"}, "expected a detector that the direct beam hits"),
        (
            {"DetectorRotation_1": "0.1", "RasterOrientation": "5"},
            "RasterOrientation: expected 1 to 4 where the detector is rotated, got 5",
        ),
    ],
)
def test_what_is_wrong_is_named(changes, message):
    with pytest.raises(CalibrationError) as caught:
        from_fields(HEADER | changes)
    assert str(caught.value).startswith(message)


def test_an_image_without_a_geometry_is_refused_by_name(tmp_path):
    path = tmp_path / "plain.edf"
    fabio.edfimage.EdfImage(np.zeros(SHAPE, np.int32), {"title": "x"}).write(str(path))
    with pytest.raises(CalibrationError, match=r"plain\.edf: expected SampleDistance or Center_1"):
        import_calibration(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(CalibrationError, match=r"plain\.edf: expected the end of the EDF header"):
        import_calibration(path)
