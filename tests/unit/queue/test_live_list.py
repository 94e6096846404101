import math
import os

import pytest

from saxsdog.errors import OutputError
from saxsdog.queue.live_list import LiveList
from saxsdog.queue.records import Result


def result_of(curves, parameters):
    return Result(1, "/data/a.tif", None, "", None, 0.0, 0.0, tuple(curves), parameters)


def below(root):
    return lambda folder: folder.is_relative_to(root)


def test_the_list_lies_beside_the_folder_of_the_images(tmp_path):
    live_list = LiveList(tmp_path / "user" / "run", ["M"], below(tmp_path))
    assert live_list.path == tmp_path / "user" / "results" / "filelist_run.log"


def test_the_list_of_the_root_lies_inside_it(tmp_path):
    live_list = LiveList(tmp_path, ["M"], below(tmp_path))
    assert live_list.path == tmp_path / "results" / f"filelist_{tmp_path.name}.log"


def test_each_curve_gets_a_line(tmp_path):
    live_list = LiveList(tmp_path, ["M", "S"], below(tmp_path))
    numbers = {"I0": 1 / 3, "I1": 2e-30, "I2": math.nan, "area": 5.0}
    live_list.append([result_of(["/work/a.chi", "/work/a_cS.chi"], {"M": numbers})])
    assert live_list.path.read_text() == ("/work/a.chi, 0.3333333333, 2e-30, nan\n/work/a_cS.chi\n")


def test_lines_are_appended(tmp_path):
    for name in ("a", "b"):
        live_list = LiveList(tmp_path, ["M"], below(tmp_path))
        live_list.append([result_of([f"/work/{name}.chi"], {})])
    assert live_list.path.read_text() == "/work/a.chi\n/work/b.chi\n"


def test_nothing_makes_no_list(tmp_path):
    live_list = LiveList(tmp_path, ["M"], below(tmp_path))
    live_list.append([])
    assert not live_list.path.parent.exists()


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_a_name_of_any_bytes_is_listed(tmp_path):
    live_list = LiveList(tmp_path, ["M"], below(tmp_path))
    live_list.append([result_of([os.fsdecode(b"/work/\xff.chi")], {})])
    assert live_list.path.read_bytes() == b"/work/\xff.chi\n"


def test_a_list_that_cannot_be_written_is_an_error_with_its_name(tmp_path):
    live_list = LiveList(tmp_path, ["M"], below(tmp_path))
    live_list.path.mkdir(parents=True)
    with pytest.raises(OutputError, match="filelist_"):
        live_list.append([result_of(["/work/a.chi"], {})])


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    live_list = LiveList(tmp_path / "gone" / "run", ["M"], below(tmp_path))
    with pytest.raises(OutputError, match="cannot be written"):
        live_list.append([result_of(["/work/a.chi"], {})])


def test_a_list_does_not_follow_a_link(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root / "run", elsewhere):
        folder.mkdir(parents=True)
    live_list = LiveList(root / "run", ["M"], below(root))
    live_list.path.parent.symlink_to(elsewhere)
    with pytest.raises(OutputError, match="leads out of the folders"):
        live_list.append([result_of(["/work/a.chi"], {})])
    live_list.path.parent.unlink()
    live_list.path.parent.mkdir()
    live_list.path.symlink_to(elsewhere / "victim")
    with pytest.raises(OutputError, match="got a link"):
        live_list.append([result_of(["/work/a.chi"], {})])
    assert list(elsewhere.iterdir()) == []
