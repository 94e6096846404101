import json
from functools import partial
from pathlib import Path

import pytest

from saxsdog.calibration import Calibration
from saxsdog.errors import SaxsdogError
from saxsdog.network import entries_of
from saxsdog.protocol.codec import decode_answer, decode_call
from saxsdog.protocol.messages import REPLIES, REQUESTS
from saxsdog.schema import check, schema_folder
from saxsdog.settings import Settings

EXAMPLES = schema_folder() / "examples"
KINDS = sorted(path.name.removesuffix(".schema.json") for path in schema_folder().glob("*.json"))


def parts_of(document):
    """Body and attachments, as they come out of an envelope."""
    return [json.dumps(document).encode(), *([b""] * len(document.get("attachments", [])))]


READERS = {
    "calibration": Calibration.from_document,
    "network": entries_of,
    "settings": partial(Settings.from_document, folder=Path()),
    "request": lambda document: decode_call(parts_of(document)),
    "reply": lambda document: decode_answer(parts_of(document)),
}


def examples_of(quality):
    paths = sorted((EXAMPLES / quality).glob("*/*.json"))
    return [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in paths]


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_document_has_a_reader_and_good_and_bad_examples(kind):
    assert kind in READERS
    for quality in ("good", "bad"):
        assert any((EXAMPLES / quality / kind).glob("*.json"))


def test_every_request_and_every_reply_has_an_example():
    commands = {load(path)["command"] for path in EXAMPLES.glob("good/request/*.json")}
    results = {load(path)["result"] for path in EXAMPLES.glob("good/reply/*.json")}
    assert commands == set(REQUESTS)
    assert results == set(REPLIES)


@pytest.mark.parametrize("path", examples_of("good"))
def test_a_good_example_is_read(path):
    document = load(path)
    check(document, path.parent.name)
    READERS[path.parent.name](document)


@pytest.mark.parametrize("path", examples_of("bad"))
def test_a_bad_example_is_refused_for_the_reason_that_it_names(path):
    example = load(path)
    assert example.keys() == {"expected", "document"}
    with pytest.raises(SaxsdogError) as caught:
        READERS[path.parent.name](example["document"])
    assert example["expected"] in str(caught.value)
