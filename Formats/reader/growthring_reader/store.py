"""A store: its folder, and in which order its files are read (store.md)."""

import json
import os
import re

from .archive import ArchivedSegment, archive_folder
from .archived_units import ArchivedUnits
from .conventions import DAY, READER_VERSION, user_hash
from .errors import FormatError
from .expired_keys import ExpiredKeys
from .log import ANY_PARTITION, UNITS, LogFile, first_sequence
from .manifest import ARCHIVE, Manifest
from .run import DAILY_GROWTH, ENTITY_GROWTH, ROLLUPS, SCOPE_GROWTH, USER_GROWTH, Run
from .segment import Segment
from .units import Bounds, UnitSegment
from .xxh3 import xxh3_64

_MANIFEST_NAME = re.compile(r"manifest-([0-9a-f]{16})\.manifest\Z")
_DATA_NAME = re.compile(r"(segment|run|keys|archive|units|units-archive)-([0-9a-f]{16})\.(seg|run|keys|arc|units|arcu)\Z")


class Vanished(Exception):
    """A file that a manifest names is gone; a newer manifest exists."""


def read_bytes(path):
    with open(path, "rb") as f:
        return f.read()


class StoreInfo:
    """store.json"""

    def __init__(self, data, file):
        def error(reason):
            return FormatError(file, 0, reason)
        try:
            o = json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as e:
            raise error("not JSON: %s" % e) from None
        if not isinstance(o, dict) or o.get("format") != "growthring":
            raise error("not the description of a store")
        for key in ("version", "oldest_reader", "partitions"):
            if type(o.get(key)) is not int:
                raise error("%s is not an integer" % key)
        if o["oldest_reader"] > READER_VERSION:
            raise error("the store needs a reader of version %d, this one is of version %d"
                        % (o["oldest_reader"], READER_VERSION))
        if not 1 <= o["oldest_reader"] <= o["version"]:
            raise error("versions %d and %d cannot be" % (o["version"], o["oldest_reader"]))
        self.partitions = o["partitions"]
        if not 1 <= self.partitions <= 4096 or self.partitions & (self.partitions - 1):
            raise error("partitions is not a power of two from 1 to 4096")
        seed = o.get("hash_seed")
        if not isinstance(seed, str) or not re.match(r"[0-9a-f]{16}\Z", seed):
            raise error("hash_seed is not 16 lower-case hex digits")
        self.hash_seed = int(seed, 16)
        if not isinstance(o.get("created_at"), str):
            raise error("created_at is not a text")
        values = "\n".join(str(o[k]) for k in ("format", "version", "oldest_reader", "partitions", "hash_seed",
                                               "created_at"))
        if o.get("checksum") != "%016x" % xxh3_64(values.encode("utf-8"), 0):
            raise error("the checksum does not match the other values")
        self.content = o


class Partition:
    """The state of a partition: its newest manifest, segments and runs, oldest first, and sections to replay."""

    def __init__(self, number):
        self.number = number
        self.manifest = None
        self.flushed = 0
        self.segments = []
        self.runs = []
        self.sealed_runs = []   # what expired events have added to the runs
        self.expired_keys = []
        self.replay = []   # (log file, frame, section)
        self.covered = []  # the same of frames that the manifest covers
        self.unit_segments = []
        self.expired_unit_keys = []
        self.unit_replay = []   # the same of memory units
        self.unit_covered = []
        self.orphans = []


