"""Classifiers from the calibration file to curve file, record and history."""

import json
import math
import os

import numpy as np
import pytest

from saxsdog import Calibration, Integrator, read_chi
from saxsdog.curves.jobs import Job, Outcome, ReuseRule
from saxsdog.curves.previous_image import names_before
from saxsdog.curves.reducer import Reducer
from saxsdog.curves.treatment import TreatmentRule
from saxsdog.errors import CalibrationError
from saxsdog.named_files import FileRole, named_files
from saxsdog.pipeline.shared_plan import SharedPlan
from tests.helpers.experiments import DOCUMENT, SHAPE, write_stack
from tests.helpers.frames import cbf_bytes

EXACT = {"Oversampling": 1, "qStart": 0.1, "qStop": 0.4}
"""With whole pixels Poisson's errors are those of the bins."""


def frame(seed, level=100):
    return np.random.default_rng(seed).poisson(level, SHAPE).astype(np.int32)


def write(path, image):
    path.write_bytes(cbf_bytes(image))
    return path


def integrator(folder, *classifiers, **changes):
    document = DOCUMENT | changes | {"Classifiers": list(classifiers)}
    return Integrator(Calibration.from_document(document), folder)


def reducer(integrator, page=None):
    calibration = integrator.calibration
    treatment = TreatmentRule.of(calibration)
    return Reducer(integrator.plan, calibration.document, ReuseRule(), page, treatment=treatment)


def reduced(reducer, image):
    outcome = reducer.reduce(Job(image, image.parent / "out" / image.name.replace("::", "_")))
    return Outcome.from_bytes(outcome.to_bytes()).parameters["R0"]


def problem_of(*classifiers, **changes):
    with pytest.raises(CalibrationError) as caught:
        Calibration.from_document(DOCUMENT | changes | {"Classifiers": list(classifiers)})
    return str(caught.value)


ALL = [
    {"Name": "low", "Kind": "mean", "From": 0.1, "To": 0.2},
    {"Name": "peak1", "Kind": "peak", "From": 0.1, "To": 0.3},
    {"Name": "size", "Kind": "guinier", "To": 0.2},
    {"Name": "surface", "Kind": "porod", "From": 0.2},
    {"Name": "damage", "Kind": "difference"},
    {"Name": "pixels", "Kind": "counts", "Saturation": 120},
]


def test_the_numbers_of_all_kinds_are_in_record_and_curve_file(tmp_path):
    """Integrated as a worker does, with a plan from shared memory."""
    image = write(tmp_path / "x.cbf", frame(1))
    made = integrator(tmp_path, *ALL)
    with SharedPlan.write(made.plan) as shared:
        worker = Reducer(shared.open(), made.calibration.document, ReuseRule())
        worker.warm_up()
        outcome = worker.reduce(Job(image, tmp_path / "out"))
    numbers = outcome.parameters["R0"]
    assert list(numbers) == [
        *("I0", "I1", "I2", "correlation_length", "low.mean"),
        *("peak1.position", "peak1.height", "peak1.width", "peak1.significance"),
        *("size.Rg", "size.I0", "size.r2", "size.qRg_max"),
        *("surface.constant", "surface.background", "surface.r2"),
        *("damage.chi2", "pixels.total", "pixels.maximum", "pixels.saturated"),
    ]
    assert numbers["low.mean"] == pytest.approx(100, rel=0.01)
    assert numbers["pixels.total"] == frame(1).sum()
    assert numbers["pixels.saturated"] == np.mean(frame(1) >= 120)
    assert math.isnan(numbers["damage.chi2"])
    curve = read_chi(outcome.curves[0])
    known = {name: value for name, value in numbers.items() if name != "correlation_length"}
    assert curve.parameters == pytest.approx(known, nan_ok=True)
    second = (tmp_path / "out.chi").read_text().splitlines()[1]
    assert json.loads(second, parse_constant=pytest.fail)["damage.chi2"] is None


