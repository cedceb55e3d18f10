"""The archive: indexes of archived files, their rows by pyarrow, and the table (archive.md, parquet.md)."""

import json
import os
import re
from collections import namedtuple
from datetime import datetime
from struct import pack
from urllib.parse import unquote

from . import metadata_filter
from .archived_file import ArchivedFile, TimeColumn, month_of
from .conventions import (MAGIC_ARCHIVE, MAX_TIME, MIN_TIME, Event, check_metadata, check_scope, check_source, check_label,
                          id_text, stored_form)
from .errors import FormatError
from .metadata_statistics import read_statistics, untrue
from .segment import MAX_GROUP_ROWS, event_id_days
from .xxh3 import xxh3_64

MAX_FILE_ROWS = 1 << 20  # of a row group of a Parquet file
DIGEST_ROWS = 1024
MAX_DELTA = 10 ** 18  # beyond it the column has no digits

COLUMNS = ("event_id", "user_id", "entity_id", "entity_type", "dim_key", "delta", "source", "scope", "created_at", "metadata")
NULLABLE = {"source", "scope", "metadata"}
SORTED_BY = ("user_id", "entity_id", "dim_key", "created_at", "event_id")
CHECKS = {"entity_type": check_label, "dim_key": check_label, "source": check_source, "scope": check_scope,
          "metadata": check_metadata}
TYPES = {  # physical type and what the logical type begins with
    "event_id": ("FIXED_LEN_BYTE_ARRAY", "UUID"), "delta": ("INT64", "Decimal(precision=18, scale=6)"),
    "created_at": ("INT64", "Timestamp(isAdjustedToUTC=true, timeUnit=microseconds"),
    "metadata": ("BYTE_ARRAY", ("String", "JSON")),  # as it is written, and as it once was
}

TABLE = TimeColumn(COLUMNS, "created_at")

Slice = namedtuple("Slice", "row_group rows first_user first_entity last_user last_entity "
                            "smallest_created_at largest_created_at digest metadata_filter metadata_statistics")


