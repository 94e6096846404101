import importlib
import json
import time
from dataclasses import fields, replace

import pytest

from saxsdog.cli.leash import main
from saxsdog.cli.leash.commands import COMMANDS
from saxsdog.cli.leash.documents import print_document
from saxsdog.errors import RequestError
from saxsdog.network import NetworkEntry, save_network
from saxsdog.protocol.messages import (
    REQUESTS,
    Attachment,
    CalibrationOf,
    CurveFiles,
    Entry,
    Failure,
    Failures,
    HistoryPage,
    LegacyCounts,
    Listing,
    NewQueue,
    QueueAborted,
    QueueClosed,
    QueueRestarted,
    Requeued,
    Row,
    SourceStatus,
)
from tests.helpers.experiments import DOCUMENT, write_calibration
from tests.helpers.leashes import ScriptedLeash, Terminal, example, scripted_leash, statistics
from tests.helpers.wires import SECRET, welcome

NEW_QUEUE = NewQueue(("2026", "user"), ("R0", "R1"), 3, ("Masks[0] leaves out every pixel",))
ROWS = tuple(
    Row(i, f"a/{i}.tif", None, "none", None, 1.0, 2.0, {"R0": {"I0": i / 4, "I1": None}})
    for i in (1, 2, 3)
)
FAILURE = Failure("a/b.tif", "failed", "truncated", "a/b.tif: expected 9 bytes, got 3", 5.0)


