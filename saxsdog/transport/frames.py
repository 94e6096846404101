"""Receive the frames of a message, and of one that is too large anyway let the end go."""

from collections.abc import Sequence

import zmq

from saxsdog.protocol.envelope import LARGEST_MESSAGE, MOST_FRAMES

_LONGEST_SHORT = 255


def receive(wire: "zmq.Socket[bytes]") -> list[zmq.Frame]:
    """Receive a message that is there.

    ZeroMQ limits the size of a frame, but neither their number nor the size of all together. What
    stays here of a message without limits is so much that it is refused all the same.

    Raises
    ------
    zmq.Again
        If there is none.
    """
    frames: list[zmq.Frame] = []
    size, more = 0, True
    while more:
        frame = wire.recv(zmq.NOBLOCK, copy=False)
        size += len(frame)
        if len(frames) <= MOST_FRAMES + 1 and size <= 2 * LARGEST_MESSAGE:
            frames.append(frame)
        more = frame.more
    return frames


def size_on_wire(frames: Sequence[zmq.Frame]) -> int:
    """Return how many bytes of a connection some frames are, with their heads."""
    return sum(len(frame) + (2 if len(frame) <= _LONGEST_SHORT else 9) for frame in frames)
