"""A small writer of the formats for the tests, from the documents. It chooses encodings at random where it may."""

import json
import os
import random
import re
import struct

from growthring_reader.metadata_filter import Spelled, open_hash, path_hash, value_hash, walk
from growthring_reader.metadata_statistics import of_texts
from growthring_reader.xxh3 import M64, xxh3_64

DAY = 86400 * 1000000


def varint(v):
    assert 0 <= v <= M64
    out = bytearray()
    while v >= 0x80:
        out.append(v & 0x7F | 0x80)
        v >>= 7
    out.append(v)
    return bytes(out)


def svarint(v):
    return varint(((v << 1) ^ (v >> 63)) & M64)


def string(b):
    return varint(len(b)) + b


def signed(v):
    v &= M64
    return v - (1 << 64) if v >= 1 << 63 else v


def checksum(file_id, offset, data):
    return xxh3_64(bytes(data), (file_id + offset) & M64)


def header(magic, file_id, version=1, oldest=1, reserved=0):
    head = magic + struct.pack("<HHIQ", version, oldest, reserved, file_id)
    return head + struct.pack("<Q", checksum(file_id, 0, head))


# encodings

def constant(values):
    return b"\0" + svarint(values[0] if values else 0)


def packed(values, scale=None, width=None):
    base = min(values) if values else 0
    gaps = [v - base for v in values]
    if scale is None:
        scale = 1
    gaps = [v // scale for v in gaps]
    need = max(gaps).bit_length() if gaps else 0
    if width is None:
        width = need if need <= 56 else 64
    assert width >= need
    bits = 0
    for i, v in enumerate(gaps):
        bits |= v << (i * width)
    data = bits.to_bytes((len(values) * width + 7) // 8, "little")
    return struct.pack("<BBHIqQ", 1, width, 0, 0, base, scale) + data + bytes(8)


def delta(values):
    gaps = [signed(b - a) for a, b in zip(values, values[1:])]
    inner = constant(gaps) if len(set(gaps)) <= 1 else packed(gaps)
    return b"\2" + svarint(values[0]) + inner


def runs(values):
    firsts, ends = [], []
    for i, v in enumerate(values):
        if firsts and firsts[-1] == v:
            ends[-1] = i + 1
        else:
            firsts.append(v)
            ends.append(i + 1)
    return b"\3" + varint(len(firsts)) + packed(firsts) + delta(ends)


def bits(values, width):
    word = 0
    for i, v in enumerate(values):
        word |= v << (i * width)
    return word.to_bytes((len(values) * width + 7) // 8, "little")


def marked_runs(values):
    marks = [int(i == 0 or v != values[i - 1]) for i, v in enumerate(values)]
    firsts = [v for v, mark in zip(values, marks) if mark]
    return b"\4" + varint(len(firsts)) + packed(firsts) + bits(marks, 1) + bytes(8)


def blocks(values):
    parts = [values[at:at + 256] for at in range(0, len(values), 256)]
    bases = [min(p) for p in parts]
    widths = [max(v - b for v in p).bit_length() for p, b in zip(parts, bases)]
    widths = [w if w <= 56 else 64 for w in widths]
    return (b"\5" + struct.pack("<Q", 1) + packed(bases) + bytes(widths)
            + b"".join(bits([v - b for v in p], w) for p, b, w in zip(parts, bases, widths)) + bytes(8))


def segment_integers(values, rng):
    if values and rng.random() < 0.4:
        return rng.choice((marked_runs, blocks))(values)
    return integers(values, rng)


def lists_by_class(values, classes, count, longest):
    """Some values of each class, to be the frequent ones."""
    lists = [[] for _ in range(count)]
    for v, c in zip(values, classes):
        if v not in lists[c] and len(lists[c]) < longest:
            lists[c].append(v)
    return lists


def model(lists, rng):
    return segment_integers([len(x) for x in lists], rng) + segment_integers(sum(lists, []), rng)


def conditioned(values, classes, lists, rng, width, new=None):
    """A conditioned page and the next new value; new is None where the column does not count up."""
    other = (1 << width) - 1
    start, fresh = new, 0
    numbers, others, directory = [], [], b""
    for row, (v, c) in enumerate(zip(values, classes)):
        if row and row % 512 == 0:
            directory += struct.pack("<H", len(others)) + (b"" if new is None else struct.pack("<H", fresh))
        if new is not None and v == start + fresh:
            numbers.append(other - 1)
            fresh += 1
        elif v in lists[c]:
            numbers.append(lists[c].index(v))
        else:
            numbers.append(other)
            others.append(v)
    page = bytes([6, width, new is not None]) + (b"" if new is None else svarint(new))
    page += varint(len(others)) + segment_integers(others, rng) + directory + bits(numbers, width) + bytes(8)
    return page, None if new is None else start + fresh


def templates(strings, rng):
    """A page of templates: of each string a random division, of some the whole."""
    shapes, numbers, columns = {}, [], {}
    for s in strings:
        pieces = [s]
        if b":" in s and rng.random() < 0.8:
            head, tail = s.split(b":", 1)
            pieces = [head + b":", tail, b""]
        holes = tuple(b"/path" for _ in pieces[1::2])
        literals = tuple(pieces[0::2])
        numbers.append(shapes.setdefault((literals, holes), len(shapes)))
        for path, value in zip(holes, pieces[1::2]):
            columns.setdefault(path, []).append(value)
    paths = sorted(columns)
    out = b"\2" + varint(len(strings)) + varint(len(paths)) + b"".join(map(string, paths)) + varint(len(shapes))
    for literals, holes in shapes:
        out += varint(len(holes)) + b"".join(varint(paths.index(h)) for h in holes) + b"".join(map(string, literals))
    out += segment_integers(numbers, rng)
    for path in paths:
        values = columns[path]
        if all(re.fullmatch(rb"0|-?[1-9]\d{0,17}", v) for v in values):
            out += b"\1" + segment_integers([int(v) for v in values], rng)
        else:
            texts = sorted(set(values))
            out += b"\0" + dictionary(texts, rng) + segment_integers([texts.index(v) for v in values], rng)
    return out


def text_page(strings, rng):
    ids = [int.from_bytes(s[1:], "big") for s in strings]
    versions = {(len(s), s[:1], (i >> 76) & 15, (i >> 62) & 3) for s, i in zip(strings, ids)}
    if len(versions) == 1 and len(strings[0]) == 17 and (ids[0] >> 62) & 3 == 2:
        out = b"\1" + varint(len(strings)) + strings[0][:1] + bytes([(ids[0] >> 76) & 15])
        out += segment_integers([i >> 80 for i in ids], rng)
        out += segment_integers([((i >> 64) & 0xFFF) << 6 | (i >> 56) & 63 for i in ids], rng)
        return out + segment_integers([i & ((1 << 56) - 1) for i in ids], rng)
    if rng.random() < 0.5:
        return templates(strings, rng)
    return b"\0" + dictionary(strings, rng)


def integers(values, rng):
    choices = [packed]
    if len(set(values)) <= 1:
        choices.append(constant)
    if values:
        choices += [delta, runs]
    return rng.choice(choices)(values)


def event_ids(ids, times, rng):
    v7 = all((i >> 76) & 15 == 7 and (i >> 62) & 3 == 2 for i in ids)
    if not v7 or rng.random() < 0.3:
        return b"\0" + integers([signed(i >> 64) for i in ids], rng) + integers([signed(i) for i in ids], rng)
    residual = [(i >> 80) - t // 1000 for i, t in zip(ids, times)]
    high = [((i >> 64) & 0xFFF) * 64 + ((i >> 56) & 63) for i in ids]
    low = [i & ((1 << 56) - 1) for i in ids]
    return b"\1" + integers(residual, rng) + integers(high, rng) + integers(low, rng)


def dictionary(strings, rng):
    return varint(len(strings)) + integers([len(s) for s in strings], rng) + b"".join(strings)


def compress(raw, codec):
    if codec == 1:
        import lz4.block
        return lz4.block.compress(raw, store_size=False)
    if codec == 2:
        import zstandard
        return zstandard.ZstdCompressor().compress(raw)
    return raw


SALT = (0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31)


def key_filter(hashes):
    blocks = max(1, (len(hashes) * 10 + 255) // 256)
    words = [0] * (8 * blocks)
    for h in hashes:
        block = ((h >> 32) * blocks) >> 32
        for i in range(8):
            words[8 * block + i] |= 1 << (((h & 0xFFFFFFFF) * SALT[i] % (1 << 32)) >> 27)
    return struct.pack("<%dI" % len(words), *words)


def fuse_filter(hashes, width, log=3):
    """Found by trying seeds and peeling."""
    count = max(1, (len(hashes) * 5 // 4 >> log) + 2)
    for seed in range(1000):
        rows = []
        for h in hashes:
            x = (h + seed * 0x9E3779B97F4A7C15) & M64
            x = ((x ^ x >> 33) * 0xFF51AFD7ED558CCD) & M64
            x = ((x ^ x >> 33) * 0xC4CEB9FE1A85EC53) & M64
            x ^= x >> 33
            y = (x * 0x9E3779B97F4A7C15) & M64
            first = x * (count << log) >> 64
            rows.append(([first] + [first + (i << log) ^ (y >> 18 * i - 10) & (1 << log) - 1 for i in (1, 2, 3)],
                         (x ^ x >> 32) & (1 << width) - 1))
        open_rows, settled = list(rows), []
        while open_rows:
            uses = [0] * ((count + 3) << log)
            for places, _ in open_rows:
                for p in places:
                    uses[p] += 1
            alone, taken = [], set()
            for row in open_rows:
                place = next((p for p in row[0] if uses[p] == 1), None)
                if place is not None and place not in taken:
                    taken.add(place)
                    alone.append((row, place))
            if not alone:
                break
            settled += alone
            done = [row for row, _ in alone]
            open_rows = [row for row in open_rows if row not in done]
        if not open_rows:
            table = [0] * ((count + 3) << log)
            for (places, fingerprint), place in reversed(settled):
                table[place] = 0
                for p in places:
                    fingerprint ^= table[p]
                table[place] = fingerprint
            return struct.pack("<BBHIQ", log, width, 0, seed, count) + bits(table, width) + bytes(8)


def key_hash(event, seed):
    p = ((event["id"] >> 64) ^ xxh3_64(event["user"], seed)) * ((event["id"] & M64) ^ 0x9E3779B97F4A7C15)
    return (p & M64) ^ (p >> 64)


# files

class Writer:
    def __init__(self, magic, file_id, rng, codecs=(0,), version=1):
        self.file_id, self.rng, self.codecs, self.version = file_id, rng, codecs, version
        self.out = bytearray(header(magic, file_id, version, version))

    def page(self, raw, codec=None, align=1):
        """Appends a page; returns its reference."""
        if codec is None:
            codec = self.rng.choice(self.codecs)
        self.out += bytes(-len(self.out) % align)
        offset = len(self.out)
        stored = compress(raw, codec)
        self.out += stored
        self.last = (offset, len(stored), len(raw), codec, checksum(self.file_id, offset, stored))
        return (varint(offset) + varint(len(stored)) + varint(len(raw)) + bytes([codec])
                + struct.pack("<Q", self.last[4]))

    def finish(self, footer):
        self.page(footer)
        trailer = struct.pack("<5Q", *self.last)
        trailer += struct.pack("<Q", checksum(self.file_id, len(self.out), trailer))
        self.out += trailer
        return bytes(self.out)


COLUMNS = ("user", "entity", "type", "dim", "source", "scope", "metadata")


def section(events, rng):
    out = varint(len(events))
    codes = []
    for c in COLUMNS:
        strings = []
        for e in events:
            if e[c] not in strings:
                strings.append(e[c])
        out += dictionary(strings, rng)
        codes.append([strings.index(e[c]) for e in events])
    for values in codes:
        out += integers(values, rng)
    times = [e["time"] for e in events]
    out += integers(times, rng) + event_ids([e["id"] for e in events], times, rng)
    return out + integers([e["delta"] for e in events], rng)


def frame(file_id, offset, sequence, parts, rng, codecs=(0,), durable=None):
    """parts: {partition: events}, or None for the partition: a section of any partitions; durable is the frame before
    unless it is given"""
    table, body = b"", b""
    start = offset + 48 + 32 * len(parts)
    for p in sorted(parts, key=lambda p: p or 0):
        raw = section(parts[p], rng)
        codec = rng.choice(codecs)
        stored = compress(raw, codec)
        table += struct.pack("<6IQ", p or 0, len(parts[p]), len(stored), len(raw), codec, 2 if p is None else 1,
                             checksum(file_id, start + len(body), stored))
        body += stored
    head = struct.pack("<IIQqIIQ", 0x4D465247, len(parts), sequence, 1700000000000000 + sequence,
                       sum(map(len, parts.values())), 48 + len(table) + len(body),
                       sequence - 1 if durable is None else durable) + table
    return head + struct.pack("<Q", checksum(file_id, offset, head)) + body


def log(file_id, first, frames, rng, codecs=(0,)):
    out = header(b"GRLOG001", file_id)
    for i, parts in enumerate(frames):
        out += frame(file_id, len(out), first + i, parts, rng, codecs)
    return out


def sort_key(e):
    return e["user"], e["entity"], e["type"], e["dim"], e["time"], e["id"]


def row_pages(w, name, values, columns, sizes, rng):
    """References of a column's pages of rows and, before them, of the model in version 2."""
    numbers, count, new = values, 0, None
    if w.version < 2:
        return b"".join(w.page(integers(part, rng)) for part in split(values, sizes))
    if not columns or rng.random() < 0.4:
        return b"\0" + b"".join(w.page(segment_integers(part, rng)) for part in split(values, sizes))
    condition = rng.randrange(len(columns))
    classes, count = columns[condition]
    width = rng.randrange(2, 5)
    if name == "metadata" and rng.random() < 0.7:
        new = 0
    lists = lists_by_class(values, classes, count, rng.randrange(0, (1 << width) - 2))
    out = bytes([condition + 1]) + w.page(model(lists, rng))
    for part, of_part in zip(split(numbers, sizes), split(classes, sizes)):
        if rng.random() < 0.8:
            page, new = conditioned(part, of_part, lists, rng, width, new)
        else:
            page = segment_integers(part, rng)
            if new is not None:
                new = max(new, max(part) + 1)
        out += w.page(page)
    return out


def split(values, sizes):
    at = 0
    for n in sizes:
        yield values[at:at + n]
        at += n


def metadata_filter(w, texts, rng):
    """What an entry says of its filter: none, or one of either kind, in which some paths are open."""
    hashes = set()
    is_open = {}
    for text in texts:
        for path, value in walk(json.loads(text or b"{}", parse_int=Spelled, parse_float=Spelled)):
            hashes.add(path_hash(path))
            if value is not None:
                hashes.add(open_hash(path) if is_open.setdefault(path, rng.random() < 0.3) else value_hash(path, value))
    if rng.random() < 0.3:
        return b"\0"
    fuse = fuse_filter(sorted(hashes), 8) if len(hashes) < 200 and rng.random() < 0.5 else None
    return bytes([1 + (fuse is not None)]) + w.page(fuse or key_filter(sorted(hashes)), codec=0)


def metadata_statistics(w, texts, rng):
    """What an entry says of its statistics: nothing, a page of all paths or of some, or that there are none."""
    found = sorted((path.encode(), kinds) for path, kinds in of_texts(texts).items())
    if rng.random() < 0.3:
        return b"\0"
    if not found and rng.random() < 0.5:
        return b"\2"
    some = [entry for entry in found if rng.random() < 0.8] if rng.random() < 0.3 else found
    page = bytes([some == found]) + varint(len(some))
    for path, kinds in some:
        page += string(path) + bytes([sum(1 << i for i in (0, 1) if kinds[i])])
        for smallest, largest in filter(None, kinds):
            page += svarint(smallest) + varint(largest - smallest)
    return b"\1" + w.page(page)


def segment(file_id, events, seed, rng, codecs=(0,), group_rows=65536, dictionary_rows=3, version=1):
    events = sorted(events, key=sort_key)
    w = Writer(b"GRSEG001", file_id, rng, codecs, version)
    form = integers if version < 2 else segment_integers
    groups = []
    for at in range(0, len(events), group_rows):
        rows = events[at:at + group_rows]
        pages = [rows[i:i + 4096] for i in range(0, len(rows), 4096)]
        head = b""
        columns = []
        for c in COLUMNS:
            numbers = {}
            for e in rows:
                numbers.setdefault(e[c], len(numbers))
            strings = list(numbers)
            firsts = list(range(0, len(strings), dictionary_rows))
            head += varint(len(strings)) + varint(len(firsts))
            for f in firsts:
                head += varint(f) + w.page((dictionary if version < 2 else text_page)(strings[f:f + dictionary_rows], rng))
            codes = [numbers[e[c]] for e in rows]
            head += row_pages(w, c, codes, columns, list(map(len, pages)), rng)
            columns.append((codes, len(strings)))
        for page in pages:
            times = [e["time"] for e in page]
            head += w.page(form(times, rng)) + svarint(min(times)) + svarint(max(times))
        for page in pages:
            head += w.page(event_ids([e["id"] for e in page], [e["time"] for e in page], rng))
        head += row_pages(w, "delta", [e["delta"] for e in rows], columns, list(map(len, pages)), rng)
        times = [e["time"] for e in rows]
        groups.append(varint(len(rows)) + w.page(head) + string(rows[0]["user"]) + string(rows[0]["entity"])
                      + string(rows[-1]["user"]) + string(rows[-1]["entity"])
                      + svarint(min(times)) + svarint(max(times))
                      + (metadata_filter(w, {e["metadata"] for e in rows}, rng) if version >= 3 else b"")
                      + (metadata_statistics(w, {e["metadata"] for e in rows}, rng) if version >= 4 else b""))
    hashes = [key_hash(e, seed) for e in events]
    fuse = fuse_filter(hashes, rng.randrange(5, 10)) if version >= 2 and len(hashes) < 200 and rng.random() < 0.5 else None
    filter_page = w.page(fuse or key_filter(hashes), codec=0)
    if version >= 2:
        filter_page += bytes([fuse is not None])
    times = [e["time"] for e in events]
    footer = b"" if version < 2 else b"\0"
    footer += varint(len(events)) + svarint(min(times)) + svarint(max(times)) + filter_page
    footer += varint(len(groups)) + b"".join(groups)
    v7 = [e["id"] for e in events if (e["id"] >> 76) & 15 == 7 and (e["id"] >> 62) & 3 == 2]
    days = sorted({(i >> 80) * 1000 // DAY for i in v7})
    footer += bytes([len(v7) < len(events)]) + varint(len(days))
    for i, d in enumerate(days):
        footer += svarint(d) if i == 0 else varint(d - days[i - 1])
    footer += varint(1) + string(b"delta") + varint(10)
    return w.finish(footer), len(events), min(times), max(times)


def aggregate(events):
    """{rollup: {(group, item, a text, b text or day): [score, count, first, last]}}"""
    out = {1: {}, 2: {}, 3: {}, 4: {}}

    def add(rollup, key, e):
        x = out[rollup].setdefault(key, [0, 0, e["time"], e["time"]])
        x[:] = [x[0] + e["delta"], x[1] + 1, min(x[2], e["time"]), max(x[3], e["time"])]

    for e in events:
        day = e["time"] // DAY
        add(1, (e["user"], e["entity"], e["type"], e["dim"]), e)
        add(2, (e["user"], b"", e["dim"], 0), e)
        add(3, (e["user"], b"", e["dim"], day), e)
        parts = e["scope"].split(b"/") if e["scope"] else []
        for n in range(1, len(parts) + 1):
            add(4, (b"/".join(parts[:n]), b"", e["dim"], day), e)
    return out


def block(entries):
    """entries: sorted (group, item, a, b, score, count, first, last, reset)"""
    groups, items = [], []
    for i, e in enumerate(entries):
        if not groups or groups[-1][0] != e[0]:
            groups.append((e[0], len(items)))
            items.append((e[1], i))
        elif items[-1][0] != e[1]:
            items.append((e[1], i))
    n, g, m = len(entries), len(groups), len(items)
    base = [min(e[k] for e in entries) for k in (2, 3, 4, 6)]
    base_span = min(e[7] - e[6] for e in entries)
    scale = 1
    if all((e[4] - base[2]) % 1000 == 0 for e in entries):
        scale = 1000
    rows = [(e[2] - base[0], e[3] - base[1], (e[4] - base[2]) // scale, e[5] - 1, e[6] - base[3],
             e[7] - e[6] - base_span, e[8]) for e in entries]
    widths = [max(r[k] for r in rows).bit_length() for k in range(7)]
    record = sum(widths)
    bits = at = 0
    for r in rows:
        for value, w in zip(r, widths):
            bits |= value << at
            at += w
    group_keys = b"".join(k for k, _ in groups)
    item_keys = b"".join(k for k, _ in items)
    same = {len(k) for k, _ in items}
    item_length = same.pop() if len(same) == 1 and len(items[0][0]) < 255 else 255
    starts = [0]
    table = b""
    for k, first in groups:
        table += struct.pack("<II", starts[-1], first)
        starts.append(starts[-1] + len(k))
    table += struct.pack("<II", starts[-1], m)
    item_table = b""
    if item_length == 255:
        start = 0
        for k, first in items:
            item_table += struct.pack("<II", start, first)
            start += len(k)
        item_table += struct.pack("<II", start, n)
    else:
        item_table = struct.pack("<%dH" % (m + 1), *([f for _, f in items] + [n]))
    at_items = 88 + len(table)
    at_item_keys = at_items + len(item_table)
    at_group_keys = at_item_keys + len(item_keys)
    at_records = at_group_keys + len(group_keys)
    head = struct.pack("<4I7BBII", n, g, m, record, *widths, item_length, base[0], base[1])
    head += base[2].to_bytes(16, "little", signed=True)
    head += struct.pack("<QqQ4I", scale, base[3], base_span, at_items, at_item_keys, at_group_keys, at_records)
    assert len(head) == 88
    return head + table + item_table + item_keys + group_keys + bits.to_bytes((n * record + 7) // 8, "little") + bytes(8)


def pair_hash(user, entity):
    h = 0
    for key in (user, entity):
        h ^= (len(key) * 0x9E3779B97F4A7C15) & M64
        words, rest = divmod(len(key), 8)
        for word in struct.unpack_from("<%dQ" % words, key):
            product = (h ^ word ^ 0xA0761D6478BD642F) * 0xE7037ED1A0B428DB
            h = (product ^ product >> 64) & M64
        product = (h ^ int.from_bytes(key[len(key) - rest:], "big")) * 0x8EBC6AF09C88C6E3
        h = (product ^ product >> 64) & M64
    return h


def pair_tables(w, blocks, rng):
    """The footer's part of them; several where that can be, of any number of slots."""
    parts, known = [], set()
    for block in blocks:
        pairs = list(dict.fromkeys((e[0], e[1]) for e in block))
        if not parts or pairs[0] not in known and rng.random() < 0.5:
            parts.append([])
        first = {}
        for number, e in enumerate(block):
            first.setdefault((e[0], e[1]), number)
        parts[-1].append([(p, pairs.index(p), first[p]) for p in pairs if p not in known])
        known.update(pairs)
    footer = varint(len(parts))
    for part in parts:
        count = sum(map(len, part))
        slots = [None] * (count + rng.randrange(1, 2000))
        for number, pairs in enumerate(part):
            for pair, item, entry in pairs:
                h = pair_hash(*pair)
                at = (h >> 32) * len(slots) // (1 << 32)
                while slots[at] is not None:
                    at = (at + 1) % len(slots)
                slots[at] = entry + (item << 16) + (number << 32) + (min(h % 4096, 4094) << 52)
        slots = [M64 if slot is None else slot for slot in slots]
        w.out += bytes(-len(w.out) % 64)
        head = struct.pack("<Q", len(w.out))
        for i in range(0, len(slots), 512):
            data = struct.pack("<%dQ" % len(slots[i:i + 512]), *slots[i:i + 512])
            head += struct.pack("<Q", checksum(w.file_id, len(w.out), data))
            w.out += data
        footer += varint(len(part)) + varint(count) + varint(len(slots)) + w.page(head, codec=0)
    return footer


def run(file_id, tables, rng, codecs=(0,), block_entries=4, reset=(), version=2):
    """reset: (rollup, key) of entries with the flag"""
    w = Writer(b"GRRUN001", file_id, rng, codecs, version)
    pairs = varint(0)
    footer = varint(len(tables))
    total = 0
    for rollup in sorted(tables):
        table = tables[rollup]
        strings = set()
        for key in table:
            strings.add(key[2])
            if rollup == 1:
                strings.add(key[3])
        strings = sorted(strings)
        entries = []
        for key, x in table.items():
            b = strings.index(key[3]) if rollup == 1 else 0 if rollup == 2 else key[3] + (1 << 31)
            entries.append((key[0], key[1], strings.index(key[2]), b) + tuple(x) + (int((rollup, key) in reset),))
        entries.sort()
        total += len(entries)
        blocks = [entries[i:i + block_entries] for i in range(0, len(entries), block_entries)]
        offsets, body = b"", b""
        for rows in blocks:
            w.page(block(rows), codec=0, align=8)
            e = rows[0]
            offsets += struct.pack("<I", 8 + 4 * len(blocks) + len(body))
            body += struct.pack("<QIIQIIHH", w.last[0], w.last[1], len(rows), w.last[4], e[2], e[3], len(e[0]),
                                len(e[1])) + e[0] + e[1]
        if rollup == 1 and version == 2 and rng.random() < 0.8:
            pairs = pair_tables(w, blocks, rng)
        index = w.page(struct.pack("<II", len(blocks), 0) + offsets + body, codec=0, align=8)
        footer += varint(rollup) + varint(len(entries)) + varint(len(blocks)) + index
        footer += w.page(dictionary(strings, rng))
    return w.finish(footer + (pairs if version == 2 else b"")), total


def manifest(file_id, partition, number, flushed, segments, run_entries):
    payload = varint(partition) + varint(number) + varint(flushed) + varint(len(segments))
    for segment_id, length, rows, level, smallest, largest, tier in segments:
        payload += struct.pack("<Q", segment_id) + varint(length) + varint(rows) + varint(level)
        payload += svarint(smallest) + svarint(largest) + varint(tier)
    payload += varint(len(run_entries))
    for run_id, length, entries, level in run_entries:
        payload += struct.pack("<Q", run_id) + varint(length) + varint(entries) + varint(level)
    payload += varint(0)
    return header(b"GRMAN001", file_id) + payload + struct.pack("<Q", checksum(file_id, 32, payload))


# events and stores

USERS = ("ann", "0e1b9c1e-97f1-4c7b-8a52-111111111111", "0E1B9C1E-97F1-4C7B-8A52-11111111111A",
         "0e1B9c1e-97f1-4c7b-8a52-111111111111", "zoé", "12345678-1234-1234-1234-123456789012")
STORED = {
    "ann": b"\0ann", "zoé": "\0zoé".encode(),
    USERS[1]: b"\x01" + bytes.fromhex("0e1b9c1e97f14c7b8a52111111111111"),
    USERS[2]: b"\x02" + bytes.fromhex("0e1b9c1e97f14c7b8a5211111111111a"),
    USERS[3]: b"\0" + USERS[3].encode(),
    USERS[5]: b"\x01" + bytes.fromhex("12345678123412341234123456789012"),
}


def make_events(n, rng, v4=True):
    events = []
    for _ in range(n):
        time = 1700000000000000 + rng.randrange(5 * DAY)
        bits = rng.getrandbits(128)
        if v4 and rng.random() < 0.1:
            event_id = bits & ~(0xF << 76) & ~(3 << 62) | 4 << 76 | 2 << 62
        else:
            ms = time // 1000 + rng.randrange(-3, 100)
            event_id = ms << 80 | 7 << 76 | (bits >> 64 & 0xFFF) << 64 | 2 << 62 | bits & ((1 << 62) - 1)
        events.append({
            "user": STORED[rng.choice(USERS)], "entity": b"\0e%d" % rng.randrange(8), "type": rng.choice((b"song", b"film")),
            "dim": rng.choice((b"depth", b"breadth", "größe".encode())), "time": time, "id": event_id,
            "delta": rng.choice((-1, 1, 250000, 1000000, -(1 << 63), (1 << 63) - 1, 0)),
            "source": rng.choice((b"", b"app")), "scope": rng.choice((b"", b"a", b"a/b", b"a/b/c", b"a/d")),
            "metadata": rng.choice((b"", b'{"a":[1.50,true,null],"b":"\\n\\u001f\\""}',
                                    b'{"at":"2026-11-01T12:30:00.5+02:00","n":-25e-8}')),
        })
    return events


def store_json(partitions, seed):
    content = {"format": "growthring", "version": 1, "oldest_reader": 1, "partitions": partitions,
               "hash_seed": "%016x" % seed, "created_at": "2024-01-01T00:00:00Z"}
    text = "\n".join(map(str, content.values()))
    return dict(content, checksum="%016x" % xxh3_64(text.encode(), 0), unknown="ignored")


def write_store(path, rng, n=120, partitions=2, codecs=(0,), seed=0xFEEDFACE12345678):
    """A store with two segments and two runs a partition (one with reset entries), covered and uncovered frames."""
    os.makedirs(os.path.join(path, "log"))
    with open(os.path.join(path, "store.json"), "w") as f:
        json.dump(store_json(partitions, seed), f)

    def write(name, data):
        with open(os.path.join(path, name), "wb") as f:
            f.write(data)

    events = make_events(n, rng)
    by_frame = [events[i::6] for i in range(6)]

    def divided(rows):
        parts = {}
        for e in rows:
            parts.setdefault(xxh3_64(e["user"], seed) % partitions, []).append(e)
        return parts

    frames = [divided(rows) for rows in by_frame]
    write("log/%016x.log" % 3, log(0xFFFFFFFFFFFFFFF0, 3, frames[2:5], rng, codecs))
    write("log/%016x.log" % 6, log(12, 6, frames[5:], rng, codecs) + b"GRFM torn")
    for p in range(partitions):
        folder = "partitions/%02x/" % p
        os.makedirs(os.path.join(path, folder))
        segments, run_entries, all_rows = [], [], []
        for k, indices in enumerate(((0, 1), (2, 3))):
            rows = [e for i in indices for e in frames[i].get(p, [])]
            if not rows:
                continue
            all_rows += rows
            segment_id, run_id = 1000 * p + 10 + k, (1 << 63) + 1000 * p + k
            data, count, smallest, largest = segment(segment_id, rows, seed, rng, codecs, group_rows=7)
            write(folder + "segment-%016x.seg" % segment_id, data)
            segments.append((segment_id, len(data), count, k, smallest, largest, k))
            tables, reset = aggregate(rows), set()
            if k:  # some entries as full values
                full = aggregate(all_rows)
                for rollup in tables:
                    for key in tables[rollup]:
                        if rng.random() < 0.3:
                            tables[rollup][key] = full[rollup][key]
                            reset.add((rollup, key))
            data, count = run(run_id, tables, rng, codecs, reset=reset)
            write(folder + "run-%016x.run" % run_id, data)
            run_entries.append((run_id, len(data), count, k))
        write(folder + "manifest-%016x.manifest" % 1, manifest(77, p, 1, 2, [], []))
        write(folder + "manifest-%016x.manifest" % 2, manifest(78, p, 2, 4, segments, run_entries))
    return events