class ArchivedSegment(ArchivedFile):
    """Archived events; the same to others as a segment."""

    MAGIC, ROWS, KEY = MAGIC_ARCHIVE, "events", "growthring.events"
    COLUMNS, NULLABLE, TYPES = COLUMNS, NULLABLE, TYPES

    def _read_groups(self, r, count):
        for _ in range(count):
            start = r.position
            s = Slice(r.varint(), r.varint(), r.string(256), r.string(256), r.string(256), r.string(256), r.svarint(),
                      r.svarint(), r.u64(), metadata_filter.read_filter(r, self.page) if self.binary.version >= 2 else None,
                      read_statistics(r, self.page) if self.binary.version >= 3 else None)
            previous = self.groups[-1] if self.groups else None
            if s.row_group not in ((previous.row_group, previous.row_group + 1) if previous else (0,)):
                raise r.error("a slice of row group %d does not follow" % s.row_group, start)
            if not 1 <= s.rows <= MAX_GROUP_ROWS or s.smallest_created_at > s.largest_created_at:
                raise r.error("a slice that cannot be", start)
            if (s.first_user, s.first_entity) > (s.last_user, s.last_entity) or \
                    previous and (previous.last_user, previous.last_entity) > (s.first_user, s.first_entity):
                raise r.error("slices are not sorted", start)
            self.groups.append(s)
        self.smallest_created_at = self.smallest_time = min(s.smallest_created_at for s in self.groups)
        self.largest_created_at = self.largest_time = max(s.largest_created_at for s in self.groups)
        self.day_flag, self.days = event_id_days(r)

    def events(self):
        """All rows in the order of segments, verified against each other and against the slices."""
        hashes = {}
        last = None
        with self.opened() as opened:
            self._check_row_groups(opened.metadata)
            at = 0
            for number in range(opened.metadata.num_row_groups):
                events = self._row_group(opened, number)
                for slice in self.groups[at:]:
                    if slice.row_group != number:
                        break
                    at += 1
                    rows, events = events[:slice.rows], events[slice.rows:]
                    self._check_slice(slice, rows, hashes)
                    for event in rows:
                        if last is not None and last[:6] >= event[:6]:
                            raise self.error("rows are not sorted: %s after %s" % (id_text(event.user), id_text(last.user)))
                        last = event
                        yield event

    def _check_row_groups(self, metadata):
        rows = {}
        for s in self.groups:
            rows[s.row_group] = rows.get(s.row_group, 0) + s.rows
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        if [g.num_rows for g in groups] != [rows[i] for i in range(len(rows))]:
            raise self.error("the rows of the row groups are not those of the slices")
        for g in groups:
            if g.num_rows > MAX_FILE_ROWS:
                raise self.error("a row group of %d rows" % g.num_rows)
            order = [(COLUMNS[c.column_index], c.descending) for c in g.sorting_columns]
            if order != [(name, False) for name in SORTED_BY]:
                raise self.error("sorting_columns are %s" % order)

    def _row_group(self, opened, number):
        """The events of a row group, sorted in the order of segments."""
        import pyarrow
        table = opened.read_row_group(number)
        values = {}
        for name in COLUMNS:
            column = table.column(name).combine_chunks()
            if isinstance(column, pyarrow.ChunkedArray):
                column = pyarrow.concat_arrays(column.chunks)
            if isinstance(column.type, pyarrow.BaseExtensionType):
                column = column.storage
            if name == "created_at":
                column = column.cast(pyarrow.int64())
            elif name != "delta":
                column = column.cast(pyarrow.binary())
            values[name] = column.to_pylist()
        events, texts = [], []
        checked = set()
        for row in zip(*(values[name] for name in COLUMNS)):
            record = dict(zip(COLUMNS, row))
            for name, value in record.items():
                if value is None and name not in NULLABLE:
                    raise self.error("%s is null" % name)
                if value == b"" and name in NULLABLE:
                    raise self.error("%s is an empty text instead of null" % name)
            for name, check in CHECKS.items():
                if (name, record[name]) not in checked:
                    try:
                        check(record[name] or b"")
                    except ValueError as e:
                        raise self.error("%s: %s" % (name, e)) from None
                    checked.add((name, record[name]))
            users = []
            for name in ("user_id", "entity_id"):
                stored = stored_form(record[name].decode("utf-8"))
                id_text(stored)
                users.append(stored)
            delta = int(record["delta"].scaleb(6))
            if abs(delta) >= MAX_DELTA or not MIN_TIME <= record["created_at"] <= MAX_TIME:
                raise self.error("a delta or created_at outside of its limits")
            event_id = int.from_bytes(record["event_id"], "big")
            if event_id == 0:
                raise self.error("an event id of 0")
            texts.append(tuple(record[name] for name in SORTED_BY))
            events.append(Event(users[0], users[1], record["entity_type"], record["dim_key"], record["created_at"], event_id,
                                delta, record["source"] or b"", record["scope"] or b"", record["metadata"] or b""))
        if any(a > b for a, b in zip(texts, texts[1:])):
            raise self.error("the rows of row group %d are not in the order of sorting_columns" % number)
        return sorted(events, key=lambda e: e[:6])

    def _check_slice(self, slice, events, hashes):
        first, last = events[0], events[-1]
        if (first.user, first.entity, last.user, last.entity) != slice[2:6]:
            raise self.error("the first or last user or entity of a slice is not true")
        times = [e.created_at for e in events]
        if (min(times), max(times)) != (slice.smallest_created_at, slice.largest_created_at):
            raise self.error("smallest or largest created_at of a slice is not true")
        if digest(events, hashes) != slice.digest:
            raise self.error("the rows of a slice do not have its digest")
        check = metadata_filter.MetadataCheck(slice.metadata_filter)
        for text in {e.metadata for e in events}:
            missing = check.missing(text)
            if missing is not None:
                raise self.error("the filter of metadata does not know what is at %s" % missing)
        path = untrue(slice.metadata_statistics, {e.metadata for e in events})
        if path is not None:
            raise self.error("the statistics of metadata are not true of %s" % path)


def digest(events, hashes):
    """The digest of rows; `hashes` remembers those of texts."""

    def text_hash(seed, text):
        key = seed, text
        if key not in hashes:
            hashes[key] = xxh3_64(text, seed)
        return hashes[key]

    seed = 0
    for at in range(0, len(events), DIGEST_ROWS):
        block = bytearray()
        for e in events[at:at + DIGEST_ROWS]:
            texts = (e.user, e.entity, e.entity_type, e.dimension, e.source, e.scope, e.metadata)
            block += pack("<9Q2q", *(text_hash(i, t) for i, t in enumerate(texts)), e.event_id >> 64,
                          e.event_id & 0xFFFFFFFFFFFFFFFF, e.delta, e.created_at)
        seed = xxh3_64(bytes(block), seed)
    return seed


