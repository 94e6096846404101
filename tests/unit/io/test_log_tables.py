"""Tables beside the images, as loggers and SPEC write them."""

import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.errors import FrameError
from saxsdog.io.log_tables import LogTable
from saxsdog.reasons import Reason

COMMA = "file,Monitor,transmission\na_1.tif,100,0.5\n/data/in/a_2.tif,200.5,0.25\n"
SPEC = (
    "#F run\n#D Mon\n\n#L file  Monitor  transmission\n"
    "a_1.tif 100 0.5\nC:\\in\\a_2.tif 200.5 0.25\n"
)
NO_SUFFIX = "# transmission;\t file ; monitor\n0.5; a_1;100\n0.25;a_2; 200.5\n"


@pytest.mark.parametrize("text", [COMMA, SPEC, NO_SUFFIX, COMMA.replace(",", "\t")])
def test_a_row_is_found_by_the_name_of_the_image(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    table = LogTable(path, "File")
    assert table.row("a_1.tif") == {"monitor": 100.0, "transmission": 0.5}
    assert table.row("a_2.tif") == {"monitor": 200.5, "transmission": 0.25}


def test_a_table_that_grows_is_read_on(tmp_path):
    path = tmp_path / "log.csv"
    table = LogTable(path, "file")
    with pytest.raises(FrameError, match="No such file"):
        table.row("a.tif")
    path.write_text("file,x\na.tif,1\nb.t", encoding="utf-8")
    assert table.row("a.tif") == {"x": 1.0}
    with pytest.raises(FrameError, match=r"a row for b\.tif") as error:
        table.row("b.tif")
    assert error.value.reason is Reason.NO_LOG_ROW
    with path.open("a", encoding="utf-8") as file:
        file.write("if,2\na.tif,3\n")
    assert table.row("b.tif") == {"x": 2.0}
    assert table.row("a.tif") == {"x": 3.0}


@pytest.mark.parametrize("replace", [True, False])
def test_a_table_that_begins_anew_is_read_anew(tmp_path, replace):
    path, other = tmp_path / "log.csv", tmp_path / "other.csv"
    path.write_text("file,x\na.tif,1\nb.tif,1\n", encoding="utf-8")
    table = LogTable(path, "file")
    table.row("a.tif")
    (other if replace else path).write_text("file,y\na.tif,5\n", encoding="utf-8")
    if replace:
        other.replace(path)
    assert table.row("a.tif") == {"y": 5.0}
    with pytest.raises(FrameError):
        table.row("b.tif")


@pytest.mark.parametrize("more", ["", "b.tif,4\n"])
def test_a_row_that_somebody_corrects_in_the_file_counts(tmp_path, more):
    path = tmp_path / "log.csv"
    path.write_text("file,x\na.tif,1\n", encoding="utf-8")
    table = LogTable(path, "file")
    assert table.row("a.tif") == {"x": 1.0}
    with path.open("r+", encoding="utf-8") as file:
        file.write(f"file,x\na.tif,2\n{more}")
    os.utime(path, ns=(0, 0))  # a clock that stands still would show nothing
    assert table.row("a.tif") == {"x": 2.0}


@pytest.mark.parametrize(
    "text",
    [
        'file,comment,x\na.tif,"2 mm, 5 %",100\n',
        'file,comment,x\n a.tif , "2 mm, 5 %" ,"100"\n',
        'comment;file;x\n"sample; 7";a.tif;100\n',
        "comment\tx\tfile\n\t100\ta.tif\n",
        "comment,x,file\n,100,a.tif\n",
    ],
)
def test_a_column_stays_in_its_place_whatever_stands_before_it(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    assert LogTable(path, "file").row("a.tif")["x"] == 100.0


def test_a_table_of_a_spreadsheet_may_begin_with_its_mark(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("file,x\na.tif,1\n", encoding="utf-8-sig")
    assert LogTable(path, "file").row("a.tif") == {"x": 1.0}


def test_what_is_no_number_is_left_out(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("file,a,b,c\nx.tif,nan,on,\n", encoding="utf-8")
    assert LogTable(path, "file").row("x.tif") == {}


def test_a_link_does_not_lead_out(tmp_path):
    outside, root = tmp_path / "secret.csv", tmp_path / "root"
    root.mkdir()
    outside.write_text("file,a\nx.tif,1\n", encoding="utf-8")
    (root / "log.csv").symlink_to(outside)
    with pytest.raises(FrameError) as error:
        LogTable(root / "log.csv", "file", (root,)).row("x.tif")
    assert error.value.reason is Reason.OUTSIDE_ROOT


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "log.csv")
    with pytest.raises(FrameError):
        LogTable(tmp_path / "log.csv", "file").row("x.tif")


@given(data=st.binary())
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("log") / "log.csv"
    path.write_bytes(b"file,a\n" + data)
    table = LogTable(path, "file")
    with suppress(FrameError):
        assert set(table.row("x.tif")) <= {"a", "file"}