def test_from_python_they_are_part_of_the_curve(tmp_path):
    (curve,) = integrator(tmp_path, ALL[0], ALL[4]).integrate(frame(1))
    inside = (curve.q >= 0.1) & (curve.q < 0.2)
    assert curve.classifiers["low.mean"] == pytest.approx(curve.intensity[inside].mean())
    assert math.isnan(curve.classifiers["damage.chi2"])
    assert curve.parameters.I0 > 0


def test_a_calibration_without_them_gives_the_same_bytes(tmp_path):
    image = write(tmp_path / "x.cbf", frame(1))
    plain = Integrator(Calibration.from_document(DOCUMENT), tmp_path)
    job = Job(image, tmp_path / "plain")
    outcome = Reducer(plain.plan, DOCUMENT, ReuseRule()).reduce(job)
    assert list(outcome.parameters["R0"]) == ["I0", "I1", "I2", "correlation_length"]
    assert outcome.complaints == {}
    first, second, *_ = (tmp_path / "plain.chi").read_text().splitlines()
    assert json.loads(first) == DOCUMENT
    assert list(json.loads(second)) == ["I0", "I1", "I2"]


def test_normalised_curves_are_classified(tmp_path):
    section = {"DivideBy": "4", "Unit": "1/cm"}
    (curve,) = integrator(tmp_path, ALL[0], ALL[5], Normalization=section).integrate(frame(1))
    assert curve.classifiers["low.mean"] == pytest.approx(25, rel=0.01)
    assert curve.classifiers["pixels.total"] == frame(1).sum()  # what the detector counted


def test_counts_leave_the_masked_pixels_out(tmp_path):
    mask = np.zeros(SHAPE, np.uint8)
    mask[5:9, 7] = 1
    np.save(tmp_path / "mask.npy", mask)
    image = frame(1)
    image[6, 7], image[0, 0] = 1_000_000, -1
    (curve,) = integrator(
        tmp_path, {"Name": "n", "Kind": "counts"}, Masks=[EXACT | {"MaskFile": "mask.npy"}]
    ).integrate(image, {"Count_cutoff": 130})
    good = image[(mask == 0) & (image >= 0)]
    assert curve.classifiers == {
        "n.total": good.sum(),
        "n.maximum": good.max(),
        "n.saturated": np.mean(good >= 130),
    }


def test_the_window_is_in_q_whatever_the_unit_of_the_bins(tmp_path):
    """Over d the bins go the other way round, and are of unequal width."""
    window = {"Name": "w", "Kind": "mean", "From": 0.15, "To": 0.3}
    peak = {"Name": "p", "Kind": "peak", "From": 0.12, "To": 0.32}
    rows, columns = np.indices(SHAPE)
    radius = np.hypot(rows + 0.5 - (40 - 28.3), columns + 0.5 - 21.7)
    image = np.round(1000 + 5000 * np.exp(-(((radius - 14) / 3) ** 2))).astype(np.int32)
    (over_q,) = integrator(tmp_path, window, peak).integrate(image)
    bins = {"Unit": "d", "From": 12, "To": 70, "Number": 80}
    (over_d,) = integrator(
        tmp_path, window, peak, Masks=[EXACT | {"Bins": bins, "Oversampling": 3}]
    ).integrate(image)
    assert over_d.unit == "nm"
    wanted = over_q.classifiers
    assert over_d.classifiers["w.mean"] == pytest.approx(wanted["w.mean"], rel=0.03)
    assert over_d.classifiers["p.position"] == pytest.approx(wanted["p.position"], rel=0.01)
    assert over_d.classifiers["p.width"] == pytest.approx(wanted["p.width"], rel=0.1)


# the image before


def test_the_image_before_is_found_by_its_number_whoever_integrated_it(tmp_path):
    """One worker has all images, the other one of them; their numbers are the same."""
    images = [write(tmp_path / f"a_{n:03d}.cbf", frame(n)) for n in range(9, 12)]
    write(tmp_path / "b_010.cbf", frame(77, level=500))
    made = integrator(tmp_path, ALL[4], Masks=[EXACT])
    worker = reducer(made)
    chi2 = [reduced(worker, image)["damage.chi2"] for image in images]
    assert math.isnan(chi2[0])
    assert chi2[1:] == pytest.approx([1.0, 1.0], abs=0.6)
    assert reduced(reducer(made), images[2])["damage.chi2"] == chi2[2]


