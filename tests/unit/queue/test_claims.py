import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saxsdog.curves import owners as owners_module
from saxsdog.curves.outputs import OutputRule, assign
from saxsdog.curves.owners import OWNERS_FILE
from saxsdog.errors import OutputError
from saxsdog.queue.claims import Claims
from saxsdog.queue.journal import Journal
from saxsdog.sources.find import Source

CHANNELS = ("M", "S")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root" / "run").mkdir(parents=True)
    return tmp_path / "root"


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def claims_of(journal, root, rule=None):
    return Claims(journal, rule or OutputRule(), root, CHANNELS, lambda f: f.is_relative_to(root))


def written_owners(folder):
    lines = (folder / OWNERS_FILE).read_text().splitlines()
    return dict(json.loads(line) for line in lines if line)


def test_the_first_image_gets_the_plain_name(journal, root):
    claims = claims_of(journal, root)
    assert claims.target_of(root / "run" / "a.tif") == root / "work" / "a"
    assert claims.target_of(root / "run" / "a.tif") == root / "work" / "a"


def test_an_image_of_another_folder_with_the_same_name_gets_another(journal, root):
    claims = claims_of(journal, root)
    first, second = (claims.target_of(root / run / "a.tif") for run in ("run", "other"))
    assert first == root / "work" / "a"
    assert second == root / "work" / "other" / "a"


def test_an_image_of_a_file_that_holds_several_has_its_number_in_its_name(journal, root):
    claims = claims_of(journal, root)
    assert claims.target_of(root / "run" / "x.h5::17") == root / "work" / "x_00017"
    other = claims.target_of(root / "run" / "x.nxs::17")
    assert other not in (None, root / "work" / "x_00017")
    claims.save()
    assert written_owners(root / "work")["x_00017.chi"] == "../run/x.h5::17"


def test_an_image_keeps_its_name_after_a_restart(journal, root, tmp_path):
    former = claims_of(journal, root)
    former.target_of(root / "run" / "a.tif")
    target = former.target_of(root / "other" / "a.tif")
    journal.close()
    journal = Journal(tmp_path / "journal.sqlite")
    claims = claims_of(journal, root)
    assert claims.target_of(root / "other" / "a.tif") == target
    journal.close()


def test_curves_that_would_leave_the_root_stay_in_it(journal, root):
    assert claims_of(journal, root).target_of(root / "a.tif") == root / "work" / "a"


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_no_curve_is_written_through_a_link_that_leaves_the_root(journal, root, tmp_path):
    (tmp_path / "evil").mkdir()
    (root / "work").symlink_to(tmp_path / "evil")
    assert claims_of(journal, root).target_of(root / "run" / "a.tif") is None


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_one_folder_by_two_names_is_one_folder(journal, root):
    (root / "work").mkdir()
    (root / "again").symlink_to(root / "work")
    claims_of(journal, root).target_of(root / "run" / "a.tif")
    claims = claims_of(journal, root, OutputRule(relative="../again"))
    assert claims.target_of(root / "other" / "a.tif") == root / "again" / "other" / "a"


def test_owners_are_written_beside_the_curves(journal, root):
    claims = claims_of(journal, root)
    claims.target_of(root / "run" / "a.tif")
    assert not (root / "work").exists()
    claims.save()
    assert written_owners(root / "work") == {"a.chi": "../run/a.tif", "a_cS.chi": "../run/a.tif"}
    claims.save()
    assert len((root / "work" / OWNERS_FILE).read_text().splitlines()) == 2


def test_owners_that_another_journal_gave_are_respected(journal, root, tmp_path):
    claims = claims_of(journal, root)
    claims.target_of(root / "run" / "a.tif")
    claims.save()
    other = Journal(tmp_path / "other.sqlite")
    claims = claims_of(other, root)
    assert claims.target_of(root / "other" / "a.tif") == root / "work" / "other" / "a"
    assert claims.target_of(root / "run" / "a.tif") == root / "work" / "a"
    other.close()


def test_owners_that_the_command_line_gave_are_respected(journal, root):
    source = Source(root / "run" / "a.tif", root)
    assert assign([source], OutputRule(), CHANNELS) == {source.image: root / "work" / "a"}
    claims = claims_of(journal, root)
    assert claims.target_of(root / "other" / "a.tif") == root / "work" / "other" / "a"
    assert claims.target_of(source.image) == root / "work" / "a"


