"""The history tab, used with mouse and keyboard."""

import json

import numpy as np
import pyqtgraph as pg
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent, QWheelEvent
from PyQt5.QtTest import QSignalSpy
from PyQt5.QtWidgets import QApplication, QFileDialog, QToolTip

from saxsleash.appearance import Theme, apply_theme
from saxsleash.models.data_sets import MOST_OFFERED, DataSet, Kind
from saxsleash.models.history_model import HistoryModel
from saxsleash.panels.history_axes import Across
from saxsleash.panels.history_panel import HistoryPanel
from saxsleash.panels.history_plot import MOST_POINTS
from tests.helpers.histories import START, page_of

N = 20

RAISED = pytest.mark.qt_log_ignore(
    r"This plugin does not support (raise\(\)|grabbing the keyboard)"
)
"""Where nothing is seen, tips and lists cannot be put above windows."""


@pytest.fixture(autouse=True)
def every_move_of_the_mouse_counts():
    """A test moves the mouse faster than a hand; pyqtgraph leaves out what comes too fast."""
    limit = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    pg.setConfigOption("mouseRateLimit", limit)


@pytest.fixture
def model():
    return HistoryModel()


@pytest.fixture
def panel(qtbot, model):
    panel = HistoryPanel(model)
    qtbot.addWidget(panel)
    panel.resize(1000, 700)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def filled(qtbot, model, panel):
    """The panel with a few images; R0 rises, R1 falls."""
    model.extend("q", *page_of(range(1, N + 1), R0=1.0 + np.arange(N), R1=60.0 - np.arange(N)))
    qtbot.waitUntil(lambda: drawn(panel.intensity, "R1").size == N)
    settle(panel)
    return panel


def settle(panel):
    """Lay out and paint: plots fit their axes only then."""
    QApplication.sendPostedEvents()
    QApplication.processEvents()
    panel.grab()


def drawn(plot, channel):
    """The values of the points of a channel, as they are drawn."""
    if channel not in plot._items:
        return np.empty(0)
    return plot._items[channel][1].getData()[1]


def spot(plot, x, y):
    """Where a point is on the viewport of its plot."""
    return plot.view.mapFromScene(plot.box.mapViewToScene(QPointF(x, y)))


def point(plot, channel, place):
    points = plot._items[channel][1].getData()
    return spot(plot, points[0][place], points[1][place])


def rings(plot):
    return list(zip(*(values.tolist() for values in plot.ring.getData()), strict=True))


def send_mouse(viewport, kind, at, button=Qt.LeftButton, buttons=Qt.LeftButton):
    place, on_screen = QPointF(at), QPointF(viewport.mapToGlobal(at))
    QApplication.sendEvent(
        viewport, QMouseEvent(kind, place, on_screen, button, buttons, Qt.NoModifier)
    )


def drag(viewport, start, end):
    """Come, and drag with the left button in more than one move, as a hand does."""
    send_mouse(viewport, QEvent.MouseMove, start, Qt.NoButton, Qt.NoButton)
    send_mouse(viewport, QEvent.MouseButtonPress, start)
    for at in ((start + end) / 2, end):
        send_mouse(viewport, QEvent.MouseMove, at, Qt.NoButton)
    send_mouse(viewport, QEvent.MouseButtonRelease, end, buttons=Qt.NoButton)


def double_click(viewport, at):
    for kind in (QEvent.MouseButtonPress, QEvent.MouseButtonDblClick):
        send_mouse(viewport, kind, at)
        send_mouse(viewport, QEvent.MouseButtonRelease, at, buttons=Qt.NoButton)


def turn_wheel(viewport, at, steps=1):
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.NoButton,
        Qt.NoModifier,
        Qt.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_an_empty_history_says_what_to_do(panel):
    assert panel.message.isVisible()
    assert "start a queue" in panel.message.text()
    assert not panel.intensity.isVisible()


def test_every_channel_of_each_quantity_is_drawn(filled):
    assert not filled.message.isVisible()
    assert drawn(filled.intensity, "R0").tolist() == (1.0 + np.arange(N)).tolist()
    assert drawn(filled.intensity, "R1").tolist() == (60.0 - np.arange(N)).tolist()
    assert [plot.quantity.name for plot in filled.plots] == ["I0", "I2", "correlation_length"]


