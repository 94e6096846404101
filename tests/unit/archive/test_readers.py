"""Our results in the hands of the programs that people use next."""

import logging

import h5py
import numpy as np
import pytest

from saxsdog.archive.nexus import NexusFile
from saxsdog.curves.jobs import Job, ReuseRule
from saxsdog.curves.reducer import Reducer
from saxsdog.io.chi import CurveFormat
from saxsdog.io.dat import PER_ANGSTROM, PER_NM, DatFormat
from tests.helpers.archives import FOLDER, description_of, integrator_of, record_of
from tests.helpers.experiments import SHAPE

NORMALIZED = {"Normalization": {"ScaleFactor": 0.01, "Unit": "1/cm"}}


@pytest.fixture(scope="module")
def integrator():
    mask = {"qStart": 0.1, "qStop": 0.4}
    masks = [mask, mask | {"PixelPerRadialElement": 2}]
    return integrator_of(Masks=masks, **NORMALIZED)


@pytest.fixture(scope="module")
def records(integrator):
    return [record_of(integrator, number) for number in range(3)]


@pytest.fixture(scope="module")
def stack(integrator, records, tmp_path_factory):
    """A file that is still open, with room for more."""
    path = tmp_path_factory.mktemp("results") / "run7.hdf"
    file = NexusFile(path, description_of(integrator, path.with_suffix("")), FOLDER)
    file.add(records)
    yield path
    file.close()


@pytest.fixture(scope="module")
def curve(integrator):
    image = np.random.default_rng(2).poisson(50, SHAPE).astype(np.int32)
    image[15:27, 15:27] = -1
    return integrator.integrate(image)[0]


@pytest.fixture
def sasview():
    """Return the loader of SasView; what it tells of its readers is no failure."""
    loader = pytest.importorskip("sasdata.dataloader.loader", reason="sasdata is not installed")
    logging.disable(logging.CRITICAL)
    yield loader.Loader()
    logging.disable(logging.NOTSET)


def dat_file(folder, integrator, curve, unit):
    label = integrator.plan.intensity_label
    document = integrator.calibration.document
    path = folder / "x.dat"
    path.write_bytes(DatFormat(integrator.plan.channels[0], document, label, unit).render(curve))
    return path


def known(columns):
    intensity, sigma = columns
    return np.isfinite(intensity), intensity, sigma


def test_sasview_loads_the_newest_curve_of_each_channel_in_its_units(
    stack, sasview, integrator, records
):
    loaded = sasview.load(str(stack))
    assert len(loaded) == 2
    for data, channel in zip(loaded, integrator.plan.channels, strict=True):
        there, intensity, sigma = known(records[-1].curves[channel.name])
        np.testing.assert_allclose(data.x, channel.q[there] / 10, rtol=1e-12)
        np.testing.assert_allclose(data.y, intensity[there], rtol=1e-12)
        np.testing.assert_allclose(data.dy, sigma[there], rtol=1e-12)
        assert data.x_unit == "A^{-1}"
        assert data.y_unit == "cm^{-1}"
        assert data.title == "x_00002.tif"
        assert data.errors == []


def test_sasview_loads_each_curve_of_a_finished_file(tmp_path, sasview, integrator, records):
    path = tmp_path / "run7.hdf"
    file = NexusFile(path, description_of(integrator, path.with_suffix("")), FOLDER)
    file.add(records)
    file.finish()
    loaded = sasview.load(str(path))
    expected = [(name, record) for name in ("R0", "R1") for record in records]
    for data, (name, record) in zip(loaded, expected, strict=True):
        there, intensity, sigma = known(record.curves[name])
        np.testing.assert_allclose(data.y, intensity[there], rtol=1e-12)
        np.testing.assert_allclose(data.dy, sigma[there], rtol=1e-12)
        assert data.title == record.image.rpartition("/")[2]
        assert (data.x_unit, data.y_unit) == ("A^{-1}", "cm^{-1}")


