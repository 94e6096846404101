import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog import paths
from saxsdog.errors import PathError, SettingsError
from saxsdog.paths import LONGEST_PATH, MEMORY, Roots, printable
from tests.helpers.users import folder_for_all, rights_of_a_user

needs_posix = pytest.mark.skipif(os.name != "posix", reason="links and names of other systems")


@pytest.fixture
def tree(tmp_path):
    """Two roots, a neighbour whose name begins like that of the first, and a place outside."""
    for folder in ("user1/run/frames", "archive/old", "user10/run", "outside/run"):
        (tmp_path / folder).mkdir(parents=True)
    for image in ("user1/run/x.tif", "archive/old/y.tif", "user10/run/z.tif", "outside/run/s.tif"):
        (tmp_path / image).write_bytes(b"image")
    return tmp_path


@pytest.fixture
def roots(tree):
    return Roots([tree / "user1", tree / "archive"])


def link(tree, name, target):
    path = tree / "user1" / name
    path.symlink_to(target)
    return path


# ------------------------------------------------------------------------------ the roots


def test_there_must_be_a_root():
    with pytest.raises(SettingsError, match="at least one folder"):
        Roots([])


def test_a_root_must_exist(tmp_path):
    with pytest.raises(SettingsError, match=r"folder that exists, got .*none"):
        Roots([tmp_path, tmp_path / "none"])


def test_a_root_must_be_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="got the file"):
        Roots([tmp_path / "file"])


def test_a_root_in_a_circle_of_links_is_refused(tmp_path):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(SettingsError, match="a folder that exists"):
        Roots([tmp_path / "circle"])


def test_a_root_that_is_a_link_is_where_it_leads(tree):
    (tree / "link").symlink_to(tree / "user1")
    assert Roots([tree / "link"]).folders == (tree / "user1",)


def test_a_path_is_below_a_folder_by_its_parts():
    assert Roots.is_below(Path("/data/user1/x"), Path("/data/user1"))
    assert Roots.is_below(Path("/data/user1"), Path("/data/user1"))
    assert not Roots.is_below(Path("/data/user10"), Path("/data/user1"))
    assert not Roots.is_below(Path("/data"), Path("/data/user1"))


# --------------------------------------------------------------------- folders of clients


def test_parts_name_a_folder_below_the_first_root(roots, tree):
    assert roots.directory(["run", "frames"]) == tree / "user1" / "run" / "frames"


@pytest.mark.parametrize("parts", [[], ["."], [".", "."]])
def test_no_part_and_a_dot_name_the_root(roots, tree, parts):
    assert roots.directory(parts) == tree / "user1"


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ("", "is empty"),
        ("..", "upwards"),
        ("run/frames", "separator"),
        ("/etc", "separator"),
        ("run\\frames", "separator"),
        ("a\0b", "cannot be printed"),
        ("a\nb", "cannot be printed"),
        ("a\x9bb", "cannot be printed"),
        ("a\ud800b", "cannot be printed"),
        ("ä" * 128, "255 bytes"),
    ],
)
def test_a_part_that_no_path_may_have_is_named(roots, part, complaint):
    with pytest.raises(PathError, match=complaint) as caught:
        roots.directory(["run", part])
    assert f"part 2 of the path, '{printable(part)}', " in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("part", ["ä" * 127 + "x", "Grüße %20", "-", "...", "~"])
def test_any_other_part_is_fine(roots, tree, part):
    (tree / "user1" / "run" / part).mkdir()
    assert roots.directory(["run", part]) == tree / "user1" / "run" / part


@needs_posix
@pytest.mark.parametrize("name", ["aux.tif", "a:b", "x."])
def test_what_only_windows_refuses_is_fine_elsewhere(roots, tree, name):
    assert roots.directory([name], must_exist=False) == tree / "user1" / name
    assert roots.locate(f"{tree}/user1/{name}")[0] == tree / "user1" / name


def test_a_path_of_too_many_parts_is_refused(roots):
    with pytest.raises(PathError, match="at most 4096 bytes, got 19999"):
        roots.directory(["abc"] * 5000)


@pytest.mark.parametrize(
    "name", ["CON", "nul.tif", "com1", "Lpt9.x", "aux ", "C:", "a:b", "x.", "x ", "a?", "conin$"]
)
def test_names_that_mean_something_else_on_windows_are_known(name):
    assert paths.unusable_on_windows(name)


