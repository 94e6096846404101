"""The plot tab, used as people use it."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QFontMetricsF, QImage, QMouseEvent
from PyQt5.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox

from saxsleash.appearance import Theme, apply_theme
from saxsleash.models.curves_model import CurvesModel, ShownCurve
from saxsleash.models.presentation import Presentation, QUnit
from saxsleash.models.scales import ScaleKind
from saxsleash.panels.plot_options import PlotOptions, View
from saxsleash.panels.plot_panel import PlotPanel

Q = np.linspace(0.1, 4.0, 400)
AZIMUTH = np.linspace(-3.0, 3.0, 90)
RADIAL, PHI = "Scattering Vector  q [$nm^{-1}$]", "Phi Angle [rad]"


def radial(image="a.tif", channel="R0", level=1000.0, **other):
    intensity = level * np.exp(-Q)
    parameters = {"I0": 12.5, "I1": 3.0, "I2": 6.0}
    return ShownCurve(
        channel, "Radial", RADIAL, image, 1.7e9, Q, intensity, 0.01 * intensity, parameters, **other
    )


def phi(image="a.tif", channel="P0"):
    intensity = 50 + 20 * np.cos(AZIMUTH)
    return ShownCurve(channel, "Phi", PHI, image, 1.7e9, AZIMUTH, intensity, np.sqrt(intensity))


@pytest.fixture
def model(qapp):
    return CurvesModel()


@pytest.fixture
def panel(qtbot, model):
    shown = PlotPanel(model)
    qtbot.addWidget(shown)
    shown.resize(1000, 700)
    with qtbot.waitExposed(shown):
        shown.show()
    return shown


def drawn_line(panel, number=0, cell=0):
    """Return x and y of a line as it is drawn."""
    drawings = list(panel.curves_view.cells[cell]._curves.values())
    return drawings[number].line.getData()


def wait_for_image(qtbot, panel, image):
    qtbot.waitUntil(lambda: panel.curves_view.caption.title == image)


def choose(combo, qtbot, text):
    """Choose an entry of a combo box with the keyboard."""
    combo.setFocus()
    for _ in range(combo.count()):
        if combo.currentText() == text:
            break
        qtbot.keyClick(combo, Qt.Key_Down)
    else:
        combo.setCurrentIndex(0)
        while combo.currentText() != text:
            qtbot.keyClick(combo, Qt.Key_Down)


def test_an_empty_plot_says_what_to_do(panel):
    assert "start a queue" in panel._message.text()
    assert panel._message.isVisible()
    assert not panel.strip.freeze.isEnabled()


def test_the_newest_curve_is_drawn_on_a_logarithmic_axis(qtbot, model, panel):
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    x, y = drawn_line(panel)
    assert x == pytest.approx(Q)
    assert y == pytest.approx(np.log10(1000) - Q / np.log(10))


def test_items_stay_while_their_data_change(qtbot, model, panel):
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    before = panel.curves_view.cells[0].plot.listDataItems()
    model.show([radial("b.tif", level=10.0)])
    wait_for_image(qtbot, panel, "b.tif")
    assert panel.curves_view.cells[0].plot.listDataItems() == before


def test_a_hidden_panel_catches_up_when_it_is_shown(qtbot, model, panel):
    panel.hide()
    model.show([radial("b.tif")])
    assert panel.curves_view.caption.title == ""
    panel.show()
    wait_for_image(qtbot, panel, "b.tif")


def test_the_caption_has_image_time_and_integral_parameters(qtbot, model, panel):
    model.show([radial("folder/a.tif")])
    wait_for_image(qtbot, panel, "folder/a.tif")
    caption = panel.curves_view.caption
    assert caption.aside.startswith("2023-11-1")
    assert caption.details == "integral I 12.5  invariant 6  correlation length 1.571 nm"
    assert "integral intensity 12.5 counts/pixel nm⁻¹" in caption.toolTip()


def test_curves_over_other_axes_have_plots_of_their_own(qtbot, model, panel):
    model.show([radial(), radial(channel="R1"), phi()])
    wait_for_image(qtbot, panel, "a.tif")
    assert [[one.name for one in plot.series] for plot in panel.curves_view.contents] == [
        ["R0", "R1"],
        ["P0"],
    ]
    assert panel.curves_view.contents[1].x_label == "azimuth / rad"


def test_a_curve_over_the_angle_has_a_plot_of_its_own(qtbot, model, panel):
    angle = replace(radial(channel="R1"), label="Scattering Angle  2theta [deg]")
    model.show([radial(), angle])
    wait_for_image(qtbot, panel, "a.tif")
    assert [plot.x_label for plot in panel.curves_view.contents] == ["q / nm⁻¹", "2θ / °"]
    assert panel.side.presentation.isEnabled()


def test_the_caption_has_what_classifiers_found(qtbot, model, panel):
    numbers = {"I0": 12.5, "zingers": 3.0, "peak1.position": 1.0763, "size.Rg": math.nan}
    model.show([replace(radial(), parameters=numbers)])
    wait_for_image(qtbot, panel, "a.tif")
    caption = panel.curves_view.caption
    assert caption.details == "integral I 12.5  zingers 3  peak1.position 1.0763"
    assert "peak1: position 1.0763 nm⁻¹" in caption.toolTip()


def test_the_caption_says_that_the_mean_of_a_cake_is_shown(qtbot, model, panel):
    model.show([replace(radial(), kind="Cake", parameters={}, file="work/a.hdf")])
    wait_for_image(qtbot, panel, "a.tif")
    assert panel.curves_view.caption.details == "mean over azimuth of work/a.hdf"


def test_each_channel_can_have_a_plot(qtbot, model, panel):
    model.show([radial(), radial(channel="R1"), phi()])
    wait_for_image(qtbot, panel, "a.tif")
    choose(panel.side.layout_choice, qtbot, "one plot each")
    qtbot.waitUntil(lambda: len(panel.curves_view.cells) == 3)
    choose(panel.side.layout_choice, qtbot, "together")
    qtbot.waitUntil(lambda: len(panel.curves_view.cells) == 2)


def click_check_box(qtbot, channels, row):
    corner = channels.visualItemRect(channels.item(row)).topLeft()
    height = channels.visualItemRect(channels.item(row)).height()
    qtbot.mouseClick(channels.viewport(), Qt.LeftButton, pos=corner + QPoint(10, height // 2))


def test_an_unchecked_channel_is_not_drawn(qtbot, model, panel):
    model.show([radial(), radial(channel="R1")])
    wait_for_image(qtbot, panel, "a.tif")
    click_check_box(qtbot, panel.side.channels, 0)
    qtbot.waitUntil(lambda: [one.name for one in panel.curves_view.contents[0].series] == ["R1"])
    click_check_box(qtbot, panel.side.channels, 1)
    qtbot.waitUntil(lambda: "No channel is chosen" in panel._message.text())


def test_a_double_click_shows_one_channel_alone_and_another_all(qtbot, model, panel):
    model.show([radial(channel=f"R{number}") for number in range(4)])
    wait_for_image(qtbot, panel, "a.tif")
    channels = panel.side.channels
    place = channels.visualItemRect(channels.item(2)).center()
    qtbot.mouseClick(channels.viewport(), Qt.LeftButton, pos=place)
    qtbot.mouseDClick(channels.viewport(), Qt.LeftButton, pos=place)
    assert panel.side.hidden == {"R0", "R1", "R3"}
    assert channels.item(0).checkState() == Qt.Unchecked
    qtbot.mouseClick(channels.viewport(), Qt.LeftButton, pos=place)
    qtbot.mouseDClick(channels.viewport(), Qt.LeftButton, pos=place)
    assert panel.side.hidden == set()


@pytest.mark.parametrize(
    ("presentation", "text", "label"),
    [
        (Presentation.KRATKY, "Kratky: q² I", "q² I / (counts/pixel nm⁻²)"),
        (Presentation.POROD, "Porod: q⁴ I", "q⁴ I / (counts/pixel nm⁻⁴)"),
        (Presentation.GUINIER, "Guinier: ln I (q²)", "ln (I / (counts/pixel))"),
    ],
)
def test_presentations_label_their_axes(qtbot, model, panel, presentation, text, label):
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    choose(panel.side.presentation, qtbot, text)
    assert panel.options.presentation is presentation
    axis = panel.curves_view.cells[0].plot.getAxis("left")
    qtbot.waitUntil(lambda: axis.labelText == label)


def test_guinier_axes_are_linear_and_cannot_be_chosen(qtbot, model, panel):
    model.show([radial()])
    panel.choose(replace(panel.options, presentation=Presentation.GUINIER))
    qtbot.waitUntil(lambda: not panel.side.y_scale.isEnabled())
    x, y = drawn_line(panel)
    assert x == pytest.approx(Q**2)
    assert y == pytest.approx(np.log(1000) - Q)


def test_what_is_senseless_over_azimuth_is_not_offered(qtbot, model, panel):
    model.show([phi()])
    wait_for_image(qtbot, panel, "a.tif")
    assert not panel.side.presentation.isEnabled()
    assert not panel.side.x_scale.isEnabled()
    assert panel.side.y_scale.isEnabled()


def test_negative_values_are_seen_on_a_symmetric_axis_alone(qtbot, model, panel):
    curve = radial()
    dipped = replace(curve, intensity=np.where(Q > 2, -5.0, curve.intensity))
    model.show([dipped])
    wait_for_image(qtbot, panel, "a.tif")
    assert drawn_line(panel)[0].max() <= 2
    choose(panel.side.y_scale, qtbot, "symlog")
    qtbot.waitUntil(lambda: drawn_line(panel)[0].size == Q.size)
    x, y = drawn_line(panel)
    assert (y[x > 2] < 0).all()


def test_curves_without_anything_above_zero_are_drawn_all_the_same(qtbot, model, panel):
    model.show([replace(radial(), intensity=-np.ones(Q.size))])
    wait_for_image(qtbot, panel, "a.tif")
    assert drawn_line(panel)[1].tolist() == [-1.0] * Q.size


def test_a_reference_brings_a_ratio_that_goes_with_it(qtbot, model, panel):
    model.show([radial(level=500.0)])
    wait_for_image(qtbot, panel, "a.tif")
    cell = panel.curves_view.cells[0]
    assert not cell.ratio_plot.isVisible()
    qtbot.mouseClick(panel.strip.freeze, Qt.LeftButton)
    model.show([radial("b.tif", level=1000.0)])
    wait_for_image(qtbot, panel, "b.tif")
    assert cell.ratio_plot.isVisible()
    _, ratio = cell._ratios["R0"].line.getData()
    assert ratio == pytest.approx(np.full(Q.size, 2.0))
    assert [label.text for _, label in cell.legend.items] == ["R0", "R0, a"]
    qtbot.mouseClick(panel.side.remove, Qt.LeftButton)
    qtbot.waitUntil(lambda: not cell.ratio_plot.isVisible())


def test_both_plots_share_their_horizontal_axis(qtbot, model, panel):
    model.show([radial()])
    model.freeze()
    qtbot.waitUntil(lambda: bool(panel.curves_view.cells))
    cell = panel.curves_view.cells[0]
    qtbot.waitUntil(cell.ratio_plot.isVisible)
    cell.plot.setXRange(1.0, 2.0, padding=0)

    def alike():
        ends = np.subtract(cell.ratio_plot.viewRange()[0], cell.plot.viewRange()[0])
        return np.abs(ends).max() < 0.02

    qtbot.waitUntil(alike)


def test_a_reference_is_renamed_in_its_list_and_removed_with_the_keyboard(qtbot, model, panel):
    model.show([radial()])
    model.freeze()
    references = panel.side.references
    qtbot.waitUntil(references.isVisible)
    item = references.currentItem()
    references.editItem(item)
    editor = references.findChild(QLineEdit)
    qtbot.keyClicks(editor, "buffer")
    qtbot.keyClick(editor, Qt.Key_Return)
    qtbot.waitUntil(lambda: [one.name for one in model.references] == ["buffer"])
    references.setFocus()
    qtbot.keyClick(references, Qt.Key_Delete)
    qtbot.waitUntil(lambda: model.references == ())


def reading_at(panel, view, cell, x, y):
    """Move the mouse to a place of a plot, given along its axes, and return what is read there."""
    box = cell.plot.getViewBox()
    box.updateAutoRange()
    place = view.mapFromScene(box.mapViewToScene(QPointF(x, y)))
    moved = QMouseEvent(QEvent.MouseMove, QPointF(place), Qt.NoButton, Qt.NoButton, Qt.NoModifier)
    QApplication.sendEvent(view.viewport(), moved)
    return panel.reading.text()


def test_the_point_under_the_mouse_is_read(qtbot, model, panel):
    model.show([radial(), radial(channel="R1", level=10.0)])
    wait_for_image(qtbot, panel, "a.tif")
    at = 200
    height = np.log10(10.0) - Q[at] / np.log(10)
    view = panel.curves_view
    qtbot.waitUntil(lambda: reading_at(panel, view, view.cells[0], Q[at], height).startswith("R1"))
    length = 2 * np.pi / Q[at]
    intensity = 10 * np.exp(-Q[at])
    text = panel.reading.text()
    assert f"q {Q[at]:.4g} nm⁻¹" in text
    assert f"d {length:.4g} nm" in text
    assert f"I {intensity:.3f} ± {intensity / 100:.3f} counts/pixel" in text


def test_the_reading_is_in_the_unit_of_the_axis(qtbot, model, panel):
    model.show([radial()])
    panel.choose(replace(panel.options, unit=QUnit.INVERSE_ANGSTROM))
    wait_for_image(qtbot, panel, "a.tif")
    view = panel.curves_view
    qtbot.waitUntil(lambda: "Å⁻¹" in reading_at(panel, view, view.cells[0], 0.2, 2.0))
    words = panel.reading.text().split()
    q, d = float(words[words.index("q") + 1]), float(words[words.index("d") + 1])
    assert q * d == pytest.approx(2 * np.pi, rel=1e-3)


def test_a_picked_image_is_announced_with_the_way_back(qtbot, model, panel):
    model.show([radial("new.tif")])
    model.pin([radial("old.tif")])
    wait_for_image(qtbot, panel, "old.tif")
    assert panel.picked.isVisible()
    with qtbot.waitSignal(panel.back_to_newest):
        qtbot.mouseClick(panel.back, Qt.LeftButton)
    wait_for_image(qtbot, panel, "new.tif")
    assert not panel.picked.isVisible()


def test_a_pause_says_what_it_misses_and_goes_on(qtbot, model, panel):
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    qtbot.mouseClick(panel.strip.pause, Qt.LeftButton)
    model.show([radial("b.tif")])
    qtbot.waitUntil(lambda: "paused, 1 new image" in panel.strip.following.text())
    assert panel.curves_view.caption.title == "a.tif"
    qtbot.mouseClick(panel.strip.pause, Qt.LeftButton)
    wait_for_image(qtbot, panel, "b.tif")
    assert "following" in panel.strip.following.text()


def test_zooming_stays_until_all_is_to_be_shown(qtbot, model, panel):
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    plot = panel.curves_view.cells[0].plot
    plot.setXRange(1.0, 2.0, padding=0)
    model.show([radial("b.tif")])
    wait_for_image(qtbot, panel, "b.tif")
    assert plot.viewRange()[0] == pytest.approx([1.0, 2.0])
    qtbot.mouseClick(panel.strip.show_all, Qt.LeftButton)
    qtbot.waitUntil(lambda: plot.viewRange()[0][1] > 3.9)


def test_a_waterfall_has_its_newest_curve_where_its_values_are(qtbot, model, panel):
    for number in range(30):
        model.show([radial(f"{number}.tif", level=1000.0 + number)])
    qtbot.mouseClick(panel.strip.views[View.WATERFALL], Qt.LeftButton)
    qtbot.waitUntil(lambda: len(panel.waterfall.lines) == 20)
    _, newest = panel.waterfall.lines[0].getData()
    _, before = panel.waterfall.lines[1].getData()
    assert newest == pytest.approx(np.log10(1029 * np.exp(-Q)))
    assert before == pytest.approx(np.log10(1028 * np.exp(-Q)) + 0.15)


def test_the_offset_of_a_waterfall_is_set_with_its_slider(qtbot, model, panel):
    for number in range(3):
        model.show([radial(f"{number}.tif")])
    qtbot.mouseClick(panel.strip.views[View.WATERFALL], Qt.LeftButton)
    panel.side.step.setFocus()
    qtbot.keyClick(panel.side.step, Qt.Key_End)
    assert panel.side.step_label.text() == "× 10.00 each"

    def apart():
        lines = [line.getData()[1] for line in panel.waterfall.lines]
        return len(lines) == 3 and np.allclose(lines[1] - lines[0], 1.0)

    qtbot.waitUntil(apart)


def test_a_heat_map_has_a_row_for_each_curve_the_newest_on_top(qtbot, model, panel):
    for number in range(12):
        model.show([radial(f"{number}.tif", level=10.0 ** (number / 4))])
    qtbot.mouseClick(panel.strip.views[View.HEAT_MAP], Qt.LeftButton)
    qtbot.waitUntil(lambda: panel.heat_map.image.image is not None)
    colors = panel.heat_map.image.image
    assert colors.shape == (12, Q.size)
    assert colors[-1, 0] > colors[0, 0] > 0
    top = panel.heat_map.image.mapRectToParent(panel.heat_map.image.boundingRect())
    assert (top.top(), top.bottom()) == (-11.5, 0.5)


def test_an_empty_bin_has_no_colour(qtbot, model, panel):
    curve = radial()
    holed = replace(curve, intensity=np.where((Q > 1) & (Q < 1.2), np.nan, curve.intensity))
    model.show([holed])
    panel.choose(replace(panel.options, view=View.HEAT_MAP))
    qtbot.waitUntil(lambda: panel.heat_map.image.image is not None)
    colors = panel.heat_map.image.image[0]
    assert (colors[(Q > 1) & (Q < 1.2)] == 0).all()
    assert (colors[Q > 1.25] > 0).all()


def test_the_row_under_the_mouse_is_read(qtbot, model, panel):
    for number in range(5):
        model.show([radial(f"{number}.tif", level=10.0 * (number + 1))])
    panel.choose(replace(panel.options, view=View.HEAT_MAP))
    qtbot.waitUntil(lambda: panel.heat_map.image.image is not None)
    view = panel.heat_map
    qtbot.waitUntil(lambda: "1.tif" in reading_at(panel, view, view, 2.0, -3.0))


def test_a_heat_map_leaves_out_curves_over_another_axis(qtbot, model, panel):
    short = replace(radial(), q=Q[:50], intensity=np.ones(50), sigma=np.ones(50))
    model.show([short])
    model.show([radial("b.tif")])
    panel.choose(replace(panel.options, view=View.HEAT_MAP))
    qtbot.waitUntil(lambda: panel.heat_map.image.image is not None)
    assert panel.heat_map.image.image.shape == (1, Q.size)


def read_rows(path):
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def read_table(path):
    rows = read_rows(path)
    return rows, np.array([[float(cell or "nan") for cell in row] for row in rows[4:]])


def test_the_curves_that_are_shown_are_exported_with_units(qtbot, model, panel, tmp_path):
    model.show([radial("x, y.tif"), phi("x, y.tif")])
    wait_for_image(qtbot, panel, "x, y.tif")
    panel.export_csv(tmp_path / "curves.csv")
    rows, table = read_table(tmp_path / "curves.csv")
    assert rows[0] == ["# channel: R0", "R0", "R0", "P0", "P0", "P0"]
    assert rows[1][1:] == ["x, y.tif"] * 5
    assert rows[3] == [
        "R0 q (1/nm)",
        "R0 intensity (counts/pixel)",
        "R0 sigma (counts/pixel)",
        "P0 azimuth (rad)",
        "P0 intensity (counts/pixel)",
        "P0 sigma (counts/pixel)",
    ]
    assert table[:, 0] == pytest.approx(Q)
    assert table[:, 1] == pytest.approx(1000 * np.exp(-Q))
    assert table[: AZIMUTH.size, 3] == pytest.approx(AZIMUTH)
    assert rows[-1][3:] == ["", "", ""]


def test_curves_of_one_calibration_say_its_unit_everywhere(qtbot, model, panel, tmp_path):
    model.show([radial(unit="cm⁻¹")])
    wait_for_image(qtbot, panel, "a.tif")
    assert panel.curves_view.contents[0].y_label == "intensity / cm⁻¹"
    assert "integral intensity 12.5 cm⁻¹ nm⁻¹" in panel.curves_view.caption.toolTip()
    panel.export_csv(tmp_path / "curves.csv")
    assert read_rows(tmp_path / "curves.csv")[3][1:] == [
        "R0 intensity (cm^-1)",
        "R0 sigma (cm^-1)",
    ]
    panel.choose(replace(panel.options, view=View.HEAT_MAP))
    qtbot.waitUntil(lambda: panel.heat_map.bar.getAxis("right").labelText == "intensity / cm⁻¹")
    panel.choose(replace(panel.options, view=View.WATERFALL))
    qtbot.waitUntil(lambda: "cm⁻¹" in panel.waterfall.plot.getAxis("left").labelText)


def test_curves_of_different_units_do_not_share_a_label(qtbot, model, panel, tmp_path):
    model.show([radial("old.tif")])
    model.freeze()
    model.show([radial("new.tif", unit="cm⁻¹")])
    wait_for_image(qtbot, panel, "new.tif")
    (plot,) = panel.curves_view.contents
    assert plot.y_label == "intensity, in different units"
    assert plot.ratio_label == "ratio to old, in different units"
    legend = [label.text for _, label in panel.curves_view.cells[0].legend.items]
    assert legend == ["R0 [cm⁻¹]", "R0, old [counts/pixel]"]
    panel.export_csv(tmp_path / "curves.csv")
    heads = read_rows(tmp_path / "curves.csv")[3]
    assert (heads[1], heads[4]) == ("R0 intensity (cm^-1)", "R0, old intensity (counts/pixel)")
    panel.choose(replace(panel.options, view=View.HEAT_MAP))
    panel.export_csv(tmp_path / "map.csv")
    assert read_rows(tmp_path / "map.csv")[2] == ["q (1/nm)", "new.tif"]


def test_another_presentation_is_exported_beside_what_was_measured(model, panel, tmp_path):
    model.show([radial()])
    panel.choose(
        replace(panel.options, presentation=Presentation.KRATKY, unit=QUnit.INVERSE_ANGSTROM)
    )
    panel.export_csv(tmp_path / "curves.csv")
    rows, table = read_table(tmp_path / "curves.csv")
    assert rows[3][0] == "R0 q (1/A)"
    assert rows[3][3] == "R0 q^2 I (counts/pixel/A^2)"
    assert table[:, 3] == pytest.approx(table[:, 0] ** 2 * table[:, 1])
    assert table[:, 4] == pytest.approx(table[:, 0] ** 2 * table[:, 2])


def test_a_heat_map_is_exported_with_a_column_for_each_image(model, panel, tmp_path):
    for number in range(3):
        model.show([radial(f"{number}.tif", level=number + 1.0)])
    panel.choose(replace(panel.options, view=View.HEAT_MAP))
    panel.export_csv(tmp_path / "map.csv")
    rows = read_rows(tmp_path / "map.csv")
    assert rows[2] == ["q (1/nm)", "0.tif", "1.tif", "2.tif"]
    table = np.array(rows[3:], dtype=float)
    assert table[:, 3] == pytest.approx(3 * table[:, 1])


@pytest.mark.parametrize("view", list(View))
def test_a_picture_is_finer_than_the_screen(qtbot, model, panel, tmp_path, view):
    model.show([radial()])
    model.show([radial("b.tif")])
    panel.choose(replace(panel.options, view=view))
    panel.export_picture(tmp_path / "plot.png")
    picture = QImage(str(tmp_path / "plot.png"))
    assert picture.width() == 2 * panel._view().viewport().width()


@pytest.mark.parametrize("view", list(View))
def test_a_scalable_picture_has_caption_and_labels_as_text(model, panel, tmp_path, view):
    model.show([radial("frame_0001.tif")])
    model.show([radial("frame_0002.tif"), radial("frame_0002.tif", channel="R1")])
    panel.choose(replace(panel.options, view=view))
    panel.export_picture(tmp_path / "plot.svg")
    text = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert "frame_0002.tif" in text
    assert "nm⁻¹" in text
    if view is View.CURVES:
        assert ">R1<" in text.replace("\n", "").replace(" ", "")


def test_a_picture_can_be_copied(qtbot, model, panel):
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    with qtbot.waitSignal(panel.told):
        panel.copy_picture()
    assert not QApplication.clipboard().image().isNull()


def test_a_file_is_asked_for_and_written(qtbot, model, panel, tmp_path):
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    panel.strip.save_data_clicked.emit()
    dialog = panel.findChild(QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(str(tmp_path / "night"))
    with qtbot.waitSignal(panel.told) as told:
        dialog.accept()
    assert told.args == [f"Wrote {tmp_path / 'night.csv'}"]
    assert (tmp_path / "night.csv").exists()


def test_a_file_that_cannot_be_written_is_told(qtbot, model, panel, tmp_path):
    model.show([radial()])
    with pytest.raises(OSError, match="missing"):
        panel.export_csv(tmp_path / "missing" / "a.csv")
    with pytest.raises(FileNotFoundError):
        panel.export_picture(tmp_path / "missing" / "a.png")
    panel._write(tmp_path / "missing" / "a.csv", panel.export_csv)
    box = panel.findChild(QMessageBox)
    assert "was not written" in box.text()
    box.accept()


@pytest.mark.parametrize("name", ["a", "a.jpeg2001", "a."])
def test_a_kind_of_picture_that_nobody_knows_is_told(model, panel, tmp_path, name):
    model.show([radial()])
    with pytest.raises(OSError, match="expected a name that ends like"):
        panel.export_picture(tmp_path / name)
    assert list(tmp_path.glob("a*")) == []


def test_why_a_picture_cannot_be_written_is_told(model, panel, tmp_path):
    model.show([radial()])
    path = tmp_path / ("x" * 300 + ".png")
    panel._write(path, panel.export_picture)
    box = panel.findChild(QMessageBox)
    assert box.informativeText() == "File name too long"
    box.accept()


def test_what_was_chosen_is_found_again(qtbot, model, panel):
    options = PlotOptions(
        View.WATERFALL,
        one_each=True,
        presentation=Presentation.POROD,
        unit=QUnit.INVERSE_ANGSTROM,
        x_scale=ScaleKind.LOG,
        y_scale=ScaleKind.SYMLOG,
        bands=False,
        waterfall_length=7,
    )
    panel.side.set_options(options, ["R1"])
    state = panel.save_state()
    other = PlotPanel(model)
    qtbot.addWidget(other)
    other.restore_state(
        {key: value if key == "hidden" else str(value) for key, value in state.items()}
    )
    assert other.options == options
    assert other.side.hidden == {"R1"}


def test_stored_numbers_out_of_range_are_brought_into_it(panel):
    panel.restore_state({"waterfall_length": -3, "heat_map_length": 10**9, "step_percent": "900"})
    options = panel.options
    assert (options.waterfall_length, options.heat_map_length) == (2, 200)
    assert options.step_percent == 100


def test_a_picked_curve_alone_has_no_last_ones_to_export(model, panel, tmp_path):
    model.pin([radial()])
    panel.choose(replace(panel.options, view=View.HEAT_MAP))
    panel.export_csv(tmp_path / "map.csv")
    assert (tmp_path / "map.csv").read_text() == "# no curves\n"


def test_a_state_that_is_not_understood_changes_nothing(panel):
    panel.restore_state(
        {
            "view": "hologram",
            "unit": ["nm"],
            "bands": "perhaps",
            "points": {},
            "channel": 7,
            "waterfall_length": None,
            "heat_map_length": float("inf"),
            "step_percent": float("nan"),
            "hidden": 5,
            "layout": "\ud800 no layout",
            "junk": 1,
        }
    )
    assert panel.options == PlotOptions()
    assert panel.side.hidden == set()


def test_a_channel_that_was_chosen_waits_for_its_curves(qtbot, model, panel):
    panel.restore_state({"channel": "R1", "view": "heat-map"})
    panel.side.points.click()
    panel.side.rows.setCurrentIndex(1)
    assert panel.options.rows_by_time
    assert panel.save_state()["channel"] == "R1"
    model.show([radial(), replace(radial(), channel="R1")])
    qtbot.waitUntil(lambda: panel.side.channel.currentText() == "R1")
    assert panel._channel() == "R1"


def test_the_width_of_the_choices_is_found_again(qtbot, model, panel):
    panel._splitter.setSizes([400, 600])
    qtbot.waitUntil(lambda: panel._splitter.sizes()[1] > 350)
    wanted = panel._splitter.sizes()
    other = PlotPanel(model)
    qtbot.addWidget(other)
    other.restore_state(panel.save_state())
    assert other.save_state() == panel.save_state()  # also while it was never seen
    other.resize(panel.size())
    with qtbot.waitExposed(other):
        other.show()
    assert other._splitter.sizes() == pytest.approx(wanted, abs=2)


@pytest.mark.parametrize("view", list(View))
def test_the_colours_follow_the_theme(qtbot, qapp, model, panel, view):
    palette, style = qapp.palette(), qapp.style().objectName()
    model.show([radial()])
    panel.choose(replace(panel.options, view=view))
    try:
        apply_theme(qapp, Theme.DARK)
        dark = panel._view().backgroundBrush().color().lightness()
        apply_theme(qapp, Theme.LIGHT)
        light = panel._view().backgroundBrush().color().lightness()
    finally:
        qapp.setStyle(style)
        qapp.setPalette(palette)
    assert dark < 60 < 200 < light


def test_the_names_of_curves_are_read_in_another_theme_too(qtbot, qapp, model, panel):
    palette, style = qapp.palette(), qapp.style().objectName()
    model.show([radial()])
    wait_for_image(qtbot, panel, "a.tif")
    try:
        for theme in (Theme.LIGHT, Theme.DARK):
            apply_theme(qapp, theme)
            [(_, name)] = panel.curves_view.cells[0].legend.items
            assert qapp.palette().text().color().name() in name.item.toHtml()
    finally:
        qapp.setStyle(style)
        qapp.setPalette(palette)


def test_a_reference_is_dashed(qtbot, model, panel):
    model.show([radial("a.tif")])
    model.freeze()
    model.show([radial("b.tif", level=500.0)])
    wait_for_image(qtbot, panel, "b.tif")
    drawings = panel.curves_view.cells[0]._curves.values()
    styles = [drawing.line.opts["pen"].style() for drawing in drawings]
    assert styles == [Qt.SolidLine, Qt.DashLine]


@pytest.mark.parametrize("height", [240, 300, 400, 700])
def test_names_of_axes_stay_beside_their_axes(qtbot, model, panel, height):
    model.show([radial("a.tif")])
    model.freeze()
    wait_for_image(qtbot, panel, "a.tif")
    panel.resize(1000, height)
    panel.grab()
    cell = panel.curves_view.cells[0]
    for plot in (cell.plot, cell.ratio_plot):
        axis = plot.getAxis("left")
        assert QFontMetricsF(axis.label.font()).horizontalAdvance(axis.labelText) <= axis.height()


def test_curves_without_points_are_no_trouble(model, panel, tmp_path):
    nothing = np.empty(0)
    for image in ("a.tif", "b.tif"):
        model.show([replace(radial(image), q=nothing, intensity=nothing, sigma=nothing)])
        model.freeze()
    for view in View:
        panel.choose(replace(panel.options, view=view, one_each=True))
        panel.export_csv(tmp_path / f"{view}.csv")
        assert panel._view().caption.title == "b.tif"
