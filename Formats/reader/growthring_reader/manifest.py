"""Manifests (manifest.md)."""

from collections import namedtuple

from .conventions import HEADER_LENGTH, MAGIC_MANIFEST, BinaryFile, ByteReader

SegmentEntry = namedtuple("SegmentEntry", "file_id length rows level smallest_created_at largest_created_at tier")
RunEntry = namedtuple("RunEntry", "file_id length entries level")
KeyFileEntry = namedtuple("KeyFileEntry", "file_id length keys")
UnitEntry = namedtuple("UnitEntry", "file_id length rows level smallest_sequence largest_sequence smallest_updated_at "
                                    "largest_updated_at tier")
HOT, WARM, ARCHIVE = 0, 1, 2


class Manifest:
    def __init__(self, data, file):
        self.file = file
        binary = BinaryFile(data, file, MAGIC_MANIFEST)
        self.file_id = binary.file_id
        end = len(data) - 8
        if end < HEADER_LENGTH:
            raise binary.error(len(data), "the file ends before its checksum")
        binary.verify(HEADER_LENGTH, end - HEADER_LENGTH, int.from_bytes(data[end:], "little"), "the payload")
        r = ByteReader(data, file, 0, False, HEADER_LENGTH, end)
        self.partition, self.number, self.flushed_sequence = r.varint(), r.varint(), r.varint()
        if self.number < 1:
            raise r.error("a manifest with number 0", HEADER_LENGTH)
        self.segments, self.sealed_runs, self.expired_keys, self.units = [], [], [], []
        self.expired_unit_keys, self.seen = [], set()
        for _ in range(r.varint()):
            start = r.position
            entry = SegmentEntry(r.u64(), r.varint(), r.varint(), r.varint(), r.svarint(), r.svarint(), r.varint())
            if entry.tier > (ARCHIVE if binary.version >= 2 else WARM):
                raise r.error("tier %d is not known" % entry.tier, start)
            if entry.smallest_created_at > entry.largest_created_at or entry.rows < 1:
                raise r.error("a segment's statistics cannot be", start)
            self._name(r, entry.file_id, start)
            self.segments.append(entry)
        self.runs = self._runs(r)
        if binary.version >= 2:
            self.sealed_runs = self._runs(r)
            self.expired_keys = self._keys(r)
        if binary.version >= 3:
            for _ in range(r.varint()):
                start = r.position
                entry = UnitEntry(r.u64(), r.varint(), r.varint(), r.varint(), r.varint(), r.varint(), r.svarint(),
                                  r.svarint(), r.varint())
                if entry.tier > (ARCHIVE if binary.version >= 4 else WARM) or entry.rows < 1:
                    raise r.error("a unit segment that cannot be", start)
                self._name(r, entry.file_id, start)
                self.units.append(entry)
        if binary.version >= 4:
            self.expired_unit_keys = self._keys(r)
        if r.varint() != 0:
            raise r.error("a reserved field is not 0")
        r.finish("the manifest")

    def _runs(self, r):
        runs = []
        for _ in range(r.varint()):
            start = r.position
            runs.append(RunEntry(r.u64(), r.varint(), r.varint(), r.varint()))
            self._name(r, runs[-1].file_id, start)
        return runs

    def _keys(self, r):
        keys = []
        for _ in range(r.varint()):
            start = r.position
            keys.append(KeyFileEntry(r.u64(), r.varint(), r.varint()))
            self._name(r, keys[-1].file_id, start)
        return keys

    def _name(self, r, file_id, start):
        if file_id in self.seen:
            raise r.error("a file id is named twice", start)
        self.seen.add(file_id)
