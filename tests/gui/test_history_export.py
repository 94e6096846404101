"""A table that other programs can read."""

import csv
from datetime import datetime

import numpy as np
import pytest

from saxsleash.models.data_sets import DataSet
from saxsleash.models.history_model import HistoryModel
from saxsleash.panels.history_export import HistoryTable
from tests.helpers.histories import START, page_of


def lines_of(path):
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as text:
        return list(csv.DictReader(text))


def test_the_table_holds_the_selected_images_by_time(tmp_path):
    model = HistoryModel()
    files, numbers = page_of([1, 2, 3], R0=[5.0, 1 / 3, np.nan])
    numbers["time"] = np.array([START + 9.25, START + 8, START + 7])
    numbers["time_source"] = np.array([1.0, 0.0, 0.0])
    model.extend("q", files, numbers)
    model.choose_frames(1, None)
    HistoryTable.of(model).write_csv(tmp_path / "night.csv")
    first, second = lines_of(tmp_path / "night.csv")
    assert (first["frame"], first["file"]) == ("2", "run/x_00002.tif")
    assert float(first["R0.I0"]) == 1 / 3
    assert second["time_source"] == "file"
    assert float(second["time_s"]) == START + 9.25
    assert datetime.fromisoformat(second["time"]).timestamp() == START + 9.25
    assert float(second["exposure_s"]) == 0.1


def test_the_headings_say_the_units_that_are_known(tmp_path):
    model = HistoryModel()
    files, numbers = page_of([1], R0=[5.0])
    numbers |= {f"R0.{name}": np.ones(1) for name in ("peak1.position", "mine.score")}
    model.extend("q", files, numbers)
    for unit, heading in (("", "R0.I0"), ("cm⁻¹", "R0.I0 (cm^-1 nm^-1)")):
        model.set_intensity_unit(unit)
        HistoryTable.of(model).write_csv(tmp_path / "t.csv")
        (line,) = lines_of(tmp_path / "t.csv")
        assert float(line[heading]) == 5.0
        assert {"R0.peak1.position (nm^-1)", "R0.mine.score"} <= line.keys()


@pytest.mark.parametrize("time", [1e300, 1.7e12, -1e12])
def test_a_time_of_no_calendar_is_unknown(tmp_path, time):
    model = HistoryModel()
    files, numbers = page_of([1, 2], R0=[5.0, 6.0])
    numbers["time"] = np.array([START, time])
    model.extend("q", files, numbers)
    HistoryTable.of(model).write_csv(tmp_path / "t.csv")
    times = {float(line["time_s"]): line["time"] for line in lines_of(tmp_path / "t.csv")}
    assert times[time] == "unknown"
    assert datetime.fromisoformat(times[START]).timestamp() == START


def test_the_table_stays_as_it_was_while_images_come(tmp_path):
    model = HistoryModel()
    model.extend("q", *page_of([1], R0=[5.0]))
    table = HistoryTable.of(model)
    model.extend("q", *page_of(range(2, 5000), R0=np.zeros(4998)))
    model.extend("other", *page_of([9], R0=[1.0]))
    table.write_csv(tmp_path / "t.csv")
    assert [line["R0.I0"] for line in lines_of(tmp_path / "t.csv")] == ["5.0"]


def test_an_image_that_was_integrated_again_has_one_line(tmp_path):
    model = HistoryModel()
    model.extend("q", *page_of([1, 2, 3], R0=[1.0, 2.0, 3.0]))
    _, numbers = page_of([4], R0=[20.0])
    numbers["time"] = numbers["time"] - 2
    model.extend("q", ["run/x_00002.tif"], numbers)
    HistoryTable.of(model).write_csv(tmp_path / "t.csv")
    lines = [(line["frame"], line["file"], line["R0.I0"]) for line in lines_of(tmp_path / "t.csv")]
    assert lines == [
        ("1", "run/x_00001.tif", "1.0"),
        ("2", "run/x_00002.tif", "20.0"),
        ("3", "run/x_00003.tif", "3.0"),
    ]


def test_names_that_are_no_text_are_written_too(tmp_path):
    model = HistoryModel()
    _, numbers = page_of([1])
    model.extend("q", ['a "b", \udcff.tif'], numbers)
    HistoryTable.of(model).write_csv(tmp_path / "t.csv")
    assert lines_of(tmp_path / "t.csv")[0]["file"] == 'a "b", \udcff.tif'


def test_a_table_of_nothing_has_its_heading(tmp_path):
    model = HistoryModel()
    model.extend("q", *page_of([1], R0=[5.0]))
    model.choose_data_set(DataSet.typed("nowhere"))
    HistoryTable.of(model).write_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().startswith("frame,file,time,time_s,time_source")


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    model = HistoryModel()
    model.extend("q", *page_of([1], R0=[5.0]))
    with pytest.raises(FileNotFoundError):
        HistoryTable.of(model).write_csv(tmp_path / "nowhere" / "t.csv")
