"""Segments (segment.md)."""

from collections import namedtuple

from .conventions import (HEADER_LENGTH, MAGIC_SEGMENT, TEXT_COLUMNS, BinaryFile, Event, check_texts, check_times,
                          id_text, page_reference)
from .encodings import dictionary_page, event_id_page, integer_page, model_page, read_key_filter, rows_page, text_page
from .metadata_filter import MetadataCheck, read_filter
from .metadata_statistics import read_statistics, untrue

PAGE_ROWS = 4096
MAX_GROUP_ROWS = 65536
MAX_DAYS = 4096

RowGroup = namedtuple("RowGroup", "rows header first_user first_entity last_user last_entity "
                                  "smallest_created_at largest_created_at metadata_filter metadata_statistics")


class Segment:
    """A segment's footer and filter; rows are read by group."""

    def __init__(self, data, file):
        self.file = file
        self.binary = binary = BinaryFile(data, file, MAGIC_SEGMENT)
        self.file_id = binary.file_id
        r, footer, self.trailer_offset = binary.trailer()
        self.pages = [(footer.offset, footer.stored, "the footer page")]  # what was read, for coverage
        self.version = binary.version
        if self.version >= 2 and r.u8() != 0:
            raise r.error("not a footer of version 2", r.position - 1)
        self.rows, self.smallest_created_at, self.largest_created_at = r.varint(), r.svarint(), r.svarint()
        self.filter, self.filter_reference = read_key_filter(r, self.page, has_kind=self.version >= 2)
        start = r.position
        count = r.varint()
        if count < 1:
            raise r.error("a segment without row groups", start)
        self.groups = []
        for _ in range(count):
            start = r.position
            group = RowGroup(r.varint(), page_reference(r), r.string(256), r.string(256), r.string(256),
                             r.string(256), r.svarint(), r.svarint(),
                             read_filter(r, self.page) if self.version >= 3 else None,
                             read_statistics(r, self.page) if self.version >= 4 else None)
            if not 1 <= group.rows <= MAX_GROUP_ROWS:
                raise r.error("a row group of %d rows" % group.rows, start)
            self.groups.append(group)
        if sum(g.rows for g in self.groups) != self.rows:
            raise r.error("the rows of the row groups are not those of the segment", start)
        self.day_flag, self.days = event_id_days(r)
        self.sizes = []
        for _ in range(r.varint()):
            name = r.text()
            self.sizes.append((name, r.varint()))
        r.finish("the footer")

    def page(self, reference, what):
        self.pages.append((reference.offset, reference.stored, what))
        return self.binary.page(reference, what)

    def error(self, offset, reason):
        return self.binary.error(offset, reason)

    def group_events(self, number):
        """The rows of a row group, verified against each other and against the footer."""
        group = self.groups[number]
        rows = group.rows
        sizes = [min(PAGE_ROWS, rows - at) for at in range(0, rows, PAGE_ROWS)]
        r = self.page(group.header, "a row group header")
        columns, codes = [], []
        for column, name in enumerate(TEXT_COLUMNS):
            columns.append(self._text_column(r, column, name, rows, sizes, codes))
        times = []
        for n in sizes:
            reference = page_reference(r)
            smallest, largest = r.svarint(), r.svarint()
            page = self.page(reference, "a page of created_at")
            values = rows_page(page, range(n), None) if self.version >= 2 else integer_page(page, n)
            page.finish("the page")
            check_times(values, page)
            if min(values) != smallest or max(values) != largest:
                raise page.error("smallest or largest created_at of the page is not true")
            times += values
        ids = []
        for number_of_page, n in enumerate(sizes):
            page = self.page(page_reference(r), "a page of event ids")
            at = number_of_page * PAGE_ROWS
            ids += event_id_page(page, times[at:at + n])
            page.finish("the page")
        deltas = self._numbers(r, "delta", sizes, codes)
        r.finish("the row group header")
        users, entities, types, dimensions, sources, scopes, metadata = columns
        events = list(map(Event._make, zip(users, entities, types, dimensions, times, ids, deltas, sources, scopes,
                                           metadata)))
        at = group.header.offset
        if (events[0].user, events[0].entity) != (group.first_user, group.first_entity):
            raise self.error(at, "the first user or entity of a row group is not true")
        if (events[-1].user, events[-1].entity) != (group.last_user, group.last_entity):
            raise self.error(at, "the last user or entity of a row group is not true")
        if (min(times), max(times)) != (group.smallest_created_at, group.largest_created_at):
            raise self.error(at, "smallest or largest created_at of a row group is not true")
        check = MetadataCheck(group.metadata_filter)
        for text in set(metadata):
            missing = check.missing(text)
            if missing is not None:
                raise self.error(at, "the filter of metadata does not know what is at %s" % missing)
        path = untrue(group.metadata_statistics, set(metadata))
        if path is not None:
            raise self.error(at, "the statistics of metadata are not true of %s" % path)
        for a, b in zip(events, events[1:]):
            if a[:6] >= b[:6]:
                raise self.error(at, "rows are not sorted: %s after %s" % (id_text(b.user), id_text(a.user)))
        return events

    def _text_column(self, r, column, name, rows, sizes, columns):
        start = r.position
        count = r.varint()
        if not 1 <= count <= rows:
            raise r.error("a dictionary of %d strings for %d rows" % (count, rows), start)
        start = r.position
        pages = r.varint()
        if not 1 <= pages <= count:
            raise r.error("%d dictionary pages for %d strings" % (pages, count), start)
        firsts, references = [], []
        for _ in range(pages):
            first = r.varint()
            if firsts and first <= firsts[-1] or not firsts and first != 0 or first >= count:
                raise r.error("the first numbers of dictionary pages do not ascend from 0", start)
            firsts.append(first)
            references.append(page_reference(r))
        strings = []
        for first, end, reference in zip(firsts, firsts[1:] + [count], references):
            page = self.page(reference, "a dictionary page of %s" % name)
            strings += text_page(page, end - first) if self.version >= 2 else dictionary_page(page, end - first)
            page.finish("the page")
            check_texts(column, strings[first:], page)
        if len(set(strings)) != count:
            raise r.error("the strings of a dictionary are not distinct", start)
        codes = self._numbers(r, "codes of %s" % name, sizes, columns)
        if min(codes) < 0 or max(codes) >= count:
            raise r.error("a code of %s is not in the dictionary" % name, start)
        columns.append((codes, count))
        if len(set(codes)) != count:
            raise r.error("a dictionary string is never used", start)
        if self.version < 2 or name != "metadata":
            fresh = 0
            for code in codes:
                if code > fresh:
                    raise r.error("the dictionary is not in the order of first appearance", start)
                fresh = max(fresh, code + 1)
        return [strings[c] for c in codes]

    def _numbers(self, r, name, sizes, columns):
        """The values of the pages of rows of one column, which may be told by one of the columns before it."""
        classes, lists = [0] * sum(sizes), None
        if self.version >= 2:
            start = r.position
            condition = r.u8()
            if condition > len(columns):
                raise r.error("%s is told by column %d" % (name, condition), start)
            if condition:
                classes, count = columns[condition - 1]
                page = self.page(page_reference(r), "the model of %s" % name)
                lists = model_page(page, count)
                page.finish("the model")
        values = []
        at = 0
        for n in sizes:
            page = self.page(page_reference(r), "a page of %s" % name)
            if self.version >= 2:
                values += rows_page(page, classes[at:at + n], lists)
            else:
                values += integer_page(page, n)
            page.finish("the page")
            at += n
        return values

    def events(self):
        """All rows in order."""
        last = None
        for number in range(len(self.groups)):
            events = self.group_events(number)
            if last is not None and last[:6] >= events[0][:6]:
                raise self.error(self.groups[number].header.offset, "row groups are not sorted")
            last = events[-1]
            for event in events:
                yield event

    def check_coverage(self):
        """After all rows were read: pages do not overlap, and nothing but short gaps of zero bytes is between."""
        check_coverage(self.binary, self.pages, self.trailer_offset)


def event_id_days(r):
    """The flag and the days of event ids in a footer."""
    start = r.position
    flag, count = r.u8(), r.varint()
    if flag > 2 or flag == 2 and count or count > MAX_DAYS:
        raise r.error("the days of event ids cannot be", start)
    days = []
    for i in range(count):
        if i == 0:
            days.append(r.svarint())
        else:
            step = r.varint()
            if step == 0:
                raise r.error("the days of event ids do not ascend")
            days.append(days[-1] + step)
    return flag, days


def check_coverage(binary, pages, end, alignment=8):
    at = HEADER_LENGTH
    for offset, length, what in sorted(set(pages)) + [(end, 0, "the trailer")]:
        if offset < at:
            raise binary.error(offset, "%s overlaps what is before it" % what)
        if offset - at >= alignment or any(binary.data[at:offset]):
            raise binary.error(at, "%d bytes before %s belong to nothing" % (offset - at, what))
        at = offset + length
