"""Conventions of all formats (conventions.md): numbers, checksums, headers, versions, references, ids, limits."""

import json
from collections import namedtuple
from struct import Struct

from .errors import FormatError, MissingModule
from .xxh3 import M64, xxh3_64

READER_VERSION = 1  # of stores, and of all files but those below
HEADER_LENGTH = 32
TRAILER_LENGTH = 48
MAX_RAW = 1 << 30
MAX_METADATA = 1 << 20
MAX_NESTING = 64  # objects and arrays
MIN_TIME = -62135596800000000
MAX_TIME = 253402300799999999
DAY = 86400 * 1000000

MAGIC_LOG = b"GRLOG001"
MAGIC_SEGMENT = b"GRSEG001"
MAGIC_RUN = b"GRRUN001"
MAGIC_MANIFEST = b"GRMAN001"
MAGIC_KEYS = b"GRKEY001"
MAGIC_ARCHIVE = b"GRARC001"
MAGIC_UNITS = b"GRUNIT01"
MAGIC_UNIT_ARCHIVE = b"GRARU001"
NEWER_READER_VERSIONS = {MAGIC_LOG: 3, MAGIC_SEGMENT: 4, MAGIC_RUN: 2, MAGIC_MANIFEST: 4, MAGIC_ARCHIVE: 3,
                         MAGIC_UNITS: 2, MAGIC_UNIT_ARCHIVE: 2}

_U16 = Struct("<H")
_U32 = Struct("<I")
_U64 = Struct("<Q")
_I64 = Struct("<q")

# users, entities in stored form, other texts as UTF-8 bytes; event_id as an unsigned 128-bit number
Event = namedtuple("Event", "user entity entity_type dimension created_at event_id delta source scope metadata")

PageReference = namedtuple("PageReference", "offset stored raw codec checksum")


def signed64(v):
    v &= M64
    return v - (1 << 64) if v >> 63 else v


class ByteReader:
    """Reads bytes of a file within limits. `base` is where data begins in the file; with `inside` (the data was
    decompressed, or is otherwise not at base + position) an offset in an error is that of the page."""

    def __init__(self, data, file, base=0, inside=False, position=0, end=None):
        self.data = data
        self.file = file
        self.base = base
        self.inside = inside
        self.position = position
        self.end = len(data) if end is None else end

    def error(self, reason, position=None):
        if position is None:
            position = self.position
        if self.inside:
            return FormatError(self.file, self.base, "%s (byte %d of the page's raw bytes)" % (reason, position))
        return FormatError(self.file, self.base + position, reason)

    def remaining(self):
        return self.end - self.position

    def take(self, count):
        at = self.position
        if count > self.end - at:
            raise self.error("%d bytes expected, %d left" % (count, self.end - at))
        self.position = at + count
        return self.data[at:at + count]

    def _unpack(self, layout):
        at = self.position
        if layout.size > self.end - at:
            raise self.error("%d bytes expected, %d left" % (layout.size, self.end - at))
        self.position = at + layout.size
        return layout.unpack_from(self.data, at)[0]

    def u8(self):
        return self.take(1)[0]

    def u16(self):
        return self._unpack(_U16)

    def u32(self):
        return self._unpack(_U32)

    def u64(self):
        return self._unpack(_U64)

    def i64(self):
        return self._unpack(_I64)

    def i128(self):
        return int.from_bytes(self.take(16), "little", signed=True)

    def varint(self):
        start = at = self.position
        data, end = self.data, self.end
        value = shift = 0
        while True:
            if at >= end:
                raise self.error("a varint goes beyond the end", start)
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift == 70:
                raise self.error("a varint of more than 10 bytes", start)
        if value > M64:
            raise self.error("a varint above 64 bits", start)
        self.position = at
        return value

    def svarint(self):
        v = self.varint()
        return (v >> 1) ^ -(v & 1)

    def string(self, limit=MAX_RAW):
        start = self.position
        length = self.varint()
        if length > limit:
            raise self.error("a string of %d bytes, at most %d allowed" % (length, limit), start)
        return self.take(length)

    def text(self, limit=MAX_RAW):
        start = self.position
        raw = self.string(limit)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self.error("a text is not UTF-8", start) from None

    def finish(self, what):
        if self.position != self.end:
            raise self.error("%d bytes left over after %s" % (self.end - self.position, what))


