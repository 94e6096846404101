"""Curves as no detector should give them, through every view, scale and export."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from saxsleash.models.curves_model import CurvesModel, ShownCurve
from saxsleash.models.presentation import Presentation
from saxsleash.models.scales import ScaleKind
from saxsleash.panels.plot_caption import time_text
from saxsleash.panels.plot_options import View
from saxsleash.panels.plot_panel import PlotPanel

Q = np.linspace(0.1, 5, 50)
RADIAL = "Scattering Vector  q [$nm^{-1}$]"
ONE_HIGH = np.where(np.arange(50) == 7, 1e308, 1.0)

INTENSITIES = {
    "nothing": np.full(50, np.nan),
    "zeros": np.zeros(50),
    "below zero": -np.exp(-Q),
    "largest": np.full(50, 1e308),
    "one is large": ONE_HIGH,
    "both signs": np.concatenate([ONE_HIGH[:25], -ONE_HIGH[:25]]),
    "smallest": np.full(50, 5e-324),
    "endless": np.where(np.arange(50) == 7, np.inf, 1.0),
}

TIMES = [np.nan, np.inf, 1e300, -1e12, 1.7e12]


def curve(intensity, time=1.7e9, image="a.tif"):
    with np.errstate(invalid="ignore"):
        sigma = 0.1 * np.abs(intensity)
    return ShownCurve("R0", "Radial", RADIAL, image, time, Q, intensity, sigma, {"I0": 1e308})


@pytest.fixture
def panel(qtbot):
    shown = PlotPanel(CurvesModel())
    qtbot.addWidget(shown)
    shown.resize(700, 500)
    with qtbot.waitExposed(shown):
        shown.show()
    return shown


def draw_and_export(panel, folder):
    """Draw at once, and write all that can be written."""
    panel._draw()
    assert not panel.grab().isNull()
    for name, export in (("a.csv", panel.export_csv), ("a.svg", panel.export_picture)):
        export(folder / name)
        assert (folder / name).stat().st_size > 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of pyqtgraph, about what is not finite
@pytest.mark.parametrize("intensity", INTENSITIES.values(), ids=INTENSITIES)
@pytest.mark.parametrize("view", list(View))
def test_every_intensity_can_be_drawn_and_exported(panel, tmp_path, intensity, view):
    for image in "abc":
        panel._model.show([curve(intensity, image=f"{image}.tif")])
    scales = (ScaleKind.LOG, ScaleKind.SYMLOG, ScaleKind.LINEAR)
    for y_scale, presentation in itertools.product(scales, Presentation):
        options = {"y_scale": y_scale, "presentation": presentation}
        panel.choose(replace(panel.options, view=view, **options))
        draw_and_export(panel, tmp_path)


@pytest.mark.parametrize("view", list(View))
def test_a_curve_without_any_q_is_drawn_empty(panel, tmp_path, view):
    nowhere = replace(curve(np.exp(-Q)), q=np.full(50, np.nan))
    panel._model.show([nowhere])
    panel._model.show([replace(nowhere, image="b.tif")])
    for presentation in Presentation:
        panel.choose(replace(panel.options, view=view, presentation=presentation))
        draw_and_export(panel, tmp_path)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("view", list(View))
def test_a_time_of_no_calendar_is_unknown(panel, tmp_path, time, view):
    panel._model.show([curve(np.exp(-Q), time)])
    panel._model.show([curve(np.exp(-Q), time, "b.tif")])
    panel.choose(replace(panel.options, view=view, rows_by_time=True))
    draw_and_export(panel, tmp_path)
    assert time_text(time) == "unknown"
    assert "unknown" in (tmp_path / "a.csv").read_text()
