import json
import os
import subprocess
import sys

import pytest

from saxsdog.provenance.bundle import Bundle, Packed
from saxsdog.provenance.notes import (
    FOLDER,
    IMAGES,
    Note,
    bundle_file,
    image_seen_from,
    keep_bundle,
    read_notes,
    write_down,
)

BUNDLE = "0123456789abcdef"


def note_of(number, bundle=BUNDLE):
    return Note(f"x_{number}", f"../in/x_{number}.tif", f"{number:032x}", bundle)


def test_the_newest_note_comes_first(tmp_path):
    assert list(read_notes(tmp_path)) == []
    for number in range(3):
        write_down(tmp_path, note_of(number))
    assert list(read_notes(tmp_path)) == [note_of(2), note_of(1), note_of(0)]


@pytest.mark.parametrize(
    "line",
    [b'{"result": "x_1", "ima', b"[]", b"1", b"\xff\xfe", b"[" * 9000, b'{"result": 1}'],
)
def test_lines_that_are_no_notes_are_left_out(tmp_path, line):
    write_down(tmp_path, note_of(1))
    with (tmp_path / FOLDER / IMAGES).open("ab") as file:
        file.write(line + b"\n")
    write_down(tmp_path, note_of(2))
    assert list(read_notes(tmp_path)) == [note_of(2), note_of(1)]


@pytest.mark.parametrize("bundle", ["../../etc/passwd", "", "0" * 15, 7])
def test_a_note_names_nothing_but_a_bundle(tmp_path, bundle):
    (tmp_path / FOLDER).mkdir()
    line = {"result": "x", "image": "x.tif", "counts": "", "bundle": bundle}
    (tmp_path / FOLDER / IMAGES).write_text(json.dumps(line) + "\n")
    assert list(read_notes(tmp_path)) == []


def test_a_bundle_is_kept_once(tmp_path):
    bundle = Bundle({}, {}, {"saxsdog": "1"})
    packed = Packed.write(bundle, tmp_path / "packed.zip")
    keep_bundle(tmp_path, packed)
    kept = bundle_file(tmp_path, bundle.id)
    written = kept.stat().st_mtime_ns
    packed.path.unlink()
    keep_bundle(tmp_path, packed)
    assert kept.stat().st_mtime_ns == written
    assert Bundle.read(kept) == bundle


def test_notes_move_with_images_and_results(tmp_path):
    folder, image = tmp_path / "day" / "work", tmp_path / "day" / "in" / "x.tif"
    note = Note("x", image_seen_from(folder, image), "", BUNDLE)
    assert note.image == "../in/x.tif"
    assert note.image_path(tmp_path / "usb" / "work") == tmp_path / "usb" / "in" / "x.tif"


def test_processes_that_write_at_once_cut_no_line(tmp_path):
    program = """
import sys
from pathlib import Path
from saxsdog.provenance.notes import Note, write_down
for number in range(300):
    name = f"{sys.argv[2]}_{number}"
    write_down(Path(sys.argv[1]), Note(name, "../in/" + "x" * 200, "0" * 32, "0" * 16))
"""
    (tmp_path / FOLDER).mkdir()
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(i)])  # noqa: S603
        for i in range(3)
    ]
    assert [writer.wait(50) for writer in writers] == [0, 0, 0]
    found = {note.result for note in read_notes(tmp_path)}
    assert found == {f"{i}_{number}" for i in range(3) for number in range(300)}


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no links")
def test_no_link_is_followed(tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / FOLDER / IMAGES).symlink_to(tmp_path / "mine")
    with pytest.raises(OSError, match="link"):
        write_down(tmp_path, note_of(1))
    assert (tmp_path / "mine").read_text() == "mine"


def test_an_image_is_seen_from_behind_links(tmp_path):
    image = tmp_path / "in" / "x.tif"
    real = tmp_path / "disk" / "of" / "results"
    real.mkdir(parents=True)
    (tmp_path / "work").symlink_to(real)
    note = Note("x", image_seen_from(tmp_path / "work", image), "", BUNDLE)
    assert note.image_path(real) == image
    plain = tmp_path / "plain"
    plain.mkdir()
    assert image_seen_from(plain, image) == "../in/x.tif"