class BinaryFile:
    """The bytes of a file with its header verified."""

    def __init__(self, data, file, magic):
        self.data = data
        self.file = file
        if len(data) < HEADER_LENGTH:
            raise FormatError(file, len(data), "the file ends in its header")
        if data[:8] != magic:
            raise FormatError(file, 0, "magic %r expected, %r found" % (magic, bytes(data[:8])))
        self.version, self.oldest_reader = _U16.unpack_from(data, 8)[0], _U16.unpack_from(data, 10)[0]
        self.file_id = _U64.unpack_from(data, 16)[0]
        if _U64.unpack_from(data, 24)[0] != xxh3_64(data[:24], self.file_id):
            raise FormatError(file, 24, "the checksum of the file header does not match")
        newest = NEWER_READER_VERSIONS.get(magic, READER_VERSION)
        if self.oldest_reader > newest:
            raise FormatError(file, 10, "the file needs a reader of version %d, this one is of version %d"
                              % (self.oldest_reader, newest))
        if self.version < 1 or self.oldest_reader < 1 or self.oldest_reader > self.version:
            raise FormatError(file, 8, "versions %d and %d cannot be" % (self.version, self.oldest_reader))
        if _U32.unpack_from(data, 12)[0] != 0:
            raise FormatError(file, 12, "a reserved field is not 0")

    def error(self, offset, reason):
        return FormatError(self.file, offset, reason)

    def verify(self, offset, length, checksum, what):
        """The bytes at an offset, if they are in the file and pass their checksum."""
        if offset < HEADER_LENGTH or offset + length > len(self.data):
            raise self.error(offset, "%s of %d bytes lies outside of the file" % (what, length))
        stored = self.data[offset:offset + length]
        if xxh3_64(stored, (self.file_id + offset) & M64) != checksum:
            raise self.error(offset, "the checksum of %s does not match" % what)
        return stored

    def page(self, reference, what):
        """A reader of the raw bytes of a page."""
        if reference.codec == 0 and reference.raw != reference.stored:
            raise self.error(reference.offset, "%s: raw length differs from the stored one without a codec" % what)
        if reference.raw > MAX_RAW:
            raise self.error(reference.offset, "%s: raw length %d is above the limit" % (what, reference.raw))
        stored = self.verify(reference.offset, reference.stored, reference.checksum, what)
        raw = decompress(stored, reference.codec, reference.raw, self.file, reference.offset)
        return ByteReader(raw, self.file, reference.offset, inside=reference.codec != 0)

    def trailer(self):
        """The reader of the footer page, its reference, and the trailer's offset (segment.md)."""
        at = len(self.data) - TRAILER_LENGTH
        if at < HEADER_LENGTH:
            raise self.error(len(self.data), "the file has no trailer")
        words = Struct("<6Q").unpack_from(self.data, at)
        if xxh3_64(self.data[at:at + 40], (self.file_id + at) & M64) != words[5]:
            raise self.error(at, "the checksum of the trailer does not match")
        reference = PageReference(*words[:5])
        if reference.offset + reference.stored != at:
            raise self.error(at, "the footer page does not lie right before the trailer")
        return self.page(reference, "the footer page"), reference, at


def page_reference(reader):
    start = reader.position
    offset, stored, raw = reader.varint(), reader.varint(), reader.varint()
    codec, checksum = reader.u8(), reader.u64()
    if codec > 2:
        raise reader.error("codec %d is not known" % codec, start)
    if raw > MAX_RAW:
        raise reader.error("raw length %d is above the limit" % raw, start)
    return PageReference(offset, stored, raw, codec, checksum)


