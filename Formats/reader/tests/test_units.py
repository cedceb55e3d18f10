"""The reader of unit segments: files by a writer of its own, and what is untrue in them."""

import random
import unittest

from growthring_reader.errors import FormatError
from growthring_reader.metadata_filter import path_hash
from growthring_reader.units import Unit, UnitSegment, order, unit_hash
from growthring_reader.xxh3 import xxh3_64
from . import encoder
from .encoder import segment_integers, string, svarint, text_page, varint

SEED = 5


def hash_of_user(user):
    return xxh3_64(bytes(user), SEED)


def make_units(rng, count):
    units = {}
    for _ in range(count):
        metadata = rng.choice([b"", b'{"n":%d}' % rng.randrange(90), b'{"at":"2026-11-0%d","tags":["a","%d"]}' % (
            rng.randrange(1, 9), rng.randrange(3)), b'{"n":-1.5e2,"x":{}}'])
        u = Unit(b"\0u%d" % rng.randrange(3), b"\0m%d" % rng.randrange(40), rng.randrange(100), rng.randrange(100), b"note", b"text",
                 rng.choice([b"active", b"done"]), b"title", metadata, b"c" * rng.randrange(30), rng.choice([None, 0, -7]), False,
                 rng.randrange(1, 9))
        if rng.random() < 0.2:
            u = u._replace(title=b"", metadata=b"", content=b"", deleted=True)
        units[order(u)] = u
    return sorted(units.values(), key=order)


def column(values, rng):
    strings = list(dict.fromkeys(values))
    return text_page(strings, rng) + segment_integers([strings.index(v) for v in values], rng)


def bounds(units):
    sequences, times = [u.sequence for u in units], [u.updated_at for u in units]
    return varint(min(sequences)) + varint(max(sequences)) + svarint(min(times)) + svarint(max(times))


def index(w, texts, rng):
    return encoder.metadata_filter(w, texts, rng) + encoder.metadata_statistics(w, texts, rng)


def unit_segment(units, rng, version=2, group_rows=50, codecs=(0,), index=index):
    """`index` makes what an entry of version 2 says of metadata."""
    w = encoder.Writer(b"GRUNIT01", 9, rng, codecs, version)
    groups = b""
    for at in range(0, len(units), group_rows):
        rows = units[at:at + group_rows]
        contents = varint(1) + varint(len(rows)) + b"\0" + w.page(b"".join(u.content for u in rows))
        numbers = [[u.updated_at for u in rows], [u.sequence for u in rows],
                   [u.deleted | (u.importance is not None) << 1 for u in rows], [len(u.content) for u in rows]]
        keys = [column([u[i] for u in rows], rng) for i in (0, 1)] + [segment_integers(n, rng) for n in numbers]
        fields = [column([getattr(u, name) for u in rows], rng) for name in ("source_type", "content_type", "status")]
        fields += [segment_integers([u.created_at for u in rows], rng), segment_integers([u.importance or 0 for u in rows], rng)]
        head = w.page(b"".join(keys)) + w.page(b"".join(fields)) + w.page(column([u.title for u in rows], rng))
        head += w.page(column([u.metadata for u in rows], rng))
        said = index(w, {u.metadata for u in rows}, rng) if version >= 2 else b""
        groups += varint(len(rows)) + w.page(head + contents)
        groups += b"".join(map(string, (rows[0].user, rows[0].muid, rows[-1].user, rows[-1].muid))) + bounds(rows) + said
    hashes = sorted({unit_hash(u.muid, hash_of_user(u.user)) for u in units})
    footer = varint(len(units)) + bounds(units) + w.page(encoder.key_filter(hashes), codec=0) + b"\0" + b"\0"
    return w.finish(footer + varint(-(-len(units) // group_rows)) + groups + varint(0))


class UnitSegmentTests(unittest.TestCase):
    def test_round_trip(self):
        for seed in range(20):
            rng = random.Random(seed)
            units, version = make_units(rng, 130), rng.choice((1, 2))
            with self.subTest(seed=seed):
                segment = UnitSegment(unit_segment(units, rng, version), "f")
                self.assertEqual(segment.check(hash_of_user), units)
                self.assertEqual(segment.binary.version, version)
                said = [g.metadata_filter is not None or g.metadata_statistics is not None for g in segment.groups]
                self.assertFalse(version == 1 and any(said))

    def test_untrue(self):
        for reason, made in (
                ("filter of metadata does not know", lambda w, texts, rng: b"\1" + w.page(bytes(32), codec=0) + b"\0"),
                ("filter of metadata does not know", lambda w, texts, rng: b"\1" + w.page(encoder.key_filter(
                    [path_hash(p) for p in ("/n", "/at", "/tags", "/tags/*", "/x")]), codec=0) + b"\0"),
                ("statistics of metadata are not true", lambda w, texts, rng: b"\0\2"),
                ("statistics of metadata are not true", lambda w, texts, rng: b"\0\1" + w.page(
                    b"\0" + varint(1) + string(b"/n") + b"\1" + svarint(0) + varint(10 ** 15)))):
            with self.subTest(reason), self.assertRaisesRegex(FormatError, reason):
                rng = random.Random(1)
                UnitSegment(unit_segment(make_units(rng, 100), rng, index=made), "f").check(hash_of_user)
        for reason, said in (("kind 2 of a filter", b"\3\0"), ("no mark", b"\0\3")):
            with self.subTest(reason), self.assertRaisesRegex(FormatError, reason):
                rng = random.Random(1)
                UnitSegment(unit_segment(make_units(rng, 10), rng, index=lambda *_: said), "f")

    def test_every_bit_counts(self):
        rng = random.Random(3)
        data = unit_segment(make_units(rng, 12), rng)
        for at in range(len(data)):
            damaged = bytearray(data)
            damaged[at] ^= 1 << at % 8
            with self.assertRaises(FormatError, msg="byte %d" % at):
                UnitSegment(bytes(damaged), "f").check(hash_of_user)


if __name__ == "__main__":
    unittest.main()
