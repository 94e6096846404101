"""``saxsdog doctor`` as an operator calls it, on real folders and beside a real server."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saxsdog.network import new_secret, save_network
from tests.helpers.experiments import DOCUMENT, SHAPE, write_calibration, write_image
from tests.helpers.feeds import wait_until
from tests.helpers.mounts import frozen_disk, small_disk
from tests.helpers.served import serving

PATIENCE = 50.0


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("doctor")) as served:
        served.new()
        yield served


@pytest.fixture
def images(tmp_path):
    """An empty folder for images."""
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


@pytest.fixture
def pipe(tmp_path):
    """A file that whoever opens it waits for, for ever."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def command(tmp_path, *arguments):
    """A command line that looks at nothing of the user who runs the tests."""
    words = [*map(str, arguments), "--state", str(tmp_path / "state")]
    if "--network" not in words:
        words += ["--network", str(tmp_path / "no-network")]
    return [sys.executable, "-m", "saxsdog", "doctor", *words]


def doctor(tmp_path, *arguments, encoding="utf-8"):
    return subprocess.run(  # noqa: S603 - our own program
        command(tmp_path, *arguments),
        capture_output=True,
        timeout=PATIENCE,
        encoding=encoding,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        check=False,
    )


def findings(tmp_path, *arguments, status):
    """Findings by subject and check; the exit status must fit."""
    ended = doctor(tmp_path, *arguments, "--json")
    assert ended.returncode == status, ended
    document = json.loads(ended.stdout)
    assert (document["verdict"] == "bad") == (status == 1)
    return {(each["subject"], each["check"]): each for each in document["findings"]}


def processes_about(folder):
    """Processes with a folder in their command line; none where nobody can tell."""
    return [each for each in Path("/proc").glob("[0-9]*") if str(folder) in _command_line(each)]


def _command_line(process):
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def verdicts(found, subject):
    return {check: each["verdict"] for (about, check), each in found.items() if about == subject}


def test_a_site_with_a_server_and_a_calibration_is_ready(tmp_path, images, served):
    mask = np.zeros(SHAPE, np.bool_)
    mask[8:15, 18:25] = True
    np.save(tmp_path / "mask.npy", mask)
    entry = DOCUMENT["Masks"][0] | {"MaskFile": "mask.npy"}
    calibration = write_calibration(tmp_path, Masks=[entry])
    frame = write_image(tmp_path / "x.tif")
    options = ["--calibration", calibration, "--frame", frame, "--network", served.server.network]
    found = findings(tmp_path, images, *options, "--rate", "0.01", status=0)
    assert set(verdicts(found, "Server test").values()) == {"good"}
    assert set(verdicts(found, "Network file").values()) == {"good"}
    assert set(verdicts(found, "Calibration small.saxsconf").values()) == {"good"}
    assert set(verdicts(found, "Image x.tif").values()) == {"good"}
    assert set(verdicts(found, "Folder of the images").values()) == {"good"}
    clock = found["Server test", "clock"]["figures"]
    assert abs(clock["ahead_s"]) < 1
    assert clock["uncertainty_s"] < 1
    assert list(images.iterdir()) == []
    assert not (tmp_path / "state").exists()


def test_the_folder_of_a_server_at_work_can_be_checked(tmp_path, served):
    before = served.client.stat().counters
    findings(tmp_path, served.images, status=0)
    assert list(served.images.iterdir()) == []
    after = served.until(lambda stat: not stat.sources.walking)
    assert after.counters == before


def test_a_wrong_secret_is_bad(tmp_path, served):
    network = tmp_path / "network.json"
    save_network([replace(served.server.entry, secret=new_secret())], network)
    found = findings(tmp_path, "--network", network, status=1)
    assert verdicts(found, "Server test") == {"address": "good", "port": "good", "secret": "bad"}
    assert "network file" in found["Server test", "secret"]["advice"]


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_network_file_that_others_can_read_is_bad(tmp_path, served):
    network = tmp_path / "network.json"
    save_network([served.server.entry], network)
    network.chmod(0o644)
    found = findings(tmp_path, "--network", network, status=1)
    assert verdicts(found, "Network file")["rights"] == "bad"
    assert set(verdicts(found, "Server test").values()) == {"good"}


def test_a_network_file_that_is_none_is_bad(tmp_path):
    network = tmp_path / "network.json"
    network.write_text('[{"Name": "x", "Server": "nowhere", "Secret": "0123456789abcdef"}]')
    found = findings(tmp_path, "--network", network, status=1)
    assert "[0].Server" in found["Network file", "file"]["text"]


