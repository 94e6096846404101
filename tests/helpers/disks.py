"""Disks of our own, which may be full, read-only or away; only root can have them."""

import subprocess
import sys
from contextlib import contextmanager

import pytest


def mount(*arguments):
    """Mount something, or skip the test where that is not possible."""
    if sys.platform != "linux":
        pytest.skip("mounts a disk as Linux does")
    try:
        done = subprocess.run(  # noqa: S603
            ["mount", *map(str, arguments)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode != 0:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")


def unmount(folder):
    """Take a disk away, as it is when somebody pulls its plug."""
    subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


@contextmanager
def small_disk(folder, size="1m"):
    """A file system of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield folder
    finally:
        unmount(folder)


@contextmanager
def filled(folder):
    """Leave no room on the disk of a folder."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(folder):
    """Let nothing be written to a disk, as it is after an error of it."""
    mount("-o", "remount,ro", folder)
    try:
        yield
    finally:
        mount("-o", "remount,rw", folder)


@contextmanager
def mounted(disk, place):
    """Show one folder in the place of another."""
    place.mkdir(parents=True, exist_ok=True)
    mount("--bind", disk, place)
    try:
        yield
    finally:
        unmount(place)