def test_new_images_are_drawn(qtbot, model, filled):
    model.extend("q", *page_of([N + 1], R0=[7.0], R1=[8.0]))
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N + 1)
    assert drawn(filled.intensity, "R0")[-1] == 7.0


def test_a_channel_can_be_left_out(qtbot, filled):
    qtbot.mouseClick(filled.tools.boxes["R0"], Qt.LeftButton)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == 0)
    assert drawn(filled.intensity, "R1").size == N


def test_a_plot_can_show_another_quantity(qtbot, model, panel):
    files, numbers = page_of(range(1, 4), R0=np.ones(3))
    numbers |= {"R0.I1": np.full(3, 2.0), "R0.I2": np.full(3, 4.0), "R0.peak": np.full(3, 9.0)}
    model.extend("q", files, numbers)
    qtbot.waitUntil(lambda: drawn(panel.length, "R0").size == 3)
    np.testing.assert_allclose(drawn(panel.length, "R0"), np.pi / 2)
    panel.length.choice.setCurrentIndex(panel.length.choice.findText("peak"))
    qtbot.waitUntil(lambda: drawn(panel.length, "R0").tolist() == [9.0] * 3)
    assert panel.length.unit.whole == ""


def test_a_logarithmic_scale_leaves_out_what_has_no_logarithm(qtbot, model, panel):
    model.extend("q", *page_of(range(1, 5), R0=[10.0, 0.0, -5.0, 1000.0]))
    qtbot.waitUntil(lambda: drawn(panel.intensity, "R0").size == 4)
    qtbot.mouseClick(panel.intensity.log, Qt.LeftButton, pos=QPoint(8, 8))
    qtbot.waitUntil(lambda: drawn(panel.intensity, "R0").tolist() == [1.0, 3.0])
    settle(panel)


def test_long_numbers_are_shown_as_multiples(qtbot, model, panel):
    model.extend("q", *page_of(range(1, 3), R0=[2.0e6, 3.0e6]))
    model.set_intensity_unit("counts/pixel")
    qtbot.waitUntil(lambda: panel.intensity.unit.whole == "10⁶ counts/pixel nm⁻¹")


def test_equal_values_do_not_keep_the_scale_of_another_quantity(qtbot, model, panel):
    files, numbers = page_of(range(1, 3), R0=[2.0e6, 3.0e6])
    model.extend("q", files, numbers | {"R0.detector.saturated": np.zeros(2)})
    plot = panel.intensity
    qtbot.waitUntil(lambda: drawn(plot, "R0").size == 2)
    settle(panel)
    plot.choice.setCurrentIndex(plot.choice.findText("detector: saturated share"))
    qtbot.waitUntil(lambda: drawn(plot, "R0").tolist() == [0.0, 0.0])
    settle(panel)
    low, high = plot.box.viewRange()[1]
    assert -1.0 <= low < 0.0 < high <= 1.0


def test_the_unit_follows_that_of_the_curves(qtbot, model, filled):
    plot = filled.intensity
    number = plot.choice.count()
    assert plot.unit.whole == ""
    for unit in ("a.u.", "cm⁻¹"):
        model.set_intensity_unit(unit)
        qtbot.waitUntil(lambda unit=unit: plot.unit.whole == f"{unit} nm⁻¹")
    assert plot.choice.count() == number


def test_a_click_on_a_point_asks_for_its_curve_and_marks_it(qtbot, filled):
    plot = filled.intensity
    with qtbot.waitSignal(filled.curve_wanted) as wanted:
        qtbot.mouseClick(plot.view.viewport(), Qt.LeftButton, pos=point(plot, "R0", 4))
    assert wanted.args == [5]
    assert filled.picked == 5
    assert rings(plot) == [(START + 5, 5.0), (START + 5, 56.0)]


