"""The commands as a user calls them."""

import json
import os
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest
import tifffile

from saxsdog import read_chi
from saxsdog.network import NetworkEntry, save_network
from tests.helpers.experiments import SHAPE, write_calibration, write_images, write_stack
from tests.helpers.feeds import wait_until

COMMAND = [sys.executable, "-m", "saxsdog"]
PNG = b"\x89PNG"


def saxsdog(*arguments, cwd=None, env=None):
    words = [str(argument) for argument in arguments]
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    ran = saxsdog("simulate", folder, "--frames", 6, "--detector", "pilatus100k", "--seed", 3)
    assert ran.returncode == 0, ran.stderr
    assert "6 images of a Pilatus 100K" in ran.stdout
    return folder


@pytest.fixture
def small(tmp_path):
    """A folder with a calibration and three tiny images."""
    write_calibration(tmp_path)
    write_images(tmp_path / "frames", 3)
    return tmp_path


def test_what_is_simulated_integrates_to_the_truth(simulated):
    ran = saxsdog("integrate", simulated / "simulated.saxsconf", simulated / "frames", "-j", 2)
    assert ran.returncode == 0, ran.stderr
    assert "6 images: 6 integrated, 0 failed, 0 skipped" in ran.stdout
    grid, *parts = np.loadtxt(simulated / "truth.csv", delimiter=",", skiprows=2).T
    amplitudes = np.loadtxt(simulated / "truth_amplitudes.csv", delimiter=",", skiprows=2)
    for index in (0, 5):
        curve = read_chi(simulated / "work" / f"simulated_{index:05d}.chi")
        rings, spheres = amplitudes[index, 2:]
        truth = np.interp(curve.q, grid, rings * parts[0] + spheres * parts[1] + parts[2])
        known = np.isfinite(curve.intensity) & (curve.q > 0.5)
        deviation = (curve.intensity - truth)[known] / curve.sigma[known]
        assert np.median(np.abs(deviation)) < 1.0


def test_the_same_seed_gives_the_same_images(simulated, tmp_path):
    saxsdog("simulate", tmp_path, "--frames", 1, "--detector", "Pilatus 100K", "--seed", 3)
    name = "frames/simulated_00000.tif"
    assert (tmp_path / name).read_bytes() == (simulated / name).read_bytes()


def test_curves_of_an_output_folder_keep_the_tree(small):
    ran = saxsdog("integrate", "small.saxsconf", "frames", "-o", "curves", "-j", 1, cwd=small)
    assert ran.returncode == 0, ran.stderr
    names = sorted(path.name for path in (small / "curves").glob("*.chi"))
    assert names == ["image_001.chi", "image_002.chi", "image_003.chi"]


def test_the_log_has_one_json_object_for_each_image(small):
    ran = saxsdog("integrate", "small.saxsconf", "frames", "--log", "log.jsonl", cwd=small)
    assert ran.returncode == 0, ran.stderr
    records = [json.loads(line) for line in (small / "log.jsonl").read_text().splitlines()]
    assert [record["status"] for record in records] == ["integrated"] * 3
    assert {"image", "curves", "time", "time_source", "exposure"} <= set(records[0])
    assert set(records[0]["parameters"]["R0"]) == {"I0", "I1", "I2", "correlation_length"}
    assert {"id", "fingerprint"}.isdisjoint(records[0])


def test_resuming_does_only_what_is_missing(small):
    arguments = ("integrate", "small.saxsconf", "frames", "-j", 1)
    saxsdog(*arguments, cwd=small)
    (small / "work" / "image_002.chi").unlink()
    ran = saxsdog(*arguments, "--resume", cwd=small)
    assert "3 images: 1 integrated, 0 failed, 2 skipped" in ran.stdout