@pytest.mark.parametrize("name", ["console", "com", "com10", "x.con", "null", "run 1", "a.b"])
def test_usual_names_are_fine_on_windows(name):
    assert not paths.unusable_on_windows(name)


def test_a_folder_that_is_not_there_is_refused(roots):
    with pytest.raises(PathError, match=r"^run/none: expected a folder, there is none"):
        roots.directory([".", "run", "none", "."])


def test_a_folder_need_not_exist_yet(roots, tree):
    wanted = tree / "user1" / "later" / "frames"
    assert roots.directory(["later", "frames"], must_exist=False) == wanted


@pytest.mark.parametrize("must_exist", [True, False])
def test_a_file_is_no_folder(roots, must_exist):
    with pytest.raises(PathError, match="expected a folder"):
        roots.directory(["run", "x.tif"], must_exist=must_exist)
    with pytest.raises(PathError, match=r"run/x\.tif/frames: cannot be used"):
        roots.directory(["run", "x.tif", "frames"], must_exist=must_exist)


@needs_posix
@pytest.mark.parametrize("must_exist", [True, False])
class TestLinksToFolders:
    def test_a_link_within_a_root_is_followed(self, roots, tree, must_exist):
        link(tree, "current", "run")
        found = roots.directory(["current", "frames"], must_exist=must_exist)
        assert found == tree / "user1" / "run" / "frames"

    def test_a_link_to_another_root_is_followed(self, roots, tree, must_exist):
        link(tree, "old", tree / "archive" / "old")
        assert roots.directory(["old"], must_exist=must_exist) == tree / "archive" / "old"

    @pytest.mark.parametrize("target", ["outside", "user10", "/", "outside/none"])
    def test_the_part_that_leads_outside_is_named(self, roots, tree, must_exist, target):
        link(tree, "run/away", tree / target)
        for parts in (["run", "away"], ["run", "away", "below"]):
            with pytest.raises(PathError, match="'away' leads out") as caught:
                roots.directory(parts, must_exist=must_exist)
            assert str(tree) not in str(caught.value)

    def test_a_circle_of_links_is_refused(self, roots, tree, must_exist):
        link(tree, "a", "b")
        link(tree, "b", "a")
        with pytest.raises(PathError, match="cannot be used"):
            roots.directory(["a"], must_exist=must_exist)

    def test_a_link_to_a_folder_that_is_gone_is_no_folder(self, roots, tree, must_exist):
        link(tree, "gone", "run/none")
        if must_exist:
            with pytest.raises(PathError, match="there is none"):
                roots.directory(["gone"])
        else:
            assert roots.directory(["gone"], must_exist=False) == tree / "user1" / "run" / "none"

    def test_a_root_that_was_replaced_by_a_link_is_refused(self, roots, tree, must_exist):
        (tree / "user1").rename(tree / "moved")
        (tree / "user1").symlink_to(tree / "outside")
        for parts in ([], ["run"]):
            with pytest.raises(PathError, match=r"'\.' leads out"):
                roots.directory(parts, must_exist=must_exist)


# --------------------------------------------------------------- images of feeders and walks


def test_an_image_is_found_with_its_status(roots, tree):
    path, status = roots.locate(str(tree / "user1" / "run" / "x.tif"))
    assert path == tree / "user1" / "run" / "x.tif"
    assert status.st_size == len(b"image")


def test_an_image_of_another_root_is_found(roots, tree):
    path, status = roots.locate(str(tree / "archive" / "old" / "y.tif"))
    assert path == tree / "archive" / "old" / "y.tif"
    assert status is not None


def test_an_image_that_is_not_there_yet_has_no_status(roots, tree):
    for name in ("run/later.tif", "later/x.tif"):
        path, status = roots.locate(str(tree / "user1" / name))
        assert (path, status) == (tree / "user1" / name, None)


@pytest.mark.parametrize(
    "path",
    [
        "outside/run/s.tif",
        "user10/run/z.tif",
        "user1/../outside/run/s.tif",
        "user1/run/../../user10/run/z.tif",
        "user1",
        "none/x.tif",
    ],
)
def test_an_image_outside_of_the_roots_is_refused(roots, tree, path):
    with pytest.raises(PathError, match="below a root"):
        roots.locate(str(tree / path))


