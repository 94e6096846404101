"""Nothing outside of the roots is read, listed or written, whoever names it or links to it."""

import os
import signal
from contextlib import contextmanager, suppress

import h5py
import pytest

from saxsdog.curves.owners import OWNERS_FILE
from saxsdog.errors import CalibrationError, PathError, RequestError
from saxsfeeder import Feeder
from tests.helpers.experiments import DOCUMENT, SHAPE
from tests.helpers.promises import promise
from tests.helpers.served import (
    check_results,
    frame_of,
    reasons_of,
    serving,
    temporary_files,
    tiff_of,
    times_integrated,
    write_frame,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="plants links and pipes")


@pytest.fixture(scope="module")
def feeder():
    with Feeder("tcp://127.0.0.1:*") as feeder:
        yield feeder


@pytest.fixture(scope="module")
def shared(tmp_path_factory, feeder):
    """One server for all tests of this module: a new queue forgets what was."""
    with serving(tmp_path_factory.mktemp("paths"), feeder=feeder.address) as served:
        served.new()
        served.greet(feeder)
        yield served


@pytest.fixture
def served(shared, request):
    """The server with an empty queue for a folder that is named after the test."""
    shared.name = f"{request.node.name}/in"
    shared.images = shared.folder(shared.name)
    shared.work = shared.images.parent / "work"
    shared.new(shared.name)
    yield shared
    shared.new("in")  # what was planted is trouble for this queue alone