def test_files_that_hold_several_images_count_as_many(small):
    write_stack(small / "frames" / "stack.tif", *range(1, 21))
    words = ("integrate", "small.saxsconf", "frames", "--log", "log.jsonl")
    ran = saxsdog(*words, cwd=small)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "23 images: 23 integrated, 0 failed, 0 skipped" in ran.stdout
    records = [json.loads(line) for line in (small / "log.jsonl").read_text().splitlines()]
    names = {record["image"].rpartition("/")[2] for record in records}
    assert len(records) == len(names) == 23
    assert "stack.tif::19" in names
    assert read_chi(small / "work" / "stack_00019.chi").intensity[5] == 20
    (small / "work" / "stack_00007.chi").unlink()
    ran = saxsdog(*words, "--resume", cwd=small)
    assert "23 images: 1 integrated, 0 failed, 22 skipped" in ran.stdout


def test_one_page_of_files_that_hold_several_images_has_the_plain_name(small):
    write_stack(small / "frames" / "stack.tif", 1, 2, 3)
    words = ("integrate", "small.saxsconf", "frames/stack.tif", "--page")
    ran = saxsdog(*words, 2, cwd=small)
    assert "1 image: 1 integrated" in ran.stdout
    assert read_chi(small / "work" / "stack.chi").intensity[5] == 3
    ran = saxsdog(*words, 3, cwd=small)
    assert ran.returncode == 1
    assert "failed (truncated): " in ran.stderr


def test_a_name_inside_a_file_cannot_speak_to_the_terminal(small):
    with h5py.File(small / "frames" / "master.h5", "w") as file:
        file["entry/data/data_000001"] = h5py.ExternalLink("\x1b[31mred.h5", "data")
    ran = saxsdog("integrate", "small.saxsconf", "frames/master.h5", cwd=small)
    assert "skipped (images-elsewhere)" in ran.stderr
    assert "red.h5" in ran.stderr
    assert "\x1b" not in ran.stderr


def test_the_curve_of_one_page_does_not_stand_for_another_page(small):
    tifffile.imwrite(
        small / "frames" / "stack.tif", np.stack([np.full(SHAPE, v, np.int32) for v in (3, 5)])
    )
    words = ("integrate", "small.saxsconf", "frames/stack.tif", "--resume", "--page")
    for page, value in ((0, 3), (1, 5)):
        ran = saxsdog(*words, page, cwd=small)
        assert ran.returncode == 0, ran.stderr
        assert np.nanmax(read_chi(small / "work" / "stack.chi").intensity) == value


def test_one_image_of_a_file_can_be_named(small):
    write_stack(small / "frames" / "stack.tif", 1, 2, 3)
    ran = saxsdog("integrate", "small.saxsconf", "frames/stack.tif::1", cwd=small)
    assert "1 image: 1 integrated" in ran.stdout
    assert read_chi(small / "work" / "stack_00001.chi").intensity[5] == 2


def test_one_bad_image_is_named_and_the_status_is_1(small):
    (small / "frames" / "image_002.tif").write_bytes(b"II*\0 cut off")
    ran = saxsdog("integrate", "small.saxsconf", "frames", cwd=small)
    assert ran.returncode == 1
    assert "3 images: 2 integrated, 1 failed" in ran.stdout
    assert "failed (truncated): " in ran.stderr
    assert "image_002.tif" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("integrate", "none.saxsconf", "frames"), "none.saxsconf: expected a calibration file"),
        (("integrate", "small.saxsconf", "nowhere"), "nowhere: expected an image, a folder"),
        (("integrate", "small.saxsconf", "empty"), "expected images in empty, found none"),
        (("integrate", "small.saxsconf", "frames", "-j", "0"), "expected a whole number from 1"),
        (("simulate", "out", "--detector", "Polaroid"), "Pilatus 1M"),
        (("plot", "none.chi", "-o", "x.png"), "none.chi: expected a curve"),
        (("simulate", "small.saxsconf/below"), "small.saxsconf/below: cannot be written"),
        (("nonsense",), "invalid choice"),
        ((), "COMMAND"),
    ],
)
def test_a_wrong_call_is_explained_and_the_status_is_2(small, arguments, complaint):
    (small / "empty").mkdir()
    ran = saxsdog(*arguments, cwd=small)
    assert ran.returncode == 2
    assert complaint in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_wrong_calibration_names_the_key(small):
    write_calibration(small, Wavelength="1.5 A")
    ran = saxsdog("integrate", "small.saxsconf", "frames", cwd=small)
    assert ran.returncode == 2
    assert 'Wavelength: expected a number (Å), got the text "1.5 A"' in ran.stderr


