"""Damaged bytes for every reader, for as long as the budget allows; see ``test_fuzz.py``."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.test_fuzz import check_reader
from tests.helpers.mutations import damaged
from tests.helpers.promises import promise
from tests.helpers.readers import READERS

pytestmark = pytest.mark.soak

EXAMPLES_PER_SECOND = 300
"""Of most readers, roughly."""


@promise(
    "B10",
    fault="hundreds of thousands of damaged files, messages and documents",
    kept="each is understood or refused in the words of its reader, within a second and 200 MiB",
)
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", READERS)
def test_whatever_is_read_is_understood_or_refused_for_long(name, budget):
    number = max(100, int(EXAMPLES_PER_SECOND * budget / len(READERS)))

    @settings(max_examples=number, suppress_health_check=list(HealthCheck))
    @given(damaged(READERS[name].samples) | st.binary(max_size=300))
    def check(content):
        check_reader(READERS[name], content)

    check()
