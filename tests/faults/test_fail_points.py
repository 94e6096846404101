"""A server that is killed at every point of its code where something is half done."""

import os
import signal
import sys

import pytest
import tifffile

from tests.helpers.feeds import wait_until
from tests.helpers.promises import promise
from tests.helpers.served import (
    Expected,
    check_results,
    frame_of,
    processes_of,
    rows_of,
    serving,
    temporary_files,
    times_integrated,
    write_frame,
)

N_OLD = 6
N_NEW = 12
N_PAGES = 300
"""Of a file with several images: more than are entered at a time."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a process that kills itself")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all points: each of them is one of its lives."""
    folder = tmp_path_factory.mktemp("points")
    armed = folder / "armed"
    program = (sys.executable, "-m", "tests.helpers.failpoints", str(armed))
    with serving(
        folder, program=program, settings="[walk]\nclock_slack = 0\n", workers=1
    ) as served:
        served.armed = armed
        yield served


@pytest.fixture
def served(shared, request):
    """The server with a queue of its own for this point, and some images in it that are done."""
    served = shared
    served.name = f"{request.node.name.replace('/', '-')}/in"
    served.images = served.folder(served.name)
    served.new(served.name, **{"Live-Filelisting": True})
    write_images(served, range(N_OLD))
    served.until_ended(N_OLD)
    return served


def write_images(served, seeds):
    for seed in seeds:
        write_frame(served.images / f"{seed:03d}.tif", seed)


def is_left(served, file):
    """Whether nobody writes a temporary file any more: the workers of the new start do already."""
    writer = int(file.name.split(".")[-2].partition("-")[0])
    return writer not in processes_of(served.server.process.pid)


def die(served, point, when, times, step):
    """Do something that a server does not survive, and start it again; whether it was answered."""
    hidden = served.armed.with_name("hidden")
    hidden.write_text(f"{point} {when} {times}")
    hidden.rename(served.armed)
    try:
        answered = done_before_the_end_of(served.server, step)
    finally:
        served.armed.unlink()
    wait_until(lambda: not processes_of(served.server.process.pid))
    served.server.restart()
    assert not [file for file in temporary_files(served.images.parent) if is_left(served, file)]
    assert len(list(served.server.state.glob("queue-*"))) == 1
    assert len(list(served.server.state.glob("saxsdog-plan-*"))) <= 1
    return answered


def done_before_the_end_of(server, step):
    """Let another process do something, which ends with the server; whether it had done it."""
    helper = os.fork()
    if helper == 0:
        with server.client() as client:
            step(client)
            os._exit(0)
    wait_until(lambda: server.process.poll() is not None)
    ended, status = os.waitpid(helper, os.WNOHANG)
    if not ended:
        os.kill(helper, signal.SIGKILL)  # it would ask the next server as well
        os.waitpid(helper, 0)
    return bool(ended) and status == 0


def cases(*points):
    """Take every third point in each run of the tests, and all in the long ones."""
    return [
        pytest.param(*point, marks=[pytest.mark.soak] if number % 3 else [])
        for number, point in enumerate(points)
    ]


QUEUE, JOURNAL = "saxsdog.queue.picture_queue:PictureQueue", "saxsdog.queue.journal:Journal"


@pytest.mark.parametrize(
    ("point", "when", "times"),
    cases(
        (f"{JOURNAL}.add", "after", 3),
        (f"{QUEUE}.next", "before", 2),
        (f"{QUEUE}.next", "after", 2),
        (f"{JOURNAL}.claim", "after", 3),
        (f"{JOURNAL}.commit", "before", 1),
        (f"{JOURNAL}.commit", "after", 1),
        ("saxsdog.pipeline.crew:Crew.hand", "before", 2),
        ("saxsdog.pipeline.crew:Crew.hand", "after", 2),
        (f"{QUEUE}.finish", "before", 2),
        (f"{QUEUE}.finish", "after", 2),
        (f"{JOURNAL}.add_result", "after", 2),
        (f"{JOURNAL}.end", "after", 2),
        ("saxsdog.queue.claims:Claims.save", "after", 2),
        ("saxsdog.queue.live_list:LiveList.append", "after", 1),
    ),
)
@promise(
    "G2",
    fault="the server is killed at one of 14 points between the first sight of an image and its "
    "result",
    kept="after the next start every image is integrated, stands in the history once, and has its "
    "curve",
)
def test_a_server_killed_on_the_way_of_an_image_integrates_it_once(served, point, when, times):
    die(served, point, when, times, lambda _: write_images(served, range(N_OLD, N_OLD + N_NEW)))
    served.until_ended(N_OLD + N_NEW)
    check_each_once(served, N_OLD + N_NEW)


def check_each_once(served, number):
    """Each image stands in the history once, and has the curve of its content."""
    counted = times_integrated(served.client)
    assert len(counted) == number
    assert set(counted.values()) == {1}
    assert check_results(served, served.name) == number


