import io
import json

import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import CurveFileError
from saxsdog.integrator import Integrator
from saxsdog.io.chi import CurveFormat, read_chi
from tests.helpers.calibrations import SMALL, changed
from tests.helpers.frames import stored

DOCUMENT = changed(
    changed(SMALL, "Slices", [
        {"Direction": "x", "Plane": "InPlane", "CutPosition": 5, "CutMargin": 2},
        {"Direction": "y", "Plane": "Vertical", "CutPosition": 5, "CutMargin": 2},
    ]),
    "Masks", [
        {"qStart": 0.1, "qStop": 2.0},
        {"qStart": 0.1, "qStop": 2.0, "Phi-mode": True, "AzimuthalBins": 24},
    ],
)  # fmt: skip
Q_LABEL = "Scattering Vector  q [$nm^{-1}$]"


@pytest.fixture(scope="module")
def integrator():
    return Integrator(
        Calibration.from_document(changed(DOCUMENT, "Title", "Grüße\nan \u2028 alle"))
    )


@pytest.fixture(scope="module")
def curves(integrator):
    image = np.random.default_rng(3).poisson(50, (40, 50)).astype(np.int32)
    image[10:30, 10:30] = -1  # some bins are empty
    return integrator.integrate(image)


@pytest.fixture(scope="module")
def files(integrator, curves):
    """The bytes of every curve."""
    document = integrator.calibration.document
    return [
        CurveFormat(channel, document).render(curve)
        for channel, curve in zip(integrator.plan.channels, curves, strict=True)
    ]


def header_of(data):
    return data.decode().split("\n")[:4]


def test_the_four_header_lines_are_those_of_the_original(integrator, curves, files):
    first, second, third, fourth = header_of(files[0])
    assert first == json.dumps(integrator.calibration.document)
    assert second == json.dumps(curves[0].parameters.as_dict())
    assert json.loads(second).keys() == {"I0", "I1", "I2"}
    assert third == f'["{Q_LABEL}", "Intensity (Count/Pixel)", "Error Margin"]'
    assert fourth == f"   {curves[0].q.size}"


def test_over_azimuth_the_header_says_so_and_has_zeros(files):
    _, second, third, fourth = header_of(files[1])
    assert second == '{"I0": 0.0, "I1": 0.0, "I2": 0.0}'
    assert third == '["Phi Angle [rad]", "Intensity (Count/Pixel)", "Error Margin"]'
    assert fourth == "   24"


@pytest.mark.parametrize(("index", "axis", "rows"), [(2, "h", 50), (3, "v", 40)])
def test_a_slice_has_its_labels_in_the_second_line(files, index, axis, rows):
    _, second, third, fourth = header_of(files[index])
    label = f"Scattering Vector  q_{axis} [$nm^{{-1}}$]"
    assert json.loads(second) == [label, "Intensity (Count/Pixel)", "Error Margin"]
    assert third == "Intensity"
    assert fourth == f"   {rows}"


def test_the_layout_is_that_of_savetxt_in_the_original(curves, files):
    """Its call with fewer digits gives the same bytes."""
    for curve, data in zip(curves, files, strict=True):
        oracle = io.StringIO()
        np.savetxt(
            oracle,
            np.column_stack([curve.q, curve.intensity, curve.sigma]),
            fmt="%.11e",
            delimiter=" ",
            newline="\n ",
            header="\n".join(header_of(data)),
            comments="",
        )
        assert data.decode() == oracle.getvalue()


def test_every_row_starts_with_one_space_and_the_file_ends_with_one(files):
    for data in files:
        lines = data.decode().split("\n")
        assert lines[-1] == " "
        for line in lines[4:-1]:
            assert line[0] == " "
            assert line[1] != " "
            assert len(line[1:].split(" ")) == 3


def test_numpy_reads_a_curve_back(tmp_path, curves, files):
    for curve, data in zip(curves, files, strict=True):
        table = np.loadtxt(stored(tmp_path, data), skiprows=4)
        expected = np.column_stack([curve.q, curve.intensity, curve.sigma])
        np.testing.assert_allclose(table, expected, rtol=1e-11)


def test_empty_bins_keep_their_rows(tmp_path, curves, files):
    assert np.isnan(curves[0].intensity).any()
    assert b" nan nan\n" in files[0]
    for curve, data in zip(curves, files, strict=True):
        again = read_chi(stored(tmp_path, data))
        assert again.q.size == curve.q.size
        assert (np.isnan(again.intensity) == np.isnan(curve.intensity)).all()


def test_what_was_written_is_read(tmp_path, integrator, curves, files):
    for curve, data in zip(curves, files, strict=True):
        again = read_chi(stored(tmp_path, data))
        np.testing.assert_allclose(again.q, curve.q, rtol=1e-11)
        np.testing.assert_allclose(again.intensity, curve.intensity, rtol=1e-11)
        np.testing.assert_allclose(again.sigma, curve.sigma, rtol=1e-11)
        assert again.calibration == integrator.calibration.document
        assert again.labels == (curve.axis_label, "Intensity (Count/Pixel)", "Error Margin")
        assert again.title == ""
        if curve.parameters:
            assert again.parameters == curve.parameters.as_dict()


def test_the_calibration_stays_in_one_line_whatever_its_title_is(files):
    lines = files[0].decode().splitlines()
    assert json.loads(lines[0])["Title"] == "Grüße\nan \u2028 alle"
    assert lines[3].strip().isdecimal()
    assert files[0].isascii()


