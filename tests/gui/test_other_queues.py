"""Queues that others start while the window looks at the same server."""

import numpy as np

from saxsdog.client import Client
from tests.helpers.experiments import DOCUMENT, SHAPE, write_calibration
from tests.helpers.leash_windows import leash_window, write_network
from tests.helpers.served import serving

MASKS = [DOCUMENT["Masks"][0] | {"MaskFile": "m.npy"}]


def start_with_mask(served, rows, **changes):
    """Have somebody start a queue whose mask hides so many rows."""
    folder = served.root.parent / "theirs"
    folder.mkdir(exist_ok=True)
    write_mask(folder, rows)
    served.client.new(write_calibration(folder, Directory=["in"], Masks=MASKS, **changes))


def write_mask(folder, rows):
    mask = np.zeros(SHAPE, bool)
    mask[:rows] = True
    np.save(folder / "m.npy", mask)


def test_a_queue_of_somebody_else_that_differs_in_its_mask_alone_is_told(
    qtbot, tmp_path, monkeypatch
):
    with serving(tmp_path) as served:
        write_mask(tmp_path, 3)
        path = write_calibration(tmp_path, Directory=["in"], Masks=MASKS)
        network = write_network(tmp_path, [served.server.entry])
        options = {"name": "test", "calibration": path}
        start_with_mask(served, 3)
        with leash_window(qtbot, tmp_path, monkeypatch, network, **options) as window:
            leash = window.leash
            window.until(lambda: leash.masks.mask("m.npy") is not None)
            window.until_connected()
            start_with_mask(served, 20)
            window.until(lambda: "other files of the same names" in window.notice())
            window.click(leash.window.notices._answer)
            window.until(lambda: np.count_nonzero(leash.masks.mask("m.npy")) == 20 * SHAPE[1])
            window.until(lambda: window.notice() == "")


def test_a_comparison_that_was_overtaken_by_loading_is_made_again(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        write_mask(tmp_path, 3)
        path = write_calibration(tmp_path, Directory=["in"], Masks=MASKS)
        network = write_network(tmp_path, [served.server.entry])
        options = {"name": "test", "calibration": path}
        with leash_window(qtbot, tmp_path, monkeypatch, network, **options) as window:
            leash = window.leash
            window.until_connected()
            start_with_mask(served, 20)
            window.until(lambda: "other files of the same names" in window.notice())
            answers = []
            window.click(leash.window.notices._answer)
            leash.server.queue_replaced.emit()  # compared with what is just being replaced
            leash.link.ask(Client.get, answers.append)
            window.until(lambda: answers)
            window.until(lambda: window.notice() == "")


def test_a_queue_of_somebody_else_that_is_the_same_is_not_told(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        write_mask(tmp_path, 3)
        path = write_calibration(tmp_path, Directory=["in"], Masks=MASKS)
        network = write_network(tmp_path, [served.server.entry])
        options = {"name": "test", "calibration": path}
        with leash_window(qtbot, tmp_path, monkeypatch, network, **options) as window:
            window.until_connected()
            answers = []
            window.leash.server.queue_replaced.connect(
                lambda: window.leash.link.ask(Client.get, answers.append)
            )
            start_with_mask(served, 3)
            window.until(lambda: answers)  # asked for after what the window asks for itself
            assert window.notice() == ""


def test_what_is_loaded_is_what_the_server_has_when_the_question_is_answered(
    qtbot, tmp_path, monkeypatch
):
    with serving(tmp_path) as served:
        served.new(Title="first")
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            model = window.leash.calibration
            window.until(lambda: model.document.get("Title") == "first")
            model.set_value(("Title",), "edited")
            window.leash.window.load_from_server_action.trigger()
            assert window.question().text() == "Replace what is edited?"
            served.new(Title="second")
            window.until(lambda: "second" in window.notice())
            window.answer("Discard the changes")
            window.until(lambda: model.document["Title"] == "second")
            assert window.notice() == ""


def test_edits_while_the_answer_is_on_its_way_are_asked_about(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        served.new(Title="theirs")
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            model = window.leash.calibration
            window.until(lambda: model.document.get("Title") == "theirs")
            window.leash.window.load_from_server_action.trigger()
            model.set_value(("Title",), "edited")
            assert window.question().text() == "Replace what is edited?"
            window.answer("Cancel")
            assert model.document["Title"] == "edited"