@pytest.mark.parametrize(
    ("point", "when", "times"),
    cases(
        (f"{QUEUE}.expand", "before", 2),
        (f"{QUEUE}.expand", "after", 1),
        (f"{QUEUE}.expand", "after", 2),
        (f"{JOURNAL}.add", "after", 100),
    ),
)
@promise(
    "G2",
    fault="the server is killed while it enters the images of a file that holds several",
    kept="after the next start each of them is integrated, and stands in the history once",
)
def test_a_server_killed_while_images_of_a_file_are_entered(served, point, when, times):
    hidden, path = served.images / ".x.tif", served.images / "x.tif"
    tifffile.imwrite(hidden, [frame_of(seed) for seed in range(N_PAGES)])
    die(served, point, when, times, lambda _: hidden.rename(path))
    stat = served.until_ended(N_OLD + N_PAGES + 1)
    assert (stat.counters.integrated, stat.counters.skipped) == (N_OLD + N_PAGES, 1)
    counted = times_integrated(served.client)
    assert len(counted) == N_OLD + N_PAGES
    assert set(counted.values()) == {1}
    expected = Expected(served.calibration(served.name))
    for page in range(0, N_PAGES, 50):
        expected.check(served.images.parent / "work" / f"x_{page:05d}.chi", frame_of(page))


@pytest.mark.parametrize(
    ("point", "when", "times"),
    cases(
        ("saxsdog.session.keeper:write_backup", "before", 1),
        ("saxsdog.whole_file:_write", "after", 1),
        ("pathlib:Path.replace", "after", 1),
        (f"{JOURNAL}.set_fact", "after", 1),
        (f"{JOURNAL}.commit", "after", 1),
        ("saxsdog.session.intake:Intake.readdir", "after", 1),
        ("saxsdog.sources.tree:ImageTree._look", "after", 1),
    ),
)
@promise(
    "G2",
    fault="the server is killed at one of 7 points after it was asked to integrate all images",
    kept="if it had answered, or written that down, every image is integrated; none is lost",
)
def test_a_server_killed_while_it_is_asked_for_every_image(served, point, when, times):
    served.new(served.name)  # none of the images is younger than this queue
    answered = die(served, point, when, times, lambda client: client.readdir())
    if not answered:
        served.client.readdir()
    stat = served.until_ended(N_OLD)
    assert stat.counters.integrated == stat.counters.known == N_OLD
    assert check_results(served, served.name) == N_OLD


@pytest.mark.parametrize("step", ["close", "abort"])
@pytest.mark.parametrize(
    ("point", "when", "times"),
    cases(
        ("saxsdog.whole_file:_write", "after", 1),
        ("pathlib:Path.replace", "after", 1),
        (f"{JOURNAL}.commit", "before", 1),
        (f"{JOURNAL}.commit", "after", 1),
    ),
)
@promise(
    "G2",
    fault="the server is killed at one of 4 points while it closes or aborts a queue",
    kept="the queue is as before or as it was asked to be, nothing between; asked once more, it is",
)
def test_a_server_killed_while_it_closes_or_aborts(served, step, point, when, times):
    ended = {"close": "closed", "abort": "aborted"}[step]
    answered = die(served, point, when, times, lambda client: getattr(client, step)())
    state = served.client.stat().state
    assert state == ended or (state == "running" and not answered)
    if (point, when) == (f"{JOURNAL}.commit", "before"):
        assert state == "running"
    if state == "running":
        write_images(served, range(N_OLD, N_OLD + 2))
        served.until_ended(N_OLD + 2)
        check_each_once(served, N_OLD + 2)
        getattr(served.client, step)()
    assert served.client.stat().state == ended


@pytest.mark.parametrize(
    ("point", "when", "times"),
    cases(
        ("saxsdog.session.keeper:store_files", "after", 1),
        ("saxsdog.pipeline.shared_plan:SharedPlan.write", "after", 1),
        ("saxsdog.queue.foreman:Foreman.lay_down", "after", 1),
        ("saxsdog.pipeline.crew:Crew.hire", "after", 1),
        ("saxsdog.session.keeper:write_backup", "after", 1),
        (f"{JOURNAL}.clear", "after", 1),
        (f"{QUEUE}.reload", "after", 1),
        (f"{JOURNAL}.commit", "after", 1),
        ("saxsdog.session.keeper:remove_other_queues", "before", 1),
        ("saxsdog.session.open_queue:OpenQueue.close", "before", 1),
    ),
)
@promise(
    "G2",
    fault="the server is killed at one of 10 points while a queue takes the place of another",
    kept="one of the two is open after the next start, with its history, and integrates new images",
)
def test_a_server_killed_while_it_opens_a_queue(served, point, when, times):
    another = served.calibration(served.name, Title="another")
    die(served, point, when, times, lambda client: client.new(another))
    stat = served.client.stat()
    before = 0 if stat.title == "another" else N_OLD
    assert stat.state == "running"
    assert stat.counters.known == before
    assert len(rows_of(served.client)) == before
    write_images(served, range(N_OLD, N_OLD + 2))
    served.until_ended(before + 2)
    check_each_once(served, before + 2)
