from copy import deepcopy

import numpy as np
import pytest
import tifffile

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError, FrameError
from saxsdog.integrator import Integrator
from saxsdog.io.chi import CurveFormat
from saxsdog.io.mask_files import write_fit2d_mask
from tests.helpers.calibrations import FULL, SMALL, changed

SHAPE = (40, 50)
FIRST = np.random.default_rng(0).random(SHAPE) < 0.3
SECOND = np.random.default_rng(1).random(SHAPE) < 0.5
IMAGE = np.random.default_rng(2).poisson(30, SHAPE).astype(np.int32)


@pytest.fixture
def folder(tmp_path):
    write_fit2d_mask(tmp_path / "mask.msk", FIRST)
    tifffile.imwrite(tmp_path / "ring.msk", SECOND.astype(np.uint8))
    return tmp_path


def integrator_of(document, folder="."):
    return Integrator(Calibration.from_document(document), base=folder)


def everything():
    """All channels of the full document: two masks, two slices."""
    document = deepcopy(FULL)
    document["GISAXSmode"] = False
    return document


def test_channels_are_masks_then_slices_numbered_through(folder):
    integrator = integrator_of(everything(), folder)
    assert integrator.channels == ("R0", "R1", "S2", "S3")
    assert [curve.channel for curve in integrator.integrate(IMAGE)] == list(integrator.channels)


def test_in_gisaxs_mode_slices_keep_their_names(folder):
    integrator = integrator_of(FULL, folder)
    assert integrator.channels == ("S2", "S3")
    without = {curve.channel: curve for curve in integrator.integrate(IMAGE)}
    for curve in integrator_of(everything(), folder).integrate(IMAGE)[2:]:
        np.testing.assert_array_equal(curve.intensity, without[curve.channel].intensity)


def test_a_curve_uses_the_pixels_that_its_mask_leaves(folder):
    radial, phi, along, across = integrator_of(everything(), folder).integrate(IMAGE)
    assert radial.area.sum() == pytest.approx((~FIRST).sum())
    assert 0 < phi.area.sum() < (~SECOND).sum()
    band = ~SECOND[40 - 12 - 2 : 40 - 12 + 2 + 1]
    np.testing.assert_array_equal(along.area, band.sum(axis=0))
    np.testing.assert_array_equal(across.area, np.ones(40))
    assert phi.q.size == 90


def test_without_a_mask_file_every_pixel_is_used():
    (curve,) = integrator_of(SMALL).integrate(IMAGE)
    assert curve.area.sum() == pytest.approx(IMAGE.size)


def test_the_matrix_times_the_image_is_the_curve(folder):
    integrator = integrator_of(everything(), folder)
    for curve in integrator.integrate(IMAGE):
        matrix = integrator.matrix(curve.channel)
        seen = curve.area > 0
        assert matrix.shape == (curve.q.size, IMAGE.size)
        np.testing.assert_allclose(
            curve.intensity[seen], (matrix @ IMAGE.ravel())[seen], rtol=1e-12
        )
    with pytest.raises(KeyError):
        integrator.matrix("R9")


def test_the_beam_centre_in_the_file_is_counted_from_the_bottom():
    """A ring around the point 12.25 from the bottom and 17.5 from the left is one peak."""
    row, column = np.ogrid[:40, :50]
    radius = np.hypot(row + 0.5 - (40 - 12.25), column + 0.5 - 17.5)
    ring = np.where(np.abs(radius - 10) < 0.5, 1000, 0)
    (curve,) = integrator_of(SMALL).integrate(ring)
    assert (curve.intensity > 0).sum() <= 4
    assert curve.q[np.nanargmax(curve.intensity)] == pytest.approx(
        4 * np.pi / 0.154 * np.sin(np.arctan(10 * 0.172 / 829.7) / 2), rel=0.05
    )


