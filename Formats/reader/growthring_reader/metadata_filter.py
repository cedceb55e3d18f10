"""Filters of metadata (encodings.md, "Filter of metadata")."""

import json
import re
from struct import pack

from .conventions import page_reference
from .encodings import key_filter
from .xxh3 import M64, xxh3_64

NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?", re.ASCII)
LARGEST_EXPONENT = 10 ** 15
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Spelled(str):
    """A number in its spelling."""


def spelled(text):
    """A string as canonical JSON spells it between the quotes."""
    return "".join(SHORT.get(c) or (c if c > "\x1f" else "\\u%04x" % ord(c)) for c in text)


def pointer_part(key):
    return "/~2" if key == "*" else "/" + key.replace("~", "~0").replace("/", "~1")


def walk(value, path=""):
    """All paths but that of the outermost object, and with each its value where it is a scalar, else None."""
    if isinstance(value, dict):
        parts = [(pointer_part(spelled(key)), member) for key, member in value.items()]
    elif isinstance(value, list):
        parts = [("/*", member) for member in value]
    else:
        return
    for part, member in parts:
        if isinstance(member, (dict, list)):
            yield path + part, None
            yield from walk(member, path + part)
        elif isinstance(member, Spelled):
            yield path + part, str(member)
        elif isinstance(member, str):
            yield path + part, spelled(member)
        else:
            yield path + part, {None: "null", True: "true", False: "false"}[member]


def form(text):
    """The bytes that stand for a value: the same for all spellings of a number."""
    match = NUMBER.fullmatch(text)
    if not match:
        return text.encode()
    sign, whole, fraction, exponent = match.groups()
    digits = whole + (fraction or "")
    first = len(digits) - len(digits.lstrip("0"))
    significant = digits.strip("0")
    if not significant:
        return b"#\0" + bytes(8)
    written = int(exponent or 0)
    written = max(-LARGEST_EXPONENT, min(LARGEST_EXPONENT, written))
    return b"#" + bytes([sign == "-"]) + pack("<q", len(whole) - first + written) + significant.encode()


def path_hash(path):
    return xxh3_64(path.encode(), 0)


def open_hash(path):
    return path_hash(path) ^ 0x9E3779B97F4A7C15


def value_hash(path, value):
    return xxh3_64(form(value), path_hash(path))


def read_filter(r, page):
    """What a footer says of the filter of a row group or slice; None where there is none. `page` reads a page."""
    start = r.position
    mark = r.u8()
    if mark > 2:
        raise r.error("kind %d of a filter of metadata is not known" % (mark - 1), start)
    if mark == 0:
        return None
    reference = page_reference(r)
    if reference.codec != 0 or mark == 1 and (reference.stored % 32 or reference.stored == 0):
        raise r.error("the filter of metadata is not stored as whole blocks without a codec", start)
    data = page(reference, "the filter of metadata")
    return key_filter(data.data, mark - 1, data)


class MetadataCheck:
    """Remembers what was found in a filter, so that frequent values cost nothing."""

    def __init__(self, filter):
        self.filter = filter
        self.known = set()

    def missing(self, text):
        """The path of which something is not in the filter, or None. `text` is canonical, as bytes."""
        if not text or self.filter is None:
            return None
        decoded = json.loads(text.decode(), parse_int=Spelled, parse_float=Spelled)
        for path, value in walk(decoded):
            if (path, value) in self.known:
                continue
            if not self.filter.may_contain(path_hash(path)):
                return path
            if value is not None and not self.filter.may_contain(value_hash(path, value)) \
                    and not self.filter.may_contain(open_hash(path)):
                return path
            self.known.add((path, value))
        return None
