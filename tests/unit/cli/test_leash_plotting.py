import json
import threading
from dataclasses import replace

import numpy as np
import pytest

from saxsdog.cli.leash.newest import Newest
from saxsdog.cli.leash.plotting import draw, redraw
from saxsdog.cli.leash.preview import draw as draw_frame
from saxsdog.client import Client
from saxsdog.errors import RequestError
from saxsdog.protocol.messages import Attachment, Graph, HistoryPage, NewestCurves, Plot, Preview
from tests.helpers.leashes import scripted_leash, statistics

Figure = pytest.importorskip("matplotlib.figure").Figure
PNG = b"\x89PNG"
COLUMNS = ("q(nm^-1)", "Intensity(Counts/Pixel)", "Error(Counts/Pixel)")
PHI = ("Phi(radians)", *COLUMNS[1:])


def curves(cursor=1, channels=(("R0", COLUMNS),), values=(1.0, 2.0, np.nan), image="a_$1.tif"):
    graphs = tuple(Graph(name, "Radial", "a.chi", columns, 3) for name, columns in channels)
    stack = np.array([[0.1, 0.2, 0.3], values, [0.1, 0.1, 0.1]])
    attachments = tuple(Attachment(name, stack.astype("<f8").tobytes()) for name, _ in channels)
    return NewestCurves(image, None, cursor, graphs, statistics(), attachments)


NOTHING = NewestCurves(None, None, 0, (), statistics())


def test_curves_are_drawn_to_a_picture(tmp_path, capsys):
    picture = tmp_path / "curves.png"
    with scripted_leash(tmp_path, plot=curves()) as leash:
        assert leash("plot", "-o", picture) == 0
    assert picture.read_bytes().startswith(PNG)
    assert str(picture) in capsys.readouterr().out


def test_curves_over_different_axes_are_drawn_apart():
    drawing = Figure()
    draw(drawing, curves(channels=(("R0", COLUMNS), ("R1", PHI), ("R2", COLUMNS))))
    labels = [[text.get_text() for text in a.get_legend().get_texts()] for a in drawing.axes]
    assert [axes.get_xlabel() for axes in drawing.axes] == ["q / nm⁻¹", "azimuth / rad"]
    assert {axes.get_ylabel() for axes in drawing.axes} == {"intensity / (counts/pixel)"}
    assert labels == [["R0", "R2"], ["R1"]]
    drawing.draw_without_rendering()  # a name with $ in it is no mathematics


