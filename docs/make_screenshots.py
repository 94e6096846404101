"""Take the pictures of the window into ``docs/images``: ``make screenshots``.

Everything is made from nothing in a temporary folder: images of a simulated experiment, two
servers, their network file and the settings of the window. Nothing of the user is read or changed,
and no screen is needed.
"""

import json
import os
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from types import TracebackType

import numpy as np
from PIL import Image
from PyQt5.QtCore import QBuffer, QEventLoop, QLocale, QSettings, QTimer
from PyQt5.QtWidgets import QApplication, QMessageBox, QWidget

from saxsdog.io.mask_files import read_mask, write_fit2d_mask
from saxsdog.local_server import LocalServer
from saxsdog.network import VARIABLE, NetworkEntry, new_secret, save_network
from saxsdog.reduction.geometry import chi, pixel_centers
from saxsdog.simulation.documents import write_calibration
from saxsdog.simulation.experiment import FIRST_FRAME
from saxsdog.simulation.frames import Experiment, simulate
from saxsleash.app import Leash, make_application
from saxsleash.appearance import Theme
from saxsleash.crashes import Crashes
from saxsleash.models.light import ASKING
from saxsleash.panels.plot_options import View
from saxsleash.panels.redraw import Redraw

FOLDER = Path(__file__).parent / "images"
SIZE = (1280, 860)
"""Pixels of the window."""

FLAT_COLORS, COLORS = 80, 256
"""In a picture, the most frequent ones as they are: noise in all its colours fills a disk."""

LONGEST_WAIT = 60.0
"""Seconds until something that should come never will."""

SERIES = {"sample_a": 100, "sample_b": 140}
"""Names of the series and their numbers of images."""

RATE = 10.0
"""Images a second."""

HEAT_MAP_LENGTH = 65
"""Curves, about those of the last series: the window fetches five a second."""

PAUSE = 20.0
"""s; between the first images of the series, as their headers say."""

SECTOR = np.pi / 8
"""Half of the opening of the sector, rad."""

FIRST_RING = (0.98, 1.18)
"""nm⁻¹; around the first ring of silver behenate."""

POINTED = (474.5, 522.5)
"""Row from the top and column under the mouse, on the second ring."""

WRONG_BY = 14.0
"""Pixels; as wrong as somebody is who reads off the centre of another day."""


