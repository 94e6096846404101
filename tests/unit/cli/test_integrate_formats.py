import numpy as np
import pytest

from saxsdog.cli import integrate
from saxsdog.errors import CalibrationError
from tests.helpers.experiments import write_calibration, write_images


def files_below(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".tif"
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
