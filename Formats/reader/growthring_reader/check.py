"""Verifies everything in a store."""

import os

from . import archive, archived_units
from .archive import ArchivedSegment, Table, archived_files
from .archived_file import has_pyarrow
from .archived_units import ArchivedUnits
from .conventions import DAY, decimal, id_text, is_version_7, key_hash, uuid_text
from .errors import FormatError
from .expired_keys import check_bits, unit_key, user_check
from .run import ROLLUPS, SCOPE_GROWTH, USER_GROWTH
from .store import Store, add_event, combine, run_aggregates


class Checker:
    def __init__(self, path):
        self.path = path
        self.differences = []
        self.partitions = self.segments = self.runs = self.segment_events = self.log_events = 0
        self.entries = self.orphans = self.keys = self.frames = self.torn = self.commits = self.unread = 0
        self.expired = self.sealed = self.units = self.unit_segments = self.expired_units = 0
        self.archived = {}   # segments in the archive by path
        self.archived_units = {}   # the same of memory units
        self.manifests = {}  # numbers by partition

    def difference(self, text):
        self.differences.append(text)

    def guarded(self, what, *arguments):
        try:
            return what(*arguments), True
        except FormatError as e:
            self.difference(str(e))
            return None, False

    def check(self):
        store, good = self.guarded(Store, self.path)
        if not good:
            return
        self.store = store
        self.frames = sum(len(log.frames) for log in store.logs)
        self.torn = sum(log.torn is not None for log in store.logs)
        known = {"%02x" % i for i in range(store.info.partitions)}
        folder = os.path.join(self.path, "partitions")
        if os.path.isdir(folder):
            for name in sorted(os.listdir(folder)):
                if name not in known and os.path.isdir(os.path.join(folder, name)):
                    self.difference("%s: not a partition of the store" % os.path.join(folder, name))
        flushed = 0
        complete = True
        for number in range(store.info.partitions):
            partition, good = self.guarded(store.partition, number)
            complete = complete and good
            if good:
                self.partitions += 1
                flushed = max(flushed, partition.flushed)
                self.check_partition(partition)
        if complete:
            self.guarded(store.check_continuity, flushed)
            self.guarded(self.check_archive)

    def check_archive(self):
        """Files and tables of the archive against the manifests."""
        for folder, archived, columns in ((self.store.archive, self.archived, archive.TABLE),
                                          (self.store.unit_archive, self.archived_units, archived_units.TABLE)):
            self.orphans += sum(path not in archived for path in archived_files(folder))
            if os.path.isdir(os.path.join(folder, "_delta_log")):  # else the next maintenance makes it
                table = Table(folder, columns)
                self.commits += table.versions
                for text in table.differences(archived, self.manifests):
                    self.difference("%s: %s" % (table.folder, text))

    def check_partition(self, partition):
        self.orphans += len(partition.orphans)
        self.manifests[partition.number] = partition.manifest.number
        seen = set()
        recomputed = {rollup: {} for rollup in ROLLUPS}
        complete = True
        for segment in partition.segments:
            self.segments += 1
            if isinstance(segment, ArchivedSegment):
                self.check_index(partition, segment, self.archived)
                if not has_pyarrow():
                    self.unread += 1
                    complete = False
                    continue
            _, good = self.guarded(self.check_segment, partition, segment, seen, recomputed)
            complete = complete and good
        of_segments = set(seen)
        for run in partition.runs + partition.sealed_runs:
            self.runs += 1
            self.entries += run.entries
            self.guarded(run.check_coverage)
        # what expired events have added is in no segment
        for rollup, table in run_aggregates(partition.sealed_runs).items():
            for key, values in table.items():
                combine(recomputed[rollup], key, *values)
        self.sealed += sum(values[1] for values in sealed_users(partition.sealed_runs))
        expired = self.check_expired(partition)
        self.guarded(self.check_units, partition)
        tail = {rollup: {} for rollup in ROLLUPS}

        def replay():
            for log, frame, section in partition.replay:
                for event in self.store.section_events(log, section, partition.number):
                    self.log_events += 1
                    self.check_event(partition, event, "%s, frame %d" % (log.file, frame.sequence), seen)
                    add_event(recomputed, event)
                    add_event(tail, event)

        _, good = self.guarded(replay)
        complete = complete and good
        if expired:
            for user, event_id in seen:
                key = self.expired_key_of(user, event_id)
                if key in expired:
                    self.difference("partition %02x: event %s of user %s has expired, and is there"
                                    % (partition.number, uuid_text(event_id), id_text(user)))

        def covered():
            for log, frame, section in partition.covered:
                for event in self.store.section_events(log, section, partition.number):
                    self.check_home(partition, event, log.file)
                    if (event.user, event.event_id) not in of_segments \
                            and self.expired_key(event) not in expired:
                        self.difference("%s, frame %d: event %s is covered by the manifest, but in no segment"
                                        % (log.file, frame.sequence, uuid_text(event.event_id)))

        if complete:
            self.guarded(covered)
            self.check_rollups(partition, recomputed, tail)

    def check_units(self, partition):
        """Memory units: files, that no version is there twice, and that flushed ones are in files."""
        seen = {}
        expired = self.check_expired_units(partition)
        complete = True

        def has_expired(unit):
            return bool(expired) and unit_key(unit.user, unit.muid, unit.updated_at, self.store.info.hash_seed) in expired

        def add(unit, where):
            self.units += 1
            if has_expired(unit):
                self.difference("%s: a version of unit %s of user %s has expired, and is there"
                                % (where, id_text(unit.muid), id_text(unit.user)))
            if self.store.user_hash(unit.user) % self.store.info.partitions != partition.number:
                self.difference("%s: unit %s of user %s is not of the partition"
                                % (where, id_text(unit.muid), id_text(unit.user)))
            key = unit.user, unit.muid, unit.updated_at
            if key in seen:
                self.difference("%s: unit %s of user %s is there twice" % (where, id_text(unit.muid), id_text(unit.user)))
            seen[key] = unit
        for segment in partition.unit_segments:
            self.unit_segments += 1
            if isinstance(segment, ArchivedUnits):
                self.check_index(partition, segment, self.archived_units)
                if not has_pyarrow():
                    self.unread += 1
                    complete = False
                    continue
            for unit in segment.check(self.store.user_hash):
                add(unit, segment.file)
        for log, frame, section in partition.unit_covered if complete else ():
            for unit in self.store.section_units(log, frame, section, partition.number):
                if seen.get((unit.user, unit.muid, unit.updated_at)) != unit and not has_expired(unit):
                    self.difference("%s, frame %d: unit %s is covered by the manifest, but in no segment"
                                    % (log.file, frame.sequence, id_text(unit.muid)))
        for log, frame, section in partition.unit_replay:
            for unit in self.store.section_units(log, frame, section, partition.number):
                add(unit, "%s, frame %d" % (log.file, frame.sequence))

    def expired_key_of(self, user, event_id):
        h = key_hash(event_id, self.store.user_hash(user))
        return h, check_bits(event_id, user_check(user, self.store.info.hash_seed))

    def expired_key(self, event):
        return self.expired_key_of(event.user, event.event_id)

    def check_expired(self, partition):
        expired = self.check_keys(partition.expired_keys)
        self.expired += len(expired)
        return expired

    def check_expired_units(self, partition):
        for keys in partition.expired_unit_keys:
            if keys.day_flag == 1:
                self.difference("%s: versions of memory units made on no day" % keys.file)
        expired = self.check_keys(partition.expired_unit_keys)
        self.expired_units += len(expired)
        return expired

    def check_keys(self, files):
        expired = set()
        for keys in files:
            for key in keys.keys:
                if key in expired:
                    self.difference("%s: key %016x expired twice" % (keys.file, key[0]))
                expired.add(key)
        return expired

    def check_home(self, partition, event, where):
        h = self.store.user_hash(event.user)
        if h % self.store.info.partitions != partition.number:
            self.difference("%s: event %s belongs to another partition" % (where, uuid_text(event.event_id)))
        return h

    def check_event(self, partition, event, where, seen):
        h = self.check_home(partition, event, where)
        key = (event.user, event.event_id)
        if key in seen:
            self.difference("%s: event %s of user %s is there twice"
                            % (where, uuid_text(event.event_id), id_text(event.user)))
        seen.add(key)
        return h

    def check_index(self, partition, segment, archived):
        if segment.path in archived:
            self.difference("%s: two indexes name %s" % (segment.file, segment.path))
        archived[segment.path] = segment
        self.guarded(segment.check_coverage)
        try:
            segment.check_name(partition.number)
        except ValueError as e:
            self.difference("%s: %s" % (segment.file, e))

    def check_segment(self, partition, segment, seen, recomputed):
        days, others = set(), False
        smallest, largest = [], []
        absent = 0
        for event in segment.events():
            self.segment_events += 1
            h = self.check_event(partition, event, segment.file, seen)
            if not segment.filter.may_contain(key_hash(event.event_id, h)):
                absent += 1
            if is_version_7(event.event_id):
                days.add((event.event_id >> 80) * 1000 // DAY)
            else:
                others = True
            add_event(recomputed, event)
        if absent:
            self.difference("%s: %d key hashes are not in the filter" % (segment.file, absent))
        for group in segment.groups:
            smallest.append(group.smallest_created_at)
            largest.append(group.largest_created_at)
        if (min(smallest), max(largest)) != (segment.smallest_created_at, segment.largest_created_at):
            self.difference("%s: smallest or largest created_at of the footer is not true" % segment.file)
        if segment.day_flag == 2:
            if len(days) <= 4096:
                self.difference("%s: the days of event ids are left out, but they are only %d"
                                % (segment.file, len(days)))
        elif segment.day_flag != others or segment.days != sorted(days):
            self.difference("%s: the days of event ids are not true" % segment.file)
        if sum(size for _, size in segment.sizes) > len(segment.binary.data):
            self.difference("%s: the sizes of the columns are larger than the file" % segment.file)
        segment.check_coverage()

    def check_rollups(self, partition, recomputed, tail):
        found = run_aggregates(partition.runs)
        for rollup, name in ROLLUPS.items():
            table = found[rollup]
            for key, (score, count, first, last) in tail[rollup].items():
                entry = table.get(key)
                if entry is None:
                    table[key] = [score, count, first, last]
                else:
                    table[key] = [entry[0] + score, entry[1] + count, min(entry[2], first), max(entry[3], last)]
            self.keys += len(recomputed[rollup])
            if table == recomputed[rollup]:
                continue
            for key in sorted(set(table) | set(recomputed[rollup])):
                a, b = table.get(key), recomputed[rollup].get(key)
                if a != b:
                    self.difference("partition %02x: %s of %s: %s in runs and log, %s from the events"
                                    % (partition.number, name, _key(rollup, key), _values(a), _values(b)))

    def summary(self):
        return ("%s: %d partitions, %d segments with %d events, %d log frames with %d events to replay, "
                "%d runs with %d entries, %d events expired and %d of them kept in summary, %d aggregates, %d torn tails, "
                "%d orphans, %d archived files%s, %d commits of their tables, %d memory units, %d files of them, %d of them expired, %d differences"
                % ("FAILED" if self.differences else "ok", self.partitions, self.segments, self.segment_events,
                   self.frames, self.log_events, self.runs, self.entries, self.expired, self.sealed, self.keys, self.torn,
                   self.orphans, len(self.archived) + len(self.archived_units), ", rows of %d not read" % self.unread if self.unread else "",
                   self.commits, self.units, self.unit_segments, self.expired_units,
                   len(self.differences)))


def sealed_users(runs):
    return run_aggregates(runs, (USER_GROWTH,))[USER_GROWTH].values()


def _key(rollup, key):
    parts = [key[0].decode("utf-8") if rollup == SCOPE_GROWTH else id_text(key[0])]
    if key[1]:
        parts.append(id_text(key[1]))
    parts += [p.decode("utf-8") if isinstance(p, bytes) else str(p) for p in key[2:]]
    return "(" + ", ".join(parts) + ")"


def _values(entry):
    if entry is None:
        return "nothing"
    return "score %s count %d first %d last %d" % (decimal(entry[0]), entry[1], entry[2], entry[3])
