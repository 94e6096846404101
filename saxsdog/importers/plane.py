r"""A flat detector by how much deeper a step on it lies along the beam, as our tilt.

A step down along the rows of the stored image lies deeper by :math:`s_y` per metre, one to the
right by :math:`s_x`, and :math:`c` is the cosine between the normal and the beam. In our geometry
the depth is :math:`\sin\tau (x\cos\varphi - y\sin\varphi)`, therefore

.. math::

    \tau = \operatorname{atan2}\left(\sqrt{s_y^2 + s_x^2},\; c\right), \qquad
    \varphi = \operatorname{atan2}(-s_y, s_x) .

Where the foot of the perpendicular is known instead of the beam centre, the beam hits the detector
farther down and to the right of it by :math:`d\,(s_y, s_x)`, with *d* along the beam.
"""

import math
from collections.abc import Mapping


def tilt_of(down: float, right: float, cosine: float) -> Mapping[str, float]:
    """Return the tilt of a calibration, in degrees.

    Parameters
    ----------
    down, right
        Depth gained along the beam per metre on the stored image.
    cosine
        Of the angle between the beam and the normal of the detector.
    """
    steepness = math.hypot(down, right)
    rotation = math.atan2(-down, right) if steepness else 0.0
    return {
        "TiltRotDeg": math.degrees(rotation),
        "TiltAngleDeg": math.degrees(math.atan2(steepness, cosine)),
    }
