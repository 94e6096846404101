"""Real-time azimuthal integration of 2D X-ray scattering images."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saxsdog.calibration import Calibration
    from saxsdog.client import Client
    from saxsdog.integrator import Integrator
    from saxsdog.io.chi import read_chi
    from saxsdog.provenance.bundle import Bundle

__all__ = ["Bundle", "Calibration", "Client", "Integrator", "read_chi"]

_HOMES = {
    "Bundle": "saxsdog.provenance.bundle",
    "Calibration": "saxsdog.calibration",
    "Client": "saxsdog.client",
    "Integrator": "saxsdog.integrator",
    "read_chi": "saxsdog.io.chi",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line must not wait for all of it."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
