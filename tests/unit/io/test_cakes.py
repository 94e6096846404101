import h5py
import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import CurveFileError
from saxsdog.integrator import Integrator
from saxsdog.io.cakes import CakeFormat, read_cake
from tests.helpers.calibrations import SMALL, changed

MASK = {"qStart": 0.1, "qStop": 2.0}
DOCUMENT = changed(SMALL, "Masks", [MASK, MASK | {"Cake": {"AzimuthalBins": 12}}])


@pytest.fixture(scope="module")
def integrator():
    return Integrator(Calibration.from_document(changed(DOCUMENT, "Title", "Grüße\nan alle")))


@pytest.fixture(scope="module")
def curves(integrator):
    image = np.random.default_rng(3).poisson(50, (40, 50)).astype(np.int32)
    image[10:30, 10:30] = -1  # some bins are empty
    return integrator.integrate(image)


@pytest.fixture(scope="module")
def format_(integrator):
    return CakeFormat(integrator.plan.channels[1], integrator.calibration.document)


@pytest.fixture
def file(tmp_path, format_, curves):
    path = tmp_path / "x_cR1.hdf"
    path.write_bytes(format_.render(curves[1]))
    return path


def test_a_cake_comes_back_with_seven_digits(file, curves, integrator):
    cake, back = curves[1], read_cake(file)
    np.testing.assert_array_equal(back.q, cake.q)
    np.testing.assert_allclose(back.chi, cake.chi, rtol=1e-15)
    assert np.isnan(back.intensity).any()
    np.testing.assert_allclose(back.intensity, cake.intensity, rtol=1e-7)
    np.testing.assert_allclose(back.sigma, cake.sigma, rtol=1e-7)
    np.testing.assert_allclose(back.area, cake.area, rtol=1e-7)
    assert back.labels == ("Scattering Vector  q [$nm^{-1}$]", "Intensity (Count/Pixel)")
    assert back.calibration == integrator.calibration.document


def test_its_mean_over_azimuth_is_the_curve(file, curves):
    intensity, sigma = read_cake(file).mean()
    np.testing.assert_allclose(intensity, curves[0].intensity, rtol=1e-6)
    np.testing.assert_allclose(sigma, curves[0].sigma, rtol=1e-6)


def test_the_default_plot_is_the_cake(file, curves):
    with h5py.File(file) as root:
        entry = root[root.attrs["default"]]
        data = entry[entry.attrs["default"]]
        assert [each.attrs["NX_class"] for each in (entry, data)] == ["NXentry", "NXdata"]
        signal = data[data.attrs["signal"]]
        axes = [data[name] for name in data.attrs["axes"]]
        assert signal.shape == tuple(axis.size for axis in axes) == curves[1].intensity.shape
        assert data["I_errors"].shape == signal.shape
        assert [axis.attrs["units"] for axis in axes] == ["degree", "1/nm"]
        assert axes[0][0] == -165.0


def test_equal_cakes_give_equal_bytes(format_, integrator, curves):
    again = CakeFormat(integrator.plan.channels[1], integrator.calibration.document)
    assert again.render(curves[1]) == format_.render(curves[1])


def test_a_file_is_known_as_one_of_this_calibration(format_, integrator, curves):
    data = format_.render(curves[1])
    assert format_.made(data)
    other = CakeFormat(integrator.plan.channels[1], DOCUMENT)
    assert not other.made(data)


def test_a_file_of_one_frame_keeps_nothing_of_another(format_, curves, integrator):
    before = format_.render(curves[1])
    other = integrator.integrate(np.zeros((40, 50), np.int32))[1]
    assert format_.render(other) != before
    assert format_.render(curves[1]) == before


@pytest.mark.parametrize("kept", [0, 3, 500, 3000, -1])
def test_a_cut_file_is_not_whole(tmp_path, format_, curves, kept):
    path = tmp_path / "cut.hdf"
    path.write_bytes(format_.render(curves[1])[:kept])
    assert not format_.is_whole(path)
    assert not format_.made(path.read_bytes())
    with pytest.raises(CurveFileError, match="expected a whole cake"):
        read_cake(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CurveFileError, match=r"none\.hdf: expected a cake: "):
        read_cake(tmp_path / "none.hdf")


@pytest.mark.parametrize("harm", ["I", "norm", "radial_axis"])
def test_a_file_with_something_missing_is_no_cake(file, harm):
    with h5py.File(file, "r+") as root:
        del root["entry/data"][harm]
    assert not CakeFormat.is_whole(file)


def test_fields_of_different_sizes_are_no_cake(file):
    with h5py.File(file, "r+") as root:
        del root["entry/data/I_errors"]
        root["entry/data/I_errors"] = np.zeros(3)
    with pytest.raises(CurveFileError, match="expected fields of"):
        read_cake(file)


def test_a_curve_has_no_cake_format(integrator):
    with pytest.raises(ValueError, match="kind Radial"):
        CakeFormat(integrator.plan.channels[0], {})
