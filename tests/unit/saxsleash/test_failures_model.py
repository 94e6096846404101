"""The table of images that were not integrated, and the words for why."""

from PyQt5.QtCore import Qt

from saxsdog.protocol.messages import Failure
from saxsdog.reasons import Reason
from saxsleash.models.failures_model import COLUMNS, FailuresModel
from saxsleash.models.reason_words import EXPLANATIONS, explanation

ROWS = [
    Failure("in/b.tif", "failed", "truncated", "in/b.tif: expected 100 bytes, got 3", 20.0),
    Failure("in/a.tif", "failed", "wrong-shape", "in/a.tif: expected 4 x 4", 10.0),
    Failure("in/c.tif", "skipped", "output-exists", "", 30.0),
    Failure("in/d.tif", "failed", "truncated", "in/d.tif: it\tis\nempty", 5.0),
]


def model_of(rows=ROWS):
    model = FailuresModel()
    model.replace(rows)
    return model


def files(model):
    return [model.row(i).file for i in range(model.rowCount())]


def test_rows_stand_in_the_order_in_which_they_ended():
    assert files(model_of()) == ["in/b.tif", "in/a.tif", "in/c.tif", "in/d.tif"]


def test_a_column_sorts_and_time_sorts_by_time():
    model = model_of()
    model.sort(COLUMNS.index("Time"))
    assert files(model) == ["in/d.tif", "in/a.tif", "in/b.tif", "in/c.tif"]
    model.sort(COLUMNS.index("Image"), Qt.DescendingOrder)
    assert files(model) == ["in/d.tif", "in/c.tif", "in/b.tif", "in/a.tif"]
    model.sort(-1)
    assert files(model)[0] == "in/b.tif"


def test_one_reason_can_be_shown_alone_also_of_rows_that_come_later():
    model = model_of()
    model.show_reason("truncated")
    assert files(model) == ["in/b.tif", "in/d.tif"]
    model.append([Failure("in/e.tif", "failed", "truncated", "", 40.0), ROWS[1]])
    assert files(model) == ["in/b.tif", "in/d.tif", "in/e.tif"]
    assert model.numbers["wrong-shape"] == 2


def test_rows_that_come_later_are_sorted_in():
    model = model_of()
    model.sort(COLUMNS.index("Image"))
    model.append([Failure("in/aa.tif", "failed", "truncated", "", 40.0)])
    assert files(model)[:2] == ["in/a.tif", "in/aa.tif"]


def test_skipped_images_are_no_failures():
    model = model_of()
    assert model.numbers == {"truncated": 2, "wrong-shape": 1, "output-exists": 1}
    assert model.failed == {"truncated": 2, "wrong-shape": 1}


def test_a_message_does_not_begin_with_the_image_again():
    model = model_of()
    message = model.index(0, COLUMNS.index("Message"))
    assert model.data(message) == "expected 100 bytes, got 3"
    assert "The file ends before" in model.data(message, Qt.ToolTipRole)


def test_copied_rows_are_one_line_each():
    lines = model_of().text_of([3, 0]).splitlines()
    assert len(lines) == 3
    assert lines[0].split("\t") == list(COLUMNS)
    assert lines[1].split("\t")[:4] == ["in/d.tif", "failed", "truncated", "it is empty"]


def test_every_reason_is_explained():
    assert set(EXPLANATIONS) == set(Reason)
    assert all(words.endswith(".") for words in EXPLANATIONS.values())
    assert explanation("invented-later") == ""