def test_a_click_beside_all_points_asks_for_nothing(qtbot, filled):
    spy = QSignalSpy(filled.curve_wanted)
    plot = filled.intensity
    qtbot.mouseClick(plot.view.viewport(), Qt.LeftButton, pos=spot(plot, START + 5, 30.0))
    assert len(spy) == 0


def test_keys_go_from_image_to_image(qtbot, filled):
    spy = QSignalSpy(filled.curve_wanted)
    plot = filled.intensity
    qtbot.mouseClick(plot.view.viewport(), Qt.LeftButton, pos=point(plot, "R0", 4))
    assert filled.hasFocus()
    for key in (Qt.Key_Right, Qt.Key_Right, Qt.Key_Left, Qt.Key_Home, Qt.Key_Left, Qt.Key_End):
        qtbot.keyClick(filled, key)
    assert [cursor for (cursor,) in spy] == [5, 6, 7, 6, 1, 20]
    with qtbot.waitSignal(filled.newest_wanted):
        qtbot.keyClick(filled, Qt.Key_Escape)
    assert rings(plot) == []


def test_the_first_step_begins_at_the_newest_image(qtbot, filled):
    with qtbot.waitSignal(filled.curve_wanted) as wanted:
        qtbot.keyClick(filled, Qt.Key_Left)
    assert wanted.args == [N]


def test_an_image_can_be_marked_from_elsewhere_and_stays_so_while_more_come(qtbot, model, filled):
    spy = QSignalSpy(filled.curve_wanted)
    filled.pick(3)
    assert rings(filled.intensity)[0] == (START + 3, 3.0)
    model.extend("q", *page_of([N + 1], R0=[7.0], R1=[8.0]))
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N + 1)
    assert rings(filled.intensity)[0] == (START + 3, 3.0)
    filled.pick(None)
    assert rings(filled.intensity) == []
    assert len(spy) == 0


def integrate_again(model, number, later=0.0, value=77.0):
    """Send another row of an image; return its cursor."""
    cursor = model.cursor + 1
    _, numbers = page_of([cursor], R0=[value], R1=[value])
    numbers["time"] = np.array([START + number + later])
    model.extend(model.queue, [f"run/x_{number:05d}.tif"], numbers)
    return cursor


def test_an_image_that_is_integrated_again_is_drawn_once(qtbot, model, filled):
    integrate_again(model, 3)
    qtbot.waitUntil(lambda: 77.0 in drawn(filled.intensity, "R0"))
    assert drawn(filled.intensity, "R0").tolist() == [1.0, 2.0, 77.0, *range(4, N + 1)]
    assert filled.selection.count.whole == f"{N} images"
    assert filled.selection.last.maximum() == N
    integrate_again(model, 3, later=100.0, value=78.0)
    qtbot.waitUntil(lambda: 78.0 in drawn(filled.intensity, "R0"))
    assert drawn(filled.intensity, "R0").tolist() == [1.0, 2.0, *range(4, N + 1), 78.0]
    assert filled.rate.counts.whole == f"{N + 2} integrated"


def test_keys_go_over_an_image_that_was_integrated_again_once(qtbot, model, filled):
    again = integrate_again(model, 3)
    qtbot.waitUntil(lambda: 77.0 in drawn(filled.intensity, "R0"))
    spy = QSignalSpy(filled.curve_wanted)
    for key in (Qt.Key_Home, Qt.Key_Right, Qt.Key_Right, Qt.Key_Right, Qt.Key_End):
        qtbot.keyClick(filled, key)
    assert [cursor for (cursor,) in spy] == [1, 2, again, 4, N]


def test_the_ring_stays_on_an_image_that_is_integrated_again(qtbot, model, filled):
    filled.pick(3)
    with qtbot.waitSignal(filled.curve_wanted) as wanted:
        again = integrate_again(model, 3, later=50.0)
    assert wanted.args == [again]
    assert filled.picked == again
    qtbot.waitUntil(lambda: rings(filled.intensity) == [(START + 53, 77.0)] * 2)
    spy = QSignalSpy(filled.curve_wanted)
    integrate_again(model, 8)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").tolist().count(77.0) == 2)
    assert len(spy) == 0


