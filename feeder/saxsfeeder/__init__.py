"""Tell saxsdog about finished images; pyzmq and the standard library only, Python 3.8 or newer."""

from saxsfeeder.feeder import Feeder

__all__ = ["Feeder"]
