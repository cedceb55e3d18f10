"""Archived memory units: indexes, and their rows by pyarrow (archive.md, "Memory units")."""

from struct import pack

from .archived_file import ArchivedFile, TimeColumn
from .conventions import MAGIC_UNIT_ARCHIVE, id_text, page_reference, stored_form
from .errors import FormatError
from .metadata_filter import read_filter
from .metadata_statistics import read_statistics
from .units import (DELETED, HAS_IMPORTANCE, Bounds, Group, Unit, bounds_of, check_metadata_index, check_units, order, read_bounds,
                    unit_hash)
from .xxh3 import xxh3_64

MAX_GROUP_ROWS = 1 << 16
DIGEST_ROWS = 1024
MAX_IMPORTANCE = 10 ** 18  # beyond it the column has no digits
CONTENT_SEED = 4

TEXTS = ("muid", "user_id", "source_type", "title", "content", "content_type", "status")
COLUMNS = ("muid", "user_id", "source_type", "title", "content", "content_type", "created_at", "updated_at", "importance_score",
           "status", "metadata", "is_deleted", "sequence")
NULLABLE = {"importance_score", "metadata"}
SORTED_BY = (("user_id", False), ("muid", False), ("updated_at", True))
TIME = "Timestamp(isAdjustedToUTC=true, timeUnit=microseconds"
TYPES = {  # physical type and what the logical type begins with
    "created_at": ("INT64", TIME), "updated_at": ("INT64", TIME), "is_deleted": ("BOOLEAN", "None"),
    "importance_score": ("INT64", "Decimal(precision=18, scale=6)"), "sequence": ("INT64", "None"),
}
TABLE = TimeColumn(COLUMNS, "updated_at")


class ArchivedUnits(ArchivedFile):
    """Archived memory units; the same to others as a unit segment."""

    MAGIC, ALIGNMENT, ROWS, KEY = MAGIC_UNIT_ARCHIVE, 1, "memory units", "growthring.archived_units"
    COLUMNS, NULLABLE, TYPES = COLUMNS, NULLABLE, TYPES
    dictionary = None

    def _read_groups(self, r, count):
        self.hashes, self.digests = [], []
        for _ in range(count):
            start = r.position
            g = Group(r.varint(), page_reference(r), bytes(r.string(256)), bytes(r.string(256)), bytes(r.string(256)),
                      bytes(r.string(256)), read_bounds(r), None, None)
            self.digests.append(r.u64())
            if self.binary.version >= 2:
                g = g._replace(metadata_filter=read_filter(r, self.page), metadata_statistics=read_statistics(r, self.page))
            previous = self.groups[-1] if self.groups else None
            if not 1 <= g.rows <= MAX_GROUP_ROWS or (g.first_user, g.first_muid) > (g.last_user, g.last_muid) or \
                    previous and (previous.last_user, previous.last_muid) > (g.first_user, g.first_muid):
                raise r.error("a row group that cannot be", start)
            if g.header.codec != 0 or g.header.raw != 8 * g.rows:
                raise r.error("hashes of contents that are not those of the rows", start)
            page = bytes(self.page(g.header, "the hashes of a row group").data)
            self.hashes.append([int.from_bytes(page[i:i + 8], "little") for i in range(0, len(page), 8)])
            self.groups.append(g)
        columns = list(zip(*(g.bounds for g in self.groups)))
        self.bounds = Bounds(min(columns[0]), max(columns[1]), min(columns[2]), max(columns[3]))
        self.smallest_time, self.largest_time = self.bounds[2:]

    def units(self):
        """All rows in the order of segments, verified against each other and against the index."""
        with self.opened() as opened:
            self._check_row_groups(opened.metadata)
            for number, group in enumerate(self.groups):
                units = self._row_group(opened, number)
                self._check_group(group, units, self.hashes[number], self.digests[number])
                yield from units

    def _check_row_groups(self, metadata):
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        if [g.num_rows for g in groups] != [g.rows for g in self.groups]:
            raise self.error("the rows of the row groups are not those of the index")
        for g in groups:
            if tuple((COLUMNS[c.column_index], c.descending) for c in g.sorting_columns) != SORTED_BY:
                raise self.error("sorting_columns are others")
            content = g.column(COLUMNS.index("content"))
            if content.has_dictionary_page or not content.has_offset_index:
                raise self.error("a dictionary of contents, or no offset index")

    def _row_group(self, opened, number):
        """The versions of a row group, sorted in the order of segments."""
        import pyarrow
        table = opened.read_row_group(number)
        values = {}
        for name in COLUMNS:
            column = table.column(name)
            if name in ("created_at", "updated_at"):
                column = column.cast(pyarrow.int64())
            elif name in TEXTS or name == "metadata":
                column = column.cast(pyarrow.binary())
            values[name] = column.to_pylist()
        units, texts = [], []
        for row in zip(*(values[name] for name in COLUMNS)):
            u = dict(zip(COLUMNS, row))
            if any(v is None and name not in NULLABLE for name, v in u.items()) or u["metadata"] == b"":
                raise self.error("a null, or an empty text instead of one")
            ids = [stored_form(u[name].decode("utf-8")) for name in ("user_id", "muid")]
            for stored in ids:
                id_text(stored)
            importance = None if u["importance_score"] is None else int(u["importance_score"].scaleb(6))
            if abs(importance or 0) >= MAX_IMPORTANCE or u["sequence"] < 1:
                raise self.error("an importance or a sequence outside of its limits")
            texts.append((u["user_id"], u["muid"], -u["updated_at"]))
            units.append(Unit(*ids, u["updated_at"], u["created_at"], u["source_type"], u["content_type"], u["status"],
                              u["title"], u["metadata"] or b"", u["content"], importance, u["is_deleted"], u["sequence"]))
        if any(a >= b for a, b in zip(texts, texts[1:])):
            raise self.error("the rows of row group %d are not in the order of sorting_columns" % number)
        return check_units(self, sorted(units, key=order))

    def _check_group(self, group, units, hashes, expected):
        if (units[0].user, units[0].muid, units[-1].user, units[-1].muid) != group[2:6] or bounds_of(units) != group.bounds:
            raise self.error("the bounds of a row group are not true")
        if [xxh3_64(u.content, CONTENT_SEED) for u in units] != hashes:
            raise self.error("contents that do not have their hashes")
        if digest(units) != expected:
            raise self.error("the rows of a row group do not have its digest")
        check_metadata_index(group, units, lambda reason: FormatError(self.file, 0, reason))

    def check(self, hash_of_user):
        """All units, with everything verified that the index says of them."""
        self.check_coverage()
        found = list(self.units())
        if any(order(a) >= order(b) for a, b in zip(found, found[1:])):
            raise self.error("the memory units are not sorted")
        for u in found:
            if not self.filter.may_contain(unit_hash(u.muid, hash_of_user(u.user))):
                raise FormatError(self.file, 0, "the filter does not know a unit")
        return found


def digest(units):
    """The digest of versions in their order."""
    seed = 0
    for at in range(0, len(units), DIGEST_ROWS):
        block = bytearray()
        for u in units[at:at + DIGEST_ROWS]:
            texts = (u.user, u.muid, u.source_type, u.title, u.content, u.content_type, u.status, u.metadata)
            flags = (DELETED if u.deleted else 0) | (HAS_IMPORTANCE if u.importance is not None else 0)
            block += pack("<8Q4qQ", *(xxh3_64(bytes(t), i) for i, t in enumerate(texts)), u.created_at, u.updated_at,
                          u.importance or 0, flags, u.sequence)
        seed = xxh3_64(bytes(block), seed)
    return seed
