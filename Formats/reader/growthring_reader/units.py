"""Memory units: sections of the log (log.md) and unit segments (unit-segments.md)."""

from collections import namedtuple

from .conventions import (HEADER_LENGTH, MAGIC_UNITS, MAX_METADATA, BinaryFile, check_label, check_metadata, check_source,
                          check_times, check_utf8, decompress, id_text, page_reference)
from .encodings import ALL, VERSION_1, dictionary_page, integer_page, key_filter, text_page
from .metadata_filter import MetadataCheck, read_filter
from .metadata_statistics import read_statistics, untrue
from .segment import check_coverage
from .xxh3 import xxh3_64

MAX_UNITS = 1 << 20
MAX_GROUP = 1024
MAX_TITLE = 65535
MAX_CONTENT = 1 << 24
MAX_DICTIONARY = 1 << 20
DELETED, HAS_IMPORTANCE = 1, 2

# ids in stored form, other texts as UTF-8 bytes; importance in millionths, or None; sequence 0 where it is told elsewhere
Unit = namedtuple("Unit", "user muid updated_at created_at source_type content_type status title metadata content "
                          "importance deleted sequence")
Group = namedtuple("Group", "rows header first_user first_muid last_user last_muid bounds "
                            "metadata_filter metadata_statistics")
Bounds = namedtuple("Bounds", "smallest_sequence largest_sequence smallest_updated_at largest_updated_at")


def unit_hash(muid, hash_of_user):
    return xxh3_64(bytes(muid), hash_of_user)


def order(unit):
    return unit.user, unit.muid, -unit.updated_at


def check_units(reader, units):
    for u in units:
        try:
            id_text(u.user), id_text(u.muid)
            check_source(u.source_type)
            check_label(u.content_type), check_label(u.status)
            check_utf8(u.title)
            u.content.decode("utf-8")  # which may hold U+0000
            check_metadata(u.metadata)
        except ValueError as e:
            raise reader.error("a memory unit that cannot be: %s" % e) from None
        if len(u.title) > MAX_TITLE or len(u.content) > MAX_CONTENT or len(u.metadata) > MAX_METADATA:
            raise reader.error("a text of a memory unit is beyond its limits")
        if u.deleted and (u.title or u.metadata or u.content):
            raise reader.error("a deleted unit with a title, metadata or content")
    check_times([u.updated_at for u in units], reader)
    check_times([u.created_at for u in units], reader)
    return units


def _flags(reader, flags, importance):
    if any(f & ~(DELETED | HAS_IMPORTANCE) for f in flags):
        raise reader.error("flags of memory units that are not known")
    if any(v and not f & HAS_IMPORTANCE for f, v in zip(flags, importance)):
        raise reader.error("an importance of a unit that has none")
    return [(v if f & HAS_IMPORTANCE else None, bool(f & DELETED)) for f, v in zip(flags, importance)]


def _list(reader, n):
    start = reader.position
    lengths = integer_page(reader, n)
    if min(lengths) < 0 or sum(lengths) > reader.remaining():
        raise reader.error("strings that go beyond the end", start)
    return [bytes(reader.take(length)) for length in lengths]


def _codes(reader, n, strings, allowed):
    start = reader.position
    codes = integer_page(reader, n, allowed)
    if min(codes) < 0 or max(codes) >= len(strings):
        raise reader.error("a code that is not in its dictionary", start)
    return [strings[c] for c in codes]


def section_units(reader, expected, sequence):
    """The units of a section of the log."""
    n = reader.varint()
    if n != expected or not 1 <= n <= MAX_UNITS:
        raise reader.error("%d memory units in the section, %d in the frame's table" % (n, expected), 0)
    dictionaries = [dictionary_page(reader) for _ in range(4)]
    if any(len(d) > n for d in dictionaries):
        raise reader.error("a dictionary of more strings than units")
    users, sources, types, statuses = [_codes(reader, n, d, VERSION_1) for d in dictionaries]
    muids, titles, metadata, contents = [_list(reader, n) for _ in range(4)]
    updated, created, flags, importance = [integer_page(reader, n) for _ in range(4)]
    states = _flags(reader, flags, importance)
    reader.finish("the section")
    return check_units(reader, [Unit(*row, *state, sequence) for row, state in zip(
        zip(users, muids, updated, created, sources, types, statuses, titles, metadata, contents), states)])


def read_bounds(r):
    start = r.position
    b = Bounds(r.varint(), r.varint(), r.svarint(), r.svarint())
    if not 1 <= b.smallest_sequence <= b.largest_sequence or b.smallest_updated_at > b.largest_updated_at:
        raise r.error("bounds of memory units that cannot be", start)
    return b


def bounds_of(units):
    sequences, times = [u.sequence for u in units], [u.updated_at for u in units]
    return Bounds(min(sequences), max(sequences), min(times), max(times))


def check_metadata_index(group, units, error):
    """Raises what `error` makes of a reason where a filter or statistics do not say what is so of the metadata of units."""
    check, texts = MetadataCheck(group.metadata_filter), {u.metadata for u in units}
    for text in sorted(texts):
        missing = check.missing(text)
        if missing is not None:
            raise error("the filter of metadata does not know what is at %s" % missing)
    path = untrue(group.metadata_statistics, texts)
    if path is not None:
        raise error("the statistics of metadata are not true of %s" % path)


