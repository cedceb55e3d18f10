"""Integer pages, event id pages, dictionary pages and the filter of keys (encodings.md)."""

from array import array
from itertools import accumulate
from struct import unpack_from
import sys

from .conventions import page_reference, signed64
from .xxh3 import M64

CONSTANT, PACKED, DELTA, RUNS, MARKED_RUNS, BLOCKS, CONDITIONED = range(7)
VERSION_1 = (CONSTANT, PACKED, DELTA, RUNS)
FLAT = (CONSTANT, PACKED, DELTA)
ALL = (CONSTANT, PACKED, DELTA, RUNS, MARKED_RUNS, BLOCKS)
BLOCK = 256
DIRECTORY_STEP = 512
MAX_MODEL_VALUES = 65536
MAX_PAGE_VALUES = 1 << 20
MAX_PAGE_LENGTH = 1 << 26
MAX_PATH = 1 << 16
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


def _padding(reader, what):
    if reader.take(8) != b"\0\0\0\0\0\0\0\0":
        raise reader.error("the 8 bytes after %s are not 0" % what, reader.position - 8)


def integer_page(reader, n, allowed=VERSION_1):
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
        _padding(reader, "packed values")
        if scale != 1:
            return _wrapped([base + scale * v for v in packed])
        return _wrapped([base + v for v in packed])
    if encoding == DELTA:
        if n < 1:
            raise reader.error("a delta page of no values", start)
        first = reader.svarint()
        return _wrapped(list(accumulate([first] + integer_page(reader, n - 1, (CONSTANT, PACKED)))))
    if encoding == BLOCKS:
        return _blocks(reader, n, start)
    count = reader.varint()
    if not 1 <= count <= n:
        raise reader.error("%d runs for %d values" % (count, n), start)
    if encoding == MARKED_RUNS:
        values = integer_page(reader, count, FLAT)
        marks = unpack_bits(reader, n, 1)
        _padding(reader, "marks")
        if marks[0] != 1 or sum(marks) != count:
            raise reader.error("%d marks for %d runs, or none at the first value" % (sum(marks), count), start)
        return [values[run - 1] for run in accumulate(marks)]
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


def _blocks(reader, n, start):
    if n < 1:
        raise reader.error("a page of blocks of no values", start)
    scale = reader.u64()
    if scale == 0:
        raise reader.error("a scale of 0", start)
    sizes = [min(BLOCK, n - at) for at in range(0, n, BLOCK)]
    bases = integer_page(reader, len(sizes), FLAT)
    widths = [reader.u8() for _ in sizes]
    values = []
    for size, base, width in zip(sizes, bases, widths):
        if width > 56 and width != 64:
            raise reader.error("a width of %d bits" % width, start)
        values += [base + scale * v for v in unpack_bits(reader, size, width)]
    _padding(reader, "blocks")
    return _wrapped(values)


def model_page(reader, classes):
    """The lists of frequent values of all classes."""
    start = reader.position
    lengths = integer_page(reader, classes, ALL)
    if min(lengths) < 0 or max(lengths) > 255 or sum(lengths) > MAX_MODEL_VALUES:
        raise reader.error("the lists of a model are longer than allowed", start)
    values = integer_page(reader, sum(lengths), ALL)
    lists = []
    at = 0
    for length in lengths:
        lists.append(values[at:at + length])
        at += length
        if len(set(lists[-1])) != length:
            raise reader.error("a value stands twice in a list of a model", start)
    return lists