def test_sasview_loads_a_dat_file(tmp_path, sasview, integrator, curve):
    (data,) = sasview.load(str(dat_file(tmp_path, integrator, curve, PER_ANGSTROM)))
    there, intensity, sigma = known((curve.intensity, curve.sigma))
    np.testing.assert_allclose(data.x, curve.q[there] / 10, rtol=1e-10)
    np.testing.assert_allclose(data.y, intensity[there], rtol=1e-10)
    np.testing.assert_allclose(data.dy, sigma[there], rtol=1e-10)
    assert data.x_unit == "A^{-1}"


def test_freesas_loads_a_dat_file(tmp_path, integrator, curve):
    sasio = pytest.importorskip("freesas.sasio", reason="freesas is not installed")
    table = sasio.load_scattering_data(dat_file(tmp_path, integrator, curve, PER_NM))
    there, intensity, sigma = known((curve.intensity, curve.sigma))
    expected = np.stack([curve.q, intensity, sigma], axis=1)[there]
    np.testing.assert_allclose(table, expected, rtol=1e-10)


def test_numpy_loads_a_chi_file(tmp_path, integrator, curve):
    path = tmp_path / "x.chi"
    document = integrator.calibration.document
    path.write_bytes(CurveFormat(integrator.plan.channels[0], document).render(curve))
    table = np.loadtxt(path, skiprows=4)
    expected = np.stack([curve.q, curve.intensity, curve.sigma], axis=1)
    np.testing.assert_allclose(table, expected, rtol=1e-10)


def test_the_default_plot_of_nexusformat_is_the_stack(stack, records):
    nexusformat = pytest.importorskip("nexusformat.nexus", reason="nexusformat is not installed")
    root = nexusformat.nxload(str(stack))
    plot = root.get_default()
    assert plot.nxpath == "/stack/R0"
    assert root.plottable_data.nxpath == "/stack/R0"
    expected = np.stack([record.curves["R0"][0] for record in records])
    np.testing.assert_array_equal(plot.nxsignal.nxvalue, expected)
    assert plot.nxerrors.shape == expected.shape


def test_the_default_plot_of_silx_is_the_stack(stack, integrator, records):
    silx_io = pytest.importorskip("silx.io", reason="silx is not installed")
    nxdata = pytest.importorskip("silx.io.nxdata", reason="silx is not installed")
    with silx_io.open(str(stack)) as root:
        plot = nxdata.get_default(root)
        assert plot.is_valid
        assert plot.interpretation == "spectrum"
        assert plot.signal.shape == (len(records), integrator.plan.channels[0].q.size)
        np.testing.assert_array_equal(plot.axes[1], integrator.plan.channels[0].q)
        assert plot.errors.shape == plot.signal.shape


def test_the_path_of_default_leads_to_the_stack(stack, records):
    with h5py.File(stack) as root:
        node = root
        while "default" in node.attrs:
            node = node[node.attrs["default"]]
        assert node.name == "/stack/R0"
        signal = node[node.attrs["signal"]]
        assert len(signal) == len(records)
        assert signal.attrs["units"] == "1/cm"


def test_all_formats_come_from_one_image(tmp_path, integrator):
    from saxsdog.curves.formats import Products
    from tests.helpers.experiments import write_image

    image = write_image(tmp_path / "x.tif")
    products = Products(("dat", "chi"), PER_ANGSTROM)
    document = integrator.calibration.document
    reducer = Reducer(integrator.plan, document, ReuseRule(), products=products)
    outcome = reducer.reduce(Job(image, tmp_path / "out" / "x"))
    names = ["x.chi", "x.dat", "x_cR1.chi", "x_cR1.dat"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert [curve.rpartition("/")[2] for curve in outcome.curves] == ["x.chi", "x_cR1.chi"]
    kept = Reducer(integrator.plan, document, ReuseRule(keep_up_to_date=True), products=products)
    assert kept.reduce(Job(image, tmp_path / "out" / "x")).curves == []
    (tmp_path / "out" / "x_cR1.dat").unlink()
    assert len(kept.reduce(Job(image, tmp_path / "out" / "x")).curves) == 2