def interrupt_as_a_terminal_does(running):
    os.killpg(running.pid, signal.SIGINT)  # the workers get it as well


def end_as_a_user_does(running):
    running.terminate()


def end_as_a_batch_system_does(running):
    os.killpg(running.pid, signal.SIGTERM)


STOPS = [interrupt_as_a_terminal_does, end_as_a_user_does, end_as_a_batch_system_does]


@pytest.mark.parametrize(("jobs", "stop"), [(1, STOPS[0]), *((2, stop) for stop in STOPS)])
def test_a_run_stops_with_whole_files_only_and_resume_goes_on(small, jobs, stop):
    images = write_images(small / "frames", 3000)
    log = small / "log"
    os.mkfifo(log)
    command = [*COMMAND, "integrate", "small.saxsconf", "frames", "-j", str(jobs), "--log", "log"]
    running = subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=small,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with log.open("rb", buffering=0) as lines:
        assert lines.readline()  # the first image is done: now is the time
        stop(running)
        while lines.readline():
            pass
        printed, complaint = running.communicate()
    assert running.returncode == 130, complaint
    assert "interrupted; continue with --resume" in complaint
    assert "Traceback" not in complaint
    assert "not started" in printed
    done = [path for path in (small / "work").glob("*") if not path.name.startswith(".saxsdog")]
    assert 0 < len(done) < len(images)
    assert all(path.suffix == ".chi" for path in done)
    assert f"{len(images)} images: {len(done)} integrated" in printed
    assert f"{len(images) - len(done)} not started" in printed
    log.unlink()
    ran = saxsdog("integrate", "small.saxsconf", "frames", "--resume", cwd=small)
    assert ran.returncode == 0, ran.stderr
    assert len(list((small / "work").glob("*.chi"))) == len(images)


@pytest.mark.parametrize("stop", STOPS)
def test_a_run_that_is_stopped_before_the_workers_are_ready_ends_in_order(small, stop):
    write_images(small / "frames", 300)
    running = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "integrate", "small.saxsconf", "frames", "-j", "2"],
        cwd=small,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    owners = small / "work" / ".saxsdog-owners.jsonl"
    while not owners.exists():  # written just before the workers are started
        assert running.poll() is None
    stop(running)
    _, complaint = running.communicate()
    assert "Traceback" not in complaint
    assert "interrupted" in complaint
    assert running.returncode == 130
    assert not list((small / "work").glob("*.tmp"))


def test_another_page_of_the_files_is_integrated_on_request(small):
    pages = np.stack([np.full(SHAPE, value, dtype=np.int32) for value in (3, 5)])
    tifffile.imwrite(small / "frames" / "pages.tif", pages)
    ran = saxsdog("integrate", "small.saxsconf", "frames/pages.tif", "--page", 1, cwd=small)
    assert ran.returncode == 0, ran.stderr
    assert np.nanmax(read_chi(small / "work" / "pages.chi").intensity) == 5