def test_damage_is_seen_where_it_begins(tmp_path):
    images = [
        write(tmp_path / f"a_{n}.cbf", frame(n, level=100 if n < 3 else 130)) for n in range(1, 5)
    ]
    worker = reducer(integrator(tmp_path, ALL[4], Masks=[EXACT]))
    chi2 = [reduced(worker, image)["damage.chi2"] for image in images]
    assert chi2[2] > 20 > 2 > max(chi2[1], chi2[3])


def test_an_image_before_that_was_replaced_is_read_again(tmp_path):
    first, second = (write(tmp_path / f"a_{n}.cbf", frame(n)) for n in (1, 2))
    worker = reducer(integrator(tmp_path, ALL[4], Masks=[EXACT]))
    reduced(worker, first)
    write(first, frame(3, level=150))
    os.utime(first, ns=(1, 1))
    assert reduced(worker, second)["damage.chi2"] > 20
    first.write_bytes(b"no image")
    assert math.isnan(reduced(worker, second)["damage.chi2"])


def test_images_of_one_file_have_each_other(tmp_path):
    file = write_stack(tmp_path / "x_1.tif", 10, 10, 40)
    write(tmp_path / "x_0.cbf", frame(1))
    made = integrator(tmp_path, ALL[4], Masks=[EXACT])
    worker = reducer(made)
    chi2 = [reduced(worker, file.with_name(f"{file.name}::{n}"))["damage.chi2"] for n in range(3)]
    assert math.isnan(chi2[0])
    area = made.integrate(frame(1))[0].area  # variances are 10 / area and 40 / area
    assert chi2[1:] == pytest.approx([0.0, 30**2 / 50 * area[area > 0].mean()])


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("a_00042.tif", ["a_00041.tif"]),
        ("a_100.tif", ["a_099.tif", "a_99.tif"]),
        ("a_10_0.5mm_7.cbf.gz", ["a_10_0.5mm_6.cbf.gz"]),
        ("00001", ["00000"]),
        ("a_0.tif", []),
        ("a.h5", []),
        ("x.h5::17", ["x.h5::16"]),
        ("x_3.h5::0", []),
    ],
)
def test_the_name_of_the_image_before(name, before):
    assert list(names_before(name)) == before


# a reference


def test_curves_are_compared_with_a_reference(tmp_path):
    image = write(tmp_path / "a_1.cbf", frame(1))
    Reducer(integrator(tmp_path, Masks=[EXACT]).plan, DOCUMENT, ReuseRule()).reduce(
        Job(image, tmp_path / "reference")
    )
    entry = {"Name": "r", "Kind": "difference", "Reference": "reference.chi"}
    document = DOCUMENT | {"Classifiers": [entry]}
    (named,) = named_files(document)
    assert (named.key, named.role) == ("Classifiers[0].Reference", FileRole.CURVE)
    made = integrator(tmp_path, entry, Masks=[EXACT])
    assert made.integrate(frame(1))[0].classifiers["r.chi2"] == pytest.approx(0, abs=1e-15)
    assert made.integrate(frame(2))[0].classifiers["r.chi2"] == pytest.approx(1, abs=0.6)
    assert made.integrate(frame(2, 130))[0].classifiers["r.chi2"] > 20


def test_a_reference_that_is_no_curve_is_told(tmp_path):
    (tmp_path / "r.chi").write_text("nothing")
    entry = {"Name": "r", "Kind": "difference", "Reference": "r.chi"}
    with pytest.raises(
        CalibrationError, match=r"Classifiers\[0\]\.Reference: .*r.chi: expected a curve"
    ):
        integrator(tmp_path, entry)


# what does not go together

MEAN = {"Name": "a", "Kind": "mean"}


