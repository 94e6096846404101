"""The folder where a server keeps what must survive it is taken away while it works."""

import shutil
import time
from contextlib import ExitStack

import pytest

from saxsdog.errors import SaxsdogError
from tests.helpers.disks import mounted, small_disk
from tests.helpers.promises import promise
from tests.helpers.served import check_results, serving, write_frame

TOLD_WITHIN = 10.0
GONE = "the state of the server is gone"


def is_told_soon(served):
    before = time.monotonic()
    stat = served.until(lambda stat: any(GONE in text for text in stat.trouble))
    assert time.monotonic() - before < TOLD_WITHIN
    (told,) = [text for text in stat.trouble if GONE in text]
    assert str(served.server.state) in told
    served.until(lambda _: GONE in served.server.log_text())


def nothing_can_be_changed(served):
    for change in (served.new, served.client.readdir, served.client.close):
        with pytest.raises(SaxsdogError, match=f"{GONE}.*start the server again"):
            change()


@promise(
    "G21",
    fault="the folder of the server's state is moved away or unmounted while it works, and comes "
    "back",
    kept="`stat` says so within 10 s, and so does whoever is asked to open or close a queue; when "
    "it is back all goes on by itself",
)
@pytest.mark.parametrize("kind", ["moved", "unmounted"])
def test_a_state_that_is_gone_is_told_and_may_come_back(tmp_path, kind):
    with ExitStack() as stack:
        if kind == "unmounted":
            disk = stack.enter_context(small_disk(tmp_path / "disk", "32m"))
            shown = stack.enter_context(ExitStack())
            shown.enter_context(mounted(disk, tmp_path / "server" / "state"))
        served = stack.enter_context(serving(tmp_path))
        served.new()
        state, away = served.server.state, tmp_path / "away"
        if kind == "unmounted":
            shown.close()
        else:
            state.rename(away)
        is_told_soon(served)
        nothing_can_be_changed(served)
        if kind == "unmounted":
            shown.enter_context(mounted(disk, state))
        else:
            away.rename(state)
        served.until(lambda stat: not stat.trouble)
        served.new()
        write_frame(served.images / "0.tif", 1)
        served.until_ended(1)
        assert check_results(served) == 1


@promise(
    "G21",
    fault="the folder of the server's state is removed while it works, with all that is in it",
    kept="`stat` says so within 10 s; the server ends as it is told, and the next one opens queues",
)
def test_after_a_state_that_was_removed_comes_a_new_one(tmp_path):
    with serving(tmp_path) as served:
        served.new()
        shutil.rmtree(served.server.state)
        is_told_soon(served)
        nothing_can_be_changed(served)
        served.server.state.mkdir()  # another one, of which nobody has taken the lock
        nothing_can_be_changed(served)
        served.server.restart()
        served.new()
        write_frame(served.images / "0.tif", 1)
        served.until_ended(1)
        assert check_results(served) == 1
