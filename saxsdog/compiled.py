"""Compile loops to machine code, and keep the result between runs where that is possible."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function at its first call, without Python's lock, for each kind of arguments.

    The machine code is kept beside the source or in the home folder. Where both are read-only, as
    for a service account, it is compiled again in each process.
    """
    try:
        return cast(Function, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba finds no place for its cache
        return cast(Function, njit(nogil=True)(function))
