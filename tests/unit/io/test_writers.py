"""The system says whether somebody writes to a file."""

import os
import sys

import pytest

from saxsdog.io.writers import Writers, writers_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="leases are of Linux")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.tif"
    path.write_bytes(b"an image")
    with path.open("rb") as file:
        if writers_of(file.fileno()) is Writers.UNKNOWN:
            pytest.skip("this file system or this user has no leases")
    return path


def test_nobody_writes_to_a_file_that_is_closed(path):
    with path.open("rb") as file, path.open("rb"):
        assert writers_of(file.fileno()) is Writers.NONE
        assert file.read() == b"an image"


@pytest.mark.parametrize("mode", ["r+b", "ab", "wb"])
def test_who_has_a_file_open_may_write_to_it(path, mode):
    with path.open("rb") as file:
        with path.open(mode):
            assert writers_of(file.fileno()) is Writers.SOME
        assert writers_of(file.fileno()) is Writers.NONE


def test_asking_keeps_nobody_from_writing(path):
    with path.open("rb") as file:
        assert writers_of(file.fileno()) is Writers.NONE
        path.write_bytes(b"another image")  # would wait for 45 s if the lease was kept


def test_of_what_is_no_file_nobody_knows(path):
    reader, writer = os.pipe()
    try:
        assert writers_of(reader) is Writers.UNKNOWN
    finally:
        os.close(reader)
        os.close(writer)