def test_for_scripts_a_curve_has_its_numbers_and_null(tmp_path, capsys):
    with scripted_leash(tmp_path, plot=curves()) as leash:
        assert leash("plot", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["graphs"][0]["data"] == {
        COLUMNS[0]: [0.1, 0.2, 0.3],
        COLUMNS[1]: [1.0, 2.0, None],
        COLUMNS[2]: [0.1, 0.1, 0.1],
    }
    assert document["image"] == "a_$1.tif"


def test_the_curves_of_another_image_are_asked_for_by_its_cursor(tmp_path, capsys):
    with scripted_leash(tmp_path, plot=curves(12)) as leash:
        assert leash("plot", "--json", "--cursor", "12") == 0
        assert leash("plot", "--json") == 0
        assert leash.script.requests == [Plot(12), Plot()]
    assert json.loads(capsys.readouterr().out.splitlines()[0])["cursor"] == 12


@pytest.mark.parametrize(
    "words", [["--cursor", "-1"], ["--cursor", "new"], ["--live", "--cursor", "1"]]
)
def test_a_cursor_that_names_no_image_is_refused_at_once(tmp_path, words):
    with scripted_leash(tmp_path) as leash:
        with pytest.raises(SystemExit) as ended:
            leash("plot", *words)
        assert leash.script.requests == []
    assert ended.value.code == 2


def test_without_a_curve_there_is_nothing_to_draw(tmp_path, capsys):
    with scripted_leash(tmp_path, plot=NOTHING) as leash:
        assert leash("plot", "-o", tmp_path / "x.png") == 2
    assert "none was integrated yet" in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("columns", [COLUMNS[:2], (COLUMNS[0],) * 3])
def test_a_curve_of_other_columns_is_refused(tmp_path, capsys, columns):
    reply = curves(channels=(("R0", columns),))
    size = len(columns) * 3 * 8
    short = replace(reply, attachments=(Attachment("R0", reply.attachments[0].data[:size]),))
    with scripted_leash(tmp_path, plot=short) as leash:
        assert leash("plot", "-o", tmp_path / "x.png") == 2
    assert "expected three columns" in capsys.readouterr().err


def test_a_live_plot_needs_a_window(tmp_path, capsys):
    with scripted_leash(tmp_path) as leash:
        assert leash("plot", "--live", "-o", tmp_path / "x.png") == 2
        assert leash("plot", "--live", "--json") == 2
        assert leash.script.requests == []
    assert capsys.readouterr().err.count("--live needs a window") == 2


def test_a_missing_matplotlib_is_told_before_the_server_is_asked(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with scripted_leash(tmp_path) as leash:
        for words in (["plot"], ["plot", "--live"], ["image", "-o", "x.png"]):
            assert leash(*words) == 2
        assert leash.script.requests == []
    assert capsys.readouterr().err.count("pip install") == 3


@pytest.mark.parametrize("words", [["plot"], ["plot", "--live"]])
def test_a_window_is_opened_and_its_end_is_the_end(tmp_path, monkeypatch, words):
    from matplotlib import pyplot as plt

    before, threads = plt.get_backend(), threading.active_count()
    plt.switch_backend("template")  # its windows are closed as soon as they are shown
    try:
        history = HistoryPage("q", (), 1, False)
        with scripted_leash(tmp_path, plot=curves(), history=history) as leash:
            assert leash(*words) == 0
    finally:
        plt.close("all")
        plt.switch_backend(before)
    assert threading.active_count() == threads


# ---------------------------------------------------------------------------- live


class Answers:
    """A client whose server has new curves, then refuses, then has curves again."""

    def __init__(self):
        self.plots = iter([curves(1), curves(2), RequestError("busy", "too many"), curves(3)])
        self.exhausted = threading.Event()

    def plot(self):
        what = next(self.plots)
        if isinstance(what, Exception):
            raise what
        if what.cursor == 3:
            self.exhausted.set()
        return what

    def history(self, since, limit, wait):
        rows = () if self.exhausted.is_set() else ("one",)
        return HistoryPage("q", rows, since + len(rows), False)


def test_what_is_taken_is_new_each_time(monkeypatch):
    for pause in ("BETWEEN_LOOKS", "AFTER_A_PROBLEM"):
        monkeypatch.setattr(f"saxsdog.cli.leash.newest.{pause}", 0.001)
    client = Answers()
    with Newest(client) as newest:
        newest.first()
        assert client.exhausted.wait(10)
    taken, problem = newest.take()
    assert (taken.cursor, problem) == (3, "too many")
    assert newest.take() == (None, None)


def test_a_server_that_refuses_at_first_is_an_error(tmp_path):
    refusal = RequestError("busy", "too many")
    with (
        scripted_leash(tmp_path, plot=refusal) as leash,
        Client(leash.entry) as client,
        Newest(client) as newest,
        pytest.raises(RequestError, match="too many"),
    ):
        newest.first()


class Taken:
    def __init__(self, *values):
        self._values = list(values)

    def take(self):
        return self._values.pop(0)


def test_a_window_shows_the_newest_curve():
    drawing = Figure()
    newest = Taken((curves(values=(1.0, 2.0, 3.0)), None), (None, None), (NOTHING, "gone"))
    redraw(drawing, newest)
    first = drawing.axes[0]
    assert first.lines[0].get_ydata().tolist() == [1.0, 2.0, 3.0]
    redraw(drawing, newest)
    assert drawing.axes == [first], "without news nothing is drawn"
    redraw(drawing, newest)
    assert drawing.axes[0].lines[:] == []


# ---------------------------------------------------------------------------- image


def preview(pixels):
    pixels = np.asarray(pixels, "<f4")
    attachment = Attachment("image", pixels.tobytes())
    return Preview("a/b.tif", (3, 5), pixels.shape, 2, (attachment,))


@pytest.mark.parametrize(
    "pixels",
    [
        [[1.0, 2.0, np.nan], [0.0, 1e6, 3.0]],
        np.zeros((2, 3)),
        np.full((2, 3), np.nan),
        np.full((2, 3), 7.0),
    ],
    ids=["counts", "zeros", "nothing counted", "flat"],
)
def test_a_frame_is_drawn_to_a_picture(tmp_path, capsys, pixels):
    picture = tmp_path / "frame.png"
    with scripted_leash(tmp_path, image=preview(pixels)) as leash:
        assert leash("image", "-o", picture) == 0
    assert picture.read_bytes().startswith(PNG)
    assert "a/b.tif" in capsys.readouterr().out


def test_the_axes_count_the_pixels_of_the_whole_frame():
    drawing = Figure()
    draw_frame(drawing, np.ones((2, 3)), (3, 5), 2, "a")
    axes = drawing.axes[0]
    assert axes.get_xlim() == (0, 5)
    assert axes.get_ylim() == (3, 0)
    assert axes.images[0].get_extent() == [0, 6, 4, 0]


def test_a_frame_has_its_fields_for_scripts(tmp_path, capsys):
    with scripted_leash(tmp_path, image=preview(np.ones((2, 3)))) as leash:
        assert leash("image", "-o", tmp_path / "x.png", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": "a/b.tif",
        "frame_shape": [3, 5],
        "shape": [2, 3],
        "block": 2,
    }
