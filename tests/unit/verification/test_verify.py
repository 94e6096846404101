"""Results are verified as users have them: after a run of ``saxsdog integrate``."""

import csv
import json
import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile

from saxsdog.cli import integrate
from saxsdog.provenance.bundle import Bundle
from saxsdog.provenance.notes import FOLDER
from saxsdog.verification.search import Search
from saxsdog.verification.verify import Finding, Verifier
from tests.helpers.experiments import SHAPE, write_calibration, write_stack

CHANNELS = [{"qStart": 0.1, "qStop": 0.4}, {"qStart": 0.2, "qStop": 0.4, "Oversampling": 2}]


def noisy(seed):
    return np.random.default_rng(seed).poisson(50.0, SHAPE).astype(np.int32)


def write_noisy(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, noisy(seed))
    return path


def run(folder, *options, images="in", **changes):
    calibration = write_calibration(folder, **changes)
    arguments = [str(calibration), str(folder / images), "-j", "1", *options]
    assert integrate.run(arguments) == 0


def verdicts(path, *folders, bundle=None):
    with Verifier(Search([Path(folder) for folder in folders]), bundle) as verifier:
        return list(verifier.verify(path))


def verdict(path, *folders, bundle=None):
    (found,) = verdicts(path, *folders, bundle=bundle)
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Two images, and their results in all formats."""
    folder = tmp_path_factory.mktemp("finished")
    for seed in (1, 2):
        write_noisy(folder / "in" / f"x_{seed}.tif", seed)
    run(folder, "--format", "chi,dat,nexus,csv,parquet", Masks=CHANNELS)
    return folder


@pytest.fixture
def done(finished, tmp_path):
    """The same for each test, as somebody has copied them."""
    for folder in ("in", "work", "results"):
        shutil.copytree(finished / folder, tmp_path / folder)
    return tmp_path


@pytest.mark.parametrize("name", ["x_1.chi", "x_2_cR1.chi", "x_1.dat", "x_2_cR1.dat"])
def test_a_curve_comes_out_again(done, name):
    found = verdict(done / "work" / name)
    assert found.finding is Finding.EQUAL
    assert found.image == done / "in" / f"{name[:3]}.tif"
    assert found.bundle.parent == done / "work" / FOLDER
    assert found.reasons == found.remarks == found.versions == ()


@pytest.mark.parametrize("name", ["in.hdf", "in.csv", "in.parquet"])
def test_all_rows_of_an_archive_come_out_again(done, name):
    found = verdicts(done / "results" / name)
    assert [each.finding for each in found] == [Finding.EQUAL] * 2
    assert {each.image.name for each in found} == {"x_1.tif", "x_2.tif"}


def test_a_cake_comes_out_again(tmp_path):
    write_noisy(tmp_path / "in" / "x.tif", 1)
    run(tmp_path, Masks=[{"qStart": 0.1, "qStop": 2.0, "Cake": {"AzimuthalBins": 8}}])
    path = tmp_path / "work" / "x.hdf"
    assert verdict(path).finding is Finding.EQUAL
    with h5py.File(path, "r+") as file:
        file["entry/data/I"][3, 20] += 1.0
    changed = verdict(path)
    assert changed.finding is Finding.DIFFERENT
    assert "1 value of" in changed.reasons[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"Normalization": {"DivideBy": "d * 2", "Constants": [{"Name": "d", "Value": 3.0}]}},
        {"Background": {"Scale": "0.5", "Frames": "empty_*"}},
        {"Masks": [{"qStart": 0.1, "qStop": 0.4, "Phi-mode": True}]},
        {"DatUnit": "A^-1"},
        {"Classifiers": [{"Name": "rg", "Kind": "guinier"}, {"Name": "n", "Kind": "counts"}]},
        {"Classifiers": [{"Name": "damage", "Kind": "difference"}]},
    ],
)
def test_whatever_the_calibration_asks_for(tmp_path, changes):
    for seed, name in enumerate(["empty_1", "x_1", "x_2"]):
        image = write_noisy(tmp_path / "in" / f"{name}.tif", seed)
        os.utime(image, (1e9 + 10 * seed, 1e9 + 10 * seed))
    run(tmp_path, "--format", "chi,dat,csv", **changes)
    for path in (tmp_path / "work").glob("x*.*"):
        assert verdict(path).finding is Finding.EQUAL, path
    found = verdicts(tmp_path / "results" / "in.csv")
    assert [each.finding for each in found] == [Finding.EQUAL] * 3


def test_what_somebody_changed_in_a_curve_is_said(done):
    path = done / "work" / "x_1.chi"
    lines = path.read_text().splitlines(keepends=True)
    columns = lines[20].split()
    lines[20] = f" {columns[0]} {float(columns[1]) * 1.001:.11e} {columns[2]}\n"
    path.write_text("".join(lines))
    found = verdict(path)
    assert found.finding is Finding.DIFFERENT
    (reason,) = found.reasons
    assert "intensity: 1 value of" in reason
    assert "number 17" in reason
    assert "standard errors" in reason


def test_a_calibration_that_somebody_put_there_is_said(done):
    path = done / "work" / "x_1.chi"
    first, rest = path.read_text().split("\n", 1)
    path.write_text(json.dumps(json.loads(first) | {"Wavelength": 1.0}) + "\n" + rest)
    assert verdict(path).reasons == ("the calibration in the file is another",)


def test_parameters_in_a_table_count(done):
    path = done / "results" / "in.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[1]["R0.I1"] = "7.5"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    first, second = verdicts(path)
    assert first.finding is Finding.EQUAL
    assert second.finding is Finding.DIFFERENT
    assert second.reasons[0].startswith("R0.I1: ")
    assert "7.5 in the result" in second.reasons[0]


def test_rows_of_the_file_of_a_data_set_count(done):
    path = done / "results" / "in.hdf"
    with h5py.File(path, "r+") as file:
        file["stack/R1/I"][0, 3] *= 2.0
    first, second = verdicts(path)
    assert {first.finding, second.finding} == {Finding.EQUAL, Finding.DIFFERENT}
    different = first if first.finding is Finding.DIFFERENT else second
    assert different.reasons[0].startswith("R1 intensity: 1 value of")


# -------------------------------------------------------------------- where things are


def test_an_image_with_other_counts_is_another(done):
    write_noisy(done / "in" / "x_1.tif", 99)
    found = verdict(done / "work" / "x_1.chi")
    assert found.finding is Finding.DIFFERENT
    assert found.reasons[0].startswith("the image has other counts")
    assert found.reasons[1].startswith("intensity: ")


def test_the_mask_of_that_time_counts_not_todays(tmp_path):
    write_noisy(tmp_path / "in" / "x.tif", 1)
    good = np.ones(SHAPE, np.uint8)
    tifffile.imwrite(tmp_path / "m.tif", good)
    run(tmp_path, Masks=[{"qStart": 0.1, "qStop": 0.4, "MaskFile": "m.tif"}])
    good[:20] = 0
    tifffile.imwrite(tmp_path / "m.tif", good)
    assert verdict(tmp_path / "work" / "x.chi").finding is Finding.EQUAL
    run(tmp_path, Masks=[{"qStart": 0.1, "qStop": 0.4, "MaskFile": "m.tif"}])
    assert verdict(tmp_path / "work" / "x.chi").finding is Finding.EQUAL
    assert len(list((tmp_path / "work" / FOLDER).glob("*.zip"))) == 2


@pytest.mark.parametrize("name", ["x_1.tif", "renamed.tif"])
def test_an_image_is_found_by_its_counts(done, name):
    elsewhere = done / "usb" / "deep"
    elsewhere.mkdir(parents=True)
    (done / "in" / "x_1.tif").rename(elsewhere / name)
    shutil.copy(done / "in" / "x_2.tif", elsewhere / "a_decoy.tif")
    path = done / "work" / "x_1.chi"
    lost = verdict(path)
    assert lost.finding is Finding.UNKNOWN
    assert f"looked for {done / 'in' / 'x_1.tif'}" in lost.reasons[0]
    found = verdict(path, done / "usb")
    assert found.finding is Finding.EQUAL
    assert found.image == elsewhere / name
    assert found.remarks == ("the image is in another place now",)


def test_images_and_results_that_move_together_need_no_help(done):
    for folder in ("in", "work", "results"):
        shutil.move(done / folder, done / "usb" / folder)
    assert verdict(done / "usb" / "work" / "x_1.chi").finding is Finding.EQUAL
    found = verdicts(done / "usb" / "results" / "in.hdf")
    assert {each.finding for each in found} == {Finding.EQUAL}


def test_a_bundle_that_is_gone_may_be_elsewhere(done):
    (packed,) = (done / "work" / FOLDER).glob("*.zip")
    (done / "usb").mkdir()
    packed.rename(done / "usb" / "any name.zip")
    path = done / "work" / "x_1.chi"
    lost = verdict(path)
    assert lost.finding is Finding.UNKNOWN
    assert f"its bundle {packed.stem} is not there" in lost.reasons[0]
    assert verdict(path, done / "usb").finding is Finding.EQUAL
    assert verdict(path, bundle=done / "usb" / "any name.zip").finding is Finding.EQUAL


def test_a_bundle_that_was_changed_is_not_believed(done):
    (packed,) = (done / "work" / FOLDER).glob("*.zip")
    packed.write_bytes(packed.read_bytes()[:-40])
    found = verdict(done / "work" / "x_1.chi")
    assert found.finding is Finding.UNKNOWN
    assert "expected a bundle of saxsdog" in found.reasons[0]


def test_a_curve_without_notes_is_found_by_name(done):
    shutil.copy(done / "work" / "x_1_cR1.chi", done / "x_1_cR1.chi")
    (packed,) = (done / "work" / FOLDER).glob("*.zip")
    found = verdict(done / "x_1_cR1.chi", done / "in", bundle=packed)
    assert found.finding is Finding.EQUAL
    shutil.copy(done / "work" / "x_1.chi", done / "x_1.chi")
    found = verdict(done / "x_1.chi", done / "in", done / "work")
    assert found.finding is Finding.EQUAL
    assert found.remarks == ("which image and masks it was made of was not noted: taken by name",)


def test_curves_of_a_version_without_notes_have_owners(done):
    (packed,) = (done / "work" / FOLDER).glob("*.zip")
    packed = packed.rename(done / packed.name)
    shutil.rmtree(done / "work" / FOLDER)
    for name in ("x_1.chi", "x_1_cR1.chi"):
        found = verdict(done / "work" / name, bundle=packed)
        assert found.finding is Finding.EQUAL, name
        assert found.remarks != ()


def test_an_image_may_be_named_like_a_channel(tmp_path):
    write_noisy(tmp_path / "in" / "x_cR1.tif", 1)
    run(tmp_path)
    assert verdict(tmp_path / "work" / "x_cR1.chi").finding is Finding.EQUAL


@pytest.mark.parametrize(("options", "name"), [((), "run_00002.chi"), (("--page", "2"), "run.chi")])
def test_images_of_a_file_that_holds_several(tmp_path, options, name):
    write_stack(tmp_path / "in" / "run.tif", 5, 6, 7)
    run(tmp_path, *options)
    found = verdict(tmp_path / "work" / name)
    assert found.finding is Finding.EQUAL
    assert found.image == tmp_path / "in" / "run.tif::2"


def test_several_calibrations_of_a_data_set_stay_apart(done):
    run(done, "--format", "chi,nexus", Masks=CHANNELS[:1], Wavelength=1.0)
    assert verdict(done / "work" / "x_1.chi").finding is Finding.EQUAL  # the new one
    assert verdict(done / "work" / "x_1.dat").finding is Finding.DIFFERENT  # of the old one
    for name in ("in.hdf", "in_2.hdf"):
        found = verdicts(done / "results" / name)
        assert {each.finding for each in found} == {Finding.EQUAL}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x_1.chi", b"nonsense\n", "expected the number of rows"),
        ("x.hdf", b"nonsense", "expected an HDF5 file"),
        ("x.csv", b"a,b\n1,2\n", "expected a column 'image'"),
        ("x.csv", b"\xff\xfe", "expected a table of saxsdog"),
        ("x.parquet", b"nonsense", "expected a table of saxsdog"),
        ("x.png", b"", "expected a result (.chi, .dat, .hdf, .csv, .parquet)"),
    ],
)
def test_what_is_no_result_is_said(done, name, content, reason):
    (done / "work" / name).write_bytes(content)
    found = verdict(done / "work" / name)
    assert found.finding is Finding.UNKNOWN
    assert reason in found.reasons[0]


def test_results_of_another_version_say_so(done):
    (packed,) = (done / "work" / FOLDER).glob("*.zip")
    import zipfile

    with zipfile.ZipFile(packed) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    described = json.loads(contents["bundle.json"])
    described["versions"]["saxsdog"] = "0.0.1"
    contents["bundle.json"] = json.dumps(described).encode()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    another = Bundle.read(packed).id
    lost = verdict(done / "work" / "x_1.chi")
    assert lost.finding is Finding.UNKNOWN
    assert f"expected the bundle {packed.stem}, got {another}" in lost.reasons[0]
    notes = done / "work" / FOLDER / "images.jsonl"
    notes.write_text(notes.read_text().replace(packed.stem, another))
    packed.rename(packed.with_stem(another))
    found = verdict(done / "work" / "x_1.chi")
    assert found.finding is Finding.EQUAL
    assert found.versions[0].startswith("saxsdog 0.0.1 (here ")


# -------------------------------------------------------------------- nothing wrong is called equal


def edit_line(path, number, edit):
    lines = path.read_text().split("\n")
    lines[number] = edit(lines[number])
    path.write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("name", "number", "edit", "reason"),
    [
        ("x_1.chi", 1, lambda _: "{}", "I0: 1 value of 1 differ, most of all number 1: nan in"),
        ("x_1.chi", 1, lambda _: '{"I0": "much"}', "I0: expected a number, got 'much'"),
        ("x_1.chi", 1, lambda _: '{"I0": [1, 2]}', "I0: expected a number, got '[1, 2]'"),
        ("x_1.chi", 1, lambda _: '{"I0": 1%s}' % ("0" * 400), "I0: expected a number, got '1000"),
        ("x_1.dat", 1, lambda _: "# curve R1", "comments: # curve R1; # calibration"),
        ("x_1.dat", 2, lambda line: line.replace("256 ", "256 0"), "comments: # curve R0; # cal"),
    ],
)
def test_headers_of_curves_count(done, name, number, edit, reason):
    path = done / "work" / name
    edit_line(path, number, edit)
    found = verdict(path)
    assert found.finding is Finding.DIFFERENT
    assert found.reasons[0].startswith(reason)


def rewrite(name, value):
    def edit(file):
        del file[name]
        file[name] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda f: f["stack/R0/radial_axis"].__setitem__(3, 9.0), "R0 radial_axis: 1 value of"),
        (lambda f: f["curve_R1_00000/data/I"].__setitem__(3, 9.0), "R1 as NXcanSAS: intensity: 1"),
        (lambda f: f["curve_R1_00000/data/Q"].__setitem__(3, 9.0), "R1 as NXcanSAS: q: 1 value"),
        (lambda f: f.__delitem__("stack/R1"), "R1: it is not in the file"),
        (lambda f: f.__delitem__("stack/images/R0/I0"), "R0.I0: 1 value of 1 differ"),
        (rewrite("stack/reduction/input/calibration", "{}"), "the calibration in the file is"),
        (rewrite("stack/reduction/input/calibration_sha256", "0"), "the SHA-256 of the cal"),
        (rewrite("stack/reduction/input/files_sha256", '{"m": "0"}'), "the SHA-256 of masks"),
    ],
)
def test_all_that_the_file_of_a_data_set_says_counts(done, edit, reason):
    path = done / "results" / "in.hdf"
    with h5py.File(path, "r+") as file:
        edit(file)
    found = verdicts(path)[0]
    assert found.finding is Finding.DIFFERENT
    assert found.reasons[0].startswith(reason)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stack/reduction/input/bundle", "../../x"),
        ("stack/reduction/input/bundle", "a" * 5000),
        ("stack/reduction/input/bundle", np.array([b"a", b"b"])),
        ("stack/images/name", np.array([b"\xff", b"x"])),
        ("stack/R0/I", 3.0),
        ("stack/R0/I", np.array([b"a", b"b"])),
        ("stack/images/R0/I0", 3.0),
    ],
)
def test_a_damaged_file_of_a_data_set_is_said(done, name, value):
    path = done / "results" / "in.hdf"
    with h5py.File(path, "r+") as file:
        rewrite(name, value)(file)
    assert {each.finding for each in verdicts(path)} == {Finding.UNKNOWN}


def test_a_file_may_claim_to_have_any_number_of_rows(done):
    path = done / "results" / "in.hdf"
    with h5py.File(path, "r+") as file:
        del file["stack/images/name"]
        file.create_dataset("stack/images/name", (10**13,), "S32", chunks=(1000,))
    assert verdict(path).finding is Finding.UNKNOWN


@pytest.mark.parametrize(
    ("edit", "finding", "reason"),
    [
        (lambda head, row: [head, "x_1.tif"], Finding.DIFFERENT, "the SHA-256 of the calibration"),
        (lambda head, row: [head, f"{row},5,6"], Finding.UNKNOWN, "expected a whole row"),
        (lambda head, row: [head, "," + row.split(",", 1)[1]], Finding.UNKNOWN, "a whole row"),
        (lambda head, row: [head, row.rsplit(",", 1)[0] + ",much"], Finding.DIFFERENT, "'much'"),
        (lambda head, row: [x.rsplit(",", 1)[0] for x in (head, row)], Finding.DIFFERENT, "nan in"),
        (lambda head, row: [head, "a" * 200_000 + row], Finding.UNKNOWN, "larger than field limit"),
    ],
)
def test_an_edited_table_is_said(done, edit, finding, reason):
    path = done / "results" / "in.csv"
    path.write_text("\n".join(edit(*path.read_text().splitlines()[:2])) + "\n")
    found = verdict(path)
    assert found.finding is finding
    assert any(reason in each for each in found.reasons)


def test_a_table_that_a_spreadsheet_has_stored_is_the_same(done):
    path = done / "results" / "in.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert {each.finding for each in verdicts(path)} == {Finding.EQUAL}


def test_a_bundle_under_the_name_of_another_is_not_believed(done):
    (packed,) = (done / "work" / FOLDER).glob("*.zip")
    (done / "usb").mkdir()
    shutil.copy(packed, done / "usb" / "right.zip")
    bundle = Bundle.read(packed)
    other = Bundle({**bundle.document, "Wavelength": 1.0}, bundle.files, bundle.versions)
    packed.write_bytes(other.to_bytes())
    path = done / "work" / "x_1.chi"
    found = verdict(path)
    assert found.finding is Finding.UNKNOWN
    assert f"expected the bundle {bundle.id}, got {other.id}" in found.reasons[0]
    assert verdict(path, done / "usb").finding is Finding.EQUAL


def test_pixels_of_a_cake_count(tmp_path):
    write_noisy(tmp_path / "in" / "x.tif", 1)
    run(tmp_path, Masks=[{"qStart": 0.1, "qStop": 2.0, "Cake": {"AzimuthalBins": 8}}])
    path = tmp_path / "work" / "x.hdf"
    with h5py.File(path, "r+") as file:
        file["entry/data/norm"][3, 20] += 1.0
    assert verdict(path).reasons[0].startswith("number of pixels: 1 value of")
    with h5py.File(path, "r+") as file:
        rewrite("entry/reduction/input/calibration", 3)(file)
    assert verdict(path).finding is Finding.UNKNOWN
    for name in ("x.chi", "x.dat"):
        shutil.copy(write_curve(tmp_path / "other", name), tmp_path / "work" / name)
        assert "expected a file '.hdf' of R0" in verdict(tmp_path / "work" / name).reasons[0]


def write_curve(folder, name):
    write_noisy(folder / "in" / "x.tif", 1)
    run(folder, "--format", "chi,dat")
    return folder / "work" / name


# -------------------------------------------------------------------- what may lie around


@pytest.mark.parametrize("suffix", ["chi", "dat", "hdf", "csv", "parquet"])
def test_what_is_no_file_is_not_waited_for(tmp_path, suffix):
    pipe = tmp_path / f"x.{suffix}"
    os.mkfifo(pipe)
    found = verdict(pipe)
    assert found.finding is Finding.UNKNOWN
    assert "got a device, a pipe or a folder" in found.reasons[0]


@pytest.mark.parametrize("channel", ["R7", "S1"])
def test_a_curve_of_a_channel_that_is_none_is_said(done, channel):
    path = done / "work" / f"x_1_c{channel}.chi"
    shutil.copy(done / "work" / "x_1.chi", path)
    found = verdict(path)
    assert found.finding is Finding.UNKNOWN
    assert f"expected {channel} among the curves R0, R1" in found.reasons[0]


@pytest.mark.parametrize("image", ["a" * 300, "a\0b", "/", "..", "**", "/dev/zero", "/etc/passwd"])
@pytest.mark.parametrize("counts", ["", "0" * 32])
def test_a_note_may_name_anything(done, image, counts):
    notes = done / "work" / FOLDER / "images.jsonl"
    note = json.loads(notes.read_text().splitlines()[0])
    notes.write_text(json.dumps(note | {"image": image, "counts": counts}) + "\n")
    (done / "work" / ".saxsdog-owners.jsonl").unlink()
    (done / "in" / "x_1.tif").unlink()  # else it is taken by name
    found = verdict(done / "work" / "x_1.chi", done / "in")
    assert found.finding is Finding.UNKNOWN


def test_images_that_are_none_do_not_hide_the_right_one(done):
    elsewhere = done / "usb"
    elsewhere.mkdir()
    (done / "in" / "x_1.tif").rename(elsewhere / "right.tif")
    (elsewhere / "broken.tif").write_bytes(b"broken")
    tifffile.imwrite(elsewhere / "larger.tif", np.zeros((60, 60), np.int32))
    write_stack(elsewhere / "many.tif", 1, 2)
    path = done / "work" / "x_1.chi"
    assert verdict(path, elsewhere).image == elsewhere / "right.tif"
    (done / "in" / "x_1.tif").write_bytes(b"broken")
    assert verdict(path, elsewhere).finding is Finding.EQUAL
    (elsewhere / "right.tif").unlink()
    assert verdict(path, elsewhere).finding is Finding.UNKNOWN


@pytest.mark.parametrize(
    "name", ["x[1].tif", os.fsdecode(b"s_\xe4.tif"), r"x\udce4.tif", "a\nb.tif"]
)
def test_images_may_have_any_name(tmp_path, name):
    write_noisy(tmp_path / "in" / name, 1)
    run(tmp_path, "--format", "chi,nexus,csv")
    curve = (tmp_path / "work" / name).with_suffix(".chi")
    for path in (curve, tmp_path / "results" / "in.hdf", tmp_path / "results" / "in.csv"):
        assert verdict(path).finding is Finding.EQUAL
    (tmp_path / "in").rename(tmp_path / "usb")
    for path in (curve, tmp_path / "results" / "in.csv"):
        found = verdict(path, tmp_path / "usb")
        assert found.finding is Finding.EQUAL
        assert found.image == tmp_path / "usb" / name


def test_a_stack_is_found_under_another_name(tmp_path):
    write_stack(tmp_path / "in" / "run.tif", 5, 6, 7)
    run(tmp_path)
    (tmp_path / "in").rename(tmp_path / "usb")
    (tmp_path / "usb" / "run.tif").rename(tmp_path / "usb" / "other.tif")
    found = verdict(tmp_path / "work" / "run_00002.chi", tmp_path / "usb")
    assert found.finding is Finding.EQUAL
    assert found.image == tmp_path / "usb" / "other.tif::2"


def test_one_image_of_each_file_is_compared_with_that_of_the_file_before(tmp_path):
    for number in range(3):
        path = tmp_path / "in" / f"run_{number}.tif"
        path.parent.mkdir(exist_ok=True)
        frames = np.stack([noisy(10 * number + page) for page in range(3)])
        tifffile.imwrite(path, frames, photometric="minisblack")
    options = ("--page", "2", "--format", "chi,csv")
    run(tmp_path, *options, Classifiers=[{"Name": "damage", "Kind": "difference"}])
    for number in range(3):
        found = verdict(tmp_path / "work" / f"run_{number}.chi")
        assert found.finding is Finding.EQUAL
    images = [found.image for found in verdicts(tmp_path / "results" / "in.csv")]
    assert images == [tmp_path / "in" / f"run_{number}.tif::2" for number in range(3)]


@pytest.mark.parametrize("name", ["x.chi", "x.csv", "x.hdf"])
def test_an_archive_may_be_named_like_a_curve_beside_it(tmp_path, name):
    write_noisy(tmp_path / "x" / "x.tif", 1)
    options = ("-o", str(tmp_path / "out"), "--format", "chi,csv,nexus")
    run(tmp_path, *options, images="x")
    assert verdict(tmp_path / "out" / name).finding is Finding.EQUAL


def test_an_archive_may_be_renamed(done):
    path = (done / "results" / "in.hdf").rename(done / "results" / "night 3.hdf")
    assert {each.finding for each in verdicts(path)} == {Finding.EQUAL}


def test_links_lead_to_the_same_notes_and_images(tmp_path):
    write_noisy(tmp_path / "in" / "x.tif", 1)
    far = tmp_path / "disk" / "of" / "results"
    far.mkdir(parents=True)
    (tmp_path / "work").symlink_to(far)
    run(tmp_path)
    (tmp_path / "mine.chi").symlink_to(far / "x.chi")
    for path in (tmp_path / "work" / "x.chi", far / "x.chi", tmp_path / "mine.chi"):
        found = verdict(path)
        assert found.finding is Finding.EQUAL
        assert found.remarks == ()
