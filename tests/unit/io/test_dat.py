from dataclasses import replace

import numpy as np
import pytest

from saxsdog.errors import CurveFileError
from saxsdog.io.dat import PER_ANGSTROM, PER_NM, DatFormat, read_dat
from tests.helpers.archives import integrator_of


@pytest.fixture(scope="module")
def integrator():
    return integrator_of(Title="Grüße\n1 2 3")


@pytest.fixture(scope="module")
def curve(integrator):
    image = np.random.default_rng(1).poisson(50, integrator.plan.shape).astype(np.int32)
    image[10:30, 10:32] = -1  # the innermost bins are empty
    (curve,) = integrator.integrate(image)
    assert np.isnan(curve.intensity).any()
    return curve


def format_of(integrator, unit=PER_NM, document=None):
    return DatFormat(
        integrator.plan.channels[0],
        document or integrator.calibration.document,
        "Intensity (1/cm)",
        unit,
    )


@pytest.mark.parametrize(("unit", "per_nm"), [(PER_NM, 1.0), (PER_ANGSTROM, 0.1)])
def test_a_curve_comes_back_without_its_empty_bins(tmp_path, integrator, curve, unit, per_nm):
    path = tmp_path / "x.dat"
    path.write_bytes(format_of(integrator, unit).render(curve))
    back, known = read_dat(path), np.isfinite(curve.intensity)
    np.testing.assert_allclose(back.q, curve.q[known] * per_nm, rtol=1e-11)
    np.testing.assert_allclose(back.intensity, curve.intensity[known], rtol=1e-11)
    np.testing.assert_allclose(back.sigma, curve.sigma[known], rtol=1e-11)
    braces = "nm^{-1}" if unit == PER_NM else "A^{-1}"
    assert back.labels[:2] == (f"Scattering Vector  q [${braces}$]", "Intensity (1/cm)")


def test_numpy_reads_it_as_it_is(tmp_path, integrator, curve):
    path = tmp_path / "x.dat"
    path.write_bytes(format_of(integrator).render(curve))
    table = np.loadtxt(path)
    assert table.shape == (np.isfinite(curve.intensity).sum(), 3)
    assert np.isfinite(table).all()


def test_it_is_ascii_and_says_its_unit(integrator, curve):
    lines = format_of(integrator, PER_ANGSTROM).render(curve).decode("ascii").splitlines()
    assert lines[3] == "# q [A^-1]\tIntensity (1/cm)\tError Margin"


@pytest.mark.parametrize(
    ("unit", "written"),
    [("cm⁻¹", "cm^-1"), ("1/cm\n1 2 3\t", "1/cm 1 2 3 "), ("µA", "\\xb5A")],
)
def test_any_unit_of_the_intensity_stays_in_its_comment(tmp_path, integrator, curve, unit, written):
    channel, document = integrator.plan.channels[0], integrator.calibration.document
    path = tmp_path / "x.dat"
    path.write_bytes(DatFormat(channel, document, f"Intensity ({unit})").render(curve))
    assert np.loadtxt(path).shape == (np.isfinite(curve.intensity).sum(), 3)
    assert read_dat(path).labels[1] == f"Intensity ({written})"


def test_bins_that_are_empty_may_change_from_image_to_image(integrator, curve):
    format_ = format_of(integrator)
    first = format_.render(curve)
    whole = replace(curve, intensity=np.ones_like(curve.q), sigma=np.ones_like(curve.q))
    assert format_.render(whole).count(b"\n") == 4 + curve.q.size
    assert format_.render(curve) == first


def test_a_curve_without_any_bin_has_no_rows(tmp_path, integrator, curve):
    path = tmp_path / "x.dat"
    nothing = np.full_like(curve.q, np.nan)
    data = format_of(integrator).render(replace(curve, intensity=nothing, sigma=nothing))
    path.write_bytes(data)
    assert read_dat(path).q.size == 0


def test_it_knows_its_own_calibration(integrator, curve):
    data = format_of(integrator).render(curve)
    assert format_of(integrator).made(data)
    assert not format_of(integrator, PER_ANGSTROM).made(data)
    assert not format_of(integrator, document={"Title": "another"}).made(data)
    assert not format_of(integrator).made(data[:-1])


@pytest.mark.parametrize("data", [b"", b"1 2 3\n", b"# saxsdog 1\n 1 2", b"# saxsdog 1\n 1 x 3\n"])
def test_what_is_no_whole_curve_is_refused(tmp_path, data):
    path = tmp_path / "x.dat"
    path.write_bytes(data)
    assert not DatFormat.is_whole(path)
    with pytest.raises(CurveFileError, match="expected"):
        read_dat(path)