@pytest.mark.parametrize("path", ["", "x.tif", "run/x.tif", "../user1/run/x.tif", "~/x.tif"])
def test_a_path_must_be_absolute(roots, tree, monkeypatch, path):
    monkeypatch.chdir(tree / "user1")
    with pytest.raises(PathError, match="below a root"):
        roots.locate(path)


@pytest.mark.parametrize("name", ["", ".", "..", "a\0b", "\ud800.tif", "x" * 256])
def test_a_name_that_no_file_can_have_is_refused(roots, tree, name):
    with pytest.raises(PathError) as caught:
        roots.locate(f"{tree}/user1/run/{name}")
    assert "user1/run" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("folder", ["a\0b", "\ud800", "x" * 256, "/".join(["x"] * 5000)])
def test_a_folder_that_cannot_be_leads_to_no_image(roots, tree, folder):
    with pytest.raises(PathError) as caught:
        roots.locate(f"{tree}/user1/{folder}/x.tif")
    assert str(caught.value).isprintable()


@needs_posix
def test_the_longest_way_to_write_a_folder_is_that_of_the_system(roots, tree):
    folder = f"{tree}/user1/run"
    to_fill = LONGEST_PATH - len(folder)
    longest = folder + "/" * (to_fill % 2) + "/." * (to_fill // 2)
    assert roots.locate(f"{longest}/x.tif")[0] == tree / "user1" / "run" / "x.tif"
    with pytest.raises(PathError):
        roots.locate(f"{longest}/./x.tif")


@needs_posix
def test_odd_ways_to_write_a_path_lead_to_the_same_image(roots, tree):
    plain = tree / "user1" / "run" / "x.tif"
    for text in (f"/{plain}", f"{tree}/user1/./run//x.tif", f"{tree}/user1/run/frames/../x.tif"):
        assert roots.locate(text)[0] == plain


@needs_posix
def test_a_name_of_bytes_that_are_no_text_is_found(roots, tree):
    name = os.fsdecode(b"\xff\n.tif")
    (tree / "user1" / "run" / name).write_bytes(b"")
    path, status = roots.locate(f"{tree}/user1/run/{name}")
    assert status is not None
    assert os.fsencode(path).endswith(b"/run/\xff\n.tif")


@needs_posix
class TestLinksToImages:
    def test_an_image_in_a_linked_folder_is_named_by_where_it_is(self, roots, tree):
        link(tree, "current", "run")
        path, status = roots.locate(f"{tree}/user1/current/x.tif")
        assert path == tree / "user1" / "run" / "x.tif"
        assert status is not None

    def test_a_link_keeps_its_name_and_has_the_status_of_the_image(self, roots, tree):
        for target in (tree / "user1" / "run" / "x.tif", tree / "archive" / "old" / "y.tif"):
            image = link(tree, f"link to {target.name}", target)
            path, status = roots.locate(str(image))
            assert path == image
            assert status.st_ino == target.stat().st_ino

    @pytest.mark.parametrize("target", ["outside/run/s.tif", "user10/run/z.tif", "outside/none"])
    def test_a_link_to_the_outside_is_refused(self, roots, tree, target):
        image = link(tree, "x.tif", tree / target)
        with pytest.raises(PathError, match=r"x\.tif: is a link that leads elsewhere"):
            roots.locate(str(image))

    def test_an_image_in_a_folder_that_leads_outside_is_refused(self, roots, tree):
        link(tree, "away", tree / "outside" / "run")
        with pytest.raises(PathError, match="below a root"):
            roots.locate(f"{tree}/user1/away/s.tif")

    def test_a_circle_is_refused(self, roots, tree):
        image = link(tree, "x.tif", "x.tif")
        with pytest.raises(PathError, match=r"x\.tif"):
            roots.locate(str(image))

    def test_a_link_to_an_image_that_is_not_there_has_no_status(self, roots, tree):
        image = link(tree, "x.tif", "run/later.tif")
        assert roots.locate(str(image)) == (image, None)
        (tree / "user1" / "run" / "later.tif").write_bytes(b"")
        assert roots.locate(str(image))[1] is not None


@needs_posix
def test_where_a_folder_leads_is_remembered_only_for_a_while(tree):
    now = [100.0]
    roots = Roots([tree / "user1"], clock=lambda: now[0])
    away = link(tree, "current", "run")
    assert roots.locate(f"{away}/x.tif")[0] == tree / "user1" / "run" / "x.tif"
    away.unlink()
    away.symlink_to(tree / "outside" / "run")
    now[0] += 0.9 * MEMORY
    assert roots.locate(f"{away}/x.tif")[0] == tree / "user1" / "run" / "x.tif"
    now[0] += 0.1 * MEMORY
    with pytest.raises(PathError):
        roots.locate(f"{away}/s.tif")


@needs_posix
def test_a_folder_that_is_not_there_is_not_remembered(roots, tree):
    assert roots.locate(f"{tree}/user1/later/s.tif")[1] is None
    link(tree, "later", tree / "outside" / "run")
    with pytest.raises(PathError):
        roots.locate(f"{tree}/user1/later/s.tif")


def test_only_so_many_folders_are_remembered(roots, tree, monkeypatch):
    monkeypatch.setattr(paths, "_MOST_REMEMBERED", 3)
    for i in range(10):
        (tree / "user1" / str(i)).mkdir()
        roots.locate(f"{tree}/user1/{i}/x.tif")
        assert 0 < len(roots._destinations) <= 3


# ------------------------------------------------------------------------ names for people


def test_a_path_for_people_starts_at_its_root(roots, tree):
    assert roots.relative(tree / "user1" / "run" / "x.tif") == "run/x.tif"
    assert roots.relative(tree / "archive" / "old") == "old"
    assert roots.relative(tree / "user1") == "."
    assert roots.relative(str(tree / "user1" / "run" / "x.tif")) == "run/x.tif"
    assert roots.relative(tree / "user10" / "x") == (tree / "user10" / "x").as_posix()


@needs_posix
def test_the_whole_file_system_may_be_a_root():
    roots = Roots([Path("/")])
    assert roots.relative(Path("/usr/x")) == "usr/x"
    assert roots.directory(["usr"]) == Path("/usr").resolve()
    assert roots.locate("/none.tif") == (Path("/none.tif"), None)


@needs_posix
def test_odd_bytes_are_escaped_for_people(roots, tree):
    path = tree / "user1" / os.fsdecode(b"a\xff\n\x1b[2J\xc3\xa4.tif")
    assert roots.relative(path) == r"a\xff\n\x1b[2Jä.tif"


def test_only_what_cannot_be_printed_is_escaped():
    assert printable("Grüße /\t\x9b\u200b\udc80\udcff\ud800") == (
        r"Grüße /\t\x9b\u200b\x80\xff\ud800"
    )


@needs_posix
def test_paths_in_a_sentence_start_at_their_root(roots, tree):
    sentence = f"{tree}/user1/run/a\n.tif: no mask '{tree}/archive/old/m.msk' ({tree}/user10/z)"
    shown = rf"run/a\n.tif: no mask 'old/m.msk' ({tree}/user10/z)"
    assert roots.shorten(sentence) == shown


@needs_posix
def test_a_root_in_the_middle_of_another_path_stays(tree):
    (tree / "data").mkdir()
    inner = tree / str(tree).lstrip("/") / "data"
    inner.mkdir(parents=True)
    roots = Roots([tree / "data", inner])
    assert roots.shorten(f"cannot read {inner}/x.tif") == "cannot read x.tif"
    assert roots.shorten(f"cannot read /srv{tree}/data/x") == f"cannot read /srv{tree}/data/x"


@needs_posix
def test_sentences_are_readable_where_the_whole_file_system_is_a_root():
    shown = Roots([Path("/")]).shorten("cannot read /usr/x: 3 // 2 and/or http://here")
    assert shown == "cannot read usr/x: 3 // 2 and/or http://here"


@given(st.text())
def test_what_is_shown_can_be_printed_and_encoded(text):
    shown = printable(text)
    assert shown.isprintable()
    shown.encode()
    assert shown == text or not text.isprintable()


# --------------------------------------------------------------------------- what is there


def names(content):
    return [(entry.name, entry.isdir) for entry in content.entries]


def test_a_folder_is_listed_with_folders_first(roots, tree):
    (tree / "user1" / "run" / "a.tif").write_bytes(b"")
    (tree / "user1" / "run" / ".hidden").write_bytes(b"")
    content = roots.list_folder(["run"])
    assert names(content) == [("frames", True), ("a.tif", False), ("x.tif", False)]
    assert content.complete


def test_the_list_of_a_full_folder_is_cut_off(roots, tree):
    folder = tree / "user1" / "run" / "frames"
    for i in range(5):
        (folder / f"{i}.tif").write_bytes(b"")
    assert roots.list_folder(["run", "frames"], most=5).complete
    (folder / "z").mkdir()
    content = roots.list_folder(["run", "frames"], most=5)
    assert names(content)[:2] == [("z", True), ("0.tif", False)]
    assert len(content.entries) == 5
    assert not content.complete


@needs_posix
def test_links_that_lead_nowhere_or_outside_are_not_listed(roots, tree):
    for name, target in {
        "inside": "run",
        "other root": tree / "archive" / "old",
        "image": "run/x.tif",
        "outside": tree / "outside",
        "neighbour": tree / "user10",
        "gone": "none",
        "circle": "circle",
    }.items():
        link(tree, name, target)
    found = dict(names(roots.list_folder([])))
    assert found == {"inside": True, "other root": True, "image": False, "run": True}


@needs_posix
def test_names_that_are_no_text_are_listed_escaped(roots, tree):
    (tree / "user1" / "run" / "frames" / os.fsdecode(b"\xfe\n")).mkdir()
    assert names(roots.list_folder(["run", "frames"])) == [(r"\xfe\n", True)]


def test_a_folder_outside_is_not_listed(roots):
    with pytest.raises(PathError):
        roots.list_folder(["..", "outside"])


@needs_posix
def test_a_folder_that_cannot_be_read_is_an_error():
    with folder_for_all() as root:
        closed = root / "run" / "closed"
        closed.mkdir(parents=True)
        closed.chmod(0o300)
        with rights_of_a_user(), pytest.raises(PathError, match=r"^run/closed: cannot be read"):
            Roots([root]).list_folder(["run", "closed"])
        root.chmod(0o300)
        with rights_of_a_user(), pytest.raises(PathError, match=r"^\.: cannot be read"):
            Roots([root]).list_folder([])


# ---------------------------------------------------------------- nothing leads out of them

NAMES = ["run", "frames", "x.tif", "in", "away", "circle", "gone", "back", "user10", "outside"]
NO_NAMES = [".", "..", "", "/", "~", "../user10", "a\\b", "\0", "C:", "x" * 300]
NASTY = st.one_of(st.sampled_from(NAMES), st.sampled_from(NO_NAMES), st.text(max_size=5))


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """Roots full of links that lead in and out."""
    tree = tmp_path_factory.mktemp("linked")
    for folder in ("user1/run/frames", "archive", "user10/run", "outside/run"):
        (tree / folder).mkdir(parents=True)
    (tree / "user1" / "run" / "x.tif").write_bytes(b"")
    (tree / "outside" / "x.tif").write_bytes(b"")
    (tree / "outside" / "back").symlink_to(tree / "user1")
    for place in ("user1", "user1/run", "archive"):
        (tree / place / "in").symlink_to(tree / "archive")
        (tree / place / "away").symlink_to(tree / "outside")
        (tree / place / "circle").symlink_to("circle")
        (tree / place / "gone").symlink_to(tree / "outside" / "none")
    return tree


def is_inside(path, tree):
    """Whether a path leads into a root, judged on texts with a separator at their end."""
    real = os.path.realpath(path) + os.sep
    return any(real.startswith(f"{tree}{os.sep}{root}{os.sep}") for root in ("user1", "archive"))


@needs_posix
@given(parts=st.lists(NASTY, max_size=6), must_exist=st.booleans())
def test_no_list_of_parts_leads_out_of_the_roots(linked, parts, must_exist):
    roots = Roots([linked / "user1", linked / "archive"])
    try:
        found = roots.directory(parts, must_exist=must_exist)
    except PathError:
        return
    assert is_inside(found, linked)
    assert PurePosixPath(os.path.realpath(found)) == found
    assert found.is_dir() or not must_exist


@needs_posix
@given(parts=st.lists(NASTY, max_size=6))
def test_no_announced_path_leads_out_of_the_roots(linked, parts):
    roots = Roots([linked / "user1", linked / "archive"])
    text = "/".join([str(linked), "user1", *parts])
    try:
        found, status = roots.locate(text)
    except PathError:
        return
    assert is_inside(found, linked)
    assert (status is not None) == found.exists()
