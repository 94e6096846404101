import pytest

from saxsdog.benchmark.timing import in_turn, timed


def test_candidates_run_in_turn_after_one_run_that_does_not_count():
    order = []
    seconds = iter([9.0, 9.0, 1.0, 5.0, 3.0, 7.0, 2.0, 6.0])

    def measure(name):
        order.append(name)
        return next(seconds)

    shares = []
    times = in_turn(
        {"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=3, advance=shares.append
    )
    assert order == ["a", "b"] * 4
    assert times == {"a": 2.0, "b": 6.0}
    assert sum(shares) == pytest.approx(1)


def test_work_is_timed_while_it_is_done():
    done = []
    assert timed(lambda: done.append(1))() >= 0
    assert done == [1]