class UnitSegment:
    """A unit segment. Pages are read by row group."""

    def __init__(self, data, file):
        self.file = file
        self.binary = binary = BinaryFile(data, file, MAGIC_UNITS)
        self.file_id = binary.file_id
        r, footer, self.trailer_offset = binary.trailer()
        self.pages = [(footer.offset, footer.stored, "the footer page")]
        self.rows = r.varint()
        self.bounds = read_bounds(r)
        reference, kind = page_reference(r), r.u8()
        if reference.codec != 0:
            raise r.error("a filter with a codec")
        self.filter = key_filter(self._page(reference, "the filter").data, kind, r)
        self.dictionary = None
        mark = r.u8()
        if mark == 1:
            reference = page_reference(r)
            if reference.codec != 0 or not 8 <= reference.raw <= MAX_DICTIONARY:
                raise r.error("a dictionary that cannot be")
            self.dictionary = bytes(self._page(reference, "the dictionary").data)
        elif mark:
            raise r.error("mark %d of a dictionary" % mark)
        count = r.varint()
        if count < 1:
            raise r.error("a unit segment without row groups")
        self.groups = []
        for _ in range(count):
            start = r.position
            g = Group(r.varint(), page_reference(r), bytes(r.string(256)), bytes(r.string(256)), bytes(r.string(256)),
                      bytes(r.string(256)), read_bounds(r), read_filter(r, self._page) if binary.version >= 2 else None,
                      read_statistics(r, self._page) if binary.version >= 2 else None)
            if not 1 <= g.rows <= MAX_GROUP or (g.first_user, g.first_muid) > (g.last_user, g.last_muid):
                raise r.error("a row group that cannot be", start)
            self.groups.append(g)
        if sum(g.rows for g in self.groups) != self.rows:
            raise r.error("the row groups do not hold the rows of the file")
        self.sizes = [(r.text(255), r.varint()) for _ in range(r.varint())]
        r.finish("the footer")

    def _page(self, reference, what):
        self.pages.append((reference.offset, reference.stored, what))
        return self.binary.page(reference, what)

    def _content_page(self, reference, with_dictionary):
        if not with_dictionary:
            return bytes(self._page(reference, "a page of contents").data)
        if self.dictionary is None or reference.codec != 2:
            raise self.binary.error(reference.offset, "a page that needs a dictionary, of which there is none")
        stored = self.binary.verify(reference.offset, reference.stored, reference.checksum, "a page of contents")
        self.pages.append((reference.offset, reference.stored, "a page of contents"))
        return decompress(stored, 2, reference.raw, self.file, reference.offset, self.dictionary)

    def _column(self, r, n):
        strings = text_page(r, None, n)
        start = r.position
        texts = _codes(r, n, strings, ALL)
        if len(set(texts)) != len(strings):
            raise r.error("strings that no row uses", start)
        return texts

    def group_units(self, number):
        g = self.groups[number]
        n = g.rows
        r = self._page(g.header, "a row group header")
        references = [page_reference(r) for _ in range(4)]
        content_pages = []
        for _ in range(r.varint()):
            start = r.position
            rows, mark = r.varint(), r.u8()
            if rows < 1 or mark > 1:
                raise r.error("a page of contents that cannot be", start)
            content_pages.append((rows, mark, page_reference(r)))
        r.finish("the row group header")
        if sum(p[0] for p in content_pages) != n:
            raise r.error("pages of contents for another number of rows")
        if any(p.offset + p.stored > g.header.offset for p in references + [c[2] for c in content_pages]):
            raise r.error("a page that is not before its header")
        r = self._page(references[0], "a keys page")
        users, muids = self._column(r, n), self._column(r, n)
        updated, sequences, flags, lengths = [integer_page(r, n, ALL) for _ in range(4)]
        r.finish("the keys page")
        if min(sequences) < 1 or min(lengths) < 0:
            raise r.error("sequences or lengths that cannot be")
        r = self._page(references[1], "a fields page")
        sources, types, statuses = [self._column(r, n) for _ in range(3)]
        created, importance = integer_page(r, n, ALL), integer_page(r, n, ALL)
        r.finish("the fields page")
        states = _flags(r, flags, importance)
        r = self._page(references[2], "a titles page")
        titles = self._column(r, n)
        r.finish("the titles page")
        r = self._page(references[3], "a metadata page")
        metadata = self._column(r, n)
        r.finish("the metadata page")
        contents = []
        for rows, mark, reference in content_pages:
            raw = self._content_page(reference, mark == 1)
            at = 0
            for _ in range(rows):
                contents.append(raw[at:at + lengths[len(contents)]])
                at += len(contents[-1])
            if at != len(raw):
                raise self.binary.error(reference.offset, "contents of %d bytes on a page of %d" % (at, len(raw)))
        units = [Unit(*row, *state, s) for row, state, s in zip(
            zip(users, muids, updated, created, sources, types, statuses, titles, metadata, contents), states, sequences)]
        return check_units(r, units)

    def units(self):
        for number in range(len(self.groups)):
            yield from self.group_units(number)

    def check(self, hash_of_user):
        """All units, with everything verified that the footer says of them."""
        found = []
        for number, g in enumerate(self.groups):
            units = self.group_units(number)
            if (units[0].user, units[0].muid, units[-1].user, units[-1].muid) != \
                    (g.first_user, g.first_muid, g.last_user, g.last_muid) or bounds_of(units) != g.bounds:
                raise self.binary.error(g.header.offset, "the bounds of a row group are not true")
            check_metadata_index(g, units, lambda reason: self.binary.error(g.header.offset, reason))
            found += units
        if any(order(a) >= order(b) for a, b in zip(found, found[1:])):
            raise self.binary.error(HEADER_LENGTH, "the memory units are not sorted")
        if bounds_of(found) != self.bounds:
            raise self.binary.error(HEADER_LENGTH, "the bounds of the file are not true")
        for u in found:
            if not self.filter.may_contain(unit_hash(u.muid, hash_of_user(u.user))):
                raise self.binary.error(HEADER_LENGTH, "the filter does not know a unit")
        check_coverage(self.binary, self.pages, self.trailer_offset, 1)
        return found
