"""A calibration and its masks are written to files."""

import json

import pytest

from saxsdog.calibration_files import store


@pytest.mark.parametrize("masks", [5, None, "mask", ["mask"], [{"MaskFile": ["a.msk"]}], {}])
def test_a_document_that_is_not_valid_yet_is_written_as_it_is(tmp_path, masks):
    document = {"Title": "half of a calibration", "Masks": masks}
    assert store(document, {}, tmp_path / "a.saxsconf") == document
    assert json.loads((tmp_path / "a.saxsconf").read_text()) == document


def test_masks_lie_beside_their_calibration_and_lead_nowhere_else(tmp_path):
    names = ["inner/a.msk", "/data/a.msk", "../a.msk", "C:\\masks\\a.msk"]
    contents = {name: name.encode() for name in names}
    document = {"Masks": [{"MaskFile": name, "Name": str(i)} for i, name in enumerate(names)]}
    written = store(document, contents, tmp_path / "a.saxsconf")
    files = [mask["MaskFile"] for mask in written["Masks"]]
    assert len(set(files)) == len(names)
    for name, file in zip(names, files, strict=True):
        found = (tmp_path / file).resolve()
        assert found.is_relative_to(tmp_path.resolve())
        assert found.read_bytes() == contents[name]
