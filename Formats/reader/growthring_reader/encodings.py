"""Integer pages, event id pages, dictionary pages and the filter of keys (encodings.md)."""

from array import array
from itertools import accumulate
from struct import unpack_from
import sys

from .conventions import signed64
from .xxh3 import M64

CONSTANT, PACKED, DELTA, RUNS = range(4)
_WORDS = {8: "B", 16: "H", 32: "I", 64: "Q"}


def unpack_bits(reader, n, width):
    """n unsigned values of width bits at the reader's position, then zero bits to the byte."""
    length = (n * width + 7) // 8
    data = reader.take(length)
    if width == 0:
        return [0] * n
    if width in _WORDS:
        words = array(_WORDS[width])
        words.frombytes(bytes(data))
        if sys.byteorder == "big":
            words.byteswap()
        return words.tolist()
    if n * width % 8 and data[-1] >> (n * width % 8):
        raise reader.error("the bits after the last packed value are not 0", reader.position - 1)
    values = []
    mask = (1 << width) - 1
    shifts = range(0, 64 * width, width)
    step = 8 * width
    for at in range(0, length, step):
        bits = int.from_bytes(data[at:at + step], "little")
        values += [(bits >> shift) & mask for shift in shifts]
    del values[n:]
    return values


def _wrapped(values):
    if values and (min(values) < -(1 << 63) or max(values) >= 1 << 63):
        return [signed64(v) for v in values]
    return values


def integer_page(reader, n, allowed=(CONSTANT, PACKED, DELTA, RUNS)):
    """The n signed values of an integer page."""
    start = reader.position
    encoding = reader.u8()
    if encoding not in allowed:
        raise reader.error("encoding %d of an integer page is not known, or not allowed here" % encoding, start)
    if encoding == CONSTANT:
        value = reader.svarint()
        if n == 0 and value != 0:
            raise reader.error("a constant page of no values has a value", start)
        return [value] * n
    if encoding == PACKED:
        width = reader.u8()
        if width > 56 and width != 64:
            raise reader.error("a width of %d bits" % width, start)
        if reader.u16() or reader.u32():
            raise reader.error("a reserved field is not 0", start + 2)
        base, scale = reader.i64(), reader.u64()
        if scale == 0:
            raise reader.error("a scale of 0", start)
        packed = unpack_bits(reader, n, width)
        if reader.take(8) != b"\0\0\0\0\0\0\0\0":
            raise reader.error("the 8 bytes after packed values are not 0", reader.position - 8)
        if scale != 1:
            return _wrapped([base + scale * v for v in packed])
        return _wrapped([base + v for v in packed])
    if encoding == DELTA:
        if n < 1:
            raise reader.error("a delta page of no values", start)
        first = reader.svarint()
        return _wrapped(list(accumulate([first] + integer_page(reader, n - 1, (CONSTANT, PACKED)))))
    count = reader.varint()
    if not 1 <= count <= n:
        raise reader.error("%d runs for %d values" % (count, n), start)
    values = integer_page(reader, count, (CONSTANT, PACKED, DELTA))
    ends = integer_page(reader, count, (CONSTANT, PACKED, DELTA))
    result = []
    last = 0
    if ends[-1] != n:
        raise reader.error("the last run does not end at %d" % n, start)
    for value, end in zip(values, ends):
        if not last < end <= n:
            raise reader.error("the ends of runs do not ascend", start)
        result += [value] * (end - last)
        last = end
    return result


def event_id_page(reader, created_at):
    """Event ids as unsigned 128-bit numbers."""
    start = reader.position
    n = len(created_at)
    mode = reader.u8()
    if mode == 0:
        high = integer_page(reader, n)
        low = integer_page(reader, n)
        return [((h & M64) << 64) | (b & M64) for h, b in zip(high, low)]
    if mode != 1:
        raise reader.error("mode %d of an event id page is not known" % mode, start)
    residuals = integer_page(reader, n)
    high = integer_page(reader, n)
    low = integer_page(reader, n)
    times = [r + t // 1000 for r, t in zip(residuals, created_at)]
    if n:
        if min(times) < 0 or max(times) >= 1 << 48:
            raise reader.error("the time of a version 7 id does not fit 48 bits", start)
        if min(high) < 0 or max(high) >= 1 << 18 or min(low) < 0 or max(low) >= 1 << 56:
            raise reader.error("random bits of a version 7 id do not fit", start)
    return [(t << 80) | (7 << 76) | ((h >> 6) << 64) | (2 << 62) | ((h & 63) << 56) | b
            for t, h, b in zip(times, high, low)]


def dictionary_page(reader, expected=None):
    """The byte strings of a dictionary page. They are distinct, which bounds their count by their bytes."""
    start = reader.position
    count = reader.varint()
    if expected is not None and count != expected:
        raise reader.error("%d strings expected, %d found" % (expected, count), start)
    if count > reader.remaining() + 1:
        raise reader.error("%d distinct strings do not fit" % count, start)
    lengths = integer_page(reader, count)
    if count and min(lengths) < 0:
        raise reader.error("a string with a length below 0", start)
    if sum(lengths) > reader.remaining():
        raise reader.error("the strings go beyond the end", start)
    strings = []
    at = reader.position
    data = reader.data
    for length in lengths:
        strings.append(bytes(data[at:at + length]))
        at += length
    reader.position = at
    if len(set(strings)) != count:
        raise reader.error("the strings of a dictionary are not distinct", start)
    return strings


SALT = (0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31)


class KeyFilter:
    """A split-block Bloom filter over key hashes."""

    def __init__(self, data):
        self.blocks = len(data) // 32
        self.words = unpack_from("<%dI" % (8 * self.blocks), data)

    def may_contain(self, h):
        at = 8 * (((h >> 32) * self.blocks) >> 32)
        x = h & 0xFFFFFFFF
        words = self.words
        for i, salt in enumerate(SALT):
            if not words[at + i] >> ((x * salt & 0xFFFFFFFF) >> 27) & 1:
                return False
        return True