def decompress(stored, codec, raw_length, file, offset, dictionary=None):
    """The raw bytes of a page: exactly raw_length of them. `dictionary` is one of Zstandard."""
    if raw_length > MAX_RAW:
        raise FormatError(file, offset, "raw length %d is above the limit" % raw_length)
    if codec == 0:
        raw = bytes(stored)
    elif codec == 1:
        raw = _lz4(bytes(stored), raw_length, file, offset)
    elif codec == 2:
        raw = _zstandard(bytes(stored), raw_length, file, offset, dictionary)
    else:
        raise FormatError(file, offset, "codec %d is not known" % codec)
    if len(raw) != raw_length:
        raise FormatError(file, offset, "%d raw bytes expected, %d found" % (raw_length, len(raw)))
    return raw


def _lz4(stored, raw_length, file, offset):
    try:
        import lz4.block
    except ImportError:
        raise MissingModule("%s has pages in LZ4: install lz4" % file) from None
    if raw_length == 0:  # an empty block is one token of no literals
        if stored == b"\0":
            return b""
        raise FormatError(file, offset, "an LZ4 block does not decompress to nothing")
    if raw_length > 255 * len(stored):  # beyond what LZ4 can do; refused before memory is taken for it
        raise FormatError(file, offset, "an LZ4 block of %d bytes for %d raw bytes" % (len(stored), raw_length))
    try:
        return lz4.block.decompress(stored, uncompressed_size=raw_length)
    except (lz4.block.LZ4BlockError, ValueError, OverflowError) as error:
        raise FormatError(file, offset, "an LZ4 block does not decompress: %s" % error) from None


def _zstandard(stored, raw_length, file, offset, dictionary=None):
    try:
        import zstandard
    except ImportError:
        raise MissingModule("%s has pages in Zstandard: install zstandard" % file) from None
    try:
        # one frame and nothing behind it; the output is taken piece by piece, so that it cannot grow without limit
        dictionary = None if dictionary is None else zstandard.ZstdCompressionDict(dictionary)
        decompressor = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=1 << 30).decompressobj()
        pieces, size = [], 0
        for at in range(0, len(stored), 4096):
            if decompressor.eof:
                raise FormatError(file, offset, "bytes follow a Zstandard frame")
            piece = decompressor.decompress(stored[at:at + 4096])
            size += len(piece)
            if size > raw_length:
                raise FormatError(file, offset, "a Zstandard frame is longer than its raw length")
            pieces.append(piece)
        if not decompressor.eof or decompressor.unused_data:
            raise FormatError(file, offset, "not exactly one Zstandard frame")
        return b"".join(pieces)
    except zstandard.ZstdError as error:
        raise FormatError(file, offset, "a Zstandard frame does not decompress: %s" % error) from None


# Identifiers

def id_text(stored):
    """The original spelling of an id in stored form; ValueError where it is none."""
    if not stored:
        raise ValueError("an id without a tag")
    tag, payload = stored[0], bytes(stored[1:])
    if tag == 0:
        if not 1 <= len(payload) <= 255:
            raise ValueError("an id of %d bytes" % len(payload))
        if 0 in payload:
            raise ValueError("an id with NUL")
        text = payload.decode("utf-8")
        if len(payload) == 36 and stored_form(text) != stored:
            raise ValueError("a UUID that is stored as text")
        return text
    if tag in (1, 2):
        if len(payload) != 16:
            raise ValueError("a UUID of %d bytes" % len(payload))
        text = uuid_text(int.from_bytes(payload, "big"))
        if tag == 2:
            if text.upper() == text:
                raise ValueError("a UUID without letters that is stored as upper-case")
            text = text.upper()
        return text
    raise ValueError("an id with tag %d" % tag)


def uuid_text(value):
    h = "%032x" % value
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


def stored_form(text):
    """The stored form of an id's spelling."""
    raw = text.encode("utf-8")
    if len(raw) == 36 and all((c == "-") == (i in (8, 13, 18, 23)) for i, c in enumerate(text)):
        digits = text.replace("-", "")
        if all(c in "0123456789abcdef" for c in digits):
            return b"\x01" + bytes.fromhex(digits)
        if all(c in "0123456789ABCDEF" for c in digits):
            return b"\x02" + bytes.fromhex(digits)
    return b"\x00" + raw