class Store:
    def __init__(self, path):
        self.path = path
        name = os.path.join(path, "store.json")
        try:
            data = read_bytes(name)
        except OSError as e:
            raise FormatError(name, 0, "cannot be read: %s" % e.strerror) from None
        self.info = StoreInfo(data, name)
        self._hashes = {}
        self._divided = {}  # of sections of any partitions: the events by partition
        self.archive = archive_folder(path)
        self.unit_archive = archive_folder(path, "units_folder", "archive/units")
        self.logs = self._read_logs()

    def user_hash(self, stored):
        h = self._hashes.get(stored)
        if h is None:
            h = self._hashes[stored] = user_hash(stored, self.info.hash_seed)
        return h

    def _read_logs(self):
        folder = os.path.join(self.path, "log")
        names = sorted(n for n in _list(folder) if first_sequence(n) is not None)
        contents = []
        # the newest first: an older file is complete before a newer one has frames, so that a frame which is being
        # written meanwhile is not taken for a torn one with frames behind it
        for name in reversed(names):
            try:
                contents.append((name, read_bytes(os.path.join(folder, name))))
            except FileNotFoundError:
                pass
        contents.reverse()
        logs = [LogFile(data, os.path.join(folder, name), first_sequence(name), i == len(contents) - 1)
                for i, (name, data) in enumerate(contents)]
        for log in logs:
            for frame in log.frames:
                for section in frame.sections:
                    if section.partition >= self.info.partitions:
                        raise FormatError(log.file, frame.offset, "partition %d is not of the store"
                                          % section.partition)
        return logs

    def check_continuity(self, flushed):
        """That nothing of the log is missing; `flushed` is the highest flushed sequence of all partitions."""
        last = None
        for log in self.logs:
            first = log.first_sequence
            if last is not None and first != last + 1:
                raise FormatError(log.file, 0, "the log goes on with frame %d, %d expected" % (first, last + 1))
            if last is None and log.frames and first - 1 > flushed:
                raise FormatError(log.file, 0, "the log begins with frame %d, but %d was the last that was flushed"
                                  % (first, flushed))
            last = log.frames[-1].sequence if log.frames else first - 1
        if self.logs and first <= flushed and last < flushed:
            raise FormatError(log.file, 0, "the log ends with frame %d, but %d was flushed" % (last, flushed))

    def partition(self, number):
        """Reads the state of a partition; again where compaction has replaced files meanwhile."""
        for attempt in range(10):
            try:
                return self._partition(number)
            except Vanished as e:
                missing = str(e)
        raise FormatError(missing, 0, "a file that the newest manifest names does not exist")

    def _partition(self, number):
        result = Partition(number)
        folder = os.path.join(self.path, "partitions", "%02x" % number)
        names = _list(folder)
        manifests = sorted(n for n in names if _MANIFEST_NAME.match(n))
        flushed = 0
        named = set()
        if not manifests:
            raise FormatError(folder, 0, "a partition without a manifest")
        if manifests:
            path = os.path.join(folder, manifests[-1])
            manifest = result.manifest = Manifest(_existing(path), path)
            if manifest.partition != number or manifest.number != int(manifests[-1][9:25], 16):
                raise FormatError(path, 32, "the manifest's partition or number is not that of its name")
            flushed = result.flushed = manifest.flushed_sequence
            for entry in manifest.segments:
                archived = entry.tier == ARCHIVE
                name = ("archive-%016x.arc" if archived else "segment-%016x.seg") % entry.file_id
                named.add(name)
                path = os.path.join(folder, name)
                segment = (ArchivedSegment if archived else Segment)(_sized(path, entry.length), path)
                if archived:
                    self._find_archived(segment, self.archive)
                if (segment.file_id, segment.rows, segment.smallest_created_at, segment.largest_created_at) != \
                        (entry.file_id, entry.rows, entry.smallest_created_at, entry.largest_created_at):
                    raise FormatError(path, 0, "the manifest does not describe this segment")
                result.segments.append(segment)
            for entries, runs in ((manifest.runs, result.runs), (manifest.sealed_runs, result.sealed_runs)):
                for entry in entries:
                    name = "run-%016x.run" % entry.file_id
                    named.add(name)
                    path = os.path.join(folder, name)
                    run = Run(_sized(path, entry.length), path)
                    if (run.file_id, run.entries) != (entry.file_id, entry.entries):
                        raise FormatError(path, 0, "the manifest does not describe this run")
                    runs.append(run)
            for run in result.sealed_runs:
                if any(e.reset for section in run.sections.values() for e in section.entries):
                    raise FormatError(run.file, 0, "a sealed run with a full value")
            for entries, files in ((manifest.expired_keys, result.expired_keys),
                                   (manifest.expired_unit_keys, result.expired_unit_keys)):
                for entry in entries:
                    name = "keys-%016x.keys" % entry.file_id
                    named.add(name)
                    path = os.path.join(folder, name)
                    keys = ExpiredKeys(_sized(path, entry.length), path)
                    if (keys.file_id, keys.count) != (entry.file_id, entry.keys):
                        raise FormatError(path, 0, "the manifest does not describe this file of keys")
                    files.append(keys)
            for entry in manifest.units:
                archived = entry.tier == ARCHIVE
                name = ("units-archive-%016x.arcu" if archived else "units-%016x.units") % entry.file_id
                named.add(name)
                path = os.path.join(folder, name)
                units = (ArchivedUnits if archived else UnitSegment)(_sized(path, entry.length), path)
                if archived:
                    self._find_archived(units, self.unit_archive)
                if (units.file_id, units.rows, units.bounds) != (entry.file_id, entry.rows, Bounds(*entry[4:8])):
                    raise FormatError(path, 0, "the manifest does not describe this unit segment")
                result.unit_segments.append(units)
        result.orphans = [n for n in names if _DATA_NAME.match(n) and n not in named]
        for log in self.logs:
            for frame in log.frames:
                for section in frame.sections:
                    if section.kind == UNITS:
                        target = result.unit_replay if frame.sequence > flushed else result.unit_covered
                        target.append((log, frame, section))
                    elif section.kind == ANY_PARTITION or section.partition == number:
                        target = result.replay if frame.sequence > flushed else result.covered
                        target.append((log, frame, section))
        return result

    def _find_archived(self, segment, folder):
        segment.parquet = os.path.join(folder, segment.path)
        try:
            length = os.stat(segment.parquet).st_size
        except (FileNotFoundError, NotADirectoryError):
            raise Vanished(segment.parquet) from None
        if length != segment.length:
            raise FormatError(segment.parquet, length, "the file has %d bytes, its index %s says %d"
                              % (length, segment.file, segment.length))

    def section_events(self, log, section, number):
        """The events of a section that belong to a partition."""
        if section.kind != ANY_PARTITION:
            return log.events(section)
        key = log.file, section.offset
        if key not in self._divided:
            divided = self._divided[key] = {}
            for event in log.events(section):
                divided.setdefault(self.user_hash(event.user) % self.info.partitions, []).append(event)
        return self._divided[key].get(number, [])

    def section_units(self, log, frame, section, number):
        """The memory units of a section that belong to a partition."""
        key = log.file, section.offset
        if key not in self._divided:
            divided = self._divided[key] = {}
            for unit in log.units(frame, section):
                divided.setdefault(self.user_hash(unit.user) % self.info.partitions, []).append(unit)
        return self._divided[key].get(number, [])

    def replayed(self, partition):
        for log, _, section in partition.replay:
            for event in self.section_events(log, section, partition.number):
                yield event

    def partitions(self):
        found = [self.partition(number) for number in range(self.info.partitions)]
        self.check_continuity(max(p.flushed for p in found))
        return found


