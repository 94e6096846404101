"""Files that hold several images, in one process and in several."""

from pathlib import Path

import pytest

from saxsdog import Calibration, Integrator, read_chi
from saxsdog.curves.jobs import ReuseRule, Status
from saxsdog.curves.outputs import OutputRule, assign
from saxsdog.pipeline.batch import Batch
from saxsdog.sources.find import find_images
from tests.helpers.experiments import write_calibration, write_image, write_stack

ALONE_AND_TOGETHER = pytest.mark.parametrize("n_workers", [1, 2])


def batch_of(folder, *paths, n_workers=1, reuse=ReuseRule(), page=None, rule=None):  # noqa: B008 - frozen
    integrator = Integrator(Calibration.load(write_calibration(folder)), folder)
    sources = find_images([str(path) for path in paths or [folder / "in"]])
    targets = assign(sources, rule or OutputRule(), integrator.channels)
    return Batch(integrator, targets, reuse, n_workers, page)


def run(batch, stop=lambda: False):
    with batch.outcomes(stop) as outcomes:
        ended = list(outcomes)
    assert len({outcome.image for outcome in ended}) == len(ended)
    return ended


def values_of(folder):
    """The counts that each curve below a folder was made of, by its name."""
    return {
        path.relative_to(folder).as_posix(): int(read_chi(path).intensity[5])
        for path in folder.rglob("*.chi")
    }


@ALONE_AND_TOGETHER
def test_each_image_of_a_file_becomes_a_curve_and_the_file_itself_has_no_outcome(
    tmp_path, n_workers
):
    write_image(tmp_path / "in" / "a.tif", 1)
    stack = write_stack(tmp_path / "in" / "b.tif", 2, 3, 4)
    write_image(tmp_path / "in" / "c.tif", 5)
    batch = batch_of(tmp_path, n_workers=n_workers)
    assert len(batch.targets) == 3
    ended = run(batch)
    assert {outcome.status for outcome in ended} == {Status.INTEGRATED}
    assert {f"{stack}::{page}" for page in range(3)} < {outcome.image for outcome in ended}
    assert len(ended) == len(batch.targets) == 5
    assert values_of(tmp_path / "work") == {
        "a.chi": 1,
        "b_00000.chi": 2,
        "b_00001.chi": 3,
        "b_00002.chi": 4,
        "c.chi": 5,
    }


def test_images_of_a_file_take_its_place_in_the_order(tmp_path):
    write_image(tmp_path / "in" / "a.tif", 1)
    write_stack(tmp_path / "in" / "b.tif", 2, 3)
    write_image(tmp_path / "in" / "c.tif", 4)
    names = [Path(outcome.image).name for outcome in run(batch_of(tmp_path))]
    assert names == ["a.tif", "b.tif::0", "b.tif::1", "c.tif"]


@ALONE_AND_TOGETHER
def test_a_page_restricts_each_file_to_one_image_with_the_plain_name(tmp_path, n_workers):
    write_stack(tmp_path / "in" / "a.tif", 1, 2, 3)
    write_stack(tmp_path / "in" / "b.tif", 4, 5)
    ended = run(batch_of(tmp_path, page=1, n_workers=n_workers))
    assert len(ended) == 2
    assert values_of(tmp_path / "work") == {"a.chi": 2, "b.chi": 5}


def test_one_image_of_a_file_can_be_named_alone_and_together_with_the_file(tmp_path):
    stack = write_stack(tmp_path / "in" / "a.tif", 1, 2, 3)
    ended = run(batch_of(tmp_path, f"{stack}::1"))
    assert [outcome.image for outcome in ended] == [f"{stack}::1"]
    assert values_of(tmp_path / "work") == {"a_00001.chi": 2}
    batch = batch_of(tmp_path, f"{stack}::1", stack)
    assert len(run(batch)) == len(batch.targets) == 3
    assert values_of(tmp_path / "work") == {"a_00000.chi": 1, "a_00001.chi": 2, "a_00002.chi": 3}


