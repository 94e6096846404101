"""Imported by the process that workers are forked from: once that is warm, so are they.

Numba takes a third of a second and tens of MB to make ready what it has compiled long ago. Done
before the fork, it costs that once: workers begin where this module ends, and share its memory.

No other module may import this one. To be imported is all that such a process can be asked for.
"""

import gc

import numpy as np

from saxsdog.io.chi import CurveFormat
from saxsdog.pipeline import worker as worker  # with everything that it imports
from saxsdog.pipeline.orphans import end_with_parent
from saxsdog.reduction.channels import RadialChannel
from saxsdog.reduction.geometry import Geometry
from saxsdog.reduction.integrate import integrate
from saxsdog.reduction.plan import make_plan

USUAL = (np.int32, np.uint16)
"""Types of pixels; the loops for others take a worker some milliseconds each."""


def warm_up() -> None:
    """Integrate images of a detector of a few pixels, and format their curves."""
    geometry = Geometry(
        shape=(8, 8),
        beam_center=(4.0, 4.0),
        distance=1.0,
        pixel_size=(1e-4, 1e-4),
        wavelength=0.1,
    )
    channel = RadialChannel("R0", None, 3, 1.0, 0.0, 1.0)
    plan = make_plan(geometry, [channel])
    curve_format = CurveFormat(plan.channels[0], {})
    for kind in USUAL:
        (curve,) = integrate(np.ones(geometry.shape, kind), plan)
        curve_format.render(curve)


end_with_parent()
warm_up()
gc.collect()
gc.freeze()  # what is never looked at again by the collector is never copied for it
