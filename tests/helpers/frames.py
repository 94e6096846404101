"""Image files packed by hand, byte by byte, from the specifications of their formats."""

import struct
from pathlib import Path

import numpy as np

COMMENTS = (
    "# Pixel_size 172e-6 m x 172e-6 m\r\n# Exposure_time 0.5000000 s\r\n# Tau = 0 s\r\n"
    "# Threshold_setting: 4000 eV\r\n# 2014/May/21 13:04:52.123\r\n"
)
KINDS = {"u": 1, "i": 2, "f": 3}
EDF_TYPES = {
    "i1": "SignedByte", "u1": "UnsignedByte", "i2": "SignedShort", "u2": "UnsignedShort",
    "i4": "SignedInteger", "u4": "UnsignedInteger", "i8": "Signed64", "u8": "Unsigned64",
    "f4": "FloatValue", "f8": "DoubleValue",
}  # fmt: skip


def tiff_bytes(image=None, *, order="<", big=False, rows_per_strip=None, gap=0, tags=(), page=1):
    """Pack a TIFF; ``tags`` of ``(tag, type, count, bytes)`` replace or join the usual ones.

    ``page`` copies of the directory are chained; ``gap`` bytes stand between the strips.
    """
    if image is None:
        image = np.arange(12, dtype="i4").reshape(3, 4)
    rows, columns = image.shape
    per_strip = rows_per_strip or rows
    strips = [
        image[row : row + per_strip].astype(image.dtype.newbyteorder(order)).tobytes()
        for row in range(0, rows, per_strip)
    ]
    inline, pointer, short = (8, "Q", "Q") if big else (4, "I", "H")
    head = 16 if big else 8
    offsets = [head + sum(len(s) + gap for s in strips[:i]) for i in range(len(strips))]
    pixels = (b"\xee" * gap).join(strips)

    def longs(*numbers):
        return struct.pack(f"{order}{len(numbers)}I", *numbers)

    def shorts(number):
        return struct.pack(order + "H", number)

    entries = {
        256: (4, 1, longs(columns)),
        257: (4, 1, longs(rows)),
        258: (3, 1, shorts(8 * image.itemsize)),
        259: (3, 1, shorts(1)),
        262: (3, 1, shorts(1)),
        273: (4, len(strips), longs(*offsets)),
        277: (3, 1, shorts(1)),
        278: (4, 1, longs(per_strip)),
        279: (4, len(strips), longs(*map(len, strips))),
        339: (3, 1, shorts(KINDS[image.dtype.kind])),
    }
    for tag, kind, count, raw in tags:
        entries[tag] = (kind, count, raw)
    directory = head + len(pixels) + len(pixels) % 2
    magic = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    if big:
        magic += struct.pack(order + "HH", 8, 0)
    blob = bytearray(magic + struct.pack(order + pointer, directory))
    blob += pixels.ljust(directory - head, b"\0")
    for number in range(page):
        here = len(blob)
        size = struct.calcsize(order + short) + len(entries) * (4 + 2 * inline)
        size += struct.calcsize(order + pointer)
        far = bytearray()
        block = bytearray(struct.pack(order + short, len(entries)))
        for tag, (kind, count, raw) in sorted(entries.items()):
            block += struct.pack(order + "HH" + pointer, tag, kind, count)
            if len(raw) <= inline:
                block += raw.ljust(inline, b"\0")
            else:
                block += struct.pack(order + pointer, here + size + len(far))
                far += raw
        following = here + size + len(far) if number + 1 < page else 0
        blob += block + struct.pack(order + pointer, following) + far
    return bytes(blob)


def byte_offset(values):
    """Compress as CBF's byte-offset scheme is described, slowly and without numpy."""
    packed = bytearray()
    last = 0
    for value in map(int, values):
        step, last = value - last, value
        for width in (1, 2, 4, 8):
            limit = 1 << (8 * width - 1)
            if -limit < step < limit:
                packed += step.to_bytes(width, "little", signed=True)
                break
            packed += (-limit).to_bytes(width, "little", signed=True)
    return bytes(packed)


def cbf_bytes(image=None, *, comments=COMMENTS, packed=None, **changed):
    """Pack a CBF as Pilatus detectors write it; ``changed`` replaces lines of the binary header."""
    if image is None:
        image = np.arange(12, dtype="i4").reshape(3, 4)
    packed = byte_offset(image.ravel()) if packed is None else packed
    sign = "unsigned" if image.dtype.kind == "u" else "signed"
    lines = {
        "Content-Type": 'application/octet-stream;\r\n     conversions="x-CBF_BYTE_OFFSET"',
        "Content-Transfer-Encoding": "BINARY",
        "X-Binary-Size": len(packed),
        "X-Binary-ID": 1,
        "X-Binary-Element-Type": f'"{sign} {8 * image.itemsize}-bit integer"',
        "X-Binary-Element-Byte-Order": "LITTLE_ENDIAN",
        "X-Binary-Number-of-Elements": image.size,
        "X-Binary-Size-Fastest-Dimension": image.shape[1],
        "X-Binary-Size-Second-Dimension": image.shape[0],
        "X-Binary-Size-Padding": 4095,
    }
    lines |= {key.replace("_", "-"): value for key, value in changed.items()}
    section = "".join(f"{key}: {value}\r\n" for key, value in lines.items() if value is not None)
    text = (
        "###CBF: VERSION 1.5, CBFlib v0.7.8 - SLS/DECTRIS PILATUS detectors\r\n\r\n"
        "data_image\r\n\r\n"
        '_array_data.header_convention "PILATUS_1.2"\r\n_array_data.header_contents\r\n;\r\n'
        f"{comments};\r\n\r\n_array_data.data\r\n;\r\n"
        f"--CIF-BINARY-FORMAT-SECTION--\r\n{section}\r\n"
    )
    tail = b"\0" * 4095 + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n\r\n"
    return text.encode() + b"\x0c\x1a\x04\xd5" + packed + tail


def edf_bytes(image=None, *, order="<", **changed):
    """Pack one EDF image; ``changed`` replaces, adds or (``None``) drops keys."""
    if image is None:
        image = np.arange(12, dtype="i4").reshape(3, 4)
    pairs = {
        "HeaderID": "EH:000001:000000:000000",
        "Image": 1,
        "ByteOrder": "LowByteFirst" if order == "<" else "HighByteFirst",
        "DataType": EDF_TYPES[image.dtype.str[1:]],
        "Dim_1": image.shape[1],
        "Dim_2": image.shape[0],
        "Size": image.nbytes,
    }
    pairs |= changed
    lines = (f"{key} = {value} ;\n" for key, value in pairs.items() if value is not None)
    header = ("{\n" + "".join(lines)).encode()
    header = header.ljust(-(-(len(header) + 2) // 512) * 512 - 2) + b"}\n"
    return header + image.astype(image.dtype.newbyteorder(order)).tobytes()


def reader_of(data):
    """Read bytes as ``describe`` functions ask for them."""
    return lambda offset, count: data[offset : offset + count]


def stored(folder: Path, data: bytes, name: str = "image") -> Path:
    """Write bytes into a file."""
    path = folder / name
    path.write_bytes(data)
    return path
