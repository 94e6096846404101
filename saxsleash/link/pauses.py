"""How long to wait before a server that does not answer is asked again."""

from saxsdog.errors import AuthenticationError, SaxsdogError

PAUSES = (1.0, 1.0, 1.0, 2.0, 3.0, 5.0)
"""Seconds after the first, second, ... failure; the last one for ever."""

AFTER_DENIED = 10.0
"""Seconds: whoever comes more than 20 times a minute with a wrong secret is not heard any more."""


class Pauses:
    """Pauses that grow until the server answers."""

    def __init__(self) -> None:
        self._failures = 0

    def answered(self) -> None:
        """Begin anew."""
        self._failures = 0

    def after(self, error: SaxsdogError) -> float:
        """Return the seconds to wait after a failure."""
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        return AFTER_DENIED if isinstance(error, AuthenticationError) else pause
