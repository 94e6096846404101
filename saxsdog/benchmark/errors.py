"""What can go wrong while measuring."""

from saxsdog.errors import SaxsdogError


class MeasurementError(SaxsdogError):
    """Something that should be measured does not work; a number would mean nothing."""

    code = "measurement-failed"
