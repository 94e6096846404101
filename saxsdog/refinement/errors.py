"""Why a refinement can have no result."""

from saxsdog.errors import SaxsdogError


class RefinementError(SaxsdogError):
    """A frame does not show the rings that were looked for, or not enough of them."""

    code = "not-refined"
