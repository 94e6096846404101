"""Compile loops to machine code, and keep the result between runs where that is possible."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

_TO_READ, _KEEP, _DATA = 0, 3, 1  # as the LLVM Language Reference numbers them, "llvm.prefetch"


def compiled(function: Function) -> Function:
    """Compile a function at its first call, without Python's lock, for each kind of arguments.

    The machine code is kept beside the source or in the home folder. Where both are read-only, as
    for a service account, it is compiled again in each process.
    """
    try:
        return cast(Function, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba finds no place for its cache
        return cast(Function, njit(nogil=True)(function))


@intrinsic
def _prefetch(_context: Any, array: Any, index: Any) -> Any:
    """Translate :data:`prefetch` to machine code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        anything = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch",
            [anything],
            ir.FunctionType(ir.VoidType(), [anything, number, number, number]),
        )
        address = builder.bitcast(builder.gep(data, [arguments[1]]), anything)
        builder.call(function, [address, number(_TO_READ), number(_KEEP), number(_DATA)])
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch = cast(Callable[[NDArray[Any], Any], None], _prefetch)
"""For compiled loops: ask memory for an element of an array, by its index, that is soon read.

Nothing waits for it, and nothing happens if there is no such element. Arrays of one dimension.
"""
