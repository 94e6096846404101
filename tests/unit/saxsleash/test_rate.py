import numpy as np
import pytest

from saxsleash.models.rate import SECONDS, Rate


class Clock:
    def __init__(self):
        self.time = 50.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rate(clock):
    return Rate(clock)


def bars(rate):
    """The bars that are not empty, by how many seconds ago they began."""
    histogram = rate.histogram()
    return {int(n) - SECONDS: int(histogram[n]) for n in np.flatnonzero(histogram)}


def test_images_are_counted_in_the_second_in_which_they_were_done(rate):
    rate.set_server_time(1000.5)
    rate.add(np.array([997.1, 998.0, 998.9, 999.99, 1000.2]))
    assert bars(rate) == {-3: 1, -2: 2, -1: 1}  # the second that is not over yet is no bar
    rate.add(np.array([998.5]))
    assert bars(rate)[-2] == 3


def test_time_goes_on_when_nothing_comes(rate, clock):
    rate.set_server_time(1000.0)
    rate.add(np.array([999.5]))
    clock.time += 10
    assert rate.now == 1010.0
    assert bars(rate) == {-11: 1}
    clock.time += SECONDS
    assert bars(rate) == {}


def test_without_the_time_of_the_server_the_newest_image_is_now(rate):
    assert bars(rate) == {}
    rate.add(np.array([999.5, 500.0, np.nan]))
    assert bars(rate) == {-1: 1}


def test_the_mean_is_that_of_the_last_seconds(rate):
    rate.set_server_time(1000.0)
    rate.add(np.repeat(np.arange(900.0, 1000.0), 7))
    assert rate.mean() == pytest.approx(7.0)


def test_an_old_night_is_not_kept(rate):
    for second in range(5000):
        rate.add(np.full(3, float(second)))
    assert len(rate._counts) <= 2 * SECONDS
    assert rate.histogram().sum() == 3 * SECONDS


def test_counts_are_forgotten_but_not_the_time(rate):
    rate.set_server_time(1000.0)
    rate.add(np.array([999.5]))
    rate.clear()
    assert bars(rate) == {}
    assert rate.now == 1000.0