def test_in_a_pause_the_ring_waits_on_the_old_point_of_its_image(qtbot, model, filled):
    filled.pick(3)
    qtbot.keyClick(filled, Qt.Key_P)
    again = integrate_again(model, 3)
    qtbot.waitUntil(lambda: filled.tools.news.text() == "1 new")
    assert rings(filled.intensity)[0] == (START + 3, 3.0)
    with qtbot.waitSignal(filled.curve_wanted) as wanted:
        qtbot.keyClick(filled, Qt.Key_P)
    assert wanted.args == [again]
    qtbot.waitUntil(lambda: rings(filled.intensity)[0] == (START + 3, 77.0))


def test_chosen_frames_stay_the_same_images_when_one_before_them_moves(qtbot, model, filled):
    model.choose_frames(4, 6)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").tolist() == [5.0, 6.0, 7.0])
    integrate_again(model, 2, later=100.0)
    qtbot.waitUntil(lambda: filled.selection.first.value() == 4)
    assert filled.selection.last.value() == 6
    assert drawn(filled.intensity, "R0").tolist() == [5.0, 6.0, 7.0]


@RAISED
def test_the_mouse_on_a_point_tells_image_and_value(qtbot, filled):
    plot = filled.intensity
    filled._model.set_intensity_unit("counts/pixel")
    qtbot.waitUntil(lambda: plot.unit.whole != "")
    qtbot.mouseMove(plot.view.viewport(), point(plot, "R1", 9))
    qtbot.waitUntil(lambda: "run/x_00010.tif" in QToolTip.text())
    assert "Integral intensity R1: 51 counts/pixel nm⁻¹" in QToolTip.text()
    qtbot.mouseMove(plot.view.viewport(), spot(plot, START + 5, 30.0))
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_the_wheel_zooms_the_time_of_all_plots_and_stops_following(qtbot, filled):
    before = filled.intensity.range
    viewport = filled.intensity.view.viewport()
    turn_wheel(viewport, spot(filled.intensity, START + 10, 30.0), 3)
    assert not filled.tools.follow.isChecked()
    left, right = filled.intensity.range
    assert before[0] < left < right < before[1]
    assert filled.invariant.range == pytest.approx((left, right))
    assert filled.length.range == pytest.approx((left, right))


def test_a_double_click_shows_all_again(qtbot, filled):
    plot = filled.intensity
    before = plot.range
    turn_wheel(plot.view.viewport(), spot(plot, START + 10, 30.0), 3)
    double_click(plot.view.viewport(), spot(plot, START + 10, 30.0))
    assert filled.tools.follow.isChecked()
    qtbot.waitUntil(lambda: plot.range == pytest.approx(before))


def test_following_shows_the_last_minute(qtbot, model, filled):
    filled.tools.span.setCurrentText("Last minute")
    model.extend("q", *page_of(range(N + 1, 201), R0=np.ones(180), R1=np.ones(180)))
    qtbot.waitUntil(lambda: filled.intensity.range[1] > START + 200)
    left, right = filled.intensity.range
    assert right - left == pytest.approx(60 * 1.04)
    turn_wheel(filled.length.view.viewport(), QPoint(200, 60))
    standing = filled.intensity.range
    model.extend("q", *page_of([500], R0=[1.0], R1=[1.0]))
    qtbot.waitUntil(lambda: len(filled._shown) == 201)
    assert filled.intensity.range == standing
    qtbot.keyClick(filled, Qt.Key_F)
    qtbot.waitUntil(lambda: filled.intensity.range[1] > START + 500)


def test_a_pause_lets_the_plots_stand_and_counts_what_comes(qtbot, model, filled):
    qtbot.keyClick(filled, Qt.Key_P)
    assert filled.is_paused
    model.extend("q", *page_of([N + 1, N + 2], R0=[7.0, 7.0], R1=[8.0, 8.0]))
    qtbot.waitUntil(lambda: filled.tools.news.text() == "2 new")
    assert drawn(filled.intensity, "R0").size == N
    turn_wheel(filled.intensity.view.viewport(), QPoint(300, 80))
    qtbot.keyClick(filled, Qt.Key_P)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N + 2)
    assert filled.tools.news.text() == ""


