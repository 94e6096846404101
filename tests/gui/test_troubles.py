"""What is wrong at the server, as the operator reads it in the window."""

from tests.helpers.disks import filled, small_disk
from tests.helpers.leash_windows import leash_window, write_network
from tests.helpers.promises import promise
from tests.helpers.served import serving, write_frame

NO_ROOM = (
    "results cannot be written to work: No space left on device; the images of in wait, and go on "
    "by themselves when it works again"
)


@promise(
    "G17",
    fault="the disk of the results is full",
    kept="the window says so in a sentence that can be read to its end: what is wrong, where, and "
    "what happens next; it goes away by itself when it is over",
)
def test_the_window_says_what_is_wrong_as_long_as_it_is_so(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served, small_disk(served.root / "work"):
        served.new()
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until_connected()
            assert window.notice() == ""
            with filled(served.root / "work"):
                write_frame(served.images / "0.tif", 0)
                window.until(lambda: window.notice() == NO_ROOM)
                text = window.leash.window.notices._text
                assert text.isVisible()
                window.until(lambda: text.height() >= text.heightForWidth(text.width()))
            window.until(lambda: not window.notice())
            assert window.leash.server.statistics.counters.integrated == 1


def test_a_trouble_that_was_read_and_closed_stays_closed(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served, small_disk(served.root / "work"):
        served.new()
        network = write_network(tmp_path, [served.server.entry])
        with (
            leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window,
            filled(served.root / "work"),
        ):
            write_frame(served.images / "0.tif", 0)
            window.until(lambda: window.notice() == NO_ROOM)
            window.leash.window.notices._on_close_clicked()
            heard = window.leash.server.statistics
            window.until(lambda: window.leash.server.statistics is not heard)
            assert window.leash.server.trouble
            assert window.notice() == ""
