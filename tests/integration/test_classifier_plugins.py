"""The worked example of the manual as it stands there: a package, installed, called by workers."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from saxsdog import read_chi
from tests.helpers.experiments import SHAPE, write_calibration, write_images
from tests.helpers.frames import cbf_bytes

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-classifier.md"
FAILING = """
import os

def dying(curve, header):
    if curve.intensity[30] == 2:
        os._exit(7)
    return {"a": 1.0}

def failing(curve, header):
    if curve.intensity[30] % 2 == 0:
        raise ValueError("it is even")
    return {"a": 1.0}
"""


def block(language):
    """Return the first block of code of a language in the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


def install(folder, name, source, points):
    """Put a module and what an installation says of it into a folder."""
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{point} = {place}" for point, place in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[saxsdog.classifiers]", *lines, ""]))


def integrate(folder, classifiers, images, *options):
    """Run the command, and return its process and the lines of its log."""
    calibration = write_calibration(folder, Classifiers=classifiers)
    log = folder / "log.jsonl"
    command = [sys.executable, "-m", "saxsdog", "integrate", str(calibration), str(images)]
    packages = os.pathsep.join([str(folder / "packages"), *filter(None, sys.path)])
    done = subprocess.run(  # noqa: S603
        [*command, "-o", str(folder / "out"), "--log", str(log), *options],
        env=os.environ | {"PYTHONPATH": packages},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return done, sorted(lines, key=lambda line: line["image"])


@pytest.fixture
def packages(tmp_path):
    folder = tmp_path / "packages"
    folder.mkdir()
    return folder


def test_the_example_of_the_manual_works_as_it_stands(tmp_path, packages):
    points = tomllib.loads(block("toml"))["project"]["entry-points"]["saxsdog.classifiers"]
    install(packages, "my_classifiers", block("python"), points)
    classifiers = json.loads("{" + block("json") + "}")["Classifiers"]
    images = tmp_path / "frames"
    images.mkdir()
    (images / "with_exposure.cbf").write_bytes(cbf_bytes(np.full(SHAPE, 7, np.int32)))
    write_images(images, 1)  # a TIFF that says nothing of its exposure
    done, lines = integrate(tmp_path, classifiers, images)
    assert done.returncode == 0, done.stderr
    without, whole = (line["parameters"]["R0"] for line in lines)
    assert whole["mine.failed"] == 0
    assert whole["mine.half"] > 0
    assert whole["mine.counts_per_second"] > 0
    assert without["mine.failed"] == 1
    assert done.stderr.count("classifier mine: plug-in 'middle': TypeError") == 1
    curve = read_chi(tmp_path / "out" / "with_exposure.chi")
    assert curve.parameters["mine.half"] == pytest.approx(whole["mine.half"])


def test_plugins_that_fail_or_kill_their_worker_stop_nothing(tmp_path, packages):
    points = {name: f"bad_classifiers:{name}" for name in ("dying", "failing")}
    install(packages, "bad_classifiers", FAILING, points)
    classifiers = [{"Name": name, "Kind": "plugin", "Plugin": name} for name in points]
    write_images(tmp_path / "frames", 6)
    done, lines = integrate(tmp_path, classifiers, tmp_path / "frames", "-j", "2")
    assert done.returncode == 1, done.stderr
    assert [line["status"] for line in lines] == [
        "integrated", "failed", *["integrated"] * 4,
    ]  # fmt: skip
    assert lines[1]["reason"] == "poison"
    good = [line["parameters"]["R0"] for line in lines if line["status"] == "integrated"]
    assert [each["failing.failed"] for each in good] == [0, 0, 1, 0, 1]
    assert done.stderr.count("classifier failing: plug-in 'failing': ValueError: it is even") == 1


def test_one_that_is_not_installed_is_an_error_of_the_calibration(tmp_path, packages):
    install(packages, "my_classifiers", "", {"middle": "my_classifiers:middle"})
    write_images(tmp_path / "frames", 1)
    classifiers = [{"Name": "a", "Kind": "plugin", "Plugin": "midle"}]
    done, _ = integrate(tmp_path, classifiers, tmp_path / "frames")
    assert done.returncode == 2
    told = " ".join(done.stderr.split())
    assert "Classifiers[0].Plugin: expected one that is installed ('middle'), got 'midle'" in told