def test_a_dead_disk_under_the_network_file_is_told_and_nobody_waits_for_it(tmp_path, pipe):
    found = findings(tmp_path, "--network", pipe, status=1)
    assert found["Network file", "file"]["text"] == "no answer within 5 s"
    wait_until(lambda: not processes_about(pipe))


def test_a_mask_of_another_detector_is_bad(tmp_path):
    np.save(tmp_path / "mask.npy", np.zeros((7, 7), np.bool_))
    entry = DOCUMENT["Masks"][0] | {"MaskFile": "mask.npy"}
    calibration = write_calibration(tmp_path, Masks=[entry])
    found = findings(tmp_path, "--calibration", calibration, status=1)
    subject = "Calibration small.saxsconf"
    assert verdicts(found, subject) == {"document": "good", "mask": "bad", "beam": "good"}
    assert "7 x 7" in found[subject, "mask"]["text"]


def test_a_folder_that_is_not_there_is_bad(tmp_path):
    found = findings(tmp_path, tmp_path / "nowhere", status=1)
    assert verdicts(found, "Folder of the images") == {"file system": "bad"}


def test_a_disk_that_can_only_be_read_is_bad(tmp_path):
    with small_disk(tmp_path / "disk", "size=2m,ro") as disk:
        found = findings(tmp_path, disk, status=1)
    assert found["Folder of the images", "write"]["verdict"] == "bad"
    assert "Read-only" in found["Folder of the images", "write"]["text"]


def test_a_small_disk_is_bad_and_nothing_is_left_on_it(tmp_path):
    with small_disk(tmp_path / "disk", "size=512k") as disk:
        found = findings(tmp_path, disk, status=1)
        assert list(disk.iterdir()) == []
    assert found["Folder of the images", "free space"]["verdict"] == "bad"
    assert found["Folder of the images", "read images"]["verdict"] == "skipped"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_after_a_signal(tmp_path, images, number):
    process = subprocess.Popen(  # noqa: S603 - our own program
        command(tmp_path, images),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        wait_until(lambda: any(list(folder.iterdir()) for folder in images.iterdir()))
        os.killpg(process.pid, number)  # as a terminal does
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert said == b"interrupted\n"
    wait_until(lambda: not processes_about(images))
    assert list(images.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_nothing_is_left_of_one_that_is_killed(tmp_path, images):
    process = subprocess.Popen(command(tmp_path, images), stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        wait_until(lambda: list(images.iterdir()))
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not processes_about(images))
    assert list(images.iterdir()) == []


def test_a_dead_disk_holds_nobody_up_and_gets_rid_of_what_was_tried(tmp_path):
    """Whoever writes to this disk waits, and not even SIGKILL ends that."""
    with frozen_disk(tmp_path / "disk") as (disk, thaw):
        found = findings(tmp_path, disk, status=1)
        assert found["Folder of the images", "write"]["text"] == "no answer within 5 s"
        assert ("Folder of the images", "events") not in found
        thaw()
        wait_until(lambda: not processes_about(disk))
        assert [path.name for path in disk.iterdir()] == ["lost+found"]


def test_a_calibration_that_is_no_file_is_not_waited_for(tmp_path, pipe):
    found = findings(tmp_path, "--calibration", pipe, status=1)
    document = found["Calibration pipe", "document"]
    assert document["text"] == "pipe is a folder, a pipe or a device"
    wait_until(lambda: not processes_about(pipe))


def test_people_read_signs_advice_and_a_sentence_at_the_end(tmp_path, images):
    ended = doctor(tmp_path, images, "--rate", "0.01")
    assert ended.returncode == 0
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert lines[0] == "This machine"
    assert lines[1].startswith("  ✔ Python ")
    assert "  ! file " in ended.stdout
    assert lines[-1] == "Ready, with 1 doubt."
    assert max(len(line) for line in lines if os.sep not in line) <= 100


def test_a_terminal_without_utf8_gets_plain_signs(tmp_path, images):
    ended = doctor(tmp_path, images, "--rate", "0.01", encoding="ascii")
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[1].startswith("  ok Python ")


@pytest.mark.parametrize(
    "wrong", [["--rate", "0"], ["--detector", "no such"], ["a", "b"], ["--no-such-option"]]
)
def test_a_wrong_call_says_so(tmp_path, wrong):
    ended = doctor(tmp_path, *wrong)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "saxsdog doctor" in ended.stderr


def test_a_server_that_is_not_in_the_file_is_a_wrong_call(tmp_path, served):
    ended = doctor(tmp_path, "--network", served.server.network, "--name", "another")
    assert ended.returncode == 2
    assert "'another'" in ended.stderr