def test_an_image_that_the_file_does_not_hold_fails_under_its_name(tmp_path):
    stack = write_stack(tmp_path / "in" / "a.tif", 1, 2)
    (outcome,) = run(batch_of(tmp_path, f"{stack}::2"))
    assert outcome.status is Status.FAILED
    assert outcome.message.startswith(f"{stack}::2: expected")


def test_images_of_files_never_share_a_curve_with_others(tmp_path):
    write_stack(tmp_path / "in" / "a.tif", 1, 2)
    write_stack(tmp_path / "in" / "a.tiff", 3, 4)
    write_image(tmp_path / "in" / "a_00001.tif", 5)
    first = run(batch_of(tmp_path))
    curves = [curve for outcome in first for curve in outcome.curves]
    assert len(set(curves)) == len(curves) == 5
    assert sorted(values_of(tmp_path / "work").values()) == [1, 2, 3, 4, 5]
    again = run(batch_of(tmp_path))
    assert {o.image: o.curves for o in again} == {o.image: o.curves for o in first}


def test_an_output_folder_keeps_the_tree_of_the_files(tmp_path):
    write_stack(tmp_path / "in" / "a" / "x.tif", 1, 2)
    run(batch_of(tmp_path, rule=OutputRule(folder=tmp_path / "out")))
    assert values_of(tmp_path / "out") == {"a/x_00000.chi": 1, "a/x_00001.chi": 2}


@ALONE_AND_TOGETHER
@pytest.mark.parametrize("reuse", [ReuseRule(keep_existing=True), ReuseRule(keep_up_to_date=True)])
def test_only_the_missing_images_of_a_file_are_integrated_when_a_run_goes_on(
    tmp_path, n_workers, reuse
):
    write_stack(tmp_path / "in" / "a.tif", 1, 2, 3)
    run(batch_of(tmp_path))
    (tmp_path / "work" / "a_00001.chi").unlink()
    ended = run(batch_of(tmp_path, n_workers=n_workers, reuse=reuse))
    done = [outcome.image for outcome in ended if outcome.status is Status.INTEGRATED]
    assert [Path(image).name for image in done] == ["a.tif::1"]
    assert len(ended) == 3


@pytest.mark.parametrize("reuse", [ReuseRule(keep_existing=True), ReuseRule(keep_up_to_date=True)])
def test_the_curve_of_one_page_does_not_stand_for_all_images_of_its_file(tmp_path, reuse):
    write_stack(tmp_path / "in" / "a.tif", 1, 2)
    write_image(tmp_path / "in" / "b.tif", 3)
    run(batch_of(tmp_path, page=0))
    ended = run(batch_of(tmp_path, reuse=reuse))
    statuses = {Path(outcome.image).name: outcome.status for outcome in ended}
    assert statuses == {
        "a.tif::0": Status.INTEGRATED,
        "a.tif::1": Status.INTEGRATED,
        "b.tif": Status.SKIPPED,
    }


@ALONE_AND_TOGETHER
def test_no_further_image_of_a_file_is_begun_after_the_stop(tmp_path, n_workers):
    write_stack(tmp_path / "in" / "a.tif", *range(1, 101))
    write_image(tmp_path / "in" / "b.tif", 1)
    batch = batch_of(tmp_path, n_workers=n_workers)
    ended = []
    with batch.outcomes(lambda: bool(ended)) as outcomes:
        for outcome in outcomes:
            ended.append(outcome)  # noqa: PERF402 - it is asked for meanwhile
    assert len(batch.targets) == 101
    assert 0 < len(ended) < 20


@ALONE_AND_TOGETHER
def test_many_files_of_many_images_are_integrated_once_each(tmp_path, n_workers):
    for number in range(1, 21):
        write_stack(tmp_path / "in" / f"x{number:02d}.tif", *[number] * (number % 4 + 1))
    batch = batch_of(tmp_path, n_workers=n_workers)
    ended = run(batch)
    assert len(ended) == len(batch.targets) == sum(n % 4 + 1 for n in range(1, 21))
    for name, value in values_of(tmp_path / "work").items():
        assert name.startswith(f"x{value:02d}")