def rows_page(reader, classes, lists):
    """The values of an integer page or a conditioned page of rows; lists is None where there is no model."""
    start = reader.position
    n = len(classes)
    if lists is None or reader.data[start:start + 1] != bytes([CONDITIONED]):
        return integer_page(reader, n, ALL)
    reader.u8()
    width, counts_up = reader.u8(), reader.u8()
    if not 1 <= width <= 8 or counts_up > 1:
        raise reader.error("a conditioned page of width %d and kind %d" % (width, counts_up), start)
    new = reader.svarint() if counts_up else None
    count = reader.varint()
    if count > n:
        raise reader.error("%d other values for %d rows" % (count, n), start)
    others = integer_page(reader, count, ALL)
    directory = [(reader.u16(), reader.u16() if counts_up else 0) for _ in range(DIRECTORY_STEP, n, DIRECTORY_STEP)]
    numbers = unpack_bits(reader, n, width)
    _padding(reader, "numbers")
    other = (1 << width) - 1
    values = []
    used = fresh = 0
    for row, number in enumerate(numbers):
        if row and row % DIRECTORY_STEP == 0 and directory[row // DIRECTORY_STEP - 1] != (used, fresh):
            raise reader.error("the directory of a conditioned page is not true", start)
        if number == other:
            if used == count:
                raise reader.error("more other values than there are", start)
            values.append(others[used])
            used += 1
        elif counts_up and number == other - 1:
            values.append(new + fresh)
            fresh += 1
        else:
            values_of_class = lists[classes[row]]
            if number >= len(values_of_class):
                raise reader.error("a number beyond the values of its class", start)
            values.append(values_of_class[number])
    if used != count:
        raise reader.error("%d other values, of which %d are used" % (count, used), start)
    return _wrapped(values)


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


def text_page(reader, expected, most=MAX_PAGE_VALUES):
    """The byte strings of a text page; at most so many where their number is not expected."""
    start = reader.position
    form = reader.u8()
    if form == 0:
        strings = dictionary_page(reader, expected)
        if expected is None and len(strings) > most:
            raise reader.error("%d strings, at most %d expected" % (len(strings), most), start)
        return strings
    if form not in (1, 2):
        raise reader.error("form %d of a text page is not known" % form, start)
    count = reader.varint()
    if count > most if expected is None else count != expected:
        raise reader.error("%d strings expected, %d found" % (most if expected is None else expected, count), start)
    strings = _uuids(reader, count, start) if form == 1 else _templates(reader, count, start)
    if len(set(strings)) != count:
        raise reader.error("the strings of a dictionary are not distinct", start)
    return strings


def _uuids(reader, count, start):
    lead, version = reader.u8(), reader.u8()
    if version > 15:
        raise reader.error("version %d of UUIDs" % version, start)
    parts = []
    for bits in (48, 18, 56):
        values = integer_page(reader, count, ALL)
        if count and (min(values) < 0 or max(values) >= 1 << bits):
            raise reader.error("a part of a UUID does not fit %d bits" % bits, start)
        parts.append(values)
    return [bytes([lead]) + (a << 80 | version << 76 | (b >> 6) << 64 | 2 << 62 | (b & 63) << 56 | c).to_bytes(16, "big")
            for a, b, c in zip(*parts)]


def _templates(reader, count, start):
    columns = reader.varint()
    if columns > reader.remaining():
        raise reader.error("%d columns do not fit" % columns, start)
    paths = [reader.string(MAX_PATH) for _ in range(columns)]
    if len(set(paths)) != columns:
        raise reader.error("a path stands twice", start)
    templates = []
    templates_count = reader.varint()
    if templates_count > reader.remaining():
        raise reader.error("%d templates do not fit" % templates_count, start)
    for _ in range(templates_count):
        holes = reader.varint()
        if holes > reader.remaining():
            raise reader.error("%d holes do not fit" % holes, start)
        of_holes = [reader.varint() for _ in range(holes)]
        if any(column >= columns for column in of_holes):
            raise reader.error("a hole for no column", start)
        templates.append((of_holes, [reader.string(MAX_PAGE_LENGTH) for _ in range(holes + 1)]))
    numbers = integer_page(reader, count, ALL)
    if count and (min(numbers) < 0 or max(numbers) >= len(templates)):
        raise reader.error("a template that is not there", start)
    if sum(len(templates[n][0]) for n in numbers) > MAX_PAGE_VALUES:
        raise reader.error("more values than a page may hold", start)
    sizes = [0] * columns
    for n in numbers:
        for column in templates[n][0]:
            sizes[column] += 1
    values = []
    for size in sizes:
        kind = reader.u8()
        if kind == 0:
            texts = dictionary_page(reader)
            codes = integer_page(reader, size, ALL)
            if size and (min(codes) < 0 or max(codes) >= len(texts)):
                raise reader.error("a value that is not there", start)
            values.append(iter([texts[code] for code in codes]))
        elif kind == 1:
            values.append(iter([b"%d" % number for number in integer_page(reader, size, ALL)]))
        else:
            raise reader.error("kind %d of a column of values is not known" % kind, start)
    strings = []
    length = 0
    for n in numbers:
        of_holes, literals = templates[n]
        parts = [literals[0]]
        for column, literal in zip(of_holes, literals[1:]):
            parts += [next(values[column]), literal]
        strings.append(b"".join(parts))
        length += len(strings[-1])
        if length > MAX_PAGE_LENGTH:
            raise reader.error("more text than a page may hold", start)
    return strings


SALT = (0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31)


def key_filter(data, kind, reader):
    if kind == 0:
        return KeyFilter(data)
    return FuseFilter(data, reader)


def read_key_filter(r, page, has_kind=True):
    """The filter of keys that a footer refers to, and the reference; `page` gives pages."""
    start = r.position
    reference = page_reference(r)
    kind = r.u8() if has_kind else 0
    if kind > 1:
        raise r.error("kind %d of a filter is not known" % kind, start)
    if reference.codec != 0 or kind == 0 and (reference.stored % 32 or reference.stored == 0):
        raise r.error("the filter is not stored as whole blocks without a codec", start)
    found = page(reference, "the filter page")
    return key_filter(found.data, kind, found), reference


class FuseFilter:
    """A binary fuse filter over key hashes."""

    def __init__(self, data, reader):
        if len(data) < 24:
            raise reader.error("a fuse filter of %d bytes" % len(data))
        self.log, self.width, reserved, self.seed, self.segments = unpack_from("<BBHIQ", data)
        if self.log > 18 or not 1 <= self.width <= 32 or reserved or not 1 <= self.segments <= 1 << 32:
            raise reader.error("the header of a fuse filter makes no sense")
        count = (self.segments + 3) << self.log
        if len(data) != 16 + (count * self.width + 7) // 8 + 8 or data[-8:] != b"\0\0\0\0\0\0\0\0":
            raise reader.error("a fuse filter of %d bytes is not as long as it says, or has no padding" % len(data))
        self.data = data

    def description(self):
        return "fuse filter, %d fingerprints of %d bits" % ((self.segments + 3) << self.log, self.width)

    def field(self, index):
        bit = index * self.width
        word = int.from_bytes(self.data[16 + bit // 8:24 + bit // 8], "little")
        return (word >> bit % 8) & ((1 << self.width) - 1)

    def may_contain(self, h):
        x = (h + self.seed * 0x9E3779B97F4A7C15) & M64
        x = ((x ^ x >> 33) * 0xFF51AFD7ED558CCD) & M64
        x = ((x ^ x >> 33) * 0xC4CEB9FE1A85EC53) & M64
        x ^= x >> 33
        y = (x * 0x9E3779B97F4A7C15) & M64
        length = 1 << self.log
        first = (x * (self.segments << self.log)) >> 64
        found = self.field(first)
        for i in (1, 2, 3):
            found ^= self.field((first + i * length) ^ ((y >> (18 * i - 10)) & (length - 1)))
        return found == (x ^ x >> 32) & ((1 << self.width) - 1)


class KeyFilter:
    """A split-block Bloom filter over key hashes."""

    def __init__(self, data):
        self.blocks = len(data) // 32
        self.words = unpack_from("<%dI" % (8 * self.blocks), data)

    def description(self):
        return "%d blocks" % self.blocks

    def may_contain(self, h):
        at = 8 * (((h >> 32) * self.blocks) >> 32)
        x = h & 0xFFFFFFFF
        words = self.words
        for i, salt in enumerate(SALT):
            if not words[at + i] >> ((x * salt & 0xFFFFFFFF) >> 27) & 1:
                return False
        return True
