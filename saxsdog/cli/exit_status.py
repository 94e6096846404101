"""How a command ends, in the number that it leaves behind."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """What scripts may rely on."""

    WELL = 0
    SOME_FAILED = 1
    BAD_CALL = 2
    TIMED_OUT = 3
    INTERRUPTED = 130
