"""Every error that saxsdog raises on purpose.

Each class carries a ``code`` that a program can test; the message is for people and says what was
expected, what came and where.
"""

from saxsdog.reasons import Reason


class SaxsdogError(Exception):
    """Something that saxsdog noticed and can explain."""

    code = "error"


class DocumentError(SaxsdogError):
    """A document from outside does not have the form that its schema asks for."""

    code = "bad-document"


class CalibrationError(SaxsdogError):
    """A calibration, or a mask that it names, cannot be used; nothing can be integrated with it."""

    code = "bad-calibration"


class FrameError(SaxsdogError):
    """One detector image cannot be reduced; the next one still can.

    Attributes
    ----------
    reason
        Why, as a word.
    fingerprint
        Size, time (ns) and number of the file as it was read, ``None`` if nobody got that far.
    """

    code = "bad-frame"

    def __init__(
        self,
        message: str,
        reason: Reason = Reason.DECODE_ERROR,
        fingerprint: tuple[int, int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.fingerprint = fingerprint


class CurveFileError(SaxsdogError):
    """A file that should hold a curve cannot be read."""

    code = "bad-curve-file"


class UsageError(SaxsdogError):
    """A command line asks for something that makes no sense or that is not there."""

    code = "bad-usage"


class OutputError(SaxsdogError):
    """A result cannot be written; the image itself is not to blame.

    Attributes
    ----------
    reason
        Why, as a word.
    """

    code = "output-failed"

    def __init__(self, message: str, reason: Reason = Reason.OUTPUT_FAILED) -> None:
        super().__init__(message)
        self.reason = reason


class SettingsError(SaxsdogError):
    """The settings of a server, or the list of servers, cannot be used."""

    code = "bad-settings"


class PathError(SaxsdogError):
    """A path leads out of the folders that a server works in, or has parts that none may have."""

    code = "outside-root"


class ProtocolError(SaxsdogError):
    """A message is not what the protocol asks for."""

    code = "bad-request"


class AuthenticationError(ProtocolError):
    """A message was not sealed with our secret, or for another occasion."""

    code = "denied"


class RequestError(SaxsdogError):
    """A genuine request that cannot be carried out; ``code`` says which kind of reason there is."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ServerUnreachableError(SaxsdogError):
    """Nobody answers, or somebody who does not know our secret."""

    code = "not-reachable"