# Limits of an event: each raises ValueError

def check_utf8(raw):
    if 0 in raw:
        raise ValueError("a text with NUL")
    raw.decode("utf-8")


def check_label(raw):
    if not 1 <= len(raw) <= 255:
        raise ValueError("a text of %d bytes, 1 to 255 allowed" % len(raw))
    check_utf8(raw)


def check_source(raw):
    if len(raw) > 255:
        raise ValueError("a source of %d bytes" % len(raw))
    check_utf8(raw)


def check_scope(raw):
    if len(raw) > 1023:
        raise ValueError("a scope of %d bytes" % len(raw))
    check_utf8(raw)
    if raw:
        parts = raw.split(b"/")
        if len(parts) > 16:
            raise ValueError("a scope of %d parts" % len(parts))
        if b"" in parts:
            raise ValueError("a scope with an empty part")


class _Number(str):
    pass


class _Object(list):
    pass


_ESCAPES = {0x22: '\\"', 0x5C: "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
for _code in range(32):
    _ESCAPES.setdefault(_code, "\\u%04x" % _code)


def _constant(name):
    raise ValueError("metadata contains %s" % name)


def _canonical(value, depth=0):
    if isinstance(value, list) and depth >= MAX_NESTING:
        raise ValueError("metadata is nested too deeply")
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, _Object):
        keys = [key.encode("utf-8") for key, _ in value]
        if any(a >= b for a, b in zip(keys, keys[1:])):
            raise ValueError("the keys of metadata do not ascend")
        return "{" + ",".join(_canonical(k) + ":" + _canonical(v, depth + 1) for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_canonical(v, depth + 1) for v in value) + "]"
    if isinstance(value, str):
        return '"' + value.translate(_ESCAPES) + '"'
    return {None: "null", True: "true", False: "false"}[value]


_DECODER = json.JSONDecoder(object_pairs_hook=_Object, parse_float=_Number, parse_int=_Number,
                            parse_constant=_constant)


def check_metadata(raw):
    if not raw:
        return
    if len(raw) > MAX_METADATA:
        raise ValueError("metadata of %d bytes" % len(raw))
    check_utf8(raw)
    text = raw.decode("utf-8")
    try:
        value = _DECODER.decode(text)
        if not isinstance(value, _Object):
            raise ValueError("metadata is not an object")
        if _canonical(value) != text:
            raise ValueError("metadata is not canonical")
    except RecursionError:
        raise ValueError("metadata is nested too deeply") from None


# users, entities, entity types, dimensions, sources, scopes, metadata
TEXT_COLUMNS = ("user", "entity", "entity type", "dimension", "source", "scope", "metadata")
TEXT_CHECKS = (id_text, id_text, check_label, check_label, check_source, check_scope, check_metadata)


def check_texts(column, strings, reader):
    check = TEXT_CHECKS[column]
    for raw in strings:
        try:
            check(raw)
        except ValueError as error:
            raise reader.error("%s: %s" % (TEXT_COLUMNS[column], error)) from None


def check_times(values, reader):
    if values and (min(values) < MIN_TIME or max(values) > MAX_TIME):
        raise reader.error("a created_at outside of the years 0001 to 9999")


# Hashes of keys

def user_hash(stored, hash_seed):
    return xxh3_64(bytes(stored), hash_seed)


def key_hash(event_id, hash_of_user):
    product = ((event_id >> 64) ^ hash_of_user) * ((event_id & M64) ^ 0x9E3779B97F4A7C15)
    return (product & M64) ^ (product >> 64)


def is_version_7(event_id):
    return (event_id >> 76) & 15 == 7 and (event_id >> 62) & 3 == 2


def decimal(millionths):
    """The shortest decimal of a number of millionths."""
    sign = "-" if millionths < 0 else ""
    whole, part = divmod(abs(millionths), 1000000)
    return sign + str(whole) + (".%06d" % part).rstrip("0").rstrip(".")
