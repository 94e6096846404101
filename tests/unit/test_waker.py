import multiprocessing

import pytest

from saxsdog.waker import Waker, readable


@pytest.fixture
def waker():
    waker = Waker()
    yield waker
    waker.close()


@pytest.fixture
def pipe():
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        yield ours, theirs


def test_what_can_be_read_is_told_apart(waker, pipe):
    ours, theirs = pipe
    assert readable([ours, waker.receiver], 0.0) == []
    theirs.send_bytes(b"word")
    assert readable([ours, waker.receiver], 20.0) == [ours]
    waker.wake()
    assert set(readable([ours, waker.receiver])) == {ours, waker.receiver}
    assert ours.recv_bytes() == b"word"
    assert readable([ours, waker.receiver], 20.0) == [waker.receiver]


def test_a_pipe_whose_other_end_is_gone_can_be_read(pipe):
    ours, theirs = pipe
    theirs.close()
    assert readable([ours], 20.0) == [ours]
    with pytest.raises(EOFError):
        ours.recv_bytes()


def test_one_that_was_woken_often_is_cleared_once(waker):
    for _ in range(10_000):
        waker.wake()
    waker.clear()
    while readable([waker.receiver], 0.0):
        waker.clear()
    waker.wake()
    assert readable([waker.receiver], 20.0) == [waker.receiver]
