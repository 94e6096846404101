import os

import numpy as np
import pytest
import tifffile

from saxsdog.cli import bundle, integrate, verify
from saxsdog.errors import BundleError, CalibrationError, UsageError, VerificationError
from saxsdog.provenance.notes import FOLDER
from tests.helpers.experiments import SHAPE, write_calibration, write_image, write_images


@pytest.fixture
def done(tmp_path):
    """Two images and their curves, made with a mask."""
    good = np.ones(SHAPE, np.uint8)
    good[:, 40:] = 0
    tifffile.imwrite(tmp_path / "m.tif", good)
    masks = [{"qStart": 0.1, "qStop": 0.4, "MaskFile": "m.tif"}]
    write_images(tmp_path / "in", 2)
    assert integrated(write_calibration(tmp_path, Masks=masks), tmp_path / "in") == 0
    return tmp_path


def integrated(*arguments):
    return integrate.run([*map(str, arguments), "-j", "1"])


def test_what_is_equal_is_said_with_what_it_was_made_of(done, capsys):
    curve = done / "work" / "image_001.chi"
    assert verify.run([str(curve)]) == 0
    first, image, packed = capsys.readouterr().out.splitlines()[-3:]
    assert first == f"{curve}: equal"
    assert image.split() == ["image", str(done / "in" / "image_001.tif")]
    assert packed.split()[1].startswith(str(done / "work" / FOLDER))


def test_a_folder_is_all_of_its_results(done, capsys):
    curve = done / "work" / "image_002.chi"
    curve.write_text(curve.read_text().replace(" 2.0", " 3.0"))
    assert verify.run([str(done / "work")]) == 1
    printed = capsys.readouterr().out
    assert f"{curve}: different" in printed
    assert printed.endswith("2 results: 1 equal, 1 different, 0 cannot be verified\n")


def test_of_many_differences_only_some_are_printed(done, capsys):
    curve = done / "work" / "image_002.chi"
    text = curve.read_text()
    for name in ("I0", "I1", "I2"):
        text = text.replace(f'"{name}": ', f'"{name}": 1')
    curve.write_text(text.replace("e+00", "e+01").replace("e-0", "e-1").replace("Count", "Pulse"))
    assert verify.run([str(curve)]) == 1
    printed = capsys.readouterr().out
    assert "and 1 further difference\n" in printed
    assert printed.count("differ,") == verify.MOST_REASONS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.chi"], "nothing.chi: no such file"),
        (["."], "expected results in this folder"),
        (["in/image_001.tif", "--in", "nowhere"], "--in nowhere: expected a folder"),
    ],
)
def test_a_wrong_call_is_explained(done, monkeypatch, arguments, message):
    monkeypatch.chdir(done)
    with pytest.raises(UsageError, match=message):
        verify.run(arguments)


# -------------------------------------------------------------------- bundles


@pytest.mark.parametrize("what", ["work/image_001.chi", "work", "small.saxsconf"])
def test_a_bundle_gives_the_same_files_elsewhere(done, tmp_path_factory, monkeypatch, what):
    monkeypatch.chdir(done)
    assert bundle.run([what, "-o", "packed.zip"]) == 0
    laptop = tmp_path_factory.mktemp("laptop")
    (done / "packed.zip").rename(laptop / "packed.zip")
    (done / "in").rename(laptop / "in")
    monkeypatch.chdir(laptop)
    assert integrated("--bundle", "packed.zip", "in") == 0
    for name in ("image_001.chi", "image_002.chi"):
        assert (laptop / "work" / name).read_bytes() == (done / "work" / name).read_bytes()
    assert verify.run(["work"]) == 0


def test_a_bundle_of_an_archive(done, monkeypatch):
    monkeypatch.chdir(done)
    assert integrated("small.saxsconf", "in", "--format", "nexus,csv") == 0
    for name in ("results/in.hdf", "results/in.csv", "results"):
        assert bundle.run([name, "-o", "packed.zip", "--force"]) == 0


def test_curves_that_are_there_stay_if_the_bundle_is_the_same(done, monkeypatch, capsys):
    monkeypatch.chdir(done)
    bundle.run(["work", "-o", "packed.zip"])
    assert integrated("--bundle", "packed.zip", "in", "--resume") == 0
    assert integrated("--bundle", "packed.zip", "in", "--resume") == 0
    assert "2 skipped" in capsys.readouterr().out.splitlines()[-1]


def test_nothing_is_replaced_unasked(done, monkeypatch):
    monkeypatch.chdir(done)
    assert bundle.run(["work"]) == 0
    with pytest.raises(UsageError, match=r"work\.zip: is there already"):
        bundle.run(["work"])
    assert bundle.run(["work", "--force"]) == 0


def test_a_folder_of_several_calibrations_has_no_bundle(done, monkeypatch):
    monkeypatch.chdir(done)
    write_image(done / "later" / "y.tif")
    assert integrated(write_calibration(done, Wavelength=1.0), "later") == 0
    with pytest.raises(
        UsageError, match=r"got those of 2: \w{16} \(2 images\), \w{16} \(1 image\)"
    ):
        bundle.run(["work"])
    assert bundle.run(["work/y.chi"]) == 0
    assert integrated("small.saxsconf", "in") == 0  # now all are of the later one
    assert bundle.run(["work"]) == 0


@pytest.mark.parametrize(
    ("what", "error"),
    [("in", UsageError), ("in/image_001.chi", VerificationError), ("nowhere", CalibrationError)],
)
def test_what_has_no_bundle_is_said(done, monkeypatch, what, error):
    monkeypatch.chdir(done)
    if what.endswith(".chi"):
        (done / what).write_bytes((done / "work" / "image_001.chi").read_bytes())
    with pytest.raises(error, match=what):
        bundle.run([what])


def test_a_damaged_bundle_integrates_nothing(done, monkeypatch):
    monkeypatch.chdir(done)
    (done / "packed.zip").write_bytes(b"nothing")
    with pytest.raises(BundleError, match=r"packed\.zip: expected a bundle of saxsdog"):
        integrated("--bundle", "packed.zip", "in")


def test_a_calibration_alone_is_no_call(done, capsys):
    with pytest.raises(SystemExit):
        integrated(done / "small.saxsconf")
    assert "expected CAL PATH ... or --bundle ZIP PATH ..." in capsys.readouterr().err


@pytest.mark.parametrize("name", [os.fsdecode(b"\xe4.zip"), "a\nb.zip"])
def test_a_bundle_may_have_any_name(done, capsys, name):
    assert bundle.run([str(done / "work"), "-o", str(done / name)]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert printed.count("\n") == 1
    assert (done / name).is_file()


def test_notes_that_cannot_be_read_are_said(done):
    notes = done / "work" / FOLDER / "images.jsonl"
    notes.unlink()
    notes.mkdir()
    with pytest.raises(UsageError, match=r"images\.jsonl: cannot be read: expected a file"):
        bundle.run([str(done / "work")])


def test_a_bundle_of_a_curve_behind_a_link(done):
    (done / "mine.chi").symlink_to(done / "work" / "image_001.chi")
    assert bundle.run([str(done / "mine.chi"), "-o", str(done / "packed.zip")]) == 0
    with pytest.raises(UsageError, match="File name too long"):
        verify.run([str(done / ("x" * 300))])
