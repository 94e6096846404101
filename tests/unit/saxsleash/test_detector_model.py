"""The model: what it reads out, what it checks, and what it says has changed."""

import math
from pathlib import Path

import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.io.images import read_frame
from saxsdog.io.mask_files import read_mask
from saxsdog.pipeline.preview import preview_of
from saxsleash.appearance import Tone
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.shown_frame import ShownFrame
from tests.helpers.ring_frames import (
    CENTER,
    SHAPE,
    gaps_and_beamstop,
    ring_calibration,
    ring_document,
    ring_image,
)

GAPS = gaps_and_beamstop()
FRAME = ShownFrame.of_image("rings.tif", ring_image(gaps=GAPS))
DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def model():
    return filled(DetectorModel())


def filled(model, mask=GAPS, frame=FRAME, calibration=None):
    model.show_frame(frame)
    calibration = calibration or ring_calibration()
    model.set_calibration(calibration, [mask] * len(calibration.masks))
    return model


def check(model, name):
    return next(each for each in model.checks if each.name == name)


def test_a_fitting_calibration_is_good_in_every_respect(model):
    assert {each.tone for each in model.checks} == {Tone.GOOD}


def test_without_anything_nothing_is_known():
    assert {each.tone for each in DetectorModel().checks} == {Tone.UNKNOWN}


def test_a_mask_upside_down_is_told_and_how_to_turn_it():
    model = filled(DetectorModel(), mask=np.flipud(GAPS))
    answer = check(model, "Dead pixels")
    missed = np.count_nonzero(GAPS & ~np.flipud(GAPS))
    assert answer.tone is Tone.DOUBTFUL
    assert f"{missed}".replace(",", "") in answer.text.replace("\N{NARROW NO-BREAK SPACE}", "")
    assert "flipped vertically it would be 0. Is it upside down?" in answer.text


@pytest.mark.parametrize(
    ("turned", "words"),
    [(np.fliplr(GAPS), "flipped horizontally"), (np.flipud(np.fliplr(GAPS)), "turned by 180°")],
)
def test_other_turns_of_a_mask_are_told_apart(turned, words):
    model = filled(DetectorModel(), mask=turned)
    assert f"{words} it would be 0" in check(model, "Dead pixels").text


def test_a_mask_of_another_detector_is_not_explained_by_a_turn():
    other = np.zeros(SHAPE, bool)
    other[5:9] = True
    answer = check(filled(DetectorModel(), mask=other), "Dead pixels")
    assert answer.tone is Tone.DOUBTFUL
    assert "would be" not in answer.text


def test_an_inverted_mask_is_bad():
    inverted = np.ones(SHAPE, bool)
    inverted[:4] = False
    answer = check(filled(DetectorModel(), mask=inverted), "Masks")
    assert answer.tone is Tone.BAD
    assert "98.7 %" in answer.text


def test_a_mask_of_nothing_is_doubtful_on_a_detector_with_gaps():
    model = filled(DetectorModel(), mask=np.zeros(SHAPE, bool))
    assert check(model, "Masks").tone is Tone.DOUBTFUL


def test_a_mask_of_another_shape_is_bad():
    answer = check(filled(DetectorModel(), mask=np.zeros((9, 8), bool)), "Masks")
    assert answer.tone is Tone.BAD
    assert "9 × 8 pixels, Imagesize says 300 × 260" in answer.text


def test_a_mask_whose_file_is_not_read_cannot_be_good():
    assert check(filled(DetectorModel(), mask=None), "Masks").tone is Tone.DOUBTFUL


def test_the_worst_of_several_masks_speaks():
    document = ring_document()
    document["Masks"].append(document["Masks"][0] | {"Name": "second"})
    model = DetectorModel()
    model.show_frame(FRAME)
    model.set_calibration(Calibration.from_document(document), [GAPS, np.ones(SHAPE, bool)])
    answer = check(model, "Masks")
    assert answer.tone is Tone.BAD
    assert "“second” leaves out 100.0 %" in answer.text
    assert "“gaps”" in answer.details


@pytest.mark.parametrize(
    ("size", "words"),
    [([400, 260], "Imagesize says"), ([260, 300], "rows and columns are swapped")],
)
def test_an_image_of_another_size_is_bad(size, words):
    model = filled(DetectorModel(), None, FRAME, ring_calibration(Imagesize=size))
    answer = check(model, "Image size")
    assert answer.tone is Tone.BAD
    assert words in answer.text


def test_a_beam_beside_the_detector_is_doubtful_because_it_may_be_meant():
    model = filled(DetectorModel(), calibration=ring_calibration(BeamCenter=[190.0, -20.0]))
    assert check(model, "Beam on detector").tone is Tone.DOUBTFUL


def test_a_beam_centre_beside_the_rings_is_doubtful_and_the_better_one_is_named():
    row, column = SHAPE[0] - CENTER[0], CENTER[1]
    model = filled(DetectorModel(), calibration=ring_calibration(BeamCenter=[row + 20, column]))
    answer = check(model, "Beam centre")
    assert answer.tone is Tone.DOUBTFUL
    assert f"column {column:.0f}, row {row:.0f} from the bottom: 20 pixels away" in answer.text


@pytest.mark.parametrize(
    ("center", "question"),
    [
        ([CENTER[0], CENTER[1]], "counted from the top?"),
        ([CENTER[1], SHAPE[0] - CENTER[0]], "BeamCenter swapped?"),
    ],
)
def test_usual_slips_are_asked_for(center, question):
    model = filled(DetectorModel(), calibration=ring_calibration(BeamCenter=center))
    assert question in check(model, "Beam centre").text


