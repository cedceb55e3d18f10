"""Statistics of metadata (encodings.md, "Statistics of metadata")."""

import json
import re
from collections import namedtuple
from datetime import date, timedelta

from .conventions import MAX_TIME, MIN_TIME, page_reference
from .metadata_filter import LARGEST_EXPONENT, NUMBER, Spelled, walk

MOST_PATHS = 256
LONGEST_PATH = 4096
LOWEST, HIGHEST = -1 << 63, (1 << 63) - 1
DAY = 86400 * 10 ** 6
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
                  r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
                  re.ASCII)

Statistics = namedtuple("Statistics", "paths is_complete")  # paths: {path: (numbers, times)}, each (smallest, largest) or None
NOTHING = Statistics({}, True)


def number(text):
    """A number in millionths, rounded down and up as statistics have it; None where the text is none."""
    match = NUMBER.fullmatch(text)
    if not match:
        return None
    sign, whole, fraction, exponent = match.groups()
    digits = (whole + (fraction or "")).lstrip("0")
    if not digits:
        return 0, 0
    exponent = max(-LARGEST_EXPONENT, min(LARGEST_EXPONENT, int(exponent or 0)))
    power = exponent + 6 - len(fraction or "")
    before = len(digits) + power  # so many digits stand before the point, in millionths
    if before > 20:
        low = high = HIGHEST + 1
    elif before <= 0:
        low, high = 0, 1
    else:
        low = int(digits[:before].ljust(before, "0"))
        high = low + (digits[before:].strip("0") != "")
    if sign:
        low, high = -high, -low
    return min(max(low, LOWEST), HIGHEST - 1), max(min(high, HIGHEST), LOWEST + 1)


def moment(text):
    """A time in microseconds since 1970; None where the text is none."""
    match = TIME.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        days = (date(int(year), int(month), int(day)) - date(1970, 1, 1)) // timedelta(days=1)
    except ValueError:
        return None
    hour, minute, second = int(hour or 0), int(minute or 0), int(second or 0)
    fraction = (fraction or "").ljust(9, "0")
    if hour > 23 or minute > 59 or second > 59 or fraction[6:] != "000":
        return None
    offset = 0
    if zone and zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
        if hours > 23 or minutes > 59:
            return None
        offset = (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
    time = days * DAY + ((hour * 60 + minute - offset) * 60 + second) * 10 ** 6 + int(fraction[:6])
    return time if MIN_TIME <= time <= MAX_TIME else None


def _bounds(ranges):
    ranges = [r for r in ranges if r is not None]
    return (min(r[0] for r in ranges), max(r[1] for r in ranges)) if ranges else None


def of_texts(texts):
    """{path: (numbers, times)} of canonical texts, as bytes."""
    values = {}
    for text in texts:
        for path, value in walk(json.loads((text or b"{}").decode(), parse_int=Spelled, parse_float=Spelled)):
            if value is not None:
                values.setdefault(path, set()).add(value)
    found = {}
    for path, some in values.items():
        times = [(t, t) for t in map(moment, some) if t is not None]
        kinds = _bounds(map(number, some)), _bounds(times)
        if kinds != (None, None):
            found[path] = kinds
    return found


def read_statistics(r, page):
    """What a footer says of statistics; None where nothing is known. `page` reads a page."""
    start = r.position
    mark = r.u8()
    if mark > 2:
        raise r.error("%d is no mark of statistics of metadata" % mark, start)
    if mark != 1:
        return NOTHING if mark == 2 else None
    p = page(page_reference(r), "statistics of metadata")
    is_complete, count = p.u8(), p.varint()
    if is_complete > 1 or count > MOST_PATHS:
        raise p.error("%d paths of statistics, mark %d" % (count, is_complete))
    paths, last = {}, None
    for _ in range(count):
        start = p.position
        path, kinds = p.string(LONGEST_PATH), p.u8()
        if last is not None and path <= last or not 1 <= kinds <= 3:
            raise p.error("paths of statistics do not ascend, or have values of other kinds", start)
        last = path
        ranges = []
        for kind in (1, 2):
            smallest, span = (p.svarint(), p.varint()) if kinds & kind else (None, None)
            ranges.append((smallest, smallest + span) if kinds & kind else None)
        numbers, times = ranges
        if numbers and (numbers[0] == HIGHEST or numbers[1] == LOWEST or numbers[1] > HIGHEST) or \
                times and not MIN_TIME <= times[0] <= times[1] <= MAX_TIME:
            raise p.error("bounds that no value has", start)
        paths[path.decode()] = numbers, times
    p.finish("the statistics of metadata")
    return Statistics(paths, is_complete == 1)


def untrue(statistics, texts):
    """A path of which the statistics do not say what is so of all texts together; None where all is so."""
    if statistics is None:
        return None
    found = of_texts(texts)
    for path, kinds in statistics.paths.items():
        if found.get(path) != kinds:
            return path
    if statistics.is_complete:
        for path in found:
            if path not in statistics.paths:
                return path
    return None
