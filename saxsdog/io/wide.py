"""Several bytes at once, in compiled code: what NumPy's arrays offer byte by byte only.

None of these looks whether its bytes are inside the arrays: whoever calls them has looked. And
numba does not notice a change here: it compiles a caller again when the caller's module changes.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

COPIED = 16
"""Bytes that :func:`copy_wide` moves."""

LANE = 16
"""Bytes within which a processor can put bytes into another order in one step."""

LANES = 2
"""Twice that is a register of most processors: 10 % faster than one, 20 % faster than four."""

N_PIXELS = 8 * LANE * LANES
"""Pixels that :func:`gather_bits` puts together."""

BITS = 8
INDEX = WORD = ir.IntType(64)
BYTES = ir.VectorType(ir.IntType(BITS), LANE * LANES)
WIDE = ir.VectorType(WORD, LANE * LANES * BITS // WORD.width)


def _emitted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have compiled functions call what a function generates."""
    return cast(Callable[..., Any], intrinsic(function))


def _at(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    data = builder.bitcast(data, ir.IntType(BITS).as_pointer())
    return builder.gep(data, [index])


@_emitted
def copy_wide(typing: Any, target: Any, to: Any, source: Any, start: Any) -> Any:
    """Copy ``COPIED`` bytes, all of them read before the first is written."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        form = ir.VectorType(ir.IntType(BITS), COPIED).as_pointer()
        kinds = signature.args
        value = builder.load(
            builder.bitcast(_at(context, builder, kinds[2], arguments[2], arguments[3]), form),
            align=1,
        )
        place = builder.bitcast(_at(context, builder, kinds[0], arguments[0], arguments[1]), form)
        builder.store(value, place, align=1)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate


@_emitted
def byte_at(typing: Any, source: Any, at: Any) -> Any:
    """Return a byte as a number; unlike an index, ``at`` never counts from the end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _at(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.zext(builder.load(place), WORD)

    return types.int64(source, types.intp), generate


@_emitted
def word_at(typing: Any, source: Any, at: Any) -> Any:
    """Return 8 bytes as a number, the first one lowest."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _at(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.load(builder.bitcast(place, WORD.as_pointer()), align=1)

    return types.uint64(source, types.intp), generate


@_emitted
def put_word(typing: Any, target: Any, to: Any, word: Any) -> Any:
    """Write what :func:`word_at` returns."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _at(context, builder, signature.args[0], arguments[0], arguments[1])
        builder.store(arguments[2], builder.bitcast(place, WORD.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(target, types.intp, types.uint64), generate


@_emitted
def put_twice(typing: Any, target: Any, to: Any, word: Any) -> Any:
    """Write a word two times, into ``COPIED`` bytes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _at(context, builder, signature.args[0], arguments[0], arguments[1])
        pair = ir.Constant(ir.VectorType(WORD, 2), ir.Undefined)
        for i in range(2):
            pair = builder.insert_element(pair, arguments[2], ir.IntType(32)(i))
        builder.store(pair, builder.bitcast(place, pair.type.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(target, types.intp, types.uint64), generate


@_emitted
def gather_bits(typing: Any, target: Any, to: Any, source: Any, start: Any, step: Any) -> Any:
    """Put the bits of one byte of ``N_PIXELS`` pixels together, at ``target[to]`` and on.

    Row ``k`` of 8, at ``source[start + k * step]``, holds bit ``k`` of all of them, the first
    pixel in the lowest bit.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        rows = []
        place = arguments[3]
        for _ in range(BITS):
            pointer = _at(context, builder, kinds[2], arguments[2], place)
            rows.append(builder.load(builder.bitcast(pointer, WIDE.as_pointer()), align=1))
            place = builder.add(place, arguments[4])
        some = functools.reduce(builder.or_, rows)
        some = builder.bitcast(some, ir.IntType(N_PIXELS))
        zeros = ir.Constant(BYTES, None)
        before = builder.block
        # Counts are small: for most pixels all bits above the lowest byte are 0.
        with builder.if_then(builder.icmp_unsigned("!=", some, some.type(0))):
            made = _interleaved(builder, _transposed(builder, rows))
            after = builder.block
        either = [builder.phi(BYTES) for _ in made]
        for value, row in zip(either, made, strict=True):
            value.add_incoming(zeros, before)
            value.add_incoming(row, after)
        for number, value in enumerate(either):
            for lane in range(LANES):
                index = builder.add(arguments[1], INDEX((lane * BITS + number) * LANE))
                pointer = _at(context, builder, kinds[0], arguments[0], index)
                _store_lane(builder, value, lane, pointer)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp), generate


@_emitted
def join_bytes(typing: Any, pixels: Any, to: Any, source: Any) -> Any:
    """Make ``N_PIXELS`` pixels, from ``pixels[to]`` on, of their bytes.

    ``source`` holds the lowest bytes of all of them, then the second lowest, and so on.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        size = pixels.dtype.bitwidth // BITS
        first = builder.mul(arguments[1], INDEX(size))
        for start in range(0, N_PIXELS, LANE * LANES):
            groups = []
            for number in range(size):
                index = INDEX(number * N_PIXELS + start)
                pointer = _at(context, builder, kinds[2], arguments[2], index)
                pointer = builder.bitcast(pointer, BYTES.as_pointer())
                groups.append([builder.load(pointer, align=1)])
            unit = 1
            while len(groups) > 1:  # single bytes to pairs, pairs to fours
                pairs = zip(groups[::2], groups[1::2], strict=True)
                groups = [
                    [
                        half
                        for a, b in zip(*pair, strict=True)
                        for half in _mixed(builder, a, b, unit)
                    ]
                    for pair in pairs
                ]
                unit *= 2
            for number, part in enumerate(groups[0]):
                for lane in range(LANES):
                    index = builder.add(first, INDEX((start + lane * LANE) * size + number * LANE))
                    pointer = _at(context, builder, kinds[0], arguments[0], index)
                    _store_lane(builder, part, lane, pointer)
        return context.get_dummy_value()

    return types.void(pixels, types.intp, source), generate


def _store_lane(builder: Any, value: Any, lane: int, pointer: Any) -> None:
    part = _shuffled(builder, value, value, range(lane * LANE, (lane + 1) * LANE))
    builder.store(part, builder.bitcast(pointer, part.type.as_pointer()), align=1)


def _transposed(builder: Any, rows: Sequence[Any]) -> list[Any]:
    """Exchange the bits of 8 rows: bit ``i`` of a byte of row ``k`` with bit ``k`` of row ``i``."""
    rows = list(rows)

    def constant(number: int) -> Any:
        return ir.Constant(WIDE, [number] * WIDE.count)

    for distance, mask in ((4, 0x0F), (2, 0x33), (1, 0x55)):
        masks = constant(int.from_bytes(bytes([mask] * BITS), "little"))
        for k in range(BITS):
            if k & distance:
                continue
            upper = builder.lshr(rows[k], constant(distance))
            change = builder.and_(builder.xor(upper, rows[k + distance]), masks)
            rows[k + distance] = builder.xor(rows[k + distance], change)
            rows[k] = builder.xor(rows[k], builder.shl(change, constant(distance)))
    return rows


def _interleaved(builder: Any, rows: Sequence[Any]) -> list[Any]:
    """Put the bytes of 8 rows into the order in which the rows are read down and not across.

    Within each lane; row ``i`` of the result then has the bytes number ``2 i`` and ``2 i + 1`` of
    all rows.
    """
    blocks = [[builder.bitcast(row, BYTES) for row in rows]]
    for _ in range(3):
        mixed = []
        for block in blocks:
            half = len(block) // 2
            pairs = [_mixed(builder, block[i], block[i + half], 1) for i in range(half)]
            mixed += [list(each) for each in zip(*pairs, strict=True)]
        blocks = mixed
    return [row for (row,) in blocks]


def _mixed(builder: Any, a: Any, b: Any, unit: int) -> tuple[Any, Any]:
    """Take units of bytes from two rows in turn, within each lane: its first half, its second."""
    lower = [
        byte + row
        for lane in range(0, LANE * LANES, LANE)
        for at in range(lane, lane + LANE // 2, unit)
        for row in (0, LANE * LANES)
        for byte in range(at, at + unit)
    ]
    upper = [index + LANE // 2 for index in lower]
    return _shuffled(builder, a, b, lower), _shuffled(builder, a, b, upper)


def _shuffled(builder: Any, a: Any, b: Any, order: Sequence[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(order)), list(order))
    return builder.shuffle_vector(a, b, mask)
