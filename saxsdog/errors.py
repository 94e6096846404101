"""Every error that saxsdog raises on purpose.

Each class carries a ``code`` that a program can test; the message is for people and says what was
expected, what came and where.
"""


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
    """One detector image cannot be reduced; the next one still can."""

    code = "bad-frame"


class CurveFileError(SaxsdogError):
    """A file that should hold a curve cannot be read."""

    code = "bad-curve-file"


class UsageError(SaxsdogError):
    """A command line asks for something that makes no sense or that is not there."""

    code = "bad-usage"


class OutputError(SaxsdogError):
    """A result cannot be written; the image itself is not to blame."""

    code = "output-failed"
