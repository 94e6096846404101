"""Every error that saxsdog raises on purpose.

Each class carries a ``code`` that a program can test; the message is for people and says what was
expected, what came and where.
"""

from pathlib import Path
from typing import Self

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

    def at(self, path: Path) -> "FrameError":
        """Say which file it was."""
        return FrameError(f"{path}: {self}", self.reason, self.fingerprint)


class SeveralImagesError(FrameError):
    """A file holds several images, and nobody said which of them is meant.

    Attributes
    ----------
    n_images
        How many there are; they are counted from 0.
    """

    def __init__(
        self, message: str, n_images: int, fingerprint: tuple[int, int, int] | None = None
    ) -> None:
        super().__init__(message, Reason.SEVERAL_IMAGES, fingerprint)
        self.n_images = n_images

    def at(self, path: Path) -> "SeveralImagesError":
        return SeveralImagesError(f"{path}: {self}", self.n_images, self.fingerprint)

    @classmethod
    def counted(cls, n_images: int) -> Self:
        """Say how many images there are, and what they are called."""
        return cls(f"holds {n_images} images, ::0 to ::{n_images - 1}", n_images)


class CurveFileError(SaxsdogError):
    """A file that should hold a curve cannot be read."""

    code = "bad-curve-file"


class BundleError(SaxsdogError):
    """A zip is no bundle, or what is in it is not what it was."""

    code = "bad-bundle"


class VerificationError(SaxsdogError):
    """What a result was made of is not there any more, so that nobody can make it again."""

    code = "cannot-verify"


class ExpressionError(SaxsdogError):
    """A formula is none, or its values give no number."""

    code = "bad-expression"


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