def test_another_data_set_is_shown_in_a_pause_too(qtbot, model, filled):
    qtbot.keyClick(filled, Qt.Key_P)
    model.extend("q", *page_of([N + 1], "other/y_", R0=[7.0], R1=[8.0]))
    model.choose_data_set(DataSet(Kind.FOLDER, "other/"))
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").tolist() == [7.0])
    assert filled.is_paused


def test_a_new_queue_ends_a_pause(qtbot, model, filled):
    filled.pick(3)
    qtbot.keyClick(filled, Qt.Key_P)
    model.extend("another", *page_of([N + 9], R0=[7.0]))
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").tolist() == [7.0])
    assert not filled.is_paused
    assert filled.picked is None
    assert list(filled.tools.boxes) == ["R0"]


def test_a_series_is_chosen_from_the_list(qtbot, model, filled):
    model.extend("q", *page_of([30, 31], "night/y_", R0=[3.0, 4.0], R1=[3.0, 4.0]))
    box = filled.selection.data_sets
    qtbot.waitUntil(lambda: box.findText("night/y_*   (2)") > 0)
    box.setCurrentIndex(box.findText("night/y_*   (2)"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").tolist() == [3.0, 4.0])
    assert model.data_set == DataSet(Kind.SERIES, "night/y_")
    assert box.currentText() == "night/y_*"
    assert filled.selection.count.whole == "2 of 22 images"


@RAISED
def test_the_start_of_names_can_be_typed(qtbot, model, filled):
    box = filled.selection.data_sets
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "x_0001")
    qtbot.keyClick(box.lineEdit(), Qt.Key_Return)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == 10)
    assert model.data_set == DataSet.typed("x_0001")
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "nothing")
    qtbot.keyClick(box.lineEdit(), Qt.Key_Return)
    qtbot.waitUntil(lambda: filled.selection.note.whole == "No image has such a name")
    assert drawn(filled.intensity, "R0").size == 0
    box.lineEdit().clear()
    qtbot.keyClick(box.lineEdit(), Qt.Key_Return)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N)
    assert box.currentText() == "All images"


@RAISED
def test_what_is_being_typed_is_not_overwritten_by_new_images(qtbot, model, filled):
    box = filled.selection.data_sets
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "nig")
    model.extend("q", *page_of([30, 31], "night/y_", R0=[3.0, 4.0], R1=[3.0, 4.0]))
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N + 2)
    assert box.currentText().startswith("nig")


def test_frames_are_chosen_by_number(qtbot, model, filled):
    first, last = filled.selection.first, filled.selection.last
    assert (first.value(), last.value()) == (1, N)
    first.lineEdit().selectAll()
    qtbot.keyClicks(first, "5")
    qtbot.keyClick(first, Qt.Key_Return)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N - 4)
    assert model.selection.last is None
    last.lineEdit().selectAll()
    qtbot.keyClicks(last, "7")
    qtbot.keyClick(last, Qt.Key_Return)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").tolist() == [5.0, 6.0, 7.0])
    qtbot.mouseClick(filled.selection.everything, Qt.LeftButton)
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N)
    assert not filled.selection.everything.isEnabled()


def test_the_region_of_the_strip_is_dragged(qtbot, model, filled):
    overview = filled.overview
    view = overview.view

    def at(x):
        middle = view.viewport().height() // 2
        return QPoint(view.mapFromScene(view.plotItem.vb.mapViewToScene(QPointF(x, 0))).x(), middle)

    left = overview.region.getRegion()[0]
    drag(view.viewport(), at(left), at(START + 10.5))
    assert model.selection.first == 10
    assert model.selection.last is None
    qtbot.waitUntil(lambda: drawn(filled.intensity, "R0").size == N - 10)
    drag(view.viewport(), at(overview.region.getRegion()[1]), at(START + 15.5))
    assert (model.selection.first, model.selection.last) == (10, 14)
    qtbot.waitUntil(lambda: filled.selection.last.value() == 15)


