from dataclasses import replace

import numpy as np
import pytest

from saxsdog.errors import UsageError
from saxsdog.reduction.geometry import Geometry, pixel_centers, q
from saxsdog.simulation.experiment import Experiment
from saxsdog.simulation.scattering import SampleModel


@pytest.fixture(scope="module")
def experiment():
    return Experiment.create("Pilatus 1M", seed=7)


@pytest.fixture(scope="module")
def small():
    return Experiment.create("Pilatus 100K", seed=7)


def radial_mean(experiment, image, step):
    """Mean over rings of equal width, by counting; q of the pixels, labels and means."""
    use = ~experiment.mask
    q_used = q(experiment.geometry, *pixel_centers(experiment.geometry))[use]
    labels = np.floor(q_used / step).astype(int)
    n_pixels = np.bincount(labels)
    with np.errstate(invalid="ignore"):
        return q_used, labels, np.bincount(labels, weights=image[use]) / n_pixels


@pytest.mark.parametrize("index", [0, 30, 99, 250])
def test_average_over_rings_gives_the_true_curve(experiment, index):
    step = 0.01
    q_used, labels, mean = radial_mean(experiment, experiment.expected(index), step)
    inside = (np.arange(mean.size)[:, np.newaxis] + np.linspace(0, 1, 101)) * step
    truth, full = experiment.truth(inside, index), np.bincount(labels) > 100
    # A mean over a bin lies within the values of the curve in the bin, and close to its middle.
    assert np.all(mean >= truth.min(axis=1) * (1 - 1e-6), where=full)
    assert np.all(mean <= truth.max(axis=1) * (1 + 1e-6), where=full)
    assert mean[full] == pytest.approx(truth[full, 50], rel=1.5e-2)
    # The same without the width of the bins: the truth at the very same points.
    same = np.bincount(labels, weights=experiment.truth(q_used, index))[full]
    assert mean[full] == pytest.approx(same / np.bincount(labels)[full], rel=1e-5)


def test_rings_on_the_detector_lie_where_silver_behenate_has_them(experiment):
    _, _, mean = radial_mean(experiment, experiment.expected(300), 0.005)
    for order in range(1, 7):
        near = np.arange(int((1.0763 * order - 0.2) / 0.005), int((1.0763 * order + 0.2) / 0.005))
        top = (near[np.argmax(mean[near])] + 0.5) * 0.005
        assert top == pytest.approx(1.0763 * order, abs=0.006)


@pytest.mark.parametrize("name", ["Pilatus 300K", "Pilatus3 2M", "Eiger 1M", "Eiger2 4M"])
def test_six_rings_fit_on_any_detector(name):
    detector = Experiment.create(name, n_dead=0).detector
    geometry = Experiment.create(name, n_dead=0).geometry
    q_map = q(geometry, *pixel_centers(geometry))[~detector.gap_mask()]
    assert q_map.max() == pytest.approx(8.10, abs=0.02)
    for order in range(1, 7):
        assert np.count_nonzero(np.abs(q_map - 1.0763 * order) < 0.02) > 500


def test_default_experiment_sits_where_the_real_one_did(experiment):
    assert experiment.geometry == Geometry(
        (1043, 981), (238.32, 422.32), 0.8297, (172e-6, 172e-6), 0.154987
    )


def test_counts_are_poisson_distributed(small):
    chi2 = pytest.importorskip("scipy.stats").chi2
    n_frames, index = 60, 40
    use = ~small.mask
    frames = np.array([replace(small, seed=seed).frame(index)[use] for seed in range(n_frames)])
    expected = small.expected(index)[use]
    spread_of_means = (((frames.mean(axis=0) - expected) ** 2) * n_frames / expected).sum()
    low, high = chi2.ppf([1e-4, 1 - 1e-4], expected.size)
    assert low < spread_of_means < high
    # Variance over mean, pixel by pixel; the sum follows chi-square for these large counts.
    scatter = (((frames - expected) ** 2) / expected).sum()
    low, high = chi2.ppf([1e-4, 1 - 1e-4], frames.size)
    assert low < scatter < high


def test_gaps_and_dead_pixels_are_marked(experiment):
    frame = experiment.frame(0)
    assert frame.dtype == np.int32
    assert np.array_equal(frame == -1, experiment.detector.gap_mask())
    assert np.array_equal(frame == -2, experiment.defects.dead)
    assert np.count_nonzero(frame == -2) == 20
    assert experiment.mask[frame < 0].all()


def test_eiger_marks_pixels_with_all_bits_set():
    frame = (experiment := Experiment.create("Eiger2 1M", n_dead=5)).frame(0)
    assert frame.dtype == np.uint32
    marked = experiment.defects.gaps | experiment.defects.dead
    assert np.array_equal(frame == 0xFFFFFFFF, marked)


def test_hot_pixels_count_too_much_and_are_masked():
    experiment = Experiment.create("Pilatus 100K", n_hot=4)
    hot = experiment.defects.hot
    assert np.count_nonzero(hot) == 4
    assert experiment.frame(0)[hot].min() > 90_000
    assert experiment.mask[hot].all()


def test_beamstop_hides_the_beam_and_needs_a_mask(experiment):
    row, column = (int(centre) for centre in experiment.geometry.beam_center)
    frame, mask = experiment.frame(0), experiment.mask
    assert frame[row, column] < 60
    assert frame[: row - 50, column].max() < 60  # the rod, up to the edge
    assert mask[:row, column].all()
    assert not mask[row + 40, column]
    _, _, without = radial_mean(replace(experiment, mask=frame < 0), experiment.expected(99), 0.01)
    truth = experiment.truth((np.arange(without.size) + 0.5) * 0.01, 99)
    assert without[20] < 0.5 * truth[20]


def test_same_seed_gives_the_same_frame_whatever_the_number_of_frames():
    first = Experiment.create("Pilatus 100K", seed=3, n_frames=5)
    second = Experiment.create("Pilatus 100K", seed=3, n_frames=5000)
    second.frame(0)
    assert np.array_equal(first.frame(4), second.frame(4))


def test_another_seed_or_index_gives_other_noise(small):
    quiet = replace(small, rings=0 * small.rings, spheres=0 * small.spheres)
    assert not np.array_equal(quiet.frame(0), quiet.frame(1))
    assert not np.array_equal(quiet.frame(0), replace(quiet, seed=8).frame(0))


def test_rings_grow_and_spheres_fade(experiment):
    amplitudes = np.array([experiment.amplitudes(index) for index in range(0, 100, 10)])
    assert np.all(np.diff(amplitudes[:, 0]) > 0)
    assert np.all(np.diff(amplitudes[:, 1]) < 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed"),
        ({"n_frames": 0}, "at least one frame"),
        ({"period": 0.0}, "period"),
        ({"period": float("nan")}, "period"),
        ({"n_dead": 10**9}, "dead and hot"),
        ({"detector_name": "film"}, "film"),
        ({"sample": SampleModel(radius=-1.0)}, "radius"),
        ({"geometry": Geometry((5, 5), (2, 2), 1.0, (1e-4, 1e-4), 0.1)}, "Pilatus 100K"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        Experiment.create(**{"detector_name": "Pilatus 100K", **arguments})
