from saxsdog.benchmark.timing import in_turn


def test_candidates_run_in_turn_after_one_run_that_does_not_count():
    order = []
    rounds = []
    times = in_turn(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")},
        rounds=2,
        advance=lambda: rounds.append(len(order)),
    )
    assert order == ["a", "b"] * 3
    assert rounds == [4, 6]
    assert set(times) == {"a", "b"}
    assert all(time >= 0 for time in times.values())