@pytest.mark.parametrize(
    ("across", "first", "last"),
    [(Across.FRAMES, 3.0, 6.0), (Across.SECONDS, 0.0, 3.0), (Across.CLOCK, START + 3, START + 6)],
)
def test_the_horizontal_axis_can_be_another(qtbot, model, filled, across, first, last):
    model.choose_frames(2, 5)
    filled.tools.across.setCurrentText(across.value)
    qtbot.waitUntil(lambda: filled._x.tolist()[::3] == [first, last])
    left, right = filled.length.range
    assert left < first < last < right
    settle(filled)


@RAISED
def test_images_without_a_time_are_told(qtbot, model, panel):
    files, numbers = page_of([1, 2, 3], R0=np.ones(3))
    numbers["time"][1] = np.nan
    numbers["time_source"][0] = 1.0
    model.extend("q", files, numbers)
    qtbot.waitUntil(lambda: panel.selection.note.whole == "Times: 1 from the file, 1 unknown")
    settle(panel)
    plot = panel.intensity
    qtbot.mouseMove(plot.view.viewport(), point(plot, "R0", 0))
    qtbot.waitUntil(lambda: "(time of the file)" in QToolTip.text())


def test_a_night_is_drawn_as_a_band(qtbot, model, panel):
    rng = np.random.default_rng(3)
    for start in range(1, 100_001, 10_000):
        model.extend("q", *page_of(range(start, start + 10_000), R0=rng.normal(5, 1, 10_000)))
    qtbot.waitUntil(lambda: len(panel._shown) == 100_000)
    line, points = panel.intensity._items["R0"]
    assert len(points.data) == 0
    assert 500 < line.xData.size < 6 * panel.width()
    values = model.values("R0", "I0")
    assert (line.yData.min(), line.yData.max()) == (values.min(), values.max())
    settle(panel)
    at = spot(panel.intensity, START + 50_000, 5.0)
    with qtbot.waitSignal(panel.curve_wanted):
        qtbot.mouseClick(panel.intensity.view.viewport(), Qt.LeftButton, pos=at)
    panel.tools.follow.setChecked(False)
    panel._on_moved(START + 50_000, START + 50_000 + MOST_POINTS / 2)
    qtbot.waitUntil(lambda: len(points.data) > 0)
    assert line.xData.size == 0


def test_images_out_of_order_are_drawn_by_time(qtbot, model, panel):
    model.extend("q", *page_of([1, 2, 3], R0=[1.0, 2.0, 3.0]))
    qtbot.waitUntil(lambda: drawn(panel.intensity, "R0").size == 3)
    files, numbers = page_of([4, 5], R0=[4.0, 5.0])
    numbers["time"] = START + np.array([2.5, 0.5])
    model.extend("q", files, numbers)
    qtbot.waitUntil(lambda: drawn(panel.intensity, "R0").tolist() == [5.0, 1.0, 2.0, 4.0, 3.0])


def test_the_rate_is_shown_with_its_counts(qtbot, model, filled):
    model.set_server_time(START + N + 1)
    model.set_counts(34, N)
    qtbot.waitUntil(lambda: filled.rate.counts.whole == "20 of 34 integrated")
    assert filled.rate.title.text() == "1.0 images/s"
    heights = filled.rate.bars.opts["height"]
    assert heights.sum() == N - 1
    assert heights[-5:].tolist() == [1] * 5


def test_the_picture_can_be_copied(qtbot, filled):
    QApplication.clipboard().clear()
    filled.tools.copy.trigger()
    assert QApplication.clipboard().pixmap().width() > filled.width()


def test_the_numbers_are_exported_to_the_chosen_file(qtbot, filled, tmp_path, monkeypatch):
    path = tmp_path / "night.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(filled.export_wanted) as wanted:
        filled.tools.export.trigger()
    assert wanted.args == [str(path)]
    filled.export_csv(path)
    assert len(path.read_text().splitlines()) == N + 1


def test_the_theme_can_change_while_it_runs(qtbot, qapp, filled):
    before = qapp.palette()
    try:
        for theme in (Theme.DARK, Theme.LIGHT):
            apply_theme(qapp, theme)
            base = filled.palette().base().color()
            assert filled.intensity.view.backgroundBrush().color() == base
            settle(filled)
    finally:
        qapp.setPalette(before)


