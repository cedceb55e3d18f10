"""Rollup runs (run.md)."""

from collections import namedtuple
from struct import Struct

from .conventions import MAGIC_RUN, BinaryFile, ByteReader, check_label, check_scope, id_text, page_reference
from .encodings import dictionary_page
from .segment import check_coverage
from .xxh3 import M64

ENTITY_GROWTH, USER_GROWTH, DAILY_GROWTH, SCOPE_GROWTH = 1, 2, 3, 4
ROLLUPS = {1: "entity_growth", 2: "user_growth", 3: "daily_growth", 4: "scope_growth"}
DAY_BASE = 1 << 31

# a and b as they are stored; see Section.key
Entry = namedtuple("Entry", "group item a b score count first last reset")

_INDEX_ENTRY = Struct("<QIIQIIHH")
_BLOCK = Struct("<IIII7BBII16sQqQIIII")
_ZERO = b"\0" * 8
_FREE = M64
_SLOTS_OF_CHUNK = 512
_TABLE = namedtuple("Table", "blocks pairs slots head")


class Section:
    def __init__(self, rollup, dictionary, entries):
        self.rollup = rollup
        self.dictionary = dictionary
        self.entries = entries

    def key(self, entry):
        """The key with texts for codes and a day since 1970 for days: (group, item, a, b)."""
        a = self.dictionary[entry.a]
        if self.rollup == ENTITY_GROWTH:
            return entry.group, entry.item, a, self.dictionary[entry.b]
        if self.rollup == USER_GROWTH:
            return entry.group, entry.item, a, 0
        return entry.group, entry.item, a, entry.b - DAY_BASE