@pytest.fixture
def elsewhere(tmp_path):
    """A folder that is no business of the server, and a file in it that must stay as it is."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "victim").write_bytes(b"mine\n")
    write_frame(folder / "secret.tif", 99)
    yield folder
    assert sorted(path.name for path in folder.iterdir()) == ["secret.tif", "victim"]
    assert (folder / "victim").read_bytes() == b"mine\n"


@contextmanager
def stopped_workers(served):
    """Let nobody read or write what the queue has."""
    workers = served.until(lambda stat: stat.workers).workers
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)


@promise(
    "C2",
    fault="a client and a feeder name folders beside the root, above it, behind links, or one "
    "whose name only begins like it",
    kept="nothing there is listed, shown, opened as a queue or integrated",
)
def test_no_request_and_no_event_leads_out_of_the_root(served, feeder, elsewhere):
    neighbour = served.root.with_name(f"{served.root.name}0")
    neighbour.mkdir(exist_ok=True)
    theirs = write_frame(neighbour / "theirs.tif", 1)
    for name, target in (("beside", neighbour), ("away", elsewhere), ("top", "/")):
        (served.images / name).symlink_to(target)
    here = served.name.split("/")
    ways = [["..", neighbour.name], ["..", "..", "etc"], ["/etc"], [str(elsewhere)], ["in/../.."]]
    ways += [[*here, name] for name in ("beside", "away", "top")]
    for parts in ways:
        for ask in (
            lambda parts=parts: served.client.listdir(*parts),
            lambda parts=parts: served.client.image(directory=parts),
            lambda parts=parts: served.client.new(DOCUMENT | {"Directory": parts}),
        ):
            with pytest.raises((PathError, RequestError)):
                ask()
    before = served.client.stat().sources.not_ours
    announced = [theirs, elsewhere / "secret.tif", served.images / ".." / ".." / ".." / "x.tif"]
    announced += [served.images / "away" / "secret.tif", served.images / "beside" / "theirs.tif"]
    for path in announced:
        feeder.announce(path)
    write_frame(served.images / "good.tif", 1)
    served.client.readdir()
    served.until(lambda stat: stat.sources.not_ours >= before + len(announced))
    stat = served.until_ended(1)
    assert stat.counters.known == 1
    assert set(times_integrated(served.client)) == {"good.tif"}
    names = {entry.name for entry in served.client.listdir(*here).dircontent}
    assert not names & {"beside", "away", "top"}


@promise(
    "C12",
    fault="a calibration names a file of the server as its mask",
    kept="the server asks for the mask, and opens no file of this name",
)
def test_a_mask_is_sent_and_never_read_from_the_disk_of_the_server(served):
    for name in ("/etc/hostname", "../secret.tif", "file:///etc/hostname"):
        masks = [DOCUMENT["Masks"][0] | {"MaskFile": name}]
        document = DOCUMENT | {"Directory": served.name.split("/"), "Masks": masks}
        with pytest.raises((CalibrationError, RequestError), match=r"MaskFile|mask"):
            served.client.new(document, files={})


@promise(
    "C13",
    fault="an image is replaced by a link to another file while it waits for its turn",
    kept="nothing outside of the root is read; the image is skipped as outside-root",
)
def test_an_image_that_becomes_a_link_while_it_waits_is_not_followed(served, elsewhere):
    paths = [served.images / f"{i}.tif" for i in range(8)]
    with stopped_workers(served):
        for seed, path in enumerate(paths):
            write_frame(path, seed)
        served.until(lambda stat: stat.counters.known == 8)
        for path in paths[1:]:
            path.unlink()
            path.symlink_to(elsewhere / "secret.tif")
    stat = served.until_ended(8)
    assert stat.counters.skipped_because == {"outside-root": 7}
    assert set(times_integrated(served.client)) == {"0.tif"}
    write_frame(paths[1].with_suffix(".part"), 5).replace(paths[1])  # and it is one again
    served.until(lambda stat: stat.counters.integrated == 2)
    assert check_results(served, served.name) == 2


@promise(
    "C14",
    fault="the folder of the results becomes a link to elsewhere while workers hold images",
    kept="nothing is written there; the images fail as output-collision and can be tried again",
)
def test_a_folder_of_results_that_becomes_a_link_under_the_workers_is_not_followed(
    served, elsewhere
):
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    with stopped_workers(served):
        for seed in range(1, 4):
            write_frame(served.images / f"{seed}.tif", seed)
        served.until(lambda stat: stat.counters.leased == 3)
        served.work.rename(served.work.with_name("was"))
        served.work.symlink_to(elsewhere)
    stat = served.until_ended(4)
    assert stat.counters.failed_because == {"output-collision": 3}
    served.work.unlink()
    served.work.with_name("was").rename(served.work)
    served.client.requeue()
    served.until(lambda stat: stat.counters.integrated == 4)
    assert check_results(served, served.name) == 4


@promise(
    "C15",
    fault="a link or a pipe is planted in the place of the file of owners",
    kept="it is neither read nor written; the images wait, `stat` says why, and they are "
    "integrated when it is gone",
)
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_the_file_of_owners_is_a_file_or_nothing(served, elsewhere, kind):
    served.work.mkdir()
    planted = served.work / OWNERS_FILE
    if kind == "link":
        planted.symlink_to(elsewhere / "victim")
    else:
        os.mkfifo(planted)
    write_frame(served.images / "0.tif", 0)
    stat = served.until(lambda stat: stat.trouble and stat.counters.known)
    assert "expected a file" in " ".join(stat.trouble)
    assert stat.counters.pending == stat.counters.known == 1
    planted.unlink()
    served.until(lambda stat: stat.counters.integrated == 1 and not stat.trouble)
    assert check_results(served, served.name) == 1


@promise(
    "C16",
    fault="a link or a pipe is planted in the place of the list of curves, or its folder is a link",
    kept="nothing is written through it; `stat` says so, and images are integrated all the same",
)
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_the_list_of_curves_is_written_to_a_file_of_its_own(served, elsewhere, kind):
    results = served.images.parent / "results"
    if kind == "folder":
        results.symlink_to(elsewhere)
    else:
        results.mkdir()
        planted = results / "filelist_in.log"
        planted.symlink_to(elsewhere / "victim") if kind == "link" else os.mkfifo(planted)
    write_frame(served.images / "0.tif", 0)
    stat = served.until(lambda stat: stat.counters.integrated == 1 and stat.trouble)
    assert "results" in " ".join(stat.trouble)
    assert check_results(served, served.name) == 1


@promise(
    "C5",
    fault="links, pipes and folders lie where curves are to be written",
    kept="nothing is written through a link; what cannot be replaced fails as output-collision",
)
def test_what_lies_where_a_curve_comes_does_no_harm(served, elsewhere):
    served.work.mkdir()
    (served.work / "link.chi").symlink_to(elsewhere / "victim")
    (served.work / "folder.chi" / "full").mkdir(parents=True)
    os.mkfifo(served.work / "pipe.chi")
    for seed, name in enumerate(("link", "folder", "pipe", "good")):
        write_frame(served.images / f"{name}.tif", seed)
    stat = served.until_ended(4)
    collision = "output-collision"
    assert reasons_of(served.client) == {"folder.tif": collision, "pipe.tif": collision}
    assert stat.counters.integrated == 2
    assert check_results(served, served.name) == 2


@promise(
    "C17",
    fault="curves are replaced by pipes and by links to files elsewhere, and clients ask for them",
    kept="nothing elsewhere is shown, and the server answers everybody else meanwhile",
)
def test_a_curve_that_became_a_pipe_or_a_link_keeps_nobody_waiting(served, elsewhere):
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    curve = served.work / "0.chi"
    secret = elsewhere.parent / "theirs.chi"
    curve.rename(secret)
    with pytest.raises(RequestError, match="expected a curve"):
        served.client.plot()
    curve.symlink_to(secret)
    with pytest.raises(RequestError, match="got a link"):
        served.client.plot()
    curve.unlink()
    os.mkfifo(curve)
    for _ in range(4):  # more than there are threads for questions
        with pytest.raises(RequestError, match="expected a file") as refused:
            served.client.plot()
    assert str(served.root) not in str(refused.value)
    assert served.client.listdir(*served.name.split("/")).dircontent


@promise(
    "C21",
    fault="the file of owners and the list of curves are second names (hard links) of files "
    "elsewhere",
    kept="those stay as they are; `stat` says which is no file of its own; images are integrated",
)
def test_nothing_is_appended_to_the_file_of_somebody_else_through_a_second_name(served, elsewhere):
    lists = served.images.parent / "results"
    for folder, name in ((served.work, OWNERS_FILE), (lists, "filelist_in.log")):
        folder.mkdir()
        os.link(elsewhere / "victim", folder / name)
    write_frame(served.images / "0.tif", 0)
    served.until_ended(1)
    stat = served.until(lambda stat: len(stat.trouble) == 2)
    assert all("hard links" in text for text in stat.trouble)
    assert (elsewhere / "victim").read_bytes() == b"mine\n"
    (served.work / OWNERS_FILE).unlink()
    (lists / "filelist_in.log").unlink()
    write_frame(served.images / "1.tif", 1)
    served.until(lambda stat: stat.counters.integrated == 2 and not stat.trouble)
    assert len((lists / "filelist_in.log").read_text().splitlines()) >= 1
    owners = (served.work / OWNERS_FILE).read_text()
    assert "0.chi" in owners
    assert "1.chi" in owners


@promise(
    "C18",
    fault="images whose pixels lie in another file: links of HDF5, its virtual datasets and "
    "external storage, an EDF that names a second file",
    kept="that file is not read; the image is skipped as images-elsewhere",
)
def test_no_image_leads_to_the_pixels_of_another_file(served, elsewhere, tmp_path):
    raw, other = tmp_path / "pixels.raw", tmp_path / "other.h5"
    raw.write_bytes(frame_of(1).tobytes())
    with h5py.File(other, "w") as file:
        file["data"] = frame_of(2)
    making = tmp_path / "making"
    making.mkdir()
    with h5py.File(making / "storage.h5", "w") as file:
        file.create_dataset("entry/data", SHAPE, "i4", external=[(str(raw), 0, raw.stat().st_size)])
    with h5py.File(making / "link.h5", "w") as file:
        file["entry/data"] = h5py.ExternalLink(str(other), "data")
    with h5py.File(making / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout(SHAPE, "i4")
        layout[:] = h5py.VirtualSource(str(other), "data", SHAPE)
        file.create_virtual_dataset("entry/data", layout)
    (served.images / "pixels.raw").symlink_to(raw)
    header = (
        "{\nEDF_BinaryFileName = pixels.raw ;\nEDF_BinaryFilePosition = 0 ;\n"
        f"EDF_BinaryFileSize = {raw.stat().st_size} ;\nByteOrder = LowByteFirst ;\n"
        f"DataType = SignedInteger ;\nDim_1 = {SHAPE[1]} ;\nDim_2 = {SHAPE[0]} ;\n"
    )
    (making / "second.edf").write_bytes(f"{header:<1022}}}\n".encode())
    names = [path.name for path in making.iterdir()]
    for name in names:
        (making / name).replace(served.images / name)
    stat = served.until_ended(4)
    assert reasons_of(served.client) == dict.fromkeys(names, "images-elsewhere")
    assert stat.counters.integrated == 0


@promise(
    "C19",
    fault="images whose names are as long as a file system allows",
    kept="each is integrated, and its curve has its name",
)
def test_a_name_of_255_bytes_has_its_curve(served):
    stems = ["x" * number for number in (200, 240, 246, 250, 251)] + ["\N{EURO SIGN}" * 83]
    for seed, stem in enumerate(stems):
        write_frame(served.images / f"{stem}.tif", seed)
    stat = served.until_ended(len(stems))
    assert stat.counters.integrated == len(stems)
    assert check_results(served, served.name) == len(stems)


@promise(
    "C9",
    fault="image names with newlines, quotes, spaces, escape sequences, and bytes that are no text",
    kept="each is integrated under its name, also after a restart of the server",
)
def test_odd_names_are_names(served):
    names = [
        b"line\nfeed.tif",
        b'quo"te.tif',
        b" .tif",
        b"\x1b[2J.tif",
        b"\xff\xfe.tif",
        b"a\\b.tif",
    ]
    folder = os.fsencode(served.images)
    for seed, name in enumerate(names):
        with open(os.path.join(folder, name), "wb") as file:  # noqa: PTH118, PTH123
            file.write(tiff_of(frame_of(seed)))
    served.until_ended(len(names))
    assert served.client.stat().counters.integrated == len(names)
    curves = {os.fsencode(path.name) for path in served.work.glob("*.chi")}
    assert curves == {name.removesuffix(b".tif") + b".chi" for name in names}
    assert all(text.isprintable() for text in times_integrated(served.client))
    served.server.restart()
    stat = served.until_ended(len(names))
    assert stat.counters.known == stat.counters.integrated == len(names)
    assert not temporary_files(served.root)