def test_it_fits_into_a_small_window(filled):
    assert filled.minimumSizeHint().width() <= 900
    assert filled.minimumSizeHint().height() <= 500


def with_moments(numbers):
    """All quantities that a server sends."""
    channels = [name.partition(".")[0] for name in numbers if name.endswith(".I0")]
    moments = {f"{name}.{key}": numbers[f"{name}.I0"] for name in channels for key in ("I1", "I2")}
    return numbers | moments


def test_what_was_chosen_in_the_history_is_found_again(qtbot, model, filled):
    files, numbers = page_of([N + 1], R0=[7.0], R1=[8.0])
    model.extend("q", files, with_moments(numbers))
    qtbot.waitUntil(lambda: filled.intensity.choice.findText("Invariant") > 0)
    filled.tools.boxes["R1"].click()
    filled.tools.span.setCurrentIndex(2)
    filled.tools.across.setCurrentIndex(filled.tools.across.findData(Across.FRAMES))
    filled.intensity.choice.setCurrentIndex(filled.intensity.choice.findText("Invariant"))
    filled.length.log.click()
    state = json.loads(json.dumps(filled.save_state()))
    other = HistoryPanel(model)
    qtbot.addWidget(other)
    other.restore_state(state)
    other.resize(filled.size())
    with qtbot.waitExposed(other):
        other.show()
    qtbot.waitUntil(lambda: drawn(other.length, "R0").size == 1)
    assert other.save_state() == state
    assert other.tools.shown_channels == ["R0"]
    assert not other.tools.boxes["R1"].isChecked()
    assert other.tools.shown_across is Across.FRAMES
    assert other.tools.followed_span == 600
    assert other.intensity.quantity.label == "Invariant"
    assert other.length.log.isChecked()
    assert other.tools.follow.isChecked()


def test_choices_wait_for_the_first_images(qtbot, model, panel):
    state = {"hidden": ["R1"], "plots": [{"quantity": "I1"}]}
    panel.restore_state(state)
    assert panel.save_state()["plots"][0]["quantity"] == "I1"
    files, numbers = page_of([1, 2], R0=np.ones(2), R1=np.ones(2))
    model.extend("q", files, with_moments(numbers))
    qtbot.waitUntil(lambda: panel.intensity.quantity.name == "I1")
    assert panel.tools.shown_channels == ["R0"]


def test_a_channel_that_was_hidden_stays_so_when_it_comes_back(qtbot, model, filled):
    filled.tools.boxes["R1"].click()
    model.extend("other", *page_of([1], R0=np.ones(1)))
    qtbot.waitUntil(lambda: list(filled.tools.boxes) == ["R0"])
    model.extend("third", *page_of([1], R0=np.ones(1), R1=np.ones(1)))
    qtbot.waitUntil(lambda: list(filled.tools.boxes) == ["R0", "R1"])
    assert filled.tools.shown_channels == ["R0"]


@pytest.mark.parametrize("plots", [5, "R0", [1, None], [{"quantity": 7, "log": "yes"}], {}])
def test_a_stored_choice_that_is_not_understood_changes_nothing(panel, plots):
    before = panel.save_state()
    panel.restore_state({"across": ["CLOCK"], "span": {}, "hidden": 3, "plots": plots, "junk": 1})
    assert panel.save_state() == before


def test_of_thousands_of_folders_the_newest_are_offered_when_somebody_chooses(qtbot, model, panel):
    _, numbers = page_of(range(1, 3001), R0=np.ones(3000))
    model.extend("q", [f"d{number}/a.tif" for number in range(3000)], numbers)
    box = panel.selection.data_sets
    qtbot.waitUntil(lambda: "3,000" in panel.selection.count.text())
    assert box.count() == 0  # to find them takes long
    panel.activateWindow()
    box.setFocus()
    qtbot.waitUntil(lambda: box.count() == MOST_OFFERED + 1)
    assert box.itemData(MOST_OFFERED).text.startswith("d")
