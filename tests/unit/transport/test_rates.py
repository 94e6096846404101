import pytest

from saxsdog.transport.rates import (
    BURST,
    MESSAGES_PER_SECOND,
    MOST_ADDRESSES,
    MOST_CONNECTIONS,
    MOST_FAILURES,
    SILENCE,
    Bucket,
    Rates,
)

FAR, NEAR = "192.0.2.7", "127.0.0.1"


def test_a_bucket_lets_a_burst_through_and_then_its_rate():
    bucket = Bucket(rate=10, capacity=3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.1) for _ in range(2)] == [True, False]
    assert [bucket.take(99.0) for _ in range(4)] == [True, True, True, False]


def test_a_connection_is_held_to_its_rate_and_the_others_do_not_notice():
    rates = Rates()
    passed = sum(rates.admits(b"one", second / 1000) for second in range(10_000))
    assert passed == pytest.approx(BURST + 10 * MESSAGES_PER_SECOND, abs=2)
    assert rates.admits(b"another", 10.0)


def test_an_address_that_fails_too_often_is_silenced_for_a_minute():
    rates = Rates()
    for number in range(MOST_FAILURES):
        assert not rates.is_silenced(FAR, float(number))
        assert rates.count_failure(FAR, float(number)) == number + 1
    last = MOST_FAILURES - 1
    assert rates.is_silenced(FAR, last + SILENCE - 0.1)
    assert not rates.is_silenced("192.0.2.8", last)
    assert not rates.is_silenced(FAR, last + SILENCE)


def test_failures_long_ago_do_not_count():
    rates = Rates()
    for minute in range(10 * MOST_FAILURES):
        assert rates.count_failure(FAR, 30.0 * minute) <= 3
        assert not rates.is_silenced(FAR, 30.0 * minute)


@pytest.mark.parametrize("address", [NEAR, "127.1.2.3", "::1", "::ffff:127.0.0.1", "::1%lo"])
def test_this_machine_is_never_silenced(address):
    rates = Rates()
    for _ in range(5 * MOST_FAILURES):
        rates.count_failure(address, 0.0)
    assert not rates.is_silenced(address, 0.0)


@pytest.mark.parametrize("address", ["", "a name", "fe80::1%eth0", "::ffff:192.0.2.7"])
def test_any_other_machine_is(address):
    rates = Rates()
    for _ in range(MOST_FAILURES):
        rates.count_failure(address, 0.0)
    assert rates.is_silenced(address, 0.0)


def test_denials_are_few_for_all_together():
    rates = Rates()
    assert sum(rates.may_deny(second / 100) for second in range(1000)) <= 5 + 10 * 5


def test_addresses_without_number_take_no_memory_without_bound():
    rates = Rates()
    for number in range(MOST_ADDRESSES + 500):
        rates.count_failure(f"2001:db8::{number:x}", 0.0)
    assert len(rates._peers) == MOST_ADDRESSES


def test_connections_without_number_take_no_memory_without_bound():
    rates = Rates()
    for number in range(MOST_CONNECTIONS + 500):
        rates.admits(number.to_bytes(5, "big"), 0.0)
    assert len(rates._buckets) == MOST_CONNECTIONS