def test_every_request_has_a_command():
    told_by_history = {"historycolumns"}  # the same rows, for programs that want arrays
    assert set(REQUESTS) - told_by_history <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_function_and_a_help(name, capsys):
    module = importlib.import_module(f"saxsdog.cli.leash.{COMMANDS[name].module}")
    assert callable(getattr(module, name))
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(option in text for option in ("--name", "--network", "--json"))


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 2
    shown = capsys.readouterr().err
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "reply", "document"),
    [
        (["hello"], welcome(), {"name": "test", "protocol": 3, "state": "idle"}),
        (["readdir"], QueueRestarted(), {}),
        (["close"], QueueClosed(4), {"pending": 4}),
        (["abort"], QueueAborted(4), {"forgotten": 4}),
        (["requeue"], Requeued(2), {"images": 2}),
        (["stat"], example("stat"), {"name": "Pilatus1M", "cursor": example("stat").cursor}),
        (["get"], CalibrationOf(DOCUMENT), {"calibration": DOCUMENT}),
        (
            ["listdir", "a"],
            Listing(("a",), (Entry("b", True),)),
            {"dircontent": [{"name": "b", "isdir": True}], "complete": True},
        ),
        (["failed"], Failures((FAILURE,), 1, False), {"next": 1, "more": False}),
        (["wait"], replace(statistics(), counters=example("stat_of_an_idle_server").counters), {}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_for_scripts_the_reply_is_one_document(tmp_path, capsys, words, reply, document):
    command = "stat" if words[0] == "wait" else words[0]
    with scripted_leash(tmp_path, **{command: reply}) as leash:
        assert leash(*words, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert document.items() <= printed.items()
    assert set(printed) == {field.name for field in fields(reply)} - {"attachments"}


def test_a_number_that_json_does_not_have_is_never_printed():
    with pytest.raises(ValueError, match="JSON"):
        print_document({"x": float("nan")})


def test_a_refusal_is_told_and_is_a_wrong_call(tmp_path, capsys):
    refusal = RequestError("no-queue", "expected an open queue\x1b[2J")
    with scripted_leash(tmp_path, close=refusal) as leash:
        assert leash("close") == 2
    told = capsys.readouterr()
    assert told.err == "saxsleash close: expected an open queue\\x1b[2J\n"
    assert told.out == ""


def test_a_wrong_secret_is_told(tmp_path, capsys):
    with scripted_leash(tmp_path) as leash:
        other = replace(leash.entry, secret="that of somebody else")  # noqa: S106
        save_network([other], leash.network)
        assert leash("stat") == 2
    assert "wrong secret" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_told_within_five_seconds(tmp_path, capsys):
    leash = ScriptedLeash(tmp_path, None, NetworkEntry("gone", "tcp://127.0.0.1:9", "", SECRET))
    started = time.monotonic()
    assert leash("stat") == 2
    assert time.monotonic() - started < 5.5
    told = capsys.readouterr().err
    assert told.startswith("saxsleash stat: gone at tcp://127.0.0.1:9: ")
    assert told.count("\n") == 1


def test_a_network_file_that_others_can_read_is_warned_about(tmp_path, capsys):
    with scripted_leash(tmp_path, stat=statistics()) as leash:
        leash.network.chmod(0o644)
        assert leash("stat") == 0
    told = capsys.readouterr()
    assert told.err.startswith("saxsleash: warning: ")
    assert "Pilatus1M, running" in told.out


def test_a_missing_network_file_is_told(tmp_path, capsys):
    assert main(["stat", "--network", str(tmp_path / "none")]) == 2
    assert "netconf" in capsys.readouterr().err


# ---------------------------------------------------------------------------- the queue


def test_a_new_queue_is_described_and_existing_images_are_left(tmp_path, capsys):
    calibration = write_calibration(tmp_path)
    with scripted_leash(tmp_path, new=NEW_QUEUE) as leash:
        assert leash("new", calibration) == 0
        assert leash.script.requests[0].calibration == DOCUMENT
        assert len(leash.script.requests) == 1
    said = capsys.readouterr().out
    for text in ("2026/user", "R0 R1", "Masks[0] leaves out every pixel", "3 images"):
        assert text in said
    assert "only 'saxsleash readdir' integrates them" in said


def test_existing_images_are_integrated_on_demand(tmp_path, capsys):
    calibration = write_calibration(tmp_path)
    with scripted_leash(tmp_path, new=NEW_QUEUE, readdir=QueueRestarted()) as leash:
        assert leash("new", calibration, "--readdir") == 0
        assert [request.command for request in leash.script.requests] == ["new", "readdir"]
    assert "saxsleash wait" in capsys.readouterr().out


def test_a_wrong_calibration_is_not_sent(tmp_path, capsys):
    calibration = write_calibration(tmp_path, Wavelength=-1)
    with scripted_leash(tmp_path) as leash:
        assert leash("new", calibration) == 2
        assert leash.script.requests == []
    assert "Wavelength" in capsys.readouterr().err


def test_a_reason_that_does_not_exist_is_a_wrong_call(tmp_path, capsys):
    with scripted_leash(tmp_path) as leash, pytest.raises(SystemExit) as ended:
        leash("requeue", "--reason", "boredom")
    assert ended.value.code == 2
    assert "truncated" in capsys.readouterr().err


# ---------------------------------------------------------------------------- stat


def stat_text(tmp_path, capsys, **changes):
    with scripted_leash(tmp_path, stat=replace(statistics(), **changes)) as leash:
        assert leash("stat") == 0
    return capsys.readouterr().out


def test_the_state_is_told_in_words(tmp_path, capsys):
    text = stat_text(tmp_path, capsys)
    assert "1250 known = 1203 integrated + 3 failed + 2 skipped + 42 pending" in text
    assert "of these 4 in work, 1 not yet complete" in text
    assert "20/s in the last second" in text
    assert "3 truncated" in text
    assert "feeder up, last event 0.0 s ago; 1240 events, 0 missed" in text
    assert "last walk 21 s ago" in text


def test_trouble_comes_first(tmp_path, capsys):
    text = stat_text(tmp_path, capsys, trouble=("the disk is full", "the feeder is silent"))
    assert text.splitlines()[:2] == [
        "TROUBLE  the disk is full",
        "         the feeder is silent",
    ]


def test_it_is_told_while_clients_of_the_original_are_served(tmp_path, capsys):
    text = stat_text(tmp_path, capsys, legacy=LegacyCounts(12, 1, statistics().time - 3))
    words = "clients of the original are served: 12 requests, the last 3 s ago, 1 refused\n"
    assert words in text
    text = stat_text(tmp_path, capsys, legacy=LegacyCounts(0, 1))
    assert "0 requests, the last never, 1 refused\n" in text
    assert "original" not in stat_text(tmp_path, capsys, legacy=None)


def test_a_name_cannot_give_orders_to_the_terminal(tmp_path, capsys):
    text = stat_text(tmp_path, capsys, newest_image="a\x1b]0;owned\x07\nserver  fine.tif")
    assert "\x1b" not in text
    assert r"a\x1b]0;owned\x07\nserver  fine.tif" in text


def test_a_server_without_a_feeder_says_nothing_about_events(tmp_path, capsys):
    text = stat_text(tmp_path, capsys, sources=SourceStatus(walking=True))
    assert "feeder off\n" in text
    assert "walking now" in text


def test_on_a_terminal_trouble_is_red_and_brackets_are_no_markup(tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    changes = {"trouble": ("the disk is full",), "newest_image": "[blue]x.tif"}
    with scripted_leash(tmp_path, stat=replace(statistics(), **changes)) as leash:
        assert leash("stat") == 0
    first = terminal.getvalue().splitlines()[0]
    assert "\x1b[1;31m" in first
    assert "the disk is full" in first
    assert "[blue]x.tif" in terminal.getvalue()


# ---------------------------------------------------------------------------- lists


def two_pages():
    return [HistoryPage("q", ROWS[:2], 2, True), HistoryPage("q", ROWS[2:], 3, False)]


def test_the_history_is_shown_to_its_end(tmp_path, capsys):
    with scripted_leash(tmp_path, history=two_pages()) as leash:
        assert leash("history") == 0
        assert [request.since for request in leash.script.requests] == [0, 2]
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["cursor", "integrated", "R0", "I0", "R0", "I1", "image"]
    assert [line.split()[-3:] for line in lines] == [
        ["0.25", "-", "a/1.tif"],
        ["0.5", "-", "a/2.tif"],
        ["0.75", "-", "a/3.tif"],
    ]
    assert len({line.index("a/") for line in lines} | {heading.index("image")}) == 1


def test_for_scripts_all_pages_are_one_document(tmp_path, capsys):
    with scripted_leash(tmp_path, history=two_pages()) as leash:
        assert leash("history", "--json", "--since", 0) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["file"] for row in document["rows"]] == ["a/1.tif", "a/2.tif", "a/3.tif"]
    assert document["rows"][0]["parameters"] == {"R0": {"I0": 0.25, "I1": None}}
    assert (document["next"], document["more"]) == (3, False)


def test_a_history_without_parameters_has_one_heading(tmp_path, capsys):
    rows = tuple(replace(row, parameters={}) for row in ROWS)
    with scripted_leash(tmp_path, history=HistoryPage("q", rows, 3, False)) as leash:
        assert leash("history") == 0
    assert capsys.readouterr().out.count("cursor") == 1


def test_a_server_that_always_has_more_cannot_hold_us(tmp_path, capsys):
    with scripted_leash(tmp_path, failed=Failures((), 0, True)) as leash:
        assert leash("failed") == 0
        assert len(leash.script.requests) == 1
    assert capsys.readouterr().out == "no image failed or was skipped\n"


def test_failures_are_listed_with_their_reason(tmp_path, capsys):
    pages = [Failures((FAILURE,), 1, True), Failures((replace(FAILURE, file="c"),), 2, False)]
    with scripted_leash(tmp_path, failed=pages) as leash:
        assert leash("failed") == 0
    text = capsys.readouterr().out
    assert "failed  truncated  a/b.tif  expected 9 bytes, got 3" in text
    assert "failed  truncated  c " in text


def test_curve_files_of_all_pages_are_listed(tmp_path, capsys):
    pages = [
        CurveFiles({"images": ("a.tif",), "R0": ("a.chi",)}, 1, True),
        CurveFiles({"images": ("b.tif",), "R0": ("b.chi",)}, 2, False),
    ]
    with scripted_leash(tmp_path, fileslist=pages * 2) as leash:
        assert leash("fileslist") == 0
        assert "a.tif   a.chi\n" in capsys.readouterr().out
        assert leash("fileslist", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "fileslist": {"images": ["a.tif", "b.tif"], "R0": ["a.chi", "b.chi"]},
        "next": 2,
        "more": False,
    }


def test_curve_files_of_an_image_that_was_integrated_again_are_listed_once(tmp_path, capsys):
    pages = [
        CurveFiles(
            {"images": ("a.tif", "b.tif", "a.tif"), "R0": ("a.chi", "b.chi", "a.chi")}, 3, True
        ),
        CurveFiles({"images": ("b.tif", "a.tif"), "R0": ("b.chi", "a.chi")}, 5, True),
        CurveFiles({"images": ("b.tif", "c.tif"), "R0": ("b.chi", "c.chi")}, 7, False),
    ]
    with scripted_leash(tmp_path, fileslist=pages * 2) as leash:
        assert leash("fileslist") == 0
        text = capsys.readouterr().out
        assert leash("fileslist", "--json") == 0
    assert [text.count(f"{name}.chi") for name in "abc"] == [1, 1, 1]
    assert "no image" not in text
    assert json.loads(capsys.readouterr().out)["fileslist"] == {
        "images": ["a.tif", "b.tif", "c.tif"],
        "R0": ["a.chi", "b.chi", "c.chi"],
    }


def test_a_list_of_no_files_says_so_once(tmp_path, capsys):
    with scripted_leash(
        tmp_path, fileslist=CurveFiles({"images": (), "R0": ()}, 0, False)
    ) as leash:
        assert leash("fileslist") == 0
    assert capsys.readouterr().out == "no image was integrated\n"


def test_a_folder_is_named_by_its_path(tmp_path, capsys):
    listing = Listing(("a", "b"), (Entry("c", True), Entry("d\n.tif", False)), complete=False)
    with scripted_leash(tmp_path, listdir=listing) as leash:
        assert leash("listdir", "/a/./b/") == 0
        assert leash.script.requests[0].directory == ("a", "b")
    assert capsys.readouterr().out == "c/\nd\\n.tif\n... and more\n"


# ---------------------------------------------------------------------------- get


def calibration_with(*names):
    masks = [DOCUMENT["Masks"][0] | {"MaskFile": name} for name in names]
    attachments = tuple(Attachment(name, name.encode()) for name in names)
    return CalibrationOf(DOCUMENT | {"Masks": masks}, attachments)


def test_a_calibration_is_fetched_with_its_masks(tmp_path, capsys):
    target = tmp_path / "got" / "cal.saxsconf"
    reply = calibration_with("a.msk", "masks/b.msk")
    with scripted_leash(tmp_path, get=reply) as leash:
        target.parent.mkdir()
        assert leash("get", "-o", target) == 0
        assert leash("get", "-o", target) == 0, "the same masks may lie there"
    assert json.loads(target.read_text()) == reply.calibration
    assert (target.parent / "a.msk").read_bytes() == b"a.msk"
    assert (target.parent / "masks" / "b.msk").read_bytes() == b"masks/b.msk"
    assert "2 files" in capsys.readouterr().out


def test_a_mask_from_elsewhere_is_written_beside_the_calibration(tmp_path):
    names = ["a.msk", "../a.msk", "/etc/a.msk", "C:\\x\\b.msk", "d/../../.c.msk", "x\x1b.msk", ".."]
    target = tmp_path / "got" / "cal.saxsconf"
    target.parent.mkdir()
    with scripted_leash(tmp_path, get=calibration_with(*names)) as leash:
        assert leash("get", "-o", target) == 0
    written = [mask["MaskFile"] for mask in json.loads(target.read_text())["Masks"]]
    assert written == ["a.msk", "a-1.msk", "a-2.msk", "b.msk", "c.msk", "x_.msk", "file"]
    for name, file in zip(names, written, strict=True):
        assert (target.parent / file).read_bytes() == name.encode()
    assert {path.name for path in tmp_path.iterdir()} == {"got", "network.json"}


def test_a_mask_never_replaces_another_file(tmp_path, capsys):
    (tmp_path / "a.msk").write_text("something else")
    target = tmp_path / "cal.saxsconf"
    with scripted_leash(tmp_path, get=calibration_with("b.msk", "a.msk")) as leash:
        assert leash("get", "-o", target) == 2
    assert (tmp_path / "a.msk").read_text() == "something else"
    assert not target.exists()
    assert not (tmp_path / "b.msk").exists()
    assert "a.msk" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told(tmp_path, capsys):
    with scripted_leash(tmp_path, get=CalibrationOf(DOCUMENT)) as leash:
        assert leash("get", "-o", tmp_path / "none" / "cal.saxsconf") == 2
    assert "No such file" in capsys.readouterr().err


def test_without_a_file_the_calibration_is_printed(tmp_path, capsys):
    with scripted_leash(tmp_path, get=CalibrationOf(DOCUMENT)) as leash:
        assert leash("get") == 0
    assert json.loads(capsys.readouterr().out) == DOCUMENT
