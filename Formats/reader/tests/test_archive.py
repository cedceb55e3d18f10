"""The reader against damage of an archive: indexes by the encoder, and the engine's golden store with things changed."""

import io
import json
import os
import random
import shutil
import struct
import tempfile
import unittest
from unittest import mock

from growthring_reader import check
from growthring_reader.__main__ import main
from growthring_reader.archive import ArchivedSegment, Table, digest
from growthring_reader.archived_file import has_pyarrow
from growthring_reader.conventions import Event
from growthring_reader.errors import FormatError
from growthring_reader.store import Store
from growthring_reader.xxh3 import xxh3_64
from . import encoder

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "Tests", "Golden", "v2", "archive", "store")
USER = b"\0ann"


def index(path="month=2026-11/part-00-0000000000000007.parquet", slices=((0, 5, USER, USER), (0, 5, USER, USER)),
          more=b""):
    w = encoder.Writer(b"GRARC001", 7, random.Random(1))
    reference = w.page(encoder.key_filter([1, 2, 3]))
    footer = encoder.string(path.encode()) + encoder.varint(1000) + reference + b"\0" + encoder.varint(len(slices))
    for group, rows, first, last in slices:
        footer += encoder.varint(group) + encoder.varint(rows)
        footer += b"".join(map(encoder.string, (first, b"\0e", last, b"\0e")))
        footer += encoder.svarint(-5) + encoder.svarint(8) + struct.pack("<Q", 3)
    footer += b"\1" + encoder.varint(2) + encoder.svarint(20000) + encoder.varint(1)
    return w.finish(footer + more)


class IndexTests(unittest.TestCase):
    def test_index(self):
        found = ArchivedSegment(index(), "f")
        self.assertEqual((found.file_id, found.length, found.rows, found.smallest_created_at, found.largest_created_at),
                         (7, 1000, 10, -5, 8))
        self.assertEqual((found.day_flag, found.days), (1, [20000, 20001]))
        self.assertTrue(found.filter.may_contain(2))
        found.check_coverage()

    def test_refused(self):
        for reason, changes in (
                ("leaves its folder", {"path": "../part.parquet"}), ("leaves its folder", {"path": "/part.parquet"}),
                ("leaves its folder", {"path": "a//b"}), ("leaves its folder", {"path": ""}),
                ("leaves its folder", {"path": "a/."}),
                ("without rows", {"slices": ()}),
                ("does not follow", {"slices": ((1, 5, USER, USER),)}),
                ("does not follow", {"slices": ((0, 5, USER, USER), (2, 5, USER, USER))}),
                ("cannot be", {"slices": ((0, 0, USER, USER),)}),
                ("cannot be", {"slices": ((0, 65537, USER, USER),)}),
                ("not sorted", {"slices": ((0, 5, b"\0b", b"\0a"),)}),
                ("not sorted", {"slices": ((0, 5, b"\0a", b"\0c"), (1, 5, b"\0b", b"\0d"))}),
                ("left over", {"more": b"\0"})):
            with self.assertRaisesRegex(FormatError, reason):
                ArchivedSegment(index(**changes), "f")

    def test_every_bit_counts(self):
        data = index()
        for at in range(len(data)):
            damaged = bytearray(data)
            damaged[at] ^= 1 << at % 8
            with self.assertRaises(FormatError, msg="byte %d" % at):
                ArchivedSegment(bytes(damaged), "f")
            with self.assertRaises(FormatError):
                ArchivedSegment(data[:at], "f")

    def test_digest(self):
        event = Event(b"\0u", b"\0e", b"t", b"d", -1, 1 << 64 | 2, -3, b"", b"s", b"{}")
        row = struct.pack("<7Q", *(xxh3_64(t, i) for i, t in enumerate((b"\0u", b"\0e", b"t", b"d", b"", b"s", b"{}"))))
        row += struct.pack("<QQqq", 1, 2, -3, -1)
        self.assertEqual(digest([event], {}), xxh3_64(row, 0))
        self.assertEqual(digest([event] * 1024, {}), xxh3_64(row * 1024, 0))
        self.assertEqual(digest([event] * 1025, {}), xxh3_64(row, xxh3_64(row * 1024, 0)))


