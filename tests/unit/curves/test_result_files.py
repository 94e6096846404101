import errno
import os
from pathlib import Path

import pytest

from saxsdog.curves import result_files
from saxsdog.curves.result_files import write_result


@pytest.fixture
def root(tmp_path):
    folder = tmp_path.resolve() / "root"
    folder.mkdir()
    return folder


@pytest.fixture(params=["by descriptor", "by name"])
def roots(request, root, monkeypatch):
    """The roots, on a system that can name what is open and on one that cannot."""
    if request.param == "by name":
        monkeypatch.setattr(result_files, "_DESCRIPTORS", Path("/nowhere"))
    return [root]


def test_a_file_is_written_and_its_folders_are_made(root, roots):
    write_result(root / "a" / "b" / "x.chi", b"one", roots)
    write_result(root / "a" / "b" / "x.chi", b"two", roots)
    assert (root / "a" / "b" / "x.chi").read_bytes() == b"two"
    assert [path.name for path in (root / "a" / "b").iterdir()] == ["x.chi"]


def test_without_roots_a_file_is_written_anywhere(tmp_path):
    write_result(tmp_path / "a" / "x.chi", b"one")
    assert (tmp_path / "a" / "x.chi").read_bytes() == b"one"


@pytest.mark.skipif(os.name != "posix", reason="plants a link")
@pytest.mark.parametrize("below", [(), ("new", "folder")])
def test_nothing_is_written_or_made_behind_a_link_to_elsewhere(root, roots, tmp_path, below):
    elsewhere = tmp_path / "root elsewhere"
    elsewhere.mkdir()
    (root / "work").symlink_to(elsewhere)
    with pytest.raises(OSError, match="leads elsewhere") as error:
        write_result(root.joinpath("work", *below, "x.chi"), b"one", roots)
    assert error.value.errno == errno.ELOOP
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="plants a link")
def test_a_link_that_stays_inside_is_followed(root, roots):
    (root / "far").mkdir()
    (root / "work").symlink_to(root / "far")
    write_result(root / "work" / "x.chi", b"one", roots)
    assert (root / "far" / "x.chi").read_bytes() == b"one"


def test_nothing_is_written_to_another_disk_than_was_meant(root):
    other = root.stat().st_dev + 1
    (root / "work").mkdir()
    for folder in ("work", "new"):
        with pytest.raises(OSError, match="not mounted") as refused:
            write_result(root / folder / "x.chi", b"one", disk=other)
        assert refused.value.errno == errno.ENODEV
    assert list(root.rglob("*")) == [root / "work"]
    write_result(root / "new" / "x.chi", b"one", [root], disk=root.stat().st_dev)
    assert (root / "new" / "x.chi").read_bytes() == b"one"
