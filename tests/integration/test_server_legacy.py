"""A client of the original, as far as its wire is known, drives a real server."""

import os
import queue
import threading

import numpy as np
import pytest

from saxsdog.calibration import Calibration
from saxsdog.cli.server import main
from saxsdog.integrator import Integrator
from saxsdog.io.chi import read_chi
from saxsdog.network import NetworkEntry, save_network
from tests.helpers.experiments import DOCUMENT, SHAPE, write_calibration
from tests.helpers.legacy import OldLeash
from tests.helpers.served import frame_of, is_idle, serving, tiff_of, write_frame
from tests.helpers.servers import SECRET

OLD_SECRET = "the secret of all old clients"  # noqa: S105
SETTINGS = f"""
[legacy]
enabled = true
secret = "{OLD_SECRET}"
allow = ["stat", "plot", "get", "fileslist", "listdir", "new", "abort", "close", "readdir"]
"""
MASKS = {
    name: tiff_of(np.random.default_rng(seed).integers(0, 2, SHAPE).astype(np.int32))
    for seed, name in enumerate(("first.tif", "second.tif"))
}
SLICE = {"Direction": "x", "Plane": "InPlane", "CutPosition": 12, "CutMargin": 2}


def calibration(folder):
    """A calibration as its editor writes it, with every key."""
    return DOCUMENT | {
        "Masks": [
            {
                "MaskFile": name,
                "Oversampling": 3,
                "PixelPerRadialElement": 1.0,
                "Name": "",
                "Phi-mode": False,
                "qStart": 0.1,
                "qStop": 0.4,
            }
            for name in MASKS
        ],
        "Slices": [SLICE | {"IncidentAngle": 0.2, "MaskRef": -1}],
        "Directory": [folder, "in"],
        "Threads": 1,
        "Live-Filelisting": True,
        "OverwriteFiles": True,
        "GISAXSmode": False,
        "PolarizationCorrection": {"Fraction": 0.95, "Angle": 0.0},
    }


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("legacy"), settings=SETTINGS) as served:
        yield served


@pytest.fixture
def leash(shared):
    with OldLeash(shared.server.entry.server, OLD_SECRET) as leash:
        yield leash


@pytest.fixture
def served(shared, leash, request):
    """The server with three images, integrated for an old client in a folder of the test."""
    name = request.node.name
    shared.images = shared.folder(f"{name}/in")
    assert leash.ask("new", calibration(name), MASKS.items())["result"] == "new queue"
    for seed in range(3):
        write_frame(shared.images / f"{seed}.tif", seed)
    shared.until_ended(3)
    return shared


def test_an_old_client_is_told_of_a_server_without_a_queue(tmp_path):
    with (
        serving(tmp_path, settings=SETTINGS) as served,
        OldLeash(served.server.entry.server, OLD_SECRET) as leash,
    ):
        for command in ("stat", "plot", "get", "fileslist", "readdir", "close", "abort"):
            assert leash.ask(command)["result"] == "no queue"
        assert served.client.stat().legacy.requests == 7


def test_curves_arrive_as_they_stand_in_the_files(served, leash):
    data = leash.ask("plot")["data"]
    newest = served.root / data["filename"]
    stem = newest.parent.parent / "work" / newest.stem
    files = [stem.parent / f"{stem.name}{end}.chi" for end in ("", "_cR1", "_cS2")]
    assert [graph["kind"] for graph in data["graphs"]] == ["Radial", "Radial", "Slice"]
    for graph, file in zip(data["graphs"], files, strict=True):
        curve = read_chi(file)
        expected = [curve.q, curve.intensity, curve.sigma]
        np.testing.assert_array_equal(np.array(graph["array"]), np.array(expected))
        assert graph["columnLabels"] == list(curve.labels)
    document = calibration(served.images.parent.name)
    assert [graph["conf"] for graph in data["graphs"]] == document["Masks"] + document["Slices"]


def test_the_masks_of_an_old_client_are_those_that_count(served, tmp_path):
    document = calibration("anywhere")
    for name, content in MASKS.items():
        (tmp_path / name).write_bytes(content)
    expected = Integrator(
        Calibration.load(write_calibration(tmp_path, **document)), tmp_path
    ).integrate(frame_of(2))
    curves = [served.images.parent / "work" / f"2{end}.chi" for end in ("", "_cR1", "_cS2")]
    for file, curve in zip(curves, expected, strict=True):
        np.testing.assert_allclose(read_chi(file).intensity, curve.intensity, rtol=1e-9)


def test_integral_parameters_come_for_every_image(served, leash):
    (row, *_) = served.client.history().rows
    data = leash.ask("stat")["data"]
    assert data["stat"]["images processed"] == 3
    assert data["stat"]["queue length"] == 0
    assert data["stat"]["start time"] <= data["stat"]["time"]
    assert len(data["history"]) == 3
    assert list(data["IntegralParameters"]) == ["R0", "R1"]
    first = data["IntegralParameters"]["R0"]
    assert len(first["file"]) == 3
    at = first["file"].index(row.file)
    for name in ("I0", "I1", "I2"):
        assert first[name][at] == row.parameters["R0"][name]


