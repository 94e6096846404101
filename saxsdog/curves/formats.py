"""In which file formats the results of a channel are written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saxsdog.io.cakes import CakeFormat
from saxsdog.io.chi import CurveFormat
from saxsdog.io.dat import PER_NM, DatFormat
from saxsdog.provenance.bundle import Packed
from saxsdog.reduction.plan import ChannelPlan, Plan

Format = CurveFormat | CakeFormat | DatFormat

CHI, DAT = "chi", "dat"
CURVE_FORMATS = (CHI, DAT)
"""Those that make a file of each curve."""

DEFAULT = (CHI,)


@dataclass(frozen=True)
class Products:
    """What is made of each image.

    Attributes
    ----------
    formats
        ``chi`` and ``dat`` are files of each curve; the others are for the archive.
    unit
        Of q in ``.dat`` files.
    spool
        Folder in which results are left for the archive; ``None`` if there is none.
    bundle
        Kept beside the curves, with a note of each image; ``None``: neither is.
    """

    formats: tuple[str, ...] = DEFAULT
    unit: str = PER_NM
    spool: Path | None = None
    bundle: Packed | None = None


CHI_ONLY = Products()


def format_of(
    channel: ChannelPlan,
    document: dict[str, Any],
    intensity_label: str,
    name: str = CHI,
    unit: str = PER_NM,
) -> Format:
    """Return the format of a channel, for this calibration; a cake has one of its own."""
    if channel.kind == "Cake":
        return CakeFormat(channel, document, intensity_label)
    if name == DAT:
        return DatFormat(channel, document, intensity_label, unit)
    return CurveFormat(channel, document, intensity_label)


def formats_of(
    plan: Plan, document: dict[str, Any], products: Products
) -> list[tuple[int, Format]]:
    """Return each file of an image: the place of its channel, and the format.

    The first of the formats comes for all channels, then the second; a cake is written once.
    """
    found: list[tuple[int, Format]] = []
    for name in (name for name in CURVE_FORMATS if name in products.formats):
        for place, channel in enumerate(plan.channels):
            if channel.kind == "Cake" and len(found) >= len(plan.channels):
                continue
            label = plan.intensity_label
            found.append((place, format_of(channel, document, label, name, products.unit)))
    return found