def _list(folder):
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _existing(path):
    try:
        return read_bytes(path)
    except FileNotFoundError:
        raise Vanished(path) from None


def _sized(path, length):
    data = _existing(path)
    if len(data) != length:
        raise FormatError(path, len(data), "the file has %d bytes, the manifest says %d" % (len(data), length))
    return data


# Aggregates: {rollup: {key: [score, count, first, last]}}, keys as of run.Section.key

def combine(table, key, score, count, first, last):
    entry = table.get(key)
    if entry is None:
        table[key] = [score, count, first, last]
    else:
        entry[0] += score
        entry[1] += count
        if first < entry[2]:
            entry[2] = first
        if last > entry[3]:
            entry[3] = last


def run_aggregates(runs, rollups=tuple(ROLLUPS)):
    """The combination of runs, oldest first."""
    result = {rollup: {} for rollup in rollups}
    for run in runs:
        for rollup in rollups:
            section = run.sections.get(rollup)
            if section is None:
                continue
            table = result[rollup]
            for e in section.entries:
                key = section.key(e)
                if e.reset:
                    table.pop(key, None)
                if e.count == 0:  # nothing but a reset
                    continue
                combine(table, key, e.score, e.count, e.first, e.last)
    return result


def scope_and_ancestors(scope):
    while scope:
        yield scope
        scope = scope.rpartition(b"/")[0]


def add_event(result, e):
    """Adds an event to the rollups that result has."""
    t, d = e.created_at, e.delta
    day = t // DAY
    for rollup, table in result.items():
        if rollup == ENTITY_GROWTH:
            combine(table, (e.user, e.entity, e.entity_type, e.dimension), d, 1, t, t)
        elif rollup == USER_GROWTH:
            combine(table, (e.user, b"", e.dimension, 0), d, 1, t, t)
        elif rollup == DAILY_GROWTH:
            combine(table, (e.user, b"", e.dimension, day), d, 1, t, t)
        elif rollup == SCOPE_GROWTH:
            for scope in scope_and_ancestors(e.scope):
                combine(table, (scope, b"", e.dimension, day), d, 1, t, t)
