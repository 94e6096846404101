"""All servers of a list are asked at the same time."""

import pytest

from saxsdog.network import NetworkEntry
from saxsleash.appearance import Tone
from saxsleash.link import Probe
from tests.helpers.served import serving

PATIENCE_MS = 20_000


@pytest.fixture
def probe(qtbot):
    probe = Probe()
    yield probe
    probe.stop()


def test_each_server_gets_its_light_and_a_dead_one_holds_up_nobody(qtbot, probe, tmp_path):
    lights = {}
    probe.seen.connect(lambda name, light: lights.setdefault(name, light))
    with serving(tmp_path) as served:
        entry = served.server.entry
        served.new()
        probe.start(
            [
                entry,
                NetworkEntry("denied", entry.server, "", "another secret, which is wrong"),
                NetworkEntry("nobody", "tcp://127.0.0.1:9", "", entry.secret),
            ]
        )
        qtbot.waitUntil(lambda: {"test", "denied"} <= set(lights), timeout=PATIENCE_MS)
        assert "nobody" not in lights
        assert (lights["test"].tone, lights["test"].word) == (Tone.GOOD, "running")
        assert (lights["denied"].tone, lights["denied"].word) == (Tone.BAD, "wrong secret")
        qtbot.waitUntil(lambda: "nobody" in lights, timeout=PATIENCE_MS)
        assert lights["nobody"].word == "not reachable"


def is_running(_, light):
    return light.word == "running"


def test_a_server_is_asked_again_and_again_until_the_stop(qtbot, probe, tmp_path):
    with serving(tmp_path) as served:
        with qtbot.waitSignal(probe.seen, timeout=PATIENCE_MS) as seen:
            probe.start([served.server.entry])
        assert seen.args[1].word == "idle"
        served.new()
        with qtbot.waitSignal(probe.seen, timeout=PATIENCE_MS, check_params_cb=is_running):
            pass
        probe.stop()
        with qtbot.assertNotEmitted(probe.seen, wait=100):
            pass