def test_the_error_model_of_the_calibration_is_used():
    curves = {
        model: integrator_of(changed(SMALL, "ErrorModel", model)).integrate(IMAGE)[0]
        for model in ("poisson", "propagated", "azimuthal")
    }
    poisson = curves["poisson"]
    np.testing.assert_allclose(poisson.sigma, np.sqrt(poisson.intensity / poisson.area))
    default = integrator_of(SMALL).integrate(IMAGE)[0]
    np.testing.assert_array_equal(default.sigma, poisson.sigma)
    assert np.nansum(curves["propagated"].sigma) < np.nansum(poisson.sigma)
    assert np.nansum(curves["azimuthal"].sigma) != np.nansum(curves["propagated"].sigma)


def test_polarization_in_degrees_is_divided_out():
    bent = changed(SMALL, "Geometry", "DedectorDistanceMM", 5.0)
    plain, corrected = (
        integrator_of(document).integrate(IMAGE)[0].intensity
        for document in (bent, bent | {"PolarizationCorrection": {"Fraction": 1, "Angle": 90}})
    )
    assert (corrected >= plain).all()
    turned = bent | {"PolarizationCorrection": {"Fraction": 0, "Angle": 0}}
    np.testing.assert_allclose(integrator_of(turned).integrate(IMAGE)[0].intensity, corrected)


def message_of(document, folder):
    with pytest.raises(CalibrationError) as caught:
        integrator_of(document, folder)
    return str(caught.value)


def test_a_missing_mask_file_is_named_with_its_key(folder):
    (folder / "ring.msk").unlink()
    message = message_of(everything(), folder)
    assert message.startswith("Masks[1].MaskFile: ")
    assert str(folder / "ring.msk") in message
    assert "no such file" in message


def test_a_mask_of_another_shape_is_named_with_its_key(folder):
    write_fit2d_mask(folder / "mask.msk", FIRST[:-1])
    message = message_of(everything(), folder)
    assert message.startswith(f"Masks[0].MaskFile: {folder / 'mask.msk'}: ")
    assert "expected a mask of (40, 50) pixels as in Geometry.Imagesize, got (39, 50)" in message


def test_a_file_that_is_no_mask_is_named_with_its_key(folder):
    (folder / "mask.msk").write_text("this is no mask")
    assert message_of(everything(), folder).startswith("Masks[0].MaskFile: ")


def test_a_mask_that_only_slices_use_is_checked_too(folder):
    (folder / "ring.msk").unlink()
    assert message_of(FULL, folder).startswith("Masks[1].MaskFile: ")


def test_a_mask_may_have_an_absolute_path(folder):
    document = changed(SMALL, "Masks", 0, "MaskFile", str(folder / "mask.msk"))
    (curve,) = integrator_of(document, "/nowhere").integrate(IMAGE)
    assert curve.area.sum() == pytest.approx((~FIRST).sum())


def test_a_frame_of_another_size_is_a_frame_error():
    with pytest.raises(FrameError, match=r"\(40, 50\) pixels, got \(50, 40\)"):
        integrator_of(SMALL).integrate(IMAGE.T)


def test_more_masks_than_a_layer_holds_are_integrated():
    document = changed(SMALL, "Masks", SMALL["Masks"] * 32)
    curves = integrator_of(document).integrate(IMAGE)
    assert len(curves) == 32
    for curve in curves:
        np.testing.assert_array_equal(curve.intensity, curves[0].intensity)


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"Sectors": [{"From": 100, "To": 130}]}, "Sectors"),
        ({"Bins": {"From": 100, "To": 130}}, "Bins"),
        ({"Bins": {"From": 100, "To": 130}, "Cake": {}}, "Bins"),
    ],
)
def test_bins_and_sectors_in_which_there_is_nothing_are_an_error(entry, key):
    document = changed(SMALL, "Masks", [{}, entry])
    beside = changed(document, "Geometry", "BeamCenter", [12.25, -300.0])
    said = rf"^Masks\[1\]\.{key}: expected some pixels of the detector there .*, got none$"
    with pytest.raises(CalibrationError, match=said):
        integrator_of(beside)


