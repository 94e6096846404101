"""The numbers of the history: a column for each, as long as there are rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saxsdog.classifiers.descriptions import INTEGRAL, describe
from saxsleash.models.growing import Growing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Quantity:
    """What can be drawn against time.

    Attributes
    ----------
    name
        As the server calls it.
    label
        As people call it.
    unit
        Empty where it has none, or we do not know it.
    """

    name: str
    label: str
    unit: str = ""


def quantity_of(name: str, intensity: str = "") -> Quantity:
    """Return a parameter as it is drawn; one that nobody knows is called by its name.

    Parameters
    ----------
    name
        As the server calls it.
    intensity
        Unit of the intensities, empty if nobody knows it.
    """
    known = describe(name)
    return Quantity(known.name, known.label, known.unit_with(intensity))


INTENSITY = quantity_of("I0")
INVARIANT = quantity_of("I2")
LENGTH = quantity_of("correlation_length")
MOMENT = quantity_of("I1")
KNOWN = tuple(each.name for each in INTEGRAL)
"""In the order in which they are offered, before those of classifiers."""


class HistoryColumns:
    """Columns by name, ``R0.I0`` for the parameter I0 of the channel R0.

    A column that begins late, or is missing in a page, has NaN where it was not there.
    """

    def __init__(self) -> None:
        self._columns: dict[str, Growing[np.float64]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in the order of their numbers."""
        names = {name.partition(".")[0] for name in self._columns if "." in name}
        return tuple(sorted(names, key=lambda name: (number_of(name), name)))

    def quantities(self, intensity: str = "") -> tuple[Quantity, ...]:
        """Return what there is to draw of one channel or another, with intensities in a unit."""
        names = dict.fromkeys(name.partition(".")[2] for name in self._columns if "." in name)
        if {MOMENT.name, INVARIANT.name} <= names.keys():
            names[LENGTH.name] = None
        ordered = [name for name in KNOWN if name in names]
        ordered += sorted(names.keys() - set(KNOWN))
        return tuple(quantity_of(name, intensity) for name in ordered)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of all channels."""
        return tuple(name for name in self._columns if "." in name)

    def extend(self, numbers: Mapping[str, Array], n_rows: int) -> None:
        """Append rows."""
        for name, values in numbers.items():
            column = self._columns.setdefault(name, Growing(np.float64))
            column.fill(self._length, np.nan)
            column.extend(values)
        self._length += n_rows

    def column(self, name: str) -> Array:
        """Return all values of a column, to be read only; NaN where it has none."""
        column = self._columns.get(name)
        if column is None:
            return np.full(self._length, np.nan)
        column.fill(self._length, np.nan)
        return column.values

    def values(self, channel: str, quantity: str, rows: NDArray[np.integer] | None = None) -> Array:
        """Return a quantity of a channel, in all rows or in those asked for."""
        name = f"{channel}.{quantity}"
        if name in self._columns:
            return self.column(name)[slice(None) if rows is None else rows]
        if quantity == LENGTH.name:
            moment = self.values(channel, MOMENT.name, rows)
            return correlation_length(moment, self.values(channel, INVARIANT.name, rows))
        return np.full(self._length if rows is None else rows.size, np.nan)


def correlation_length(moment: Array, invariant: Array) -> Array:
    r"""Return :math:`\pi I_1 / I_2` in nm; NaN where there is no intensity."""
    length = np.full(moment.shape, np.nan)
    np.divide(np.pi * moment, invariant, out=length, where=invariant != 0)
    return length


def number_of(channel: str) -> int:
    """Return the number in the name of a channel, which also gives its colour."""
    digits = "".join(character for character in channel if character.isdecimal())
    return int(digits) if digits else 0