class Run:
    def __init__(self, data, file):
        self.file = file
        self.binary = binary = BinaryFile(data, file, MAGIC_RUN)
        self.file_id = binary.file_id
        r, footer, self.trailer_offset = binary.trailer()
        self.pages = [(footer.offset, footer.stored, "the footer page")]
        self.sections = {}
        self.unknown = 0
        self.entries = 0
        last = -1
        heads = []
        for _ in range(r.varint()):
            start = r.position
            rollup, entries, blocks = r.varint(), r.varint(), r.varint()
            index, dictionary = page_reference(r), page_reference(r)
            if rollup <= last:
                raise r.error("rollup numbers do not ascend", start)
            last = rollup
            self.entries += entries
            heads.append((rollup, entries, blocks, index, dictionary))
        self.tables = []
        if binary.version >= 2:
            start = r.position
            for _ in range(r.varint()):
                self.tables.append(_TABLE(r.varint(), r.varint(), r.varint(), page_reference(r)))
            if self.tables and sum(t.blocks for t in self.tables) != sum(h[2] for h in heads if h[0] == ENTITY_GROWTH):
                raise r.error("tables of pairs do not cover all blocks", start)
        r.finish("the footer")
        for head in heads:
            if head[0] in ROLLUPS:
                self.sections[head[0]] = self._section(*head)
            else:
                self.unknown += 1

    def _section(self, rollup, count, blocks, index, dictionary):
        binary = self.binary
        self.pages.append((dictionary.offset, dictionary.stored, "a dictionary page"))
        r = binary.page(dictionary, "a dictionary page")
        strings = dictionary_page(r)
        r.finish("the dictionary")
        if any(a >= b for a, b in zip(strings, strings[1:])):
            raise r.error("the dictionary is not sorted")
        for raw in strings:
            _valid(r.error, check_label, raw)
        if index.codec != 0 or index.offset % 8:
            raise binary.error(index.offset, "an index page with a codec, or not at a multiple of 8")
        self.pages.append((index.offset, index.stored, "an index page"))
        r = binary.page(index, "an index page")
        n = r.u32()
        if n != blocks:
            raise r.error("%d blocks in the index, %d in the footer" % (n, blocks), 0)
        if r.u32():
            raise r.error("a reserved field is not 0", 4)
        offsets = [r.u32() for _ in range(n)] if 4 * n <= r.remaining() else None
        if offsets is None:
            raise r.error("the index goes beyond its page", 0)
        table_end = r.position
        entries = []
        first_entries = []
        for at in offsets:
            if at < table_end or at + _INDEX_ENTRY.size > r.end:
                raise r.error("an index entry lies outside of the page", at)
            offset, length, rows, checksum, a, b, group_length, item_length = _INDEX_ENTRY.unpack_from(r.data, at)
            r.position = at + _INDEX_ENTRY.size
            group, item = r.take(group_length), r.take(item_length)
            if offset % 8:
                raise r.error("a block is not at a multiple of 8", at)
            self.pages.append((offset, length, "a block"))
            stored = binary.verify(offset, length, checksum, "a block")
            block = read_block(ByteReader(stored, self.file, offset))
            first = block[0]
            if len(block) != rows or (first.group, first.item, first.a, first.b) != (group, item, a, b):
                raise r.error("the index does not describe its block", at)
            if entries and entries[-1][:4] >= first[:4]:
                raise binary.error(offset, "blocks are not sorted")
            first_entries.append(len(entries))
            entries += block
        if len(entries) != count:
            raise binary.error(index.offset, "%d entries found, %d in the footer" % (len(entries), count))
        self._check_keys(rollup, entries, len(strings), index.offset)
        if rollup == ENTITY_GROWTH:
            self._check_tables(entries, first_entries)
        return Section(rollup, strings, entries)

    def _check_tables(self, entries, first_entries):
        """Every pair is found by the tables where it begins, and nothing else is in them."""
        binary = self.binary
        first_block = 0
        for table in self.tables:
            ends = first_entries[first_block:first_block + table.blocks + 1]
            if len(ends) <= table.blocks:
                ends.append(len(entries))
            if not table.blocks or table.blocks > 1 << 20 or table.slots <= table.pairs:
                raise binary.error(table.head.offset, "a table of pairs of sizes that cannot be")
            slots = self._slots(table)
            places = _places(entries, ends)
            if first_block and (not places or places[0][1:] != (0, 0, 0)):
                raise binary.error(table.head.offset, "a table of pairs does not begin with a pair")
            expected = [_FREE] * table.slots
            for h, block, item, entry in places:
                at = (h >> 32) * table.slots >> 32
                while expected[at] != _FREE:
                    at = (at + 1) % table.slots
                expected[at] = min(h & 0xFFF, 0xFFE) << 52 | block << 32 | item << 16 | entry
            if len(places) != table.pairs or slots != expected:
                raise binary.error(table.head.offset, "a table of pairs does not describe its blocks")
            first_block += table.blocks

    def _slots(self, table):
        binary, head = self.binary, table.head
        if head.codec != 0:
            raise binary.error(head.offset, "the head of a table of pairs with a codec")
        self.pages.append((head.offset, head.stored, "the head of a table of pairs"))
        r = binary.page(head, "the head of a table of pairs")
        offset = r.u64()
        if offset % 64:
            raise r.error("slots are not at a multiple of 64", 0)
        self.pages.append((offset, 8 * table.slots, "slots of pairs"))
        slots = []
        for first in range(0, table.slots, _SLOTS_OF_CHUNK):
            n = min(_SLOTS_OF_CHUNK, table.slots - first)
            stored = binary.verify(offset + 8 * first, 8 * n, r.u64(), "slots of pairs")
            slots += Struct("<%dQ" % n).unpack(stored)
        r.finish("the head of a table of pairs")
        return slots

    def _check_keys(self, rollup, entries, codes, at):
        def error(reason):
            return self.binary.error(at, reason)
        group = item = None
        for e in entries:
            if e.a >= codes or rollup == ENTITY_GROWTH and e.b >= codes:
                raise error("a code is not in the dictionary")
            if rollup == USER_GROWTH and e.b:
                raise error("an entry of user_growth with b")
            if e.group != group:
                group = e.group
                if rollup == SCOPE_GROWTH:
                    _valid(error, check_scope, group)
                    if not group:
                        raise error("an entry of scope_growth without a scope")
                else:
                    _valid(error, id_text, group)
            if e.item != item:
                item = e.item
                if rollup == ENTITY_GROWTH:
                    _valid(error, id_text, item)
                elif item:
                    raise error("an item where none is expected")

    def check_coverage(self):
        """Blocks and pages do not overlap, and only zero bytes for alignment are between them."""
        if not self.unknown:
            check_coverage(self.binary, self.pages, self.trailer_offset, 64)


def _places(entries, ends):
    """Where the pairs of some blocks begin: (hash, block, item, entry). `ends` are the first entries of the blocks, and the end."""
    places = []
    for block, (start, end) in enumerate(zip(ends, ends[1:])):
        item = -1
        for i in range(start, end):
            e = entries[i]
            goes_on = i > 0 and entries[i - 1][:2] == e[:2]
            if goes_on and i > start:
                continue
            item += 1
            if not goes_on:
                places.append((_pair_hash(e.item, _pair_hash(e.group, 0)), block, item, i - start))
    return places


def _pair_hash(key, seed):
    x = seed ^ len(key) * 0x9E3779B97F4A7C15 & M64
    full = len(key) // 8 * 8
    for at in range(0, full, 8):
        word = int.from_bytes(key[at:at + 8], "little")
        x = _fold(x ^ word ^ 0xA0761D6478BD642F, 0xE7037ED1A0B428DB)
    return _fold(x ^ int.from_bytes(key[full:], "big"), 0x8EBC6AF09C88C6E3)


def _fold(a, b):
    product = a * b
    return product >> 64 ^ product & M64


def _valid(error, check, raw):
    try:
        check(raw)
    except ValueError as e:
        raise error(str(e)) from None


