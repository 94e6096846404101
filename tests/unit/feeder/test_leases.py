import os
import signal
import subprocess
import sys

import pytest

from saxsfeeder import leases
from saxsfeeder.leases import Writers, lease_on
from tests.helpers.feeds import PATIENCE, wait_until
from tests.helpers.users import folder_for_all, rights_of_a_user

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no leases elsewhere")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.tif"
    path.write_bytes(b"12345")
    return path


def writers_of(path):
    with lease_on(str(path)) as writers:
        return writers()


@linux_only
def test_somebody_writes_as_long_as_the_file_is_open_for_writing(path):
    assert writers_of(path) is Writers.NONE
    with path.open("ab"):
        assert writers_of(path) is Writers.SOME
    with path.open("rb"):
        assert writers_of(path) is Writers.NONE


@linux_only
def test_who_opens_a_file_during_a_lease_waits_and_is_seen(path):
    command = [sys.executable, "-c", "import sys; open(sys.argv[1], 'ab').write(b'6')", str(path)]
    with lease_on(str(path)) as writers:
        process = subprocess.Popen(command)  # noqa: S603 - an interpreter
        wait_until(lambda: writers() is Writers.SOME)
        assert path.read_bytes() == b"12345"
    assert process.wait(PATIENCE) == 0
    assert path.read_bytes() == b"123456"
    assert signal.getsignal(signal.SIGIO) is signal.SIG_DFL


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs a file of root")
def test_of_a_file_of_another_user_nothing_is_known():
    with folder_for_all() as folder:
        path = folder / "x.tif"
        path.write_bytes(b"12345")
        path.chmod(0o644)
        with rights_of_a_user():
            assert writers_of(path) is Writers.UNKNOWN


def test_without_leases_nothing_is_known(path, monkeypatch):
    monkeypatch.setattr(leases, "_HAS_LEASES", False)
    assert writers_of(path) is Writers.UNKNOWN
