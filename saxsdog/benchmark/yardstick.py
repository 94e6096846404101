"""The yardstick of all that looks at pixels: read them once, in the order of memory."""

from typing import Any

from numpy.typing import NDArray

from saxsdog.compiled import compiled


def words_of(image: NDArray[Any]) -> NDArray[Any]:
    """View an image flat, as whole numbers of the size of its pixels."""
    flat = image.reshape(-1)
    return flat if flat.dtype.kind in "iu" else flat.view(f"u{flat.dtype.itemsize}")


@compiled
def sum_once(values: NDArray[Any]) -> int:
    """Sum whole numbers, flat: the least that a program can do with each of them."""
    total = 0
    for i in range(values.size):
        total += values[i]
    return total