def archive_folder(store, key="folder", folder="archive/events"):
    """Where archived files are, by the policy."""
    path = os.path.join(store, "policy.json")
    try:
        with open(path, "rb") as f:
            policy = json.loads(f.read().decode("utf-8"))
        folder = policy.get("archive", {}).get(key, folder)
        if not isinstance(folder, str) or not folder or "\0" in folder:
            raise ValueError("archive.%s is no path" % key)
    except FileNotFoundError:
        pass
    except (ValueError, AttributeError, RecursionError) as e:
        raise FormatError(path, 0, "not a policy: %s" % e) from None
    return os.path.join(store, folder)


def archived_files(folder):
    """The paths of all Parquet files in months of the archive."""
    found = []
    for month in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if month.startswith("month=") and os.path.isdir(os.path.join(folder, month)):
            found += [month + "/" + name for name in sorted(os.listdir(os.path.join(folder, month)))
                      if name.endswith(".parquet")]
    return found


# The table

_COMMIT = re.compile(r"(\d{20})\.json\Z")


class Table:
    """The log of the Delta table, replayed."""

    def __init__(self, folder, table=TABLE):
        self.folder = os.path.join(folder, "_delta_log")
        self.columns, self.time = table
        self.files = {}         # path: the action that added it
        self.transactions = {}  # application: version
        self.month = False      # whether the table is partitioned by nothing but month
        names = sorted(n for n in os.listdir(self.folder) if _COMMIT.match(n))
        self.versions = len(names)
        for number, name in enumerate(names):
            self.file = os.path.join(self.folder, name)
            if int(name[:20]) != number:
                raise FormatError(self.file, 0, "commit %d of the table is missing" % number)
            with open(self.file, "rb") as f:
                data = f.read()
            try:
                for line in data.decode("utf-8").split("\n"):
                    if line:
                        for kind, action in json.loads(line).items():
                            self._apply(kind, action)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
                raise FormatError(self.file, 0, "not a commit of a Delta table: %r" % e) from None

    def _apply(self, kind, action):
        if kind == "protocol" and (action["minReaderVersion"], action["minWriterVersion"]) != (1, 2):
            raise ValueError("readers of version %s" % action["minReaderVersion"])
        if kind == "metaData":
            self.month = action["partitionColumns"] == ["month"]
            names = tuple(f["name"] for f in json.loads(action["schemaString"])["fields"])
            if names != self.columns + ("month",):
                raise ValueError("the columns %s" % (names,))
        elif kind == "txn":
            self.transactions[action["appId"]] = action["version"]
        elif kind == "remove":
            self.files.pop(unquote(action["path"]), None)
        elif kind == "add":
            self.files[unquote(action["path"])] = action

    def differences(self, segments, manifests):
        """What the table says otherwise than the manifests: archived segments by path, manifests' numbers by partition."""
        found = []
        if self.versions and not self.month:
            found.append("the table is not partitioned by month")
        for path in sorted(set(segments) | set(self.files)):
            if path not in self.files:
                found.append("%s is not in the table" % path)
            elif path not in segments:
                found.append("%s is in the table, but no manifest names it" % path)
            else:
                found += ["%s: %s" % (path, t) for t in self._file_differences(self.files[path], segments[path])]
        for partition, number in manifests.items():
            told = self.transactions.get("growthring-partition-%02x" % partition)
            if told is not None and told > number:
                found.append("the table knows manifest %d of partition %02x, which has number %d" % (told, partition, number))
        return found

    def _file_differences(self, action, segment):
        if action.get("size") != segment.length:
            yield "a size of %s in the table" % action.get("size")
        if action.get("partitionValues") != {"month": month_of(segment.smallest_time)}:
            yield "partition values %s in the table" % action.get("partitionValues")
        try:
            stats = json.loads(action["stats"])
            low, high = (stats[k][self.time] for k in ("minValues", "maxValues"))
            if stats["numRecords"] != segment.rows:
                yield "%s rows in the table" % stats["numRecords"]
            widened = (segment.smallest_time // 1000 * 1000, segment.largest_time // 1000 * 1000 + 999)
            if (microseconds(low), microseconds(high)) != widened:
                yield "%s from %s to %s in the table" % (self.time, low, high)
        except (ValueError, KeyError, TypeError) as e:
            yield "statistics in the table that are none: %r" % e


def microseconds(text):
    whole, _, fraction = text[:-1].partition(".")
    time = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S") - datetime(1970, 1, 1)
    if text[-1] != "Z":
        raise ValueError("a time without zone")
    return (time.days * 86400 + time.seconds) * 1000000 + int(fraction.ljust(6, "0") or "0")
