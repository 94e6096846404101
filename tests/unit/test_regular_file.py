import errno
import os

import pytest

from saxsdog.regular_file import open_regular, place_of, read_regular

pytestmark = pytest.mark.skipif(os.name != "posix", reason="plants links and pipes")


def refused(path, flags=os.O_RDONLY, **options):
    with pytest.raises(OSError, match="expected") as error:
        open_regular(path, flags, **options)
    return error.value.errno


def test_a_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert read_regular(tmp_path / "a", 7) == b"content"


def test_a_file_that_is_too_large_is_refused(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="at most 8 bytes") as error:
        read_regular(tmp_path / "a", 8)
    assert error.value.errno == errno.EFBIG


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_APPEND])
def test_a_link_is_only_followed_if_that_is_wanted(tmp_path, flags):
    (tmp_path / "a").write_bytes(b"content")
    for name, target in (("link", tmp_path / "a"), ("new", tmp_path / "not there")):
        (tmp_path / name).symlink_to(target)
        assert refused(tmp_path / name, flags) == errno.ELOOP
    assert not (tmp_path / "not there").exists()
    assert read_regular(tmp_path / "link", 7, follow=True) == b"content"


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, os.O_WRONLY | os.O_APPEND])
def test_nobody_waits_for_a_pipe(tmp_path, flags):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    assert refused(tmp_path / "pipe", flags) == errno.EEXIST
    assert refused(tmp_path / "link", flags, follow=True) == errno.EEXIST


def test_what_somebody_reads_is_no_file_either(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert refused(tmp_path / "pipe", os.O_WRONLY) == errno.EEXIST
    finally:
        os.close(reader)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev"])
def test_devices_and_folders_are_no_files(path):
    assert refused(path) == errno.EEXIST


def test_no_descriptor_is_left_open(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    first = os.dup(0)  # the lowest number that is free
    os.close(first)
    refused(tmp_path / "pipe")
    second = os.dup(0)
    os.close(second)
    assert first == second


def test_a_file_is_where_it_is_behind_all_links(tmp_path):
    folder = tmp_path.resolve() / "really"
    folder.mkdir()
    (folder / "a").write_bytes(b"")
    (tmp_path / "link").symlink_to(folder)
    descriptor = os.open(tmp_path / "link" / "a", os.O_RDONLY)
    try:
        assert place_of(descriptor, tmp_path / "link" / "a") == folder / "a"
    finally:
        os.close(descriptor)
