"""A server that died looks dead, wherever it is shown."""

from dataclasses import replace

from saxsleash.models.server_model import Connection
from tests.helpers.experiments import write_images
from tests.helpers.leash_windows import leash_window, write_network
from tests.helpers.served import serving
from tests.helpers.servers import running_server

OTHER_SECRET = "a secret that this server does not know"  # noqa: S105


def test_a_server_that_died_looks_alive_nowhere(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        write_images(served.images, 2)
        served.new()
        served.client.readdir()
        served.until_ended(2)
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            leash = window.leash
            leash.window.tabs.setCurrentWidget(leash.window.plot_tab)
            window.until(lambda: leash.curves.curves)
            strip, queue, status = leash.plot_panel.strip, leash.queue_panel, leash.status_panel
            window.until(lambda: "following" in strip.following.text())
            window.until(lambda: queue._left.text() == "waiting for images")
            served.server.kill()
            window.until(lambda: leash.server.connection is Connection.LOST)
            window.until(lambda: "not reachable" in strip.following.text())
            window.until(lambda: queue._left.text() == "as it was last")
            assert not queue._bar.isEnabled()
            assert queue._counters.styleSheet()
            assert status._newest.isVisible()
            faded = {each.styleSheet() for each in (status._newest, status._queue)}
            assert faded == {queue._counters.styleSheet()}
            served.server.restart()
            window.until(lambda: "following" in strip.following.text())
            window.until(lambda: not queue._counters.styleSheet() and queue._bar.isEnabled())


def test_a_wrong_secret_comes_with_what_to_do(qtbot, tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    with running_server(tmp_path / "server", root) as server:
        network = write_network(tmp_path, [replace(server.entry, secret=OTHER_SECRET)])
        with leash_window(qtbot, tmp_path, monkeypatch, network, name="test") as window:
            window.until(lambda: "Copy the network file" in window.notice())


def test_an_empty_tab_says_the_next_step(qtbot, tmp_path, monkeypatch):
    with serving(tmp_path) as served:
        network = write_network(tmp_path, [served.server.entry])
        with leash_window(qtbot, tmp_path, monkeypatch, network) as window:
            leash = window.leash
            leash.connect_dialog.reject()
            texts = leash.plot_panel._message, leash.history_panel.message
            leash.window.tabs.setCurrentWidget(leash.window.plot_tab)
            window.until(lambda: all("Connect to a server" in each.text() for each in texts))
            leash.connection.connect_to(served.server.entry)
            window.until(lambda: all("Start a queue" in each.text() for each in texts))
            served.new()
            window.until(lambda: all("waits for its first image" in each.text() for each in texts))
