import h5py
import numpy as np
import pytest

from saxsdog.cli import integrate
from saxsdog.errors import CalibrationError
from tests.helpers.experiments import write_calibration, write_image, write_images


def files_below(folder):
    return sorted(
        name
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix != ".tif"
        and "/." not in f"/{(name := path.relative_to(folder).as_posix())}"
    )


def run(folder, *options, **changes):
    calibration = write_calibration(folder, **changes)
    write_images(folder / "run7", 1)
    assert integrate.run([str(calibration), str(folder / "run7"), "-j", "1", *options]) == 0
    return [name for name in files_below(folder) if name != calibration.name]


def test_nobody_who_asks_for_nothing_gets_more_than_curves(tmp_path):
    assert run(tmp_path) == ["work/image_001.chi"]


def test_the_calibration_says_what_is_written(tmp_path):
    found = run(tmp_path, Formats=["dat", "csv"], DatUnit="A^-1")
    assert found == ["results/run7.csv", "work/image_001.dat"]
    header = (tmp_path / "work" / "image_001.dat").read_text().splitlines()[3]
    assert header.startswith("# q [A^-1]")


def test_the_command_line_has_the_last_word(tmp_path):
    found = run(tmp_path, "--format", "chi, nexus", Formats=["dat"])
    assert found == ["results/run7.hdf", "work/image_001.chi"]


def test_images_whose_dat_files_are_there_are_not_integrated_again(tmp_path, capsys):
    run(tmp_path, "--format", "dat")
    capsys.readouterr()
    run(tmp_path, "--format", "dat", "--resume")
    # Writing the image again has made it younger.
    assert "1 integrated" in capsys.readouterr().out
    calibration = str(tmp_path / "small.saxsconf")
    arguments = [calibration, str(tmp_path / "run7"), "--format", "dat", "--resume"]
    assert integrate.run(arguments) == 0
    assert "1 skipped" in capsys.readouterr().out


def test_a_format_that_nobody_knows_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        integrate.make_parser().parse_args(["cal", "x", "--format", "chi,xls"])
    assert "expected some of chi,dat,nexus,csv,parquet, got 'chi,xls'" in capsys.readouterr().err
    with pytest.raises(CalibrationError, match="Formats"):
        run(tmp_path, Formats=["xls"])


def test_chi_files_are_the_same_whatever_else_is_written(tmp_path):
    for name, options in (("a", ()), ("b", ("--format", "nexus,dat,chi,csv"))):
        (tmp_path / name).mkdir()
        run(tmp_path / name, *options)
    first, second = (tmp_path / name / "work" / "image_001.chi" for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert np.loadtxt(first, skiprows=4).shape[1] == 3


def test_a_cake_never_takes_the_name_of_the_archive(tmp_path):
    write_image(tmp_path / "run7" / "run7.tif")
    calibration = write_calibration(tmp_path, Masks=[{"qStart": 0.1, "qStop": 2.0, "Cake": {}}])
    arguments = [str(calibration), str(tmp_path / "run7"), "-o", str(tmp_path / "out")]
    for _ in range(2):
        assert integrate.run([*arguments, "--format", "chi,nexus"]) == 0
        assert files_below(tmp_path / "out") == ["run7.hdf", "run7/run7.hdf"]
        with h5py.File(tmp_path / "out" / "run7.hdf") as archive:
            assert archive["stack/images/name"].asstr()[()].tolist() == ["run7.tif"]
