import json

import pytest

from saxsdog.errors import CalibrationError
from saxsdog.legacy.masks import frame_of, log_masks, mask_names, masks_of
from saxsdog.protocol.messages import Attachment
from tests.helpers.calibrations import FULL
from tests.helpers.legacy import attachment

EVERY_BYTE = bytes(range(256))


def calibration(*names):
    return {"Masks": [{"MaskFile": name} if name else {} for name in names]}


def test_masks_are_those_of_the_calibration_in_its_order():
    document = calibration("a.msk", None, "masks/b.tif")
    frames = [attachment("a.msk", EVERY_BYTE), attachment("masks/b.tif", b"")]
    expected = (Attachment("a.msk", EVERY_BYTE), Attachment("masks/b.tif", b""))
    assert masks_of(document, frames) == expected


def test_other_files_than_masks_do_not_count():
    masks = [{"MaskFile": "a.msk", "BackgroundCurve": "b.chi"}]
    assert mask_names({"Masks": masks, "BadPixels": {"File": "c.tif"}}) == ("a.msk",)
    assert len(mask_names(FULL)) == sum("MaskFile" in mask for mask in FULL["Masks"])


def test_a_client_may_name_the_folder_of_a_mask_differently():
    document = calibration(r"C:\masks\a.msk", "/data/b.msk")
    frames = [attachment("a.msk", b"1"), attachment(r"\\share\b.msk", b"2")]
    assert [each.name for each in masks_of(document, frames)] == [r"C:\masks\a.msk", "/data/b.msk"]


def test_a_file_of_two_masks_comes_twice_and_is_kept_once():
    document = calibration("a.msk", "a.msk")
    one, other = attachment("a.msk", b"1"), attachment("a.msk", b"2")
    assert masks_of(document, [one, one]) == (Attachment("a.msk", b"1"),)
    with pytest.raises(CalibrationError, match="mask file 1"):
        masks_of(document, [one, other])


A, B = attachment("a.msk", b"1"), attachment("b.msk", b"2")


@pytest.mark.parametrize("frames", [[], [A], [A, B, B], [B, A], [A, A]], ids=range(5))
def test_masks_that_were_swapped_dropped_or_added_are_refused(frames):
    with pytest.raises(CalibrationError, match="mask file"):
        masks_of(calibration("a.msk", "b.msk"), frames)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        EVERY_BYTE,
        b"[]",
        b'"a.msk"',
        b'{"filename": "a.msk"}',
        b'{"filename": "a.msk", "data": 5}',
        b'{"filename": ["a.msk"], "data": ""}',
        b'{"filename": "a.msk", "data": "", "more": 1}',
        b'{"filename": "a.msk", "data": "", "data": ""}',
        b'{"filename": "a.msk", "data": "\\u0100"}',
        b'{"filename": "a.msk", "data": "\\ud800"}',
        b'{"filename": "a.msk", "data": ' + b"[" * 100_000,
    ],
    ids=range(12),
)
def test_what_is_no_mask_is_refused(frame):
    with pytest.raises(CalibrationError, match="mask file 0: expected an object with the keys"):
        masks_of(calibration("a.msk"), [frame])


@pytest.mark.parametrize("document", [{}, {"Masks": 5}, {"Masks": [1, {"MaskFile": 2}]}, []])
def test_a_calibration_that_is_none_has_no_masks(document):
    assert masks_of(document, []) == ()


def test_brackets_and_commas_in_a_mask_are_only_bytes():
    content = b'[{,"\\' * 10_000
    assert masks_of(calibration("a"), [attachment("a", content)])[0].data == content


def test_a_mask_is_sent_as_it_was_received():
    assert json.dumps(frame_of(Attachment("a.msk", EVERY_BYTE))).encode() == attachment(
        "a.msk", EVERY_BYTE
    )


def test_the_log_tells_which_masks_they_are(caplog):
    log_masks([Attachment("a.msk\n", b"abc")], "192.0.2.1")
    assert "192.0.2.1" in caplog.text
    # printf abc | sha256sum
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" in caplog.text
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert r"a.msk\\n" in caplog.text