def test_a_preview_is_compared_with_the_mask_block_by_block():
    means, block = preview_of(FRAME.pixels, 100)
    frame = ShownFrame.of_preview("rings.tif", means, SHAPE, block)
    assert check(filled(DetectorModel(), GAPS, frame), "Dead pixels").tone is Tone.GOOD
    upside_down = check(filled(DetectorModel(), np.flipud(GAPS), frame), "Dead pixels")
    assert "flipped vertically it would be 0" in upside_down.text


def test_a_document_that_has_become_invalid_leaves_what_was_drawn_marked(model):
    before = model.calibration
    model.set_calibration(None, [], "Wavelength: expected a number, got nothing")
    assert model.stale
    assert model.calibration is before
    assert check(model, "Calibration").tone is Tone.BAD
    assert "Wavelength" in check(model, "Calibration").text
    model.set_calibration(before, [GAPS])
    assert not model.stale
    assert check(model, "Calibration").tone is Tone.GOOD


def test_a_forgotten_calibration_leaves_nothing(model):
    model.forget_calibration()
    assert model.calibration is None
    assert model.mask is None
    assert check(model, "Calibration").tone is Tone.UNKNOWN


def test_a_frame_that_cannot_be_read_leaves_the_one_before_and_says_so(model):
    model.set_problem("new.tif: expected 4 bytes, got 3")
    assert model.frame is FRAME
    assert check(model, "Image size").details == "new.tif: expected 4 bytes, got 3"
    model.show_frame(FRAME)
    assert model.problem == ""
    assert check(model, "Image size").tone is Tone.GOOD


def test_the_readout_at_the_beam_is_the_origin(model):
    readout = model.readout(*CENTER)
    assert readout.q == pytest.approx(0.0)
    assert readout.row_from_bottom == SHAPE[0] - CENTER[0]


def test_the_readout_of_a_point_is_that_of_its_pixel(model):
    row, column = CENTER[0] + 50.0, CENTER[1]
    readout = model.readout(row, column)
    two_theta = math.atan(50 * 172e-6 / 0.5)
    assert readout.two_theta == pytest.approx(two_theta)
    assert readout.q == pytest.approx(4 * math.pi / 0.1 * math.sin(two_theta / 2))
    assert readout.chi == pytest.approx(math.pi / 2)  # downwards
    assert readout.counts == FRAME.pixels[int(row), int(column)]
    assert readout.masked is False


def test_the_readout_knows_gaps_and_the_mask(model):
    readout = model.readout(62.5, 10.5)
    assert readout.counts is None
    assert readout.masked is True


def test_beside_the_detector_there_is_q_but_neither_counts_nor_mask(model):
    readout = model.readout(-5.0, 10.0)
    assert readout.counts is None
    assert readout.masked is None
    assert readout.q > 0


def test_without_a_calibration_only_counts_are_read_out():
    model = DetectorModel()
    model.show_frame(FRAME)
    readout = model.readout(20.5, 20.5)
    assert readout.counts is not None
    assert (readout.q, readout.chi, readout.masked) == (None, None, None)


def test_a_beam_centre_that_moves_keeps_the_chosen_mask_and_changes_its_check(model):
    document = ring_document()
    document["Masks"].append(document["Masks"][0] | {"Name": "second"})
    model.set_calibration(Calibration.from_document(document), [GAPS, GAPS])
    model.choose_mask(1)
    document["Geometry"]["BeamCenter"] = [150.0, 140.0]
    model.set_calibration(Calibration.from_document(document), [GAPS, GAPS])
    assert model.chosen_mask == 1
    assert check(model, "Beam centre").tone is Tone.DOUBTFUL


def test_a_mask_that_is_gone_is_not_chosen_any_more(model):
    document = ring_document()
    document["Masks"].append(document["Masks"][0])
    model.set_calibration(Calibration.from_document(document), [GAPS, GAPS])
    model.choose_mask(1)
    model.set_calibration(ring_calibration(), [GAPS])
    assert model.chosen_mask == 0


def test_everything_that_changes_is_told():
    model, told = DetectorModel(), []
    model.frame_changed.connect(lambda: told.append("frame"))
    model.calibration_changed.connect(lambda: told.append("calibration"))
    model.checks_changed.connect(lambda: told.append("checks"))

    def told_by(change):
        told.clear()
        change()
        return sorted(told)

    calibration = ring_calibration()
    assert told_by(lambda: model.show_frame(FRAME)) == ["checks", "frame"]
    assert told_by(lambda: model.set_problem("no")) == ["checks", "frame"]
    assert told_by(lambda: model.set_calibration(calibration, [GAPS])) == ["calibration", "checks"]
    assert told_by(lambda: model.set_calibration(None)) == ["calibration", "checks"]
    assert told_by(lambda: model.set_rings((1.0, 2.0), "own")) == ["calibration"]
    assert told_by(lambda: model.choose_mask(0)) == []
    assert model.rings == (1.0, 2.0)


@pytest.mark.skipif(not DATA.is_dir(), reason="the measured frame is not part of the product")
def test_the_measured_mask_misses_73_pixels_upside_down():
    calibration = Calibration.load(DATA / "agbeh.saxsconf")
    mask = read_mask(DATA / "AAA_integ.msk")
    frame = ShownFrame.of_image("a.tif", read_frame(DATA / "agbeh2_1M.tif").image)
    model = filled(DetectorModel(), mask, frame, calibration)
    assert {each.tone for each in model.checks} == {Tone.GOOD}
    wrong = check(filled(model, np.flipud(mask), frame, calibration), "Dead pixels")
    assert wrong.text == (
        "73 flagged pixels outside the mask; flipped vertically it would be 0. Is it upside down?"
    )