def test_calibration_and_masks_come_back_as_they_were_sent(served, leash):
    document = calibration(served.images.parent.name)
    data = leash.ask("get")["data"]
    assert data["cal"] == document
    assert (data["directory"], data["threads"]) == (document["Directory"], 1)
    sent = [(each["filename"], each["data"].encode("latin-1")) for each in data["attachments"]]
    assert sent == list(MASKS.items())


def test_files_and_folders_are_listed(served, leash):
    name = served.images.parent.name
    lists = leash.ask("fileslist")["data"]["fileslist"]
    assert sorted(lists) == ["R0", "R1", "S2", "images"]
    assert sorted(lists["images"]) == [f"{name}/in/{i}.tif" for i in range(3)]
    assert all((served.root / file).is_file() for files in lists.values() for file in files)
    data = leash.ask("listdir", {"directory": [name]})["data"]
    assert data["directory"] == [name]
    assert {"isdir": True, "path": "in"} in data["dircontent"]
    for outside in (["..", "server"], ["/etc"], ["a\0b"], ["nowhere"]):
        assert leash.ask("listdir", {"directory": outside})["result"] == "IOError"


def test_an_old_client_drives_the_queue_to_its_end(served, leash):
    cursor = served.client.stat().cursor
    assert leash.ask("readdir")["result"] == "queue restarted with all files"
    served.until(lambda stat: stat.cursor == cursor + 3 and is_idle(stat))
    assert leash.ask("close")["result"] == "queue closed"
    assert leash.ask("abort")["result"] == "queue aborted"
    assert leash.ask("readdir")["result"] == "no queue"
    assert served.client.stat().state == "aborted"
    assert leash.ask("plot")["result"] == "plot"


def test_a_calibration_that_cannot_be_used_leaves_the_queue_as_it_is(served, leash):
    before = served.client.stat()
    reply = leash.ask("new", calibration("x") | {"Wavelength": -1}, MASKS.items())
    assert reply["result"] == "ValueError"
    assert "Wavelength" in reply["data"]["Error"]
    assert served.client.stat().opened == before.opened


def test_no_reply_tells_where_the_server_keeps_its_files(served, leash):
    document = calibration("x")
    broken = dict.fromkeys(MASKS, b"no mask")
    error = leash.ask("new", document, broken.items())["data"]["Error"]
    assert "expected a mask" in error
    assert str(served.root) not in error
    assert "/" not in error


def test_the_log_tells_which_masks_an_old_client_has_sent(served):
    log = served.server.log_text()
    assert "a client of the original at 127.0.0.1 asks for a new queue" in log
    assert "has the SHA-256" in log
    assert OLD_SECRET not in log


def test_many_old_clients_and_ours_are_served_side_by_side(served):
    def ask():
        with OldLeash(served.server.entry.server, OLD_SECRET) as leash:
            for command in ("stat", "plot", "fileslist") * 3:
                words.put(leash.ask(command)["result"])

    words = queue.Queue()
    before = served.client.stat().legacy
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert served.client.stat().state == "running"
    for thread in threads:
        thread.join()
    results = [words.get() for _ in range(45)]
    assert sorted(results) == sorted(["stat", "plot", "resultfileslists"] * 15)
    after = served.client.stat().legacy
    assert (after.requests, after.refused) == (before.requests + 45, before.refused)


# ---------------------------------------------------------------- what keeps a server from starting


def message_of(folder, capfd, settings, mode=0o600):
    """What a server says that does not start."""
    network, path = folder / "network.json", folder / "settings.toml"
    save_network([NetworkEntry("test", "tcp://127.0.0.1:*", "", SECRET)], network)
    path.write_text(settings)
    path.chmod(mode)
    words = [str(folder), "--network", str(network), "--config", str(path)]
    assert main([*words, "--state", str(folder / "state")]) == 2
    message = capfd.readouterr().err
    assert OLD_SECRET not in message
    assert SECRET not in message
    return message


def test_a_server_does_not_start_with_one_secret_for_both(tmp_path, capfd):
    message = message_of(tmp_path, capfd, SETTINGS.replace(OLD_SECRET, SECRET))
    assert "legacy.secret: expected another one than Secret of the network file" in message


@pytest.mark.parametrize("secret", ["", "too short", " " * 30])
def test_a_server_does_not_start_without_a_secret_for_old_clients(tmp_path, capfd, secret):
    message = message_of(tmp_path, capfd, SETTINGS.replace(OLD_SECRET, secret))
    assert "legacy.secret: expected at least 16 characters" in message


@pytest.mark.skipif(os.name != "posix", reason="rights of files as on Unix")
def test_a_server_does_not_start_with_a_secret_that_others_can_read(tmp_path, capfd):
    message = message_of(tmp_path, capfd, SETTINGS, mode=0o644)
    assert "expected a file that only you can read (mode 0600)" in message
