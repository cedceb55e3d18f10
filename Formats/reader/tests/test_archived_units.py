"""The reader against damage of archived memory units: indexes by the encoder, and the engine's golden store with things changed."""

import io
import os
import random
import shutil
import struct
import tempfile
import unittest

from growthring_reader.__main__ import main
from growthring_reader.archived_file import has_pyarrow
from growthring_reader.archived_units import ArchivedUnits, digest
from growthring_reader.errors import FormatError
from growthring_reader.metadata_filter import path_hash
from growthring_reader.units import Unit, check_metadata_index
from growthring_reader.xxh3 import xxh3_64
from . import encoder

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "Tests", "Golden", "v5", "units_archive",
                      "store")
USER = b"\0ann"
TEXTS = [b"", b'{"n":7,"tags":["a","b"]}']


def index(path="month=2026-11/part-00-0000000000000007.parquet", groups=((2, USER, USER), (3, USER, USER)), hashes=8,
          bounds=(4, 9, -5, 8), more=b"", version=1, said=None):
    """`said` is what entries of version 2 say of metadata; by default what is so of TEXTS."""
    rng = random.Random(6)
    w = encoder.Writer(b"GRARU001", 7, rng, version=version)
    pages = [w.page(struct.pack("<%dQ" % rows, *range(rows)) if hashes == 8 else bytes(hashes)) for rows, _, _ in groups]
    reference = w.page(encoder.key_filter([1, 2, 3]))
    footer = encoder.string(path.encode()) + encoder.varint(1000) + reference + b"\0" + encoder.varint(len(groups))
    for (rows, first, last), page in zip(groups, pages):
        footer += encoder.varint(rows) + page
        footer += b"".join(map(encoder.string, (first, b"\0m", last, b"\0m")))
        footer += encoder.varint(bounds[0]) + encoder.varint(bounds[1]) + encoder.svarint(bounds[2]) + encoder.svarint(bounds[3])
        footer += struct.pack("<Q", 3)
        if version >= 2:
            footer += said or encoder.metadata_filter(w, TEXTS, rng) + encoder.metadata_statistics(w, TEXTS, rng)
    return w.finish(footer + more)


class IndexTests(unittest.TestCase):
    def test_index(self):
        found = ArchivedUnits(index(), "f")
        self.assertEqual((found.file_id, found.length, found.rows, tuple(found.bounds)), (7, 1000, 5, (4, 9, -5, 8)))
        self.assertEqual(found.hashes, [[0, 1], [0, 1, 2]])
        self.assertTrue(found.filter.may_contain(2))
        self.assertEqual([(g.metadata_filter, g.metadata_statistics) for g in found.groups], [(None, None)] * 2)
        found = ArchivedUnits(index(version=2), "f")
        self.assertEqual((found.rows, found.digests), (5, [3, 3]))
        for g in found.groups:
            self.assertTrue(g.metadata_filter.may_contain(path_hash("/tags/*")))
            self.assertEqual(g.metadata_statistics.paths, {"/n": ((7000000, 7000000), None)})

    def test_metadata(self):
        group = ArchivedUnits(index(version=2), "f").groups[0]
        unit = Unit(b"\0u", b"\0m", -3, 5, b"s", b"t", b"a", b"title", TEXTS[1], b"c\0", -7, False, 9)
        check_metadata_index(group, [unit, unit._replace(metadata=b"")], ValueError)
        for reason, metadata in (("filter", b'{"n":7,"z":1}'), ("statistics", b'{"tags":["a"]}')):
            with self.subTest(reason), self.assertRaisesRegex(ValueError, reason):
                check_metadata_index(group, [unit._replace(metadata=metadata)], ValueError)

    def test_refused(self):
        for reason, changes in (
                ("leaves its folder", {"path": "../part.parquet"}), ("leaves its folder", {"path": ""}),
                ("without rows", {"groups": ()}),
                ("cannot be", {"groups": ((65537, USER, USER),)}),
                ("cannot be", {"groups": ((1, b"\0b", b"\0a"),)}),
                ("cannot be", {"groups": ((1, b"\0a", b"\0c"), (1, b"\0b", b"\0d"))}),
                ("not those of the rows", {"hashes": 9}),
                ("kind 2 of a filter", {"version": 2, "said": b"\3\0"}), ("no mark", {"version": 2, "said": b"\0\3"}),
                ("bounds", {"bounds": (0, 9, 1, 2)}), ("bounds", {"bounds": (1, 9, 2, 1)}),
                ("left over", {"more": b"\0"})):
            with self.subTest(changes), self.assertRaisesRegex(FormatError, reason):
                ArchivedUnits(index(**changes), "f")

    def test_every_bit_counts(self):
        for data in (index(), index(version=2)):
            for at in range(len(data)):
                damaged = bytearray(data)
                damaged[at] ^= 1 << at % 8
                with self.assertRaises(FormatError, msg="byte %d" % at):
                    ArchivedUnits(bytes(damaged), "f").check_coverage()
                with self.assertRaises(FormatError):
                    ArchivedUnits(data[:at], "f")

    def test_digest(self):
        unit = Unit(b"\0u", b"\0m", -3, 5, b"s", b"t", b"a", b"title", b"{}", b"c\0", -7, False, 9)
        texts = (b"\0u", b"\0m", b"s", b"title", b"c\0", b"t", b"a", b"{}")
        row = struct.pack("<8Q", *(xxh3_64(t, i) for i, t in enumerate(texts))) + struct.pack("<4qQ", 5, -3, -7, 2, 9)
        self.assertEqual(digest([unit]), xxh3_64(row, 0))
        self.assertEqual(digest([unit] * 1025), xxh3_64(row, xxh3_64(row * 1024, 0)))


@unittest.skipUnless(has_pyarrow(), "pyarrow is missing")
class StoreTests(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(tempfile.mkdtemp(), "store")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.path))
        shutil.copytree(GOLDEN, self.path)

    def files(self, ending):
        return sorted(os.path.join(place, n) for place, _, names in os.walk(self.path) for n in names if n.endswith(ending))

    def check(self, status, *texts):
        out = io.StringIO()
        self.assertEqual(main(["check", self.path], out), status, out.getvalue())
        for text in texts:
            self.assertIn(text, out.getvalue())

    def test_sound(self):
        self.check(0)

    def test_another_page(self):
        path = self.files(".parquet")[0]
        with open(path, "r+b") as f:
            f.seek(60)
            byte = f.read(1)[0]
            f.seek(60)
            f.write(bytes([byte ^ 1]))
        self.check(1, os.path.basename(path))

    def test_gone(self):
        path = self.files(".arcu")[0]
        os.remove(path)
        self.check(1, os.path.basename(path))

    def test_table(self):
        name = os.path.join(self.path, "archive", "units", "_delta_log", "00000000000000000001.json")
        os.remove(name)
        self.check(1, "table")


if __name__ == "__main__":
    unittest.main()
