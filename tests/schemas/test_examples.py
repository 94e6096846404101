import json

import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import CalibrationError
from saxsdog.schema import check, schema_folder

EXAMPLES = schema_folder() / "examples"
READERS = {"calibration": Calibration.from_document}
"""Kinds of documents with a reader; the others are checked against their schema alone."""


def examples_of(quality):
    paths = sorted((EXAMPLES / quality).glob("*/*.json"))
    return [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in paths]


def read(kind, document):
    check(document, kind)
    return READERS[kind](document) if kind in READERS else document


def test_there_are_good_and_bad_examples_of_calibrations():
    for quality in ("good", "bad"):
        assert any((EXAMPLES / quality / "calibration").glob("*.json"))


@pytest.mark.parametrize("path", examples_of("good"))
def test_a_good_example_is_read(path):
    read(path.parent.name, json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", examples_of("bad"))
def test_a_bad_example_is_refused_for_the_reason_that_it_names(path):
    example = json.loads(path.read_text(encoding="utf-8"))
    assert example.keys() == {"expected", "document"}
    assert path.parent.name == "calibration"
    with pytest.raises(CalibrationError) as caught:
        Calibration.from_document(example["document"])
    assert example["expected"] in str(caught.value)
