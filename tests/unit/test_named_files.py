import pytest

from saxsdog.named_files import FileRole, named_files


def test_masks_are_found_where_they_stand():
    document = {"Masks": [{"MaskFile": "a.msk"}, {"Name": "no file"}, {"MaskFile": "b.tif"}]}
    found = named_files(document)
    assert [(file.key, file.name) for file in found] == [
        ("Masks[0].MaskFile", "a.msk"),
        ("Masks[2].MaskFile", "b.tif"),
    ]
    assert {file.role for file in found} == {FileRole.MASK}


@pytest.mark.parametrize(
    "document",
    [{}, [], "a.msk", None, {"Masks": "a.msk"}, {"Masks": [["a.msk"]]}, {"MaskFile": "a.msk"}],
)
def test_what_is_no_calibration_names_no_file(document):
    assert named_files(document) == ()


def test_a_title_is_no_file():
    assert named_files({"Title": "a.msk", "Directory": ["a.msk"]}) == ()
