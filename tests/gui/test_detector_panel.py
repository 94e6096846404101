"""The detector view: what it draws, and what mouse and keys do in it."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication

from saxsdog.calibration import Calibration
from saxsdog.pipeline.preview import preview_of
from saxsleash.appearance import Theme, apply_theme
from saxsleash.models.count_scale import NO_COUNT, CountScale
from saxsleash.models.detector_model import DetectorModel
from saxsleash.models.shown_frame import OVERVIEW_SIDE, ShownFrame
from saxsleash.panels.detector_panel import DetectorPanel
from tests.helpers.ring_frames import (
    CENTER,
    SHAPE,
    gaps_and_beamstop,
    ring_calibration,
    ring_document,
    ring_image,
)

GAPS = gaps_and_beamstop()
FRAME = ShownFrame.of_image("rings.tif", ring_image(gaps=GAPS), time=1_400_674_492.0)


class Shown:
    """A panel on the screen, with the hand that works on it."""

    def __init__(self, qtbot):
        self.model = DetectorModel()
        self.panel = DetectorPanel(self.model)
        self.panel.resize(800, 800)
        qtbot.addWidget(self.panel)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.view = self.panel.view
        self.qtbot = qtbot

    def fill(self, frame=FRAME, calibration=None, mask=GAPS):
        calibration = calibration or ring_calibration()
        self.model.show_frame(frame)
        self.model.set_calibration(calibration, [mask] * len(calibration.masks))
        row, column = calibration.geometry.beam_center
        self.qtbot.waitUntil(lambda: self.cross() == pytest.approx((row, column)))
        self.qtbot.waitUntil(lambda: self.panel.title.text() != "" and self.image() is not None)
        QApplication.processEvents()  # the axes take their place
        return self

    def cross(self):
        place = self.view.cross.pos()
        return place.y(), place.x()

    def image(self):
        return self.view.image._overview.image

    def rings(self):
        x, y = self.view.overlay._rings.getData()
        return np.empty((0, 2)) if x is None else np.column_stack((y, x))

    def at(self, row, column):
        """Where a point of the detector is in the viewport."""
        place = self.view.plotItem.getViewBox().mapViewToScene(QPointF(column, row))
        return self.view.mapFromScene(place)

    def drag(self, start, stop, steps=5, drop=True):
        viewport = self.view.viewport()
        begin, end = self.at(*start), self.at(*stop)
        self.qtbot.mouseMove(viewport, begin)
        self.qtbot.mousePress(viewport, Qt.LeftButton, pos=begin)
        for step in range(1, steps + 1):
            place = begin + (end - begin) * step / steps
            moved = QMouseEvent(
                QEvent.MouseMove, QPointF(place), Qt.NoButton, Qt.LeftButton, Qt.NoModifier
            )
            QApplication.sendEvent(viewport, moved)
        if drop:
            self.qtbot.mouseRelease(viewport, Qt.LeftButton, pos=end)

    def point(self, row, column):
        place = self.at(row, column)
        moved = QMouseEvent(
            QEvent.MouseMove, QPointF(place), Qt.NoButton, Qt.NoButton, Qt.NoModifier
        )
        QApplication.sendEvent(self.view.viewport(), moved)
        return place


@pytest.fixture
def shown(qtbot):
    return Shown(qtbot)


def test_without_a_frame_it_says_what_to_do(shown):
    assert shown.panel.empty.isVisible()
    assert "open an image file" in shown.panel.empty.text()


def test_what_a_calibration_draws_is_seen_before_there_is_a_frame(shown):
    shown.model.set_calibration(ring_calibration(), [GAPS])
    shown.qtbot.waitUntil(lambda: "\n" not in shown.panel.empty.text())
    assert "open an image file" in shown.panel.title.text()
    QApplication.processEvents()
    assert not shown.panel.empty.geometry().contains(shown.at(*CENTER))
    axis = shown.view.getAxis("left").sceneBoundingRect()
    assert shown.panel.empty.geometry().left() > axis.right()


def test_a_frame_takes_the_place_of_the_advice_and_is_named(shown):
    shown.fill()
    shown.qtbot.waitUntil(lambda: not shown.panel.empty.isVisible())
    assert shown.panel.title.text().startswith("rings.tif · 300 × 260 · 2014-05-21")


def test_pixels_without_a_count_are_drawn_in_their_own_colour(shown):
    shown.fill()
    assert ((shown.image() == NO_COUNT) == GAPS).all()


def test_the_top_row_of_the_frame_is_drawn_at_the_top(shown):
    shown.fill()
    assert shown.at(0, 0).y() < shown.at(SHAPE[0], 0).y()
    assert shown.at(0, 0).x() < shown.at(0, SHAPE[1]).x()


@pytest.mark.parametrize("size", [[172.0, 172.0], [100.0, 250.0]])
def test_pixels_have_their_physical_shape_on_the_screen(shown, size):
    shown.fill(calibration=ring_calibration(PixelSizeMicroM=size))
    height = shown.at(200, 0).y() - shown.at(0, 0).y()
    width = shown.at(0, 200).x() - shown.at(0, 0).x()
    assert width / height == pytest.approx(size[1] / size[0], rel=0.02)


def test_the_rings_are_those_of_the_chosen_powder_around_the_beam(shown):
    shown.fill()
    radii = np.hypot(*(shown.rings() - CENTER).T)
    first = 2 * math.asin(2 * math.pi / 5.838 * 0.1 / (4 * math.pi))
    expected = 0.5 * math.tan(first) / 172e-6
    assert np.nanmin(radii) == pytest.approx(expected, rel=1e-6)


def test_labels_of_rings_have_order_and_q_with_its_unit_once(shown):
    shown.fill()
    texts = [label.toPlainText() for label in shown.view.overlay._labels if label.isVisible()]
    assert texts[0] == "1 · 1.08 nm⁻¹"
    assert texts[1] == "2 · 2.15"


def test_lines_are_as_wide_on_a_screen_of_twice_the_pixels(shown):
    shown.fill()
    overlay = shown.view.overlay
    before = overlay._rings.opts["pen"].widthF(), overlay._rings.opts["shadowPen"].widthF()
    overlay.set_pixel_ratio(2.0)
    after = overlay._rings.opts["pen"].widthF(), overlay._rings.opts["shadowPen"].widthF()
    assert after == (2 * before[0], 2 * before[1])


def test_a_low_panel_reads_out_less_and_in_one_line(shown):
    shown.panel.resize(600, 330)
    readout = shown.panel.readout
    names = ("Column", "Row", "Counts", "q / nm⁻¹")
    shown.qtbot.waitUntil(lambda: not readout._values["Mask"].isVisible())
    QApplication.processEvents()
    assert len({readout._values[name].parentWidget().y() for name in names}) == 1
    assert all(readout._values[name].isVisible() for name in names)


def test_choosing_other_rings_draws_them(shown):
    shown.fill()
    chooser = shown.panel.rings
    chooser.list.setCurrentText("Own q…")
    chooser.list.activated.emit(chooser.list.currentIndex())
    shown.qtbot.keyClicks(chooser.own, "0.5 1.25")
    assert shown.model.rings == (0.5, 1.25)
    shown.qtbot.waitUntil(lambda: np.isnan(shown.rings()[:, 0]).sum() == 2)
    chooser.list.setCurrentText("None")
    chooser.list.activated.emit(chooser.list.currentIndex())
    shown.qtbot.waitUntil(lambda: shown.rings().size == 0)


def test_rings_that_cannot_be_read_are_marked_and_change_nothing(shown):
    shown.fill()
    chooser = shown.panel.rings
    chooser.list.setCurrentText("Own q…")
    chooser.list.activated.emit(chooser.list.currentIndex())
    shown.qtbot.keyClicks(chooser.own, "1.5")
    before = chooser.own.palette().text().color()
    shown.qtbot.keyClicks(chooser.own, " x")
    assert shown.model.rings == (1.5,)
    assert chooser.own.palette().text().color() != before


def test_the_mouse_reads_out_the_pixel_below_it(shown):
    shown.fill()
    place = shown.point(200.4, 50.6)
    readout = shown.panel.readout
    point = shown.view.plotItem.getViewBox().mapSceneToView(QPointF(place))
    assert readout.text_of("Column") == f"{point.x():.1f}"
    assert readout.text_of("Row from top") == f"{point.y():.1f}"
    assert readout.text_of("Row") == f"{SHAPE[0] - point.y():.1f}"
    assert readout.text_of("Counts") == str(FRAME.pixels[int(point.y()), int(point.x())])
    assert readout.text_of("Mask") == "in use"
    q = shown.model.readout(point.y(), point.x()).q
    assert readout.text_of("q / nm⁻¹") == f"{q:.4f}"
    assert readout.text_of("d / nm") == f"{2 * math.pi / q:.4g}"


def test_the_readout_empties_when_the_mouse_leaves(shown):
    shown.fill()
    shown.point(200.4, 50.6)
    QApplication.sendEvent(shown.view, QEvent(QEvent.Leave))
    assert shown.panel.readout.text_of("Counts") == "–"


def test_the_readout_follows_a_new_frame_below_a_mouse_at_rest(shown):
    shown.fill()
    shown.point(200.4, 50.6)
    shown.model.show_frame(ShownFrame.of_image("b.tif", np.full(SHAPE, 12345, np.int32)))
    shown.qtbot.waitUntil(lambda: shown.panel.readout.text_of("Counts") == "12345")


def test_dragging_the_cross_tells_where_it_is_and_where_it_is_dropped(shown):
    shown.fill()
    target = CENTER[0] + 40.0, CENTER[1] - 30.0
    moved, dropped = [], []
    shown.panel.beam_center_moved.connect(lambda *place: moved.append(place))
    shown.panel.beam_center_dropped.connect(lambda *place: dropped.append(place))
    shown.drag(CENTER, target)
    pixel = 1.5 / shown.view.plotItem.getViewBox().viewPixelSize()[0]
    assert len(dropped) == 1
    assert dropped[0] == pytest.approx(target, abs=2 * max(pixel, 1.0))
    assert moved


def test_rings_follow_the_hand_before_anybody_answers(shown):
    shown.fill()
    before = np.nanmean(shown.rings(), axis=0)
    shown.drag(CENTER, (CENTER[0] + 40.0, CENTER[1]), drop=False)
    after = np.nanmean(shown.rings(), axis=0)
    assert after[0] > before[0] + 20
    shown.qtbot.mouseRelease(shown.view.viewport(), Qt.LeftButton, pos=shown.at(*shown.cross()))


def test_a_drop_that_nobody_takes_up_goes_back_to_the_model(shown):
    shown.fill()
    shown.drag(CENTER, (CENTER[0] + 40.0, CENTER[1]))
    shown.qtbot.waitUntil(lambda: shown.cross() == pytest.approx(CENTER))


def test_news_of_the_calibration_do_not_pull_the_cross_from_the_hand(shown):
    shown.fill()
    shown.drag(CENTER, (CENTER[0] + 40.0, CENTER[1]), drop=False)
    held = shown.cross()
    shown.model.set_rings((1.0,), "own")
    with shown.qtbot.waitSignal(shown.model.calibration_changed):
        shown.model.set_calibration(ring_calibration(), [GAPS])
    shown.qtbot.waitUntil(lambda: np.isnan(shown.rings()[:, 0]).sum() == 1)
    assert shown.cross() == held
    shown.qtbot.mouseRelease(shown.view.viewport(), Qt.LeftButton, pos=shown.at(*held))


@pytest.mark.parametrize(
    ("key", "modifier", "step"),
    [
        (Qt.Key_Up, Qt.NoModifier, (-1.0, 0.0)),
        (Qt.Key_Down, Qt.NoModifier, (1.0, 0.0)),
        (Qt.Key_Left, Qt.ShiftModifier, (0.0, -0.1)),
        (Qt.Key_Right, Qt.ShiftModifier, (0.0, 0.1)),
    ],
)
def test_arrow_keys_move_the_cross_by_a_pixel_and_with_shift_by_a_tenth(shown, key, modifier, step):
    shown.fill()
    with shown.qtbot.waitSignal(shown.panel.beam_center_dropped) as dropped:
        shown.qtbot.keyClick(shown.view, key, modifier)
    assert dropped.args == pytest.approx([CENTER[0] + step[0], CENTER[1] + step[1]])


def test_an_arrow_that_is_held_down_is_one_drop(shown):
    shown.fill()
    dropped = []
    shown.panel.beam_center_dropped.connect(lambda *place: dropped.append(place))
    for _ in range(3):
        shown.qtbot.keyPress(shown.view, Qt.Key_Up)
    shown.qtbot.keyRelease(shown.view, Qt.Key_Up)
    assert dropped == [pytest.approx((CENTER[0] - 3, CENTER[1]))]


def test_what_the_controller_answers_to_a_drag_is_drawn(shown):
    shown.fill()

    def answer(row, column):
        shown.model.set_calibration(
            ring_calibration(BeamCenter=[round(SHAPE[0] - row, 2), round(column, 2)]), [GAPS]
        )

    shown.panel.beam_center_moved.connect(answer)
    shown.panel.beam_center_dropped.connect(answer)
    shown.drag(CENTER, (CENTER[0] + 40.0, CENTER[1] - 30.0))
    wanted = shown.model.geometry.beam_center
    assert wanted != CENTER
    shown.qtbot.waitUntil(lambda: shown.cross() == pytest.approx(wanted))


def test_dragging_beside_the_cross_moves_the_picture_and_not_the_beam(shown):
    shown.fill()
    before = shown.view.plotItem.getViewBox().viewRect()
    with shown.qtbot.assertNotEmitted(shown.panel.beam_center_dropped):
        shown.drag((250, 50), (200, 100))
    assert shown.view.plotItem.getViewBox().viewRect() != before


def test_the_wheel_looks_closer_and_a_double_click_shows_all_again(shown):
    shown.fill()
    box = shown.view.plotItem.getViewBox()
    whole = box.viewRect()
    place = QPointF(shown.at(150, 100))
    turned = QWheelEvent(
        place,
        QPointF(shown.view.viewport().mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 240),
        Qt.NoButton,
        Qt.NoModifier,
        Qt.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(shown.view.viewport(), turned)
    assert box.viewRect().width() < whole.width()
    shown.qtbot.mouseDClick(shown.view.viewport(), Qt.LeftButton, pos=place.toPoint())
    assert box.viewRect().width() == pytest.approx(whole.width(), rel=0.01)


def test_beam_looks_at_the_beam_and_fit_at_everything(shown):
    shown.fill()
    box = shown.view.plotItem.getViewBox()
    shown.qtbot.mouseClick(shown.panel.beam, Qt.LeftButton)
    near = box.viewRect()
    assert near.width() < SHAPE[1] / 2
    assert (near.center().y(), near.center().x()) == pytest.approx(CENTER, abs=1)
    shown.qtbot.mouseClick(shown.panel.fit, Qt.LeftButton)
    assert box.viewRect().contains(0, 0)
    assert box.viewRect().contains(SHAPE[1], SHAPE[0])


def test_one_to_one_shows_a_pixel_on_a_pixel(shown):
    shown.fill()
    shown.qtbot.mouseClick(shown.panel.pixels, Qt.LeftButton)
    assert shown.at(0, 100).x() - shown.at(0, 0).x() == pytest.approx(100, abs=1)


def test_one_to_one_shows_a_pixel_on_a_pixel_after_everything_was_shown(shown):
    shown.panel.resize(800, 350)
    shown.fill()
    shown.qtbot.mouseClick(shown.panel.fit, Qt.LeftButton)
    assert shown.at(100, 0).y() - shown.at(0, 0).y() < 90
    shown.qtbot.mouseClick(shown.panel.pixels, Qt.LeftButton)
    assert shown.at(0, 100).x() - shown.at(0, 0).x() == pytest.approx(100, abs=1)
    assert shown.at(100, 0).y() - shown.at(0, 0).y() == pytest.approx(100, abs=1)


def test_a_resized_view_still_shows_everything(shown):
    shown.fill()
    shown.panel.resize(500, 900)
    box = shown.view.plotItem.getViewBox()
    shown.qtbot.waitUntil(
        lambda: box.viewRect().contains(0, 0) and box.viewRect().contains(SHAPE[1], SHAPE[0])
    )


def test_the_mask_is_drawn_with_its_share_and_can_be_taken_away(shown):
    shown.fill()
    share = 100 * GAPS.mean()
    shown.qtbot.waitUntil(lambda: shown.panel.mask_shown.text() == f"&Mask {share:.1f} %")
    assert (shown.view.overlay._mask.image.astype(bool) == GAPS).all()
    shown.panel.mask_shown.click()
    shown.qtbot.waitUntil(lambda: not shown.view.overlay._mask.isVisible())


def test_pixels_that_the_mask_forgets_are_marked_one_by_one(shown):
    upside_down = np.flipud(GAPS)
    shown.fill(mask=upside_down)
    expected = np.count_nonzero(GAPS & ~upside_down)
    shown.qtbot.waitUntil(lambda: len(shown.view.overlay._marks.points()) == expected)
    shown.model.set_calibration(ring_calibration(), [GAPS])
    shown.qtbot.waitUntil(lambda: len(shown.view.overlay._marks.points()) == 0)


def test_of_several_masks_one_can_be_chosen(shown):
    document = ring_document()
    document["Masks"].append(document["Masks"][0] | {"Name": "second"})
    calibration = Calibration.from_document(document)
    other = np.zeros(SHAPE, bool)
    other[:100] = True
    shown.model.show_frame(FRAME)
    shown.model.set_calibration(calibration, [GAPS, other])
    shown.qtbot.waitUntil(lambda: shown.panel.mask_list.isVisible())
    shown.qtbot.keyClick(shown.panel.mask_list, Qt.Key_Down)
    assert shown.model.chosen_mask == 1
    shown.qtbot.waitUntil(lambda: (shown.view.overlay._mask.image.astype(bool) == other).all())


def test_sectors_and_slices_are_drawn_where_they_are(shown):
    document = ring_document()
    document["Masks"][0] |= {"Phi-mode": True, "qStart": 0.5, "qStop": 1.0}
    document["Slices"] = [
        {
            "Direction": "x",
            "Plane": "InPlane",
            "CutPosition": 100,
            "CutMargin": 5,
            "IncidentAngle": 0.0,
            "MaskRef": -1,
        }
    ]
    shown.fill(calibration=Calibration.from_document(document))
    shown.qtbot.waitUntil(lambda: len(shown.view.overlay._areas) == 2)
    sector, cut = (item.path() for item in shown.view.overlay._areas)
    inside = 0.5 * math.tan(2 * math.asin(0.75 * 0.1 / (4 * math.pi))) / 172e-6
    assert sector.contains(QPointF(CENTER[1] + inside, CENTER[0]))
    assert not sector.contains(QPointF(CENTER[1] + inside / 2, CENTER[0]))
    bounds = cut.boundingRect()
    assert (bounds.top(), bounds.bottom()) == (SHAPE[0] - 105, SHAPE[0] - 94)


def test_the_sectors_and_the_ends_of_the_bins_of_the_chosen_mask_are_drawn(shown):
    document = ring_document()
    document["Masks"] = [
        {"Sectors": [{"From": -20, "To": 20, "Mirrored": True}], "Bins": {"From": 0.5, "To": 1.0}},
        {"Sectors": [{"From": 80, "To": 100}]},
    ]
    shown.fill(calibration=Calibration.from_document(document))
    shown.qtbot.waitUntil(lambda: len(shown.view.overlay._areas) == 2)
    right, left = (item.path() for item in shown.view.overlay._areas)
    for path, side in ((right, 1), (left, -1)):
        assert path.contains(QPointF(CENTER[1] + side * 30, CENTER[0] + 5))
        assert not path.contains(QPointF(CENTER[1] - side * 30, CENTER[0] + 5))
        assert not path.contains(QPointF(CENTER[1], CENTER[0] + 30))
    assert shown.view.overlay._ends.getData()[0].size > 1000


def test_an_invalid_document_lets_the_overlay_step_back_and_says_so(shown):
    shown.fill()
    shown.model.set_calibration(None, [], "Wavelength: expected a number")
    shown.qtbot.waitUntil(lambda: shown.view.overlay._rings.opacity() < 1)
    shown.qtbot.waitUntil(lambda: "not valid" in shown.panel.message.text())
    assert shown.rings().size > 0
    shown.model.set_calibration(ring_calibration(), [GAPS])
    shown.qtbot.waitUntil(lambda: shown.view.overlay._rings.opacity() == 1)
    shown.qtbot.waitUntil(lambda: not shown.panel.message.isVisible())


def test_a_frame_that_cannot_be_read_is_told_above_the_one_before(shown):
    shown.fill()
    shown.model.set_problem("new.tif: cut off")
    shown.qtbot.waitUntil(lambda: "new.tif: cut off" in shown.panel.message.text())
    assert "Still on view" in shown.panel.message.text()
    assert shown.panel.title.text().startswith("rings.tif")


def test_dragging_the_bar_of_colours_makes_the_picture_brighter_until_auto(shown):
    shown.fill()
    bar, low, high = shown.panel.counts_bar, *shown.view.levels
    shown.qtbot.mousePress(bar, Qt.LeftButton, pos=QPoint(5, bar.height() // 4))
    shown.qtbot.mouseMove(bar, QPoint(5, bar.height() // 4 - 40))
    moved = QMouseEvent(
        QEvent.MouseMove,
        QPointF(5, bar.height() / 4 - 40),
        Qt.NoButton,
        Qt.LeftButton,
        Qt.NoModifier,
    )
    QApplication.sendEvent(bar, moved)
    shown.qtbot.mouseRelease(bar, Qt.LeftButton, pos=QPoint(5, bar.height() // 4 - 40))
    shown.qtbot.waitUntil(lambda: shown.view.levels[1] < high)
    assert shown.view.levels[0] == low
    assert not shown.panel.auto.isChecked()
    shown.qtbot.mouseDClick(bar, Qt.LeftButton)
    shown.qtbot.waitUntil(lambda: shown.view.levels == (low, high))
    assert shown.panel.auto.isChecked()


def test_the_scale_of_the_colours_can_be_chosen(shown):
    shown.fill()
    shown.qtbot.keyClick(shown.panel.scale_list, Qt.Key_Down)
    assert shown.view.count_scale is CountScale.SQUARE_ROOT
    shown.qtbot.waitUntil(lambda: shown.view.image.scale is CountScale.SQUARE_ROOT)


def test_levels_of_ones_own_stay_for_the_next_frame(shown):
    shown.fill()
    shown.panel.counts_bar.levels_dragged.emit(0.5, 2.5)
    shown.model.show_frame(ShownFrame.of_image("b.tif", np.full(SHAPE, 9, np.int32)))
    shown.qtbot.waitUntil(lambda: shown.view.image._frame.name == "b.tif")
    assert shown.view.levels == (0.5, 2.5)


def test_a_large_frame_shows_its_pixels_where_one_looks_closely(shown):
    side = OVERVIEW_SIDE + 500
    image = np.arange(side, dtype=np.int32)[np.newaxis, :].repeat(side, axis=0)
    document = ring_document(Imagesize=[side, side])
    calibration = Calibration.from_document(document)
    shown.fill(ShownFrame.of_image("large.tif", image), calibration, None)
    assert shown.image().shape == (side // 2, side // 2)
    assert not shown.view.image._detail.isVisible()
    shown.qtbot.mouseClick(shown.panel.beam, Qt.LeftButton)
    shown.qtbot.waitUntil(lambda: shown.view.image._detail.isVisible())
    seen = shown.view.plotItem.getViewBox().viewRect()
    whole = seen.intersected(
        shown.view.image._overview.mapRectToParent(shown.view.image._overview.boundingRect())
    )
    assert shown.view.image._detail_rect.contains(whole)
    shown.qtbot.mouseClick(shown.panel.fit, Qt.LeftButton)
    shown.qtbot.waitUntil(lambda: not shown.view.image._detail.isVisible())


def test_a_preview_lies_where_the_whole_frame_would(shown):
    means, block = preview_of(FRAME.pixels, 100)
    shown.fill(ShownFrame.of_preview("rings.tif", means, SHAPE, block))
    item = shown.view.image._overview
    rect = item.mapRectToParent(item.boundingRect())
    assert (rect.height(), rect.width()) == (means.shape[0] * block, means.shape[1] * block)
    assert "means of 3 × 3 pixels" in shown.panel.title.text()


def test_the_buttons_say_what_the_user_wants(shown):
    panel = shown.panel
    with shown.qtbot.waitSignal(panel.newest_wanted):
        shown.qtbot.mouseClick(panel.newest, Qt.LeftButton)
    with shown.qtbot.waitSignal(panel.open_image_wanted):
        shown.qtbot.mouseClick(panel.open, Qt.LeftButton)
    with shown.qtbot.waitSignal(panel.follow_changed) as followed:
        panel.follow.click()
    assert followed.args == [True]
    assert panel.follows


def test_without_a_server_nothing_of_it_is_offered(shown):
    shown.panel.set_connected(False)
    assert not shown.panel.newest.isEnabled()
    assert not shown.panel.follow.isEnabled()
    assert shown.panel.open.isEnabled()


def test_every_button_and_list_explains_itself(shown):
    panel = shown.panel
    for widget in (
        *(panel.newest, panel.open, panel.follow, panel.fit, panel.beam, panel.pixels),
        *(panel.mask_shown, panel.mask_list, panel.scale_list, panel.auto, panel.rings.list),
        *(panel.rings.own, panel.counts_bar),
    ):
        assert widget.toolTip()


def test_the_theme_can_change_while_it_is_on_view(shown, qapp):
    shown.fill()
    before = shown.panel.title.palette().windowText().color()
    apply_theme(qapp, Theme.DARK)
    shown.qtbot.waitUntil(lambda: shown.panel.title.palette().windowText().color() != before)
    apply_theme(qapp, Theme.LIGHT)


def test_a_hundred_frames_a_second_are_drawn_a_few_times_only(shown):
    shown.fill()
    drawn = []
    shown.view.levels_changed.connect(lambda: drawn.append(shown.view.image._frame.name))
    for n in range(200):
        shown.model.show_frame(replace(FRAME, name=f"{n}.tif"))
    shown.qtbot.waitUntil(lambda: drawn[-1:] == ["199.tif"])
    assert len(drawn) < 100