@pytest.mark.parametrize(
    ("classifiers", "told"),
    [
        (
            [MEAN, MEAN],
            "Classifiers[1].Name: expected another than Classifiers[0].Name for the same channel, "
            "got 'a'",
        ),
        (
            [MEAN | {"Channel": 1}],
            "Classifiers[0].Channel: expected the index of one of 1 masks, got 1",
        ),
        (
            [MEAN | {"From": 0.3, "To": 0.2}],
            "Classifiers[0].To: expected more than From (0.3 nm⁻¹), got 0.2",
        ),
        (
            [MEAN | {"Reference": "x.chi"}],
            "Classifiers[0].Reference: expected none with the kind mean, got 'x.chi'",
        ),
        (
            [{"Name": "a", "Kind": "counts", "From": 0.3}],
            "Classifiers[0].From: expected none with the kind counts, got 0.3",
        ),
        (
            [{"Name": "a", "Kind": "plugin"}],
            "Classifiers[0].Plugin: expected the name of one with the kind plugin, got none",
        ),
        ([{"Name": "a.b", "Kind": "mean"}], "Classifiers[0].Name: "),
        ([{"Name": "a", "Kind": "maen"}], "Classifiers[0].Kind: "),
    ],
)
def test_what_does_not_go_together_is_told_with_its_key(classifiers, told):
    assert problem_of(*classifiers).startswith(told)


@pytest.mark.parametrize("over", [{"Phi-mode": True}, {"Cake": {}}])
def test_what_needs_q_needs_a_curve_over_q(tmp_path, over):
    masks = [{"qStart": 0.1, "qStop": 0.3} | over]
    told = problem_of(MEAN, Masks=masks)
    assert told.startswith("Classifiers[0].Channel: expected a mask that gives a curve over q")
    difference = {"Name": "d", "Kind": "difference", "From": 0.1}
    assert "which is over azimuth" in problem_of(difference, Masks=masks)
    worker = reducer(integrator(tmp_path, ALL[4], ALL[5], Masks=masks))
    images = [write(tmp_path / f"a_{n}.cbf", frame(n)) for n in (1, 2)]
    numbers = [reduced(worker, image) for image in images]
    assert numbers[1]["pixels.total"] == frame(2).sum()
    assert 0.1 < numbers[1]["damage.chi2"] < 3  # Poisson's errors are too large with sub-pixels


def test_a_window_between_bins_is_told(tmp_path):
    with pytest.raises(CalibrationError, match=r"Classifiers\[0\]\.To: expected at least 5 bins"):
        integrator(tmp_path, {"Name": "p", "Kind": "peak", "From": 0.1, "To": 0.101})


def test_a_plugin_that_is_not_installed_is_told(tmp_path):
    told = r"Classifiers\[0\]\.Plugin: expected one that is installed \(.*\), got 'no-such'"
    with pytest.raises(CalibrationError, match=told):
        integrator(tmp_path, {"Name": "p", "Kind": "plugin", "Plugin": "no-such"})


def test_in_gisaxs_mode_there_is_nothing_to_classify(tmp_path):
    cut = {"Direction": "x", "Plane": "InPlane", "CutPosition": 10, "CutMargin": 2}
    made = integrator(tmp_path, *ALL, Slices=[cut], GISAXSmode=True)
    (curve,) = made.integrate(frame(1))
    assert curve.kind == "Slice"
    assert curve.classifiers == {}


def test_a_name_that_two_packages_give_is_told_and_not_guessed(tmp_path, monkeypatch):
    for package in ("one", "two"):
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        entry = (
            f"[saxsdog.classifiers]\nsame = {package}:measure\nown_{package} = {package}:other\n"
        )
        (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(tmp_path)
    integrator(tmp_path, {"Name": "p", "Kind": "plugin", "Plugin": "own_one"})
    said = r"Classifiers\[0\]\.Plugin: expected one function .* 'same', got one:measure and two:mea"
    with pytest.raises(CalibrationError, match=said):
        integrator(tmp_path, {"Name": "p", "Kind": "plugin", "Plugin": "same"})
