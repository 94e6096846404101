import numba.core.dispatcher
import pytest

from saxsdog.compiled import compiled


def twice(value):
    return 2 * value


def test_a_compiled_function_gives_what_the_function_gives():
    assert compiled(twice)(21) == 42


def test_without_a_place_for_the_cache_a_function_is_compiled_all_the_same(monkeypatch):
    def refuse(dispatcher):
        raise RuntimeError("cannot cache function 'twice': no locator available")

    monkeypatch.setattr(numba.core.dispatcher.Dispatcher, "enable_caching", refuse)
    with pytest.raises(RuntimeError, match="no locator"):
        numba.njit(cache=True)(twice)
    assert compiled(twice)(21) == 42