def main() -> None:
    """Take all pictures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["TZ"] = "UTC"  # the same pictures everywhere
    time.tzset()
    QLocale.setDefault(QLocale(QLocale.English))
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screenshots-")))
        stack.enter_context(chdir(folder))  # so that paths in the pictures are short
        storage = folder / "storage"
        experiments = [_experiment(i, n) for i, n in enumerate(SERIES.values())]
        _write_calibrations(folder, experiments[0])
        storage.mkdir()
        servers = _start_servers(stack, storage)
        save_network(servers, Path(".saxsdognetwork"))
        os.environ[VARIABLE] = ".saxsdognetwork"
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        QSettings.setDefaultFormat(QSettings.IniFormat)
        QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, str(folder / "settings"))
        application = make_application()
        with _window(folder) as leash:
            _take_pictures(leash, _Detector(storage, experiments))
        application.closeAllWindows()


# ------------------------------------------------------------------ what is on view


def _experiment(number: int, n_frames: int) -> Experiment:
    start = FIRST_FRAME + number * timedelta(seconds=PAUSE)
    return Experiment.create(
        n_frames=n_frames, reaction_frames=n_frames, period=1 / RATE, seed=number, start=start
    )


class _Detector(threading.Thread):
    """Writes the series one after the other, each at the pace of a detector."""

    def __init__(self, storage: Path, experiments: list[Experiment]) -> None:
        super().__init__(daemon=True)  # who fails does not wait for it
        self._storage = storage
        self._experiments = experiments

    def run(self) -> None:
        for name, experiment in zip(SERIES, self._experiments, strict=True):
            simulate(self._storage / name, experiment, rate=RATE, ahead=True, name=name)


def _write_calibrations(folder: Path, experiment: Experiment) -> None:
    """Write a calibration with three channels, and a mask that somebody has turned over."""
    calibration, mask_file = write_calibration(folder, experiment, "agbeh")
    mask = read_mask(mask_file)
    azimuth = chi(experiment.geometry, *pixel_centers(experiment.geometry))
    write_fit2d_mask(folder / "sector.msk", mask | (np.abs(azimuth - np.pi / 2) > SECTOR))
    write_fit2d_mask(folder / "flipped.msk", mask[::-1])
    document = json.loads(calibration.read_text(encoding="utf-8"))
    document["Title"] = "Silver behenate, Pilatus 1M"
    whole = document["Masks"][0] | {"Name": "all azimuths"}
    ring = {"qStart": FIRST_RING[0], "qStop": FIRST_RING[1]}
    document["Masks"] = [
        whole,
        whole | ring | {"Name": "first ring, below the beam", "MaskFile": "sector.msk"},
        whole | ring | {"Name": "around the first ring", "Phi-mode": True},
    ]
    calibration.write_text(json.dumps(document, indent=4), encoding="utf-8")


def _start_servers(stack: ExitStack, storage: Path) -> list[NetworkEntry]:
    """Start a server for the images and one that rests; list two that cannot be used as well."""
    entries = [
        stack.enter_context(LocalServer(storage, name="Pilatus 1M")).entry,
        stack.enter_context(LocalServer(storage, name="Eiger 4M")).entry,
    ]
    entries.append(replace(entries[1], name="Pilatus 100K", secret=new_secret()))
    entries.append(NetworkEntry("Test bench", "tcp://127.0.0.1:7", "", new_secret()))
    return entries


@contextmanager
def _window(folder: Path) -> Iterator[Leash]:
    with Crashes(folder / "qt-crash.txt") as crashes, Leash(crashes) as leash:
        crashes.happened.connect(_fail)
        leash.preferences.add_local_root(Path("/home/you/trial"))
        leash.window.theme_wanted.emit(Theme.LIGHT)
        leash.window.resize(*SIZE)
        yield leash
        leash.window.close_for_good()


def _fail(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None, _thread: str
) -> None:
    """End at a bug of the window: a picture of what is left would mislead."""
    traceback.print_exception(kind, error, trace)
    os._exit(1)


# ------------------------------------------------------------------ the pictures


def _take_pictures(leash: Leash, detector: _Detector) -> None:
    window, history = leash.window, leash.history
    first, both = SERIES["sample_a"], sum(SERIES.values())
    window.show()
    leash.documents.open(Path("agbeh.saxsconf"))
    leash.connection.connect_by_name("Pilatus 1M")
    _until(lambda: leash.server.is_online, "the server answers")
    _until(lambda: len(leash.masks.names) == 2, "the masks are read")
    _answer(leash, leash.checklist_panel.start.click, "Only new ones")
    _until(lambda: leash.server.has_queue, "the queue runs")
    detector.start()
    _until(lambda: len(history) >= first // 8, "the first images are integrated")
    leash.plot_panel.strip.freeze.click()
    _until(lambda: len(history) >= first // 3, "images are integrated")
    _picture_of_servers(leash)
    _until(lambda: len(history) >= first, "the first series is integrated")
    _pictures_of_calibration(leash)
    window.tabs.setCurrentWidget(window.history_tab)
    _until(lambda: len(history) >= first + 0.6 * SERIES["sample_b"], "the second one comes")
    _picture_of_history(leash)
    _until(lambda: len(history) == both, "all images are integrated")
    _pictures_of_curves(leash)


def _picture_of_servers(leash: Leash) -> None:
    leash.connection.choose()
    names = [entry.name for entry in leash.servers.entries]
    _until(
        lambda: all(leash.servers.light(name) is not ASKING for name in names),
        "all servers have been asked",
    )
    _take(leash, "connect", leash.connect_dialog)
    leash.connect_dialog.reject()


def _pictures_of_calibration(leash: Leash) -> None:
    window, calibration = leash.window, leash.calibration
    window.tabs.setCurrentWidget(window.calibration_tab)
    leash.detector_panel.newest.click()
    _until(lambda: leash.detector.frame is not None, "the newest frame is on view")
    leash.detector_panel.view.pointed.emit(POINTED)
    _take(leash, "calibration", window)
    window.theme_wanted.emit(Theme.DARK)
    _take(leash, "calibration-dark", window)
    window.theme_wanted.emit(Theme.LIGHT)
    beside = leash.detector_panel.parentWidget()
    row, column = calibration.value(("Geometry", "BeamCenter"))
    calibration.set_value(("Geometry", "BeamCenter"), [row, column + WRONG_BY])
    _take(leash, "wrong-centre", beside)
    calibration.undo()
    calibration.set_value(("Masks", 0, "MaskFile"), "flipped.msk")
    _until(lambda: leash.masks.mask("flipped.msk") is not None, "the other mask is read")
    _take(leash, "wrong-mask", beside)
    calibration.undo()


def _picture_of_history(leash: Leash) -> None:
    """Pick an image in the first third of the history."""
    cursor = leash.history.row_at(SERIES["sample_a"] // 2).cursor
    leash.history_panel.pick(cursor)
    leash.history_panel.curve_wanted.emit(cursor)
    _until(lambda: leash.curves.is_pinned, "its curves are there")
    _take(leash, "history", leash.window)
    leash.curves.unpin()


def _pictures_of_curves(leash: Leash) -> None:
    panel, window = leash.plot_panel, leash.window
    window.tabs.setCurrentWidget(window.plot_tab)
    panel.restore_state({"hidden": ["R1", "R2"]})
    _take(leash, "plot", window)
    panel.restore_state({"view": View.HEAT_MAP, "heat_map_length": HEAT_MAP_LENGTH})
    _take(leash, "heat-map", window)


def _answer(leash: Leash, ask: Callable[[], None], button: str) -> None:
    """Do what brings a question up, and press one of its buttons."""
    ask()
    window = leash.window
    _until(lambda: bool(window.findChildren(QMessageBox)), f"there is a button {button!r}")
    box = window.findChildren(QMessageBox)[0]
    next(each for each in box.buttons() if each.text() == button).click()


def _take(leash: Leash, name: str, widget: QWidget) -> None:
    """Write the picture of a widget when everything that changed before is drawn."""
    QApplication.processEvents()
    redraws = [*leash.window.findChildren(Redraw), *widget.findChildren(Redraw)]
    waiting = {timer for redraw in redraws for timer in redraw.findChildren(QTimer)}
    for timer in tuple(waiting):
        timer.timeout.connect(partial(waiting.discard, timer))
    _until(lambda: not any(timer.isActive() for timer in waiting), "all is drawn")
    QApplication.processEvents()
    buffer = QBuffer()
    buffer.open(QBuffer.WriteOnly)
    widget.grab().save(buffer, "PNG")
    with Image.open(BytesIO(bytes(buffer.data()))) as image:
        _in_few_colors(image.convert("RGB")).save(FOLDER / f"{name}.png", optimize=True)


def _in_few_colors(image: Image.Image) -> Image.Image:
    """Return a picture in which grounds and text keep their colours, and small dots their hue."""
    colors = np.asarray(image).reshape(-1, 3)
    seen, numbers = np.unique(colors, axis=0, return_counts=True)
    frequent = seen[np.argsort(-numbers)[:FLAT_COLORS]]
    spread = image.quantize(COLORS - len(frequent), Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*frequent.ravel().tolist(), *spread])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def _until(condition: Callable[[], bool], what: str) -> None:
    """Let the window work until a condition holds.

    Raises
    ------
    TimeoutError
        If it does not come true for long.
    """
    end = time.monotonic() + LONGEST_WAIT
    loop = QEventLoop()
    waker = QTimer()  # processEvents alone waits for ever if nothing happens
    waker.start(20)
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"expected within {LONGEST_WAIT:g} s that {what}")
        loop.processEvents(QEventLoop.WaitForMoreEvents)


if __name__ == "__main__":
    main()
