"""Promises of the product, each written down at the test that shows it is kept.

``docs/make_promises.py`` makes a table of them without running any test.
"""

import pytest


def promise(name, *, fault, kept):
    """Mark a test as one that shows a promise.

    Parameters
    ----------
    name
        Its place in the table: a letter for the subject, and a number.
    fault
        What is done to the product.
    kept
        What is true all the same.
    """
    return pytest.mark.promise(name=name, fault=fault, kept=kept)
