"""The window while a server integrates images again."""

import shutil

import numpy as np
from PyQt5.QtCore import Qt

from saxsdog.calibration import Calibration
from saxsdog.integrator import Integrator
from tests.helpers.leash_windows import leash_window, write_network
from tests.helpers.served import frame_of, is_idle, rows_of, serving, write_frame

FOLDERS = ("one", "two")
"""With images of equal names."""


def test_an_image_that_is_integrated_again_has_one_point(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        served.new()
        images = [served.folder(f"in/{name}") / f"{n}.tif" for name in FOLDERS for n in range(3)]
        for seed, image in enumerate(images):
            write_frame(image, seed)
        served.until_ended(6)
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            check_once(window, served, images, n_rows=6)
            pick(window, "in/one/1.tif")
            overwrite(served, images[1], 50)
            check_once(window, served, images, n_rows=7)
            check_picked(window, served, images[1], 50)
            overwrite(served, images[4], 60)
            check_once(window, served, images, n_rows=8)
            check_picked(window, served, images[1], 50)
            served.client.readdir()
            check_once(window, served, images, n_rows=14)
            check_picked(window, served, images[1], 50)


def test_a_new_queue_of_the_same_images_begins_anew(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        served.new()
        image = write_frame(served.images / "0.tif", 0)
        served.until_ended(1)
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            check_once(window, served, [image], n_rows=1)
            former = window.leash.history.queue
            served.new()
            served.client.readdir()
            window.until(lambda: window.leash.history.queue != former)
            served.until(lambda stat: stat.counters.integrated > 0 and is_idle(stat))
            check_once(window, served, [image], n_rows=len(rows_of(served.client)))


def overwrite(served, image, seed):
    """Put another frame in place of one, at once: nothing else is ever to be seen there."""
    shutil.move(write_frame(served.root / "other.tif", seed), image)


def name_of(served, image):
    return image.relative_to(served.root).as_posix()


def names_in(history):
    """Names of the images that are selected, by time."""
    return [history.row_at(int(row)).file for row in history.selected]


def check_once(window, served, images, n_rows):
    """Compare what is selected with the newest rows of the server, when it has so many rows."""
    history = window.leash.history
    window.until(lambda: len(history) == n_rows)
    rows = rows_of(served.client)
    assert len(rows) == n_rows
    newest = {row.file: row.parameters["R0"]["I0"] for row in rows}
    names = names_in(history)
    assert sorted(names) == sorted(newest) == sorted(name_of(served, image) for image in images)
    assert history.values("R0", "I0", history.selected).tolist() == [newest[name] for name in names]


def pick(window, name):
    """Put the ring around an image with the keyboard, and wait for its curve."""
    leash, keys = window.leash, window.bot
    leash.window.tabs.setCurrentWidget(leash.window.history_tab)

    def at_the_first():
        """The rows must have been drawn before."""
        keys.keyClick(leash.history_panel, Qt.Key_Home)
        return leash.history_panel.picked is not None

    window.until(at_the_first)
    for _ in range(names_in(leash.history).index(name)):
        keys.keyClick(leash.history_panel, Qt.Key_Right)
    window.until(lambda: leash.curves.is_pinned and leash.curves.image == name)


def check_picked(window, served, image, seed):
    """Compare ring and curve with the newest row and the frame of an image."""
    leash, name = window.leash, name_of(served, image)
    cursor = [row.cursor for row in rows_of(served.client) if row.file == name][-1]
    path = served.calibration()
    expected = Integrator(Calibration.load(path), path.parent).integrate(frame_of(seed))[0]
    window.until(lambda: leash.history_panel.picked == cursor)
    window.until(lambda: np.allclose(leash.curves.curves[0].intensity, expected.intensity))
    assert leash.curves.is_pinned
    assert leash.curves.image == name
