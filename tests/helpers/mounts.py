"""Small disks of their own, where this machine lets tests mount them."""

import shutil
import subprocess
from contextlib import ExitStack, contextmanager

import pytest


@contextmanager
def small_disk(folder, options):
    """Mount a tmpfs; the test is skipped where nobody may."""
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


@contextmanager
def frozen_disk(folder):
    """Mount a disk in a file, and let whoever writes to it wait; yields what ends that, too."""
    folder.mkdir(exist_ok=True)
    content = folder.with_suffix(".img")
    with content.open("wb") as file:
        file.truncate(16 << 20)
    _run("mkfs.ext4", "-q", content)
    with ExitStack() as stack:
        _run("mount", "-o", "loop", content, folder)
        stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
        _run("fsfreeze", "--freeze", folder)
        thaw = ExitStack()
        thaw.callback(subprocess.run, ["fsfreeze", "--unfreeze", str(folder)], check=True)
        stack.push(thaw)
        yield folder, thaw.close


def _run(*words):
    """Run a command of Linux; the test is skipped where it fails."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not here")
    ended = subprocess.run(  # noqa: S603 - of constant names
        [*map(str, words)], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        pytest.skip(f"this cannot be done here: {ended.stderr.strip()}")