def test_a_curve_that_will_be_empty_is_warned_of(small):
    write_calibration(small, Masks=[{"qStart": 50, "qStop": 60}])
    ran = saxsdog("integrate", "small.saxsconf", "frames", "-j", 1, cwd=small)
    assert ran.returncode == 0
    assert "warning: R0: no bin lies between qStart and qStop" in ran.stderr


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_curves_are_drawn_to_a_picture(small, suffix):
    saxsdog("integrate", "small.saxsconf", "frames", "-j", 1, cwd=small)
    curves = [f"work/image_00{i}.chi" for i in (1, 2, 3)]
    picture = small / f"curves.{suffix}"
    ran = saxsdog("plot", *curves, "--compare", "-x", "log", "-o", picture, cwd=small)
    assert ran.returncode == 0, ran.stderr
    magic = {"png": PNG, "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert picture.read_bytes().startswith(magic)


def test_curves_over_different_axes_are_not_drawn_together(small):
    phi = {"Phi-mode": True, "qStart": 0.1, "qStop": 0.4}
    write_calibration(small, Masks=[{"qStart": 0.1, "qStop": 0.4}, phi])
    saxsdog("integrate", "small.saxsconf", "frames", "-j", 1, cwd=small)
    curves = ("work/image_001.chi", "work/image_001_cR1.chi")
    ran = saxsdog("plot", *curves, "-o", "x.png", cwd=small)
    assert ran.returncode == 2
    assert "image_001_cR1.chi: expected a curve over q / nm⁻¹, got one over azimuth" in ran.stderr


def test_without_a_screen_a_plot_asks_for_a_picture(small):
    saxsdog("integrate", "small.saxsconf", "frames", "-j", 1, cwd=small)
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    ran = saxsdog("plot", "work/image_001.chi", cwd=small, env=env | {"MPLBACKEND": "agg"})
    assert ran.returncode == 2
    assert "-o FILE.png" in ran.stderr


def test_the_demo_shows_the_main_job(tmp_path):
    ran = saxsdog("demo", tmp_path, "--frames", 4, "--detector", "Pilatus 100K", "--workers", 1)
    assert ran.returncode == 0, ran.stderr
    assert "images/s" in ran.stdout
    assert "from event to curve" in ran.stdout
    assert "failures    0" in ran.stdout
    assert (tmp_path / "demo.png").read_bytes().startswith(PNG)
    assert len(list((tmp_path / "storage" / "work").glob("*.chi"))) == 4
    assert len(list((tmp_path / "detector" / "frames").glob("*.tif"))) == 4


def test_the_benchmark_prints_its_numbers_as_json_and_leaves_nothing(tmp_path):
    words = ("--images", 20, "--rounds", 1, "--detector", "Pilatus 100K", "--directory", tmp_path)
    ran = saxsdog("bench", "memory", "batch", "budget", *words, "--json")
    assert ran.returncode == 0, ran.stderr
    printed = json.loads(ran.stdout)
    assert printed["machine"]["cores"] >= 1
    assert list(printed["sections"]) == ["memory", "batch", "budget"]
    batch = printed["sections"]["batch"][0]
    assert batch["units"]["rate"] == "images/s"
    assert any("pyFAI" in row["label"] for row in batch["rows"])
    assert all(row["rate"] > 0 for row in batch["rows"])
    assert not list(tmp_path.iterdir())


def test_an_interrupted_benchmark_leaves_nothing(tmp_path):
    words = [*COMMAND, "bench", "batch", "--detector", "Pilatus 100K", "--directory", str(tmp_path)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, start_new_session=True) as bench:  # noqa: S603
        wait_until(lambda: any(tmp_path.glob("*/batch-1/*.dat")))  # other programs work as well
        interrupt_as_a_terminal_does(bench)
        _, complaint = bench.communicate(timeout=30)
    assert bench.returncode == 130
    assert complaint.decode().strip() == "interrupted"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["integrate", "plot", "simulate", "demo", "bench"])
def test_every_command_explains_itself(command):
    ran = saxsdog(command, "--help")
    assert ran.returncode == 0
    assert f"saxsdog {command}" in ran.stdout


@pytest.mark.skipif(os.name != "posix", reason="pipes of Unix")
@pytest.mark.parametrize(
    "words",
    [
        ("saxsdog", "--help"),
        ("saxsdog", "doctor", "--help"),
        ("saxsdog", "netconf", "--file", "{folder}/network.json"),
        ("saxsleash.command", "--help"),
        ("saxsleash.command", "stat", "--help"),
    ],
)
def test_a_reader_that_leaves_ends_a_command_without_a_word(tmp_path, words):
    save_network(
        [NetworkEntry("x", "tcp://127.0.0.1:5555", "", "s" * 16)], tmp_path / "network.json"
    )
    ours, theirs = os.pipe()
    os.close(ours)
    module, *rest = [word.format(folder=tmp_path) for word in words]
    run = f"import sys; from {module} import main; sys.exit(main())"
    command = ["-c", run, *rest] if "." in module else ["-m", module, *rest]
    with os.fdopen(theirs, "w") as nobody_reads:
        ran = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, *command], stdout=nobody_reads, stderr=subprocess.PIPE, check=False
        )
    assert ran.stderr == b""
    assert ran.returncode in (0, 130)
