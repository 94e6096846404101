import sys

import pytest

from saxsdog.benchmark.machine import cache_bytes, describe_machine


def test_the_machine_is_described_with_plain_numbers():
    machine = describe_machine(3)
    assert machine["cores"] == 3
    assert machine["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert machine["numpy"]
    assert isinstance(machine["processor"], str)


@pytest.mark.skipif(not cache_bytes(), reason="the system does not tell of its caches")
def test_caches_grow_with_their_distance():
    sizes = list(cache_bytes().values())
    assert sizes == sorted(sizes)
    assert sizes[0] >= 1 << 12