ORIGINAL = (
    '{"Geometry": {"BeamCenter": [1.0, 2.0]}, "Wavelength": 1.54}\n'
    '{"I0": 1.23, "I1": 4.5, "I2": 6.7}\n'
    f'["{Q_LABEL}", "Intensity (Count/Pixel)", "Error Margin"]\n'
    "   3\n"
    " 9.089824523084982788e-02 4.246579999999999927e+03 3.686333679958991638e+01\n"
    " 1.089824523084982788e-01 nan nan\n"
    " 1.289824523084982788e-01 4.146579999999999927e+03 3.586333679958991638e+01\n "
)


def read_text(folder, text):
    return read_chi(stored(folder, text.encode()))


def test_a_curve_of_the_original_is_read(tmp_path):
    curve = read_text(tmp_path, ORIGINAL)
    assert curve.q.tolist() == [0.09089824523084983, 0.10898245230849828, 0.12898245230849827]
    assert curve.intensity[0] == 4246.58
    assert np.isnan([curve.intensity[1], curve.sigma[1]]).all()
    assert curve.calibration["Wavelength"] == 1.54
    assert curve.parameters == {"I0": 1.23, "I1": 4.5, "I2": 6.7}
    assert curve.labels == (Q_LABEL, "Intensity (Count/Pixel)", "Error Margin")


def test_a_curve_of_the_older_generation_is_read(tmp_path):
    curve = read_text(
        tmp_path,
        "/data/work/agbeh.chi\nq [nm^-1]\nIntensity\n   2\n 0.1 5.0 0.5\n 0.2 6.0 0.6\n ",
    )
    assert curve.q.tolist() == [0.1, 0.2]
    assert curve.sigma.tolist() == [0.5, 0.6]
    assert (curve.calibration, curve.parameters) == (None, {})
    assert curve.title == "/data/work/agbeh.chi"
    assert curve.labels == ("q [nm^-1]", "Intensity")


def test_a_curve_of_fit2d_is_read(tmp_path):
    curve = read_text(
        tmp_path,
        "agbeh.tif: integration\nQ (Inverse Nanometres)\n\n   2\n"
        " 1.0000000E-01  5.0000000E+00\n 2.0000000E-01  6.0000000E+00\n",
    )
    assert curve.q.tolist() == [0.1, 0.2]
    assert curve.intensity.tolist() == [5.0, 6.0]
    assert np.isnan(curve.sigma).all()
    assert curve.labels[0] == "Q (Inverse Nanometres)"
    assert curve.title == "agbeh.tif: integration"


def test_line_ends_of_windows_are_read(tmp_path):
    assert read_text(tmp_path, ORIGINAL.replace("\n", "\r\n")).q.size == 3


def test_a_curve_without_rows_is_read(tmp_path):
    header = ORIGINAL.split("   3\n")[0]
    assert read_text(tmp_path, header + "   0\n ").q.size == 0


def test_a_curve_cut_off_anywhere_is_refused(tmp_path):
    """Of what is missing, only the empty end of the last line does no harm."""
    accepted = []
    for size in range(len(ORIGINAL)):
        try:
            read_text(tmp_path, ORIGINAL[:size])
        except CurveFileError:
            continue
        accepted.append(ORIGINAL[size:])
    assert set(accepted) <= {" ", "\n "}


BAD = {
    "empty": ("", "expected the number of rows in line 4, got 0 lines"),
    "header alone": ("a\nb\nc\n", "expected the number of rows in line 4, got 3 lines"),
    "no count": ("a\nb\nc\nd\n1 2 3\n", "expected the number of rows in line 4, got 'd'"),
    "count of 5000 digits": (
        "a\nb\nc\n" + "9" * 5000 + "\n",
        "expected the number of rows in line",
    ),
    "negative count": ("a\nb\nc\n-1\n", "expected the number of rows in line 4, got '-1'"),
    "too few rows": ("a\nb\nc\n3\n1 2 3\n1 2 3\n", "expected 3 rows as line 4 says, got 2"),
    "too many rows": ("a\nb\nc\n1\n1 2 3\n1 2 3\n", "expected 1 rows as line 4 says, got 2"),
    "words": ("a\nb\nc\n1\n1 two 3\n", "expected rows of numbers"),
    "uneven rows": ("a\nb\nc\n2\n1 2 3\n1 2\n", "expected rows of numbers"),
    "one column": ("a\nb\nc\n2\n1\n2\n", "expected 2 or 3 columns, got rows like '1'"),
    "four columns": ("a\nb\nc\n1\n1 2 3 4\n", "expected 2 or 3 columns, got rows like '1 2 3 4'"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_what_is_no_curve_is_refused_with_a_reason(tmp_path, text, said):
    with pytest.raises(CurveFileError) as caught:
        read_text(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'image'}: {said}")


def test_an_image_is_no_curve(tmp_path):
    with pytest.raises(CurveFileError):
        read_chi(stored(tmp_path, bytes(range(256)) * 40))


def test_a_missing_curve_is_named(tmp_path):
    with pytest.raises(CurveFileError, match=r"none\.chi: expected a curve: "):
        read_chi(tmp_path / "none.chi")


def test_a_folder_is_no_curve(tmp_path):
    with pytest.raises(CurveFileError, match="expected a curve: "):
        read_chi(tmp_path)