def test_the_command_line_respects_the_owners_of_a_server(journal, root):
    claims = claims_of(journal, root)
    claims.target_of(root / "run" / "a.tif")
    claims.save()
    source = Source(root / "other" / "a.tif", root)
    assert assign([source], OutputRule(), CHANNELS) == {source.image: root / "work" / "other" / "a"}


def test_a_folder_of_results_that_is_a_file_is_an_error(journal, root):
    (root / "work").write_text("")
    claims = claims_of(journal, root)
    with pytest.raises(OutputError, match="work"):
        claims.target_of(root / "run" / "a.tif")


def test_owners_that_could_not_be_written_are_written_the_next_time(journal, root, monkeypatch):
    claims = claims_of(journal, root)
    claims.target_of(root / "run" / "a.tif")
    with monkeypatch.context() as patch:
        patch.setattr(owners_module, "append_to", _tears)
        with pytest.raises(OutputError, match="No space"):
            claims.save()
    claims.target_of(root / "run" / "b.tif")
    claims.save()
    text = (root / "work" / OWNERS_FILE).read_text()
    entries = [json.loads(line) for line in text.splitlines()[1:]]
    assert [name for name, _ in entries] == ["a.chi", "a_cS.chi", "b.chi", "b_cS.chi"]


def _tears(path, data, *, parents):
    """Write half a line, then be out of space."""
    path.parent.mkdir(parents=parents)
    path.write_bytes(data[:13])
    raise OSError(28, "No space left on device")


def test_a_folder_in_trouble_does_not_keep_others_from_being_saved(journal, root):
    claims = claims_of(journal, root, OutputRule(relative="work"))
    (root / "two").mkdir()
    for run in ("one", "two"):
        claims.target_of(root / run / "a.tif")
    (root / "one").write_text("")
    with pytest.raises(OutputError, match="one"):
        claims.save()
    assert written_owners(root / "two" / "work") == {"a.chi": "../a.tif", "a_cS.chi": "../a.tif"}


def test_what_went_with_its_images_is_not_made_again(journal, root):
    claims = claims_of(journal, root)
    claims.target_of(root / "run" / "a.tif")
    root.rename(root.with_name("elsewhere"))
    claims.save()
    assert not root.exists()
    root.with_name("elsewhere").rename(root)
    claims.save()
    assert written_owners(root / "work")["a.chi"] == "../run/a.tif"


@given(
    images=st.lists(
        st.tuples(st.sampled_from(["x", "y", "x/y", "y/x"]), st.sampled_from(["a", "b", "a_cS"])),
        max_size=12,
    ),
    suffixes=st.lists(st.sampled_from([".tif", ".cbf", ".edf"]), min_size=12, max_size=12),
)
def test_no_curve_file_is_ever_given_to_two_images(tmp_path_factory, images, suffixes):
    root = tmp_path_factory.mktemp("root")
    journal = Journal(root / "journal.sqlite")
    claims = claims_of(journal, root)
    curves = {}
    for (folder, stem), suffix in zip(images, suffixes, strict=False):
        image = root / folder / f"{stem}{suffix}"
        target = claims.target_of(image)
        assert target is not None
        for name in (f"{target.name}.chi", f"{target.name}_cS.chi"):
            assert curves.setdefault(target.with_name(name), image) == image
    journal.close()


def test_a_folder_of_results_is_read_once(journal, root, monkeypatch):
    claims = claims_of(journal, root)
    claims.target_of(root / "run" / "first.tif")
    monkeypatch.setattr(owners_module.Path, "read_text", lambda *a, **k: pytest.fail("read again"))
    for i in range(10):
        assert claims.target_of(root / "run" / f"{i}.tif") == root / "work" / f"{i}"


def test_owners_whose_file_was_removed_are_written_down_again(journal, root):
    now = [0.0]
    claims = Claims(journal, OutputRule(), root, CHANNELS, lambda _: True, clock=lambda: now[0])
    claims.target_of(root / "run" / "a.tif")
    claims.save()
    before = written_owners(root / "work")
    (root / "work" / OWNERS_FILE).unlink()
    now[0] += 2.0
    claims.target_of(root / "run" / "b.tif")
    claims.save()
    after = written_owners(root / "work")
    assert before.items() < after.items()
    assert len(after) == 4
    (root / "work" / OWNERS_FILE).unlink()
    claims_of(journal, root).target_of(root / "run" / "a.tif")  # another queue, nothing new in it
    again = claims_of(journal, root)
    again.target_of(root / "run" / "a.tif")
    again.save()
    assert written_owners(root / "work") == after