def read_block(r):
    """The entries of a block."""
    data = r.take(_BLOCK.size)
    (n, g, m, record, *widths, item_length, base_a, base_b, base_score, scale, base_first, base_span,
     item_table, item_keys, group_keys, records) = _BLOCK.unpack(data)
    base_score = int.from_bytes(base_score, "little", signed=True)
    size = r.end
    if not 1 <= n <= 65535:
        raise r.error("a block of %d entries" % n, 0)
    if not 1 <= g <= m <= n:
        raise r.error("a block of %d groups, %d items, %d entries" % (g, m, n), 4)
    if any(w > limit for w, limit in zip(widths, (32, 32, 128, 64, 64, 64, 1))) or sum(widths) != record:
        raise r.error("widths of records that cannot be", 12)
    if scale == 0:
        raise r.error("a scale of 0", 48)

    groups, group_items = _table(r, size, 88, g, group_keys, m, "group")
    if item_length == 255:
        items, item_entries = _table(r, size, item_table, m, item_keys, n, "item")
    else:
        if item_table + 2 * (m + 1) > size or item_keys + m * item_length > size:
            raise r.error("the item table or the item keys go beyond the block", 72)
        item_entries = Struct("<%dH" % (m + 1)).unpack_from(r.data, item_table)
        _ascending(r, item_entries, n, item_table)
        items = [bytes(r.data[at:at + item_length])
                 for at in range(item_keys, item_keys + m * item_length, item_length)] if item_length else [b""] * m

    bits_end = records + (n * record + 7) // 8
    if bits_end + 8 > size:
        raise r.error("the records go beyond the block", 84)
    if bytes(r.data[bits_end:bits_end + 8]) != _ZERO:
        raise r.error("the 8 bytes after the records are not 0", bits_end)
    if n * record % 8 and r.data[bits_end - 1] >> (n * record % 8):
        raise r.error("the bits after the last record are not 0", bits_end - 1)

    entries = []
    from_bytes = int.from_bytes
    masks = [(1 << w) - 1 for w in widths]
    wa, wb, ws, wc, wf, wp, _ = widths
    ma, mb, ms, mc, mf, mp, mr = masks
    record_data = r.data[records:bits_end]
    group = item = -1
    next_item = next_entry = 0
    group_key = item_key = b""
    for i in range(n):
        if i == next_entry:
            item += 1
            if item and item != next_item and items[item] <= item_key:
                raise r.error("the items of a group are not sorted", item_table)
            item_key = items[item]
            next_entry = item_entries[item + 1]
            if item == next_item:
                group += 1
                group_key = groups[group]
                next_item = group_items[group + 1]
        bit = i * record
        bits = from_bytes(record_data[bit >> 3:(bit + record + 7) >> 3], "little") >> (bit & 7)
        a = base_a + (bits & ma)
        bits >>= wa
        b = base_b + (bits & mb)
        bits >>= wb
        score = base_score + scale * (bits & ms)
        bits >>= ws
        count = ((bits & mc) + 1) & M64
        bits >>= wc
        first = base_first + (bits & mf)
        bits >>= wf
        last = first + base_span + (bits & mp)
        reset = (bits >> wp) & mr
        if a >> 32 or b >> 32 or count and (score >> 127 not in (0, -1) or last >= 1 << 63):
            raise r.error("a value of entry %d is out of range" % i, records + (bit >> 3))
        if count == 0 and not reset:
            raise r.error("entry %d has a count of 0 and is no full value" % i, records + (bit >> 3))
        entries.append(Entry(group_key, item_key, a, b, score, count, first, last, reset))
    for x, y in zip(entries, entries[1:]):
        if x[:4] >= y[:4]:
            raise r.error("entries are not sorted", 0)
    for a, b in zip(groups, groups[1:]):
        if a >= b:
            raise r.error("groups are not sorted", 88)
    return entries


def _ascending(r, firsts, total, at):
    if firsts[0] != 0 or firsts[-1] != total or any(a >= b for a, b in zip(firsts, firsts[1:])):
        raise r.error("a table does not ascend from 0 to %d" % total, at)


def _table(r, size, at, count, keys, total, what):
    """Keys, and where each begins among what it covers."""
    if at + 8 * (count + 1) > size:
        raise r.error("the %s table goes beyond the block" % what, at)
    words = Struct("<%dI" % (2 * count + 2)).unpack_from(r.data, at)
    starts, firsts = words[::2], words[1::2]
    _ascending(r, firsts, total, at)
    if starts[0] != 0 or any(a > b for a, b in zip(starts, starts[1:])) or keys + starts[-1] > size:
        raise r.error("the %s keys do not ascend, or go beyond the block" % what, at)
    return [bytes(r.data[keys + a:keys + b]) for a, b in zip(starts, starts[1:])], firsts