class StoreTests(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(tempfile.mkdtemp(), "store")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.path))
        shutil.copytree(GOLDEN, self.path)
        self.folder = os.path.join(self.path, "archive", "events")

    def archived(self):
        store = Store(self.path)
        partitions = store.partitions()
        return ({s.path: s for p in partitions for s in p.segments if isinstance(s, ArchivedSegment)},
                {p.number: p.manifest.number for p in partitions})

    def differences(self):
        return Table(self.folder).differences(*self.archived())

    def commit(self, version, *actions):
        with open(os.path.join(self.folder, "_delta_log", "%020d.json" % version), "w") as f:
            f.writelines(json.dumps(a) + "\n" for a in actions)

    def test_files(self):
        segments, _ = self.archived()
        path = os.path.join(self.folder, sorted(segments)[3])
        with open(path, "rb") as f:
            data = f.read()
        for damaged in (data[:-1], data + b"\0", b""):
            with open(path, "wb") as f:
                f.write(damaged)
            with self.assertRaisesRegex(FormatError, os.path.basename(path)):
                self.archived()
        os.remove(path)
        with self.assertRaisesRegex(FormatError, "does not exist"):
            self.archived()

    @unittest.skipUnless(has_pyarrow(), "without pyarrow")
    def test_rows(self):
        segments, _ = self.archived()
        paths = sorted(segments, key=lambda p: segments[p].rows)
        segment, other = segments[paths[3]], segments[paths[5]]
        good = segment.groups
        self.assertEqual(len(list(segment.events())), segment.rows)
        for reason, change in (
                ("its digest", {"digest": good[0].digest ^ 1}), ("of a slice is not true", {"first_user": b"\0"}),
                ("of a slice is not true", {"last_entity": b"\0"}),
                ("created_at of a slice", {"largest_created_at": good[0].largest_created_at + 1}),
                ("not those of the slices", {"rows": good[0].rows + 1})):
            segment.groups = [good[0]._replace(**change)]
            with self.assertRaisesRegex(FormatError, reason):
                list(segment.events())
        segment.groups, segment.parquet = good, other.parquet  # another file in its place
        with self.assertRaises(FormatError):
            list(segment.events())

    @unittest.skipUnless(has_pyarrow(), "without pyarrow")
    def test_damaged_bytes(self):
        segments, _ = self.archived()
        segment = min(segments.values(), key=lambda s: s.length)
        expected = list(segment.events())
        with open(segment.parquet, "rb") as f:
            data = f.read()
        refused = 0
        for at in range(0, len(data), 23):
            with open(segment.parquet, "wb") as f:
                f.write(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:])
            try:  # bits of statistics, of the indexes and of the Bloom filter are not read
                self.assertEqual(list(segment.events()), expected)
            except FormatError:
                refused += 1
        self.assertGreater(refused, 20)

    def test_table(self):
        self.assertEqual(self.differences(), [])
        segments, manifests = self.archived()
        path = sorted(segments)[0]
        self.commit(2, {"remove": {"path": path}})
        self.assertEqual(self.differences(), [path + " is not in the table"])
        action = Table(GOLDEN + "/archive/events").files[path]
        self.commit(3, {"add": action})
        self.assertEqual(self.differences(), [])
        self.commit(4, {"add": dict(action, path="month=2026-11/part.parquet")})
        self.assertIn("no manifest names it", self.differences()[0])
        self.commit(4, {"add": dict(action, size=1, stats=action["stats"].replace('"numRecords":', '"numRecords":9'))})
        self.assertEqual(len(self.differences()), 2)
        self.commit(4, {"txn": {"appId": "growthring-partition-01", "version": manifests[1] + 1}})
        self.assertIn("the table knows manifest", self.differences()[0])
        for wrong in ({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7}}, {"add": {}}, []):
            self.commit(4, wrong)
            with self.assertRaises(FormatError):
                Table(self.folder)
        os.remove(os.path.join(self.folder, "_delta_log", "%020d.json" % 0))
        with self.assertRaisesRegex(FormatError, "missing"):
            Table(self.folder)

    def test_check_without_pyarrow_and_table(self):
        """The folder of the archive elsewhere, an orphan in it, and neither a table nor a reader of Parquet."""
        elsewhere = os.path.join(os.path.dirname(self.path), "elsewhere")
        os.rename(self.folder, elsewhere)
        shutil.rmtree(os.path.join(elsewhere, "_delta_log"))
        with open(os.path.join(elsewhere, "month=2023-11", "part-00-0000000000000001.parquet"), "wb"):
            pass
        path = os.path.join(self.path, "policy.json")
        with open(path) as f:
            policy = json.load(f)
        policy["archive"]["folder"] = elsewhere
        with open(path, "w") as f:
            json.dump(policy, f)
        out = io.StringIO()
        with mock.patch.object(check, "has_pyarrow", lambda: False):
            self.assertEqual(main(["check", self.path], out), 0, out.getvalue())
        self.assertIn(" 1 orphans, 19 archived files, rows of 19 not read, 0 commits", out.getvalue())
        with open(path, "w") as f:
            f.write("[]")
        self.assertEqual(main(["check", self.path], io.StringIO()), 1)


if __name__ == "__main__":
    unittest.main()