def test_a_background_over_something_else_is_an_error(tmp_path):
    angles = changed(SMALL, "Masks", [{"Bins": {"Unit": "two_theta", "Number": 20}}])
    integrator = integrator_of(angles)
    (curve,) = integrator.integrate(IMAGE)
    data = CurveFormat(integrator.plan.channels[0], angles).render(curve)
    (tmp_path / "b.chi").write_bytes(data)
    with_background = {"BackgroundCurve": "b.chi"}
    same = changed(angles, "Masks", [angles["Masks"][0] | with_background])
    (rest,) = integrator_of(same, tmp_path).integrate(IMAGE)
    seen = rest.area > 0
    np.testing.assert_allclose(rest.intensity[seen], 0.0, atol=1e-9)
    with pytest.raises(CalibrationError, match=r"BackgroundCurve: .*expected a curve over 'Scat"):
        integrator_of(changed(SMALL, "Masks", [with_background]), tmp_path)


def test_a_background_or_a_reference_in_another_unit_is_remarked_upon(tmp_path):
    integrator = integrator_of(SMALL)
    curve = integrator.integrate(IMAGE)[0]
    data = CurveFormat(integrator.plan.channels[0], SMALL).render(curve)
    (tmp_path / "b.chi").write_bytes(data)
    mask = SMALL["Masks"][0] | {"BackgroundCurve": "b.chi"}
    difference = {"Name": "d", "Kind": "difference", "Reference": "b.chi"}
    counts = SMALL | {"Masks": [mask], "Classifiers": [difference]}
    assert integrator_of(counts, tmp_path).remarks == ()
    absolute = counts | {"Normalization": {"ScaleFactor": 0.1, "Unit": "1/cm"}}
    told = "b.chi is in counts/pixel, curves of the images are in cm⁻¹"
    expected = [f"Masks[0].BackgroundCurve: {told}", f"Classifiers[0].Reference: {told}"]
    assert list(integrator_of(absolute, tmp_path).remarks) == expected
    converted = absolute | {"Background": {"Scale": "0.1 * transmission"}}
    assert list(integrator_of(converted, tmp_path).remarks) == expected[1:]


def test_classifiers_without_their_curves_are_remarked_upon():
    cut = {"Direction": "x", "Plane": "InPlane", "CutPosition": 10, "CutMargin": 1}
    grazing = SMALL | {"GISAXSmode": True, "Slices": [cut | {"IncidentAngle": 0, "MaskRef": -1}]}
    assert integrator_of(grazing).remarks == ()
    classified = grazing | {"Classifiers": [{"Name": "n", "Kind": "counts"}]}
    (remark,) = integrator_of(classified).remarks
    assert remark.startswith("Classifiers: GISAXSmode")


def test_the_matrix_of_a_cake_has_a_row_for_each_of_its_bins():
    integrator = integrator_of(changed(SMALL, "Masks", [{"Cake": {"AzimuthalBins": 6}}]))
    (cake,) = integrator.integrate(IMAGE)
    expected = (integrator.matrix("R0") @ IMAGE.ravel()).reshape(cake.intensity.shape)
    seen = cake.area > 0
    np.testing.assert_allclose(cake.intensity[seen], expected[seen], rtol=1e-12)


def test_a_cake_is_normalised_as_a_curve_is():
    document = changed(SMALL, "Masks", [{"Cake": {}}]) | {"Normalization": {"ScaleFactor": 3.0}}
    (plain,) = integrator_of(changed(SMALL, "Masks", [{"Cake": {}}])).integrate(IMAGE)
    (scaled,) = integrator_of(document).integrate(IMAGE)
    np.testing.assert_allclose(scaled.intensity, 3 * plain.intensity)
    np.testing.assert_allclose(scaled.sigma, 3 * plain.sigma)
