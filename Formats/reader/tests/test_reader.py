"""The reader against files of the encoder, good and damaged."""

import csv
import io
import json
import os
import random
import shutil
import struct
import tempfile
import unittest
from unittest import mock

from growthring_reader.__main__ import main
from growthring_reader.conventions import (ByteReader, check_metadata, check_scope, decimal, id_text, stored_form,
                                           uuid_text)
from growthring_reader.dump import dump
from growthring_reader.encodings import (ALL, FuseFilter, KeyFilter, dictionary_page, event_id_page, integer_page,
                                         model_page, rows_page, text_page)
from growthring_reader.errors import FormatError, MissingModule
from growthring_reader.log import LogFile
from . import encoder

try:
    import lz4.block  # noqa: F401
    import zstandard  # noqa: F401
    CODECS = (0, 1, 2)
except ImportError:
    CODECS = (0,)

SEED = 0x0123456789ABCDEF
HOSTILE_ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "500"))
REFUSALS = FormatError if len(CODECS) > 1 else (FormatError, MissingModule)


def text(event):
    return (uuid_text(event["id"]), id_text(event["user"]), id_text(event["entity"]), event["type"].decode(),
            event["dim"].decode(), decimal(event["delta"]), event["source"].decode(), event["scope"].decode(),
            event["time"], event["metadata"].decode())


def page(data):
    return ByteReader(data, "page")


class EncodingTests(unittest.TestCase):
    def test_integer_pages(self):
        rng = random.Random(1)
        samples = [[], [0], [-1], [5] * 100, list(range(1000)), [1 << 62, -(1 << 63), (1 << 63) - 1]]
        for bits in range(0, 64):
            samples.append([rng.getrandbits(bits) - (1 << bits) // 2 for _ in range(rng.randrange(1, 300))])
        for values in samples:
            encodings = [encoder.packed(values)]
            if len(set(values)) <= 1:
                encodings.append(encoder.constant(values))
            if values:
                encodings += [encoder.delta(values), encoder.runs(values)]
                encodings += [encoder.marked_runs(values), encoder.blocks(values)]
            for data in encodings:
                r = page(data)
                self.assertEqual(integer_page(r, len(values), ALL), values)
                r.finish("page")
                for cut in range(len(data)):
                    with self.assertRaises(FormatError):
                        integer_page(page(data[:cut]), len(values), ALL)
                if data[0] > 3:
                    with self.assertRaises(FormatError):
                        integer_page(page(data), len(values))

    def test_blocks(self):
        rng = random.Random(4)
        values = [1 << 40] * 256 + [rng.randrange(1000) for _ in range(256)] + [-5]
        self.assertEqual(integer_page(page(encoder.blocks(values)), 513, ALL), values)

    def test_conditioned_pages(self):
        rng = random.Random(5)
        for counts_up in (False, True):
            for n in (1, 100, 513, 2000):
                classes = [rng.randrange(4) for _ in range(n)]
                values, new = [], 7
                for c in classes:
                    if counts_up and rng.random() < 0.2:
                        values.append(new)
                        new += 1
                    else:
                        values.append(c * 3 + rng.randrange(3) if rng.random() < 0.8 else rng.randrange(max(1, new)))
                lists = encoder.lists_by_class(values, classes, 4, 5)
                r = page(encoder.model(lists, rng))
                self.assertEqual(model_page(r, 4), lists)
                r.finish("page")
                data, _ = encoder.conditioned(values, classes, lists, rng, 3, 7 if counts_up else None)
                r = page(data)
                self.assertEqual(rows_page(r, classes, lists), values)
                r.finish("page")
                for cut in range(min(len(data), 100)):
                    with self.assertRaises(FormatError):
                        rows_page(page(data[:cut]), classes, lists)
                with self.assertRaises(FormatError):
                    rows_page(page(data), classes, None)

    def test_text_pages(self):
        rng = random.Random(6)
        for strings in ([b""], [b'{"a":1}', b'{"a":-20}', b'{"b":"x"}', b"", b'{"a":"1:2"}'],
                        [b"\1" + (i << 80 | 4 << 76 | 2 << 62 | i * 77).to_bytes(16, "big") for i in range(30)]):
            for _ in range(20):
                data = encoder.text_page(strings, rng)
                r = page(data)
                self.assertEqual(text_page(r, len(strings)), strings)
                r.finish("page")
                for cut in range(len(data)):
                    with self.assertRaises(FormatError):
                        text_page(page(data[:cut]), len(strings))

    def test_fuse_filter(self):
        rng = random.Random(7)
        hashes = [rng.getrandbits(64) for _ in range(150)]
        f = FuseFilter(encoder.fuse_filter(hashes, 7), page(b""))
        self.assertTrue(all(map(f.may_contain, hashes)))
        self.assertLess(sum(f.may_contain(rng.getrandbits(64)) for _ in range(2000)), 60)

    def test_fuse_filter_of_the_engine(self):
        """The bytes that Tests/ColumnarTests/HashTests.swift expects of the engine."""
        data = bytes.fromhex(
            "02070000000000001600000000000000000000000000000040ce45868d766cc0530570a62ae60860208f010c0027600cd003267d4002"
            "0000ccbb80112004780028b90900000803ba002600000000d2450080b6004001000000600500b26200805d01409e808b600b0000000000000000")
        f = FuseFilter(data, page(b""))
        self.assertTrue(all(f.may_contain(i * 0x9E3779B97F4A7C15 % (1 << 64)) for i in range(1, 51)))
        self.assertLess(sum(f.may_contain(i * 0x9E3779B97F4A7C15 % (1 << 64)) for i in range(51, 2051)), 40)

    def test_packed_by_hand(self):
        data = struct.pack("<BBHIqQ", 1, 3, 0, 0, -10, 7) + bytes([0b11010001, 0b1]) + bytes(8)
        self.assertEqual(integer_page(page(data), 3), [-3, 4, 39])
        wrapping = struct.pack("<BBHIqQ", 1, 1, 0, 0, (1 << 63) - 1, 1) + b"\2" + bytes(8)
        self.assertEqual(integer_page(page(wrapping), 2), [(1 << 63) - 1, -(1 << 63)])

    def test_refused_integer_pages(self):
        good = encoder.packed([1, 2, 3])
        for at, value in ((0, 4), (1, 57), (2, 1), (4, 1), (24, 0xFF), (25, 1), (32, 1)):
            data = bytearray(good)
            data[at] = value
            with self.assertRaises(FormatError, msg=str(at)):
                integer_page(page(bytes(data)), 3)
        nested = b"\2" + encoder.svarint(0) + encoder.delta([1, 2])
        runs_in_runs = b"\3" + encoder.varint(2) + encoder.runs([1, 2]) + encoder.packed([1, 2])
        for data, n in ((nested, 3), (runs_in_runs, 2), (b"\0\2", 0), (b"\2\0\0\0", 0),
                        (b"\3" + encoder.varint(2) + encoder.packed([1, 2]) + encoder.packed([2, 2]), 2),
                        (struct.pack("<BBHIqQ", 1, 0, 0, 0, 0, 0) + bytes(8), 1)):
            with self.assertRaises(FormatError):
                integer_page(page(data), n)

    def test_varints(self):
        for v in (0, 127, 128, (1 << 64) - 1):
            self.assertEqual(page(encoder.varint(v)).varint(), v)
        for v in (0, -1, 1, -(1 << 63), (1 << 63) - 1):
            self.assertEqual(page(encoder.svarint(v)).svarint(), v)
        for data in (b"", b"\x80", b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x01"):
            with self.assertRaises(FormatError):
                page(data).varint()

    def test_event_ids(self):
        rng = random.Random(2)
        for v4 in (False, True):
            for _ in range(20):
                events = encoder.make_events(rng.randrange(1, 40), rng, v4)
                times, ids = [e["time"] for e in events], [e["id"] for e in events]
                self.assertEqual(event_id_page(page(encoder.event_ids(ids, times, rng)), times), ids)
        bad = b"\1" + encoder.constant([-1]) + encoder.constant([0]) + encoder.constant([0])
        with self.assertRaises(FormatError):
            event_id_page(page(bad), [0])

    def test_dictionaries_and_filter(self):
        rng = random.Random(3)
        strings = [b"", b"a", b"bc", b"\xff" * 300]
        data = encoder.dictionary(strings, rng)
        self.assertEqual(dictionary_page(page(data)), strings)
        for bad in (encoder.varint(1 << 60) + encoder.constant([0]), encoder.varint(1) + encoder.constant([-1]),
                    encoder.varint(2) + encoder.constant([1]) + b"aa", data[:-1]):
            with self.assertRaises(FormatError):
                dictionary_page(page(bad))
        hashes = [rng.getrandbits(64) for _ in range(500)]
        f = KeyFilter(encoder.key_filter(hashes))
        self.assertTrue(all(map(f.may_contain, hashes)))
        self.assertLess(sum(f.may_contain(rng.getrandbits(64)) for _ in range(2000)), 100)


class ConventionTests(unittest.TestCase):
    def test_ids(self):
        for name, stored in encoder.STORED.items():
            self.assertEqual(stored_form(name), stored)
            self.assertEqual(id_text(stored), name)
        for bad in (b"", b"\0", b"\0" + b"a" * 256, b"\0a\0", b"\0\xff", b"\1" + b"a" * 15, b"\3a",
                    b"\2" + bytes(16), b"\0" + encoder.USERS[1].encode(), b"\0" + encoder.USERS[2].encode()):
            with self.assertRaises(ValueError):
                id_text(bad)

    def test_decimals(self):
        for v, expected in ((0, "0"), (1, "0.000001"), (-1500000, "-1.5"), (10000000, "10"),
                            (-(1 << 63), "-9223372036854.775808")):
            self.assertEqual(decimal(v), expected)

    def test_limits(self):
        for good in (b"", b"{}", b'{"a":1,"b":{"":-0.50e+1},"c":"\xc3\xa9\\\\/"}'):
            check_metadata(good)
        for bad in (b"[]", b"{ }", b'{"b":1,"a":1}', b'{"a":1,"a":1}', b'{"a":"\\/"}', b'{"a":NaN}', b"{", b"\xff",
                    b'{"a":"\\u0041"}', b'{"a":' * 100000, b'{"a":01}', b'{"a":"\n"}', b'{"a":"\\ud800"}'):
            with self.assertRaises(ValueError, msg=str(bad[:20])):
                check_metadata(bad)
        check_scope(b"/".join([b"x"] * 16))
        for bad in (b"/".join([b"x"] * 17), b"a//b", b"a" * 1024):
            with self.assertRaises(ValueError):
                check_scope(bad)


class FileTests(unittest.TestCase):
    def damaged(self, data, accept=(), step=1):
        """Every byte flipped, or every so many: an error of the format, or the same content (or one of accept)."""
        good = json.dumps(dump(data, "f"))
        refused = 0
        for at in range(0, len(data), step):
            bad = bytearray(data)
            bad[at] ^= 0xFF if at % 2 else 1 << at // 2 % 8
            try:
                content = json.dumps(dump(bytes(bad), "f"))
            except FormatError as e:
                refused += 1
                self.assertIsInstance(e.offset, int)
                continue
            if content != good:
                self.assertTrue(any(a(json.loads(content), at) for a in accept), "byte %d" % at)
        for cut in list(range(0, len(data), 7)) + [len(data) - 1]:
            try:
                content = json.dumps(dump(data[:cut], "f"))
            except FormatError:
                continue
            self.assertTrue(any(a(json.loads(content), cut) for a in accept), "cut at %d" % cut)
        return refused

    def test_log(self):
        for codecs in {(0,), CODECS}:
            rng = random.Random(4)
            events = encoder.make_events(15, rng)
            frames = [{0: events[:3], 3: events[3:6]}, {1: events[6:11]}, {None: events[11:]}]
            data = encoder.log(99, 7, frames, rng, codecs)
            content = dump(data, "f")
            self.assertEqual([f["sequence"] for f in content["frames"]], [7, 8, 9])
            found = [tuple(e.values()) for f in content["frames"] for s in f["sections"] for e in s["events"]]
            self.assertEqual(found, [text(e) for e in events])
            last = content["frames"][-1]["offset"]

            def torn(other, at):
                # a cut, or damage in the last frame: the log ends before the first frame that does not pass
                n = len(other["frames"])
                return other["frames"] == json.loads(json.dumps(content["frames"][:n]))

            self.damaged(data, [torn])
            # a flip before the last frame is never taken for a torn tail, for the last one tells that all were synced
            for at in range(32, last):
                bad = bytearray(data)
                bad[at] ^= 0x10
                with self.assertRaises(FormatError):
                    dump(bytes(bad), "0000000000000007.log")
            for cut in range(32, len(data) + 1):
                other = dump(data[:cut], "f")
                expected = sum(f["offset"] + f["length"] <= cut for f in content["frames"])
                self.assertEqual(len(other["frames"]), expected)

    def test_log_refused(self):
        rng = random.Random(5)
        events = encoder.make_events(4, rng)
        head = encoder.header(b"GRLOG001", 5)
        one = encoder.frame(5, 32, 1, {0: events}, rng)
        for second in (1, 3):  # not the expected number: it does not pass, and the log ends before it
            data = head + one + encoder.frame(5, 32 + len(one), second, {0: events}, rng)
            self.assertEqual(dump(data, "f")["torn_at"], 32 + len(one))
            with self.assertRaises(FormatError):
                LogFile(data, "f", 1, is_last=False)
        with self.assertRaises(FormatError):
            dump(head + encoder.frame(5, 32, 1, {0: []}, rng), "f")
        # a creation that was cut short; a whole header that this reader does not understand is none
        for data in (b"", head[:20], head[:24] + bytes(8), bytes(32), bytes(4096)):
            self.assertEqual(LogFile(data, "f", 1).frames, [])
            with self.assertRaises(FormatError):
                LogFile(data, "f", 1, is_last=False)
        with self.assertRaises(FormatError):
            LogFile(encoder.header(b"GRLOG001", 5, 4, 4), "f", 1)
        # zeros that were laid ahead, of the newest file only
        for zeros in (1, 3, 4, 31, 4096):
            data = head + one + bytes(zeros)
            self.assertEqual(dump(data, "f")["torn_at"], 32 + len(one))
            self.assertEqual(len(LogFile(data, "f", 1).frames), 1)
            with self.assertRaises(FormatError):
                LogFile(data, "f", 1, is_last=False)
        # frames behind one that is lost, near and far
        lost = bytearray(one)
        lost[30] ^= 1
        for gap in (0, 1000):
            for durable in (0, 1, 2, 3):
                at = 32 + len(one) + len(one) + gap
                data = head + one + bytes(lost) + bytes(gap) + encoder.frame(5, at, 4, {0: events}, rng,
                                                                             durable=durable)
                if durable > 1:
                    with self.assertRaisesRegex(FormatError, "behind it"):
                        dump(data, "f")
                    data = data[:-1] + bytes([data[-1] ^ 1])  # its sections need not pass
                    with self.assertRaisesRegex(FormatError, "behind it"):
                        dump(data, "f")
                else:  # the lost one was not synced
                    self.assertEqual(dump(data, "f")["torn_at"], 32 + len(one))
        self.assertEqual(dump(head + one + bytes(500), "f")["torn_at"], 32 + len(one))

    def test_segment(self):
        for codecs, rows, version in (((0,), 12, 1), (CODECS, 12, 1), (CODECS, 9000, 1), ((0,), 12, 2),
                                      (CODECS, 13, 2), (CODECS, 14, 2), (CODECS, 9000, 2), ((0,), 15, 3), (CODECS, 16, 3),
                                      (CODECS, 9000, 3), ((0,), 17, 4), (CODECS, 18, 4), (CODECS, 9000, 4)):
            rng = random.Random(6 + rows)
            events = encoder.make_events(rows, rng)
            data, _, smallest, largest = encoder.segment(42, events, SEED, rng, codecs, version=version,
                                                         group_rows=7 if rows < 20 else 8500)
            content = dump(data, "f")
            found = [tuple(e.values()) for g in content["row_groups"] for e in g["events"]]
            self.assertEqual(found, [text(e) for e in sorted(events, key=encoder.sort_key)])
            self.assertEqual((content["smallest_created_at"], content["largest_created_at"]), (smallest, largest))
            if rows < 20:
                # every byte of one file; a decode in Python takes milliseconds
                step = 1 if rows == 18 else 7
                self.assertEqual(self.damaged(data, step=step), len(range(0, len(data), step)))

    def test_run(self):
        for codecs, version in {((0,), 1), ((0,), 2), (CODECS, 2)}:
            rng = random.Random(7)
            tables = encoder.aggregate(encoder.make_events(12, rng))
            tables[2] = {}
            key = next(iter(tables[1]))
            data, entries = encoder.run(43, tables, rng, codecs, reset={(1, key)}, version=version)
            content = dump(data, "f")
            self.assertEqual(sum(len(s["entries"]) for s in content["sections"]), entries)
            rows = content["sections"][0]["entries"]
            self.assertEqual(sum(r["reset"] for r in rows), 1)
            for r in rows:
                x = tables[1][stored_form(r["user_id"]), stored_form(r["entity_id"]), r["entity_type"].encode(),
                              r["dim_key"].encode()]
                self.assertEqual([r["score"], r["event_count"], r["first_event_at"], r["last_event_at"]],
                                 [decimal(x[0])] + x[1:])
            scopes = {(r["scope"].encode(), b"", r["dim_key"].encode(), r["day"]) for r in
                      content["sections"][3]["entries"]}
            self.assertEqual(scopes, set(tables[4]))
            # a flipped byte of a gap is refused too
            step = 1 if codecs == CODECS else 7
            self.assertEqual(self.damaged(data, step=step), len(range(0, len(data), step)))

    def test_tables_of_pairs(self):
        """A table that leaves a pair out, or leads elsewhere, under checksums that pass."""
        from growthring_reader.run import Run
        rng = random.Random(9)
        tables = encoder.aggregate(encoder.make_events(40, rng))
        found = 0
        for _ in range(12):
            data, _ = encoder.run(43, tables, rng)
            run = Run(data, "f")
            run.check_coverage()
            found = max(found, len(run.tables))
        self.assertGreater(found, 1)
        good = encoder.pair_hash
        try:
            encoder.pair_hash = lambda user, entity: good(user, entity) ^ 1 << 63
            data = encoder.run(43, tables, random.Random(1))[0]
        finally:
            encoder.pair_hash = good
        with self.assertRaises(FormatError):
            Run(data, "f")

    def test_unknown_rollup_is_ignored(self):
        rng = random.Random(8)
        tables = encoder.aggregate(encoder.make_events(5, rng))
        tables[9] = tables[2]
        content = dump(encoder.run(43, tables, rng)[0], "f")
        self.assertEqual([s["rollup"] for s in content["sections"]], [1, 2, 3, 4])
        self.assertEqual(content["unknown_sections"], 1)

    def test_hostile_blocks(self):
        """Blocks with any byte changed and a checksum that passes: FormatError or entries, nothing else."""
        from growthring_reader.run import read_block
        rng = random.Random(9)
        tables = encoder.aggregate(encoder.make_events(40, rng))
        entries = sorted((k[0], k[1], 1, i) + tuple(v) + (i % 2,) for i, (k, v) in enumerate(tables[1].items()))
        data = encoder.block(entries)
        self.assertEqual([tuple(e) for e in read_block(page(data))], entries)
        for at in range(len(data)):
            for value in (0, 1, 0x7F, 0x80, 0xFF):
                bad = bytearray(data)
                bad[at] = value
                try:
                    read_block(page(bytes(bad)))
                except FormatError:
                    pass

    def test_hostile_sections(self):
        from growthring_reader.log import section_events
        rng = random.Random(10)
        for data in [encoder.section(encoder.make_events(9, rng), rng) for _ in range(2)]:
            for at in range(len(data)):
                for value in (0, 0x7F, 0xFF):
                    bad = bytearray(data)
                    bad[at] = value
                    try:
                        section_events(page(bytes(bad)), 9)
                    except FormatError:
                        pass

    def test_hostile_footers(self):
        """Segments and runs whose footer was changed under checksums that pass."""
        rng = random.Random(11)
        events = encoder.make_events(8, rng)
        for data in (encoder.segment(1, events, SEED, rng)[0], encoder.run(1, encoder.aggregate(events), rng)[0]):
            offset, length = struct.unpack_from("<QQ", data, len(data) - 48)
            for at in range(offset, offset + length):
                for value in (0, 1, 0x7F, 0x80, 0xFF):
                    bad = bytearray(data)
                    bad[at] = value
                    trailer = struct.pack("<5Q", offset, length, length, 0,
                                          encoder.checksum(1, offset, bad[offset:offset + length]))
                    bad[-48:] = trailer + struct.pack("<Q", encoder.checksum(1, len(data) - 48, trailer))
                    try:
                        dump(bytes(bad), "f")
                    except REFUSALS:
                        pass

    def test_hostile_files(self):
        """Files changed at random where every checksum passes (it is always 0): FormatError and nothing else."""
        rng = random.Random(13)
        with mock.patch("growthring_reader.conventions.xxh3_64", lambda data, seed=0: 0), \
                mock.patch("growthring_reader.log.xxh3_64", lambda data, seed=0: 0), \
                mock.patch("tests.encoder.xxh3_64", lambda data, seed=0: 0):
            events = encoder.make_events(10, rng)
            files = [encoder.log(1, 1, [{0: events[:6], 1: events[6:]}, {0: events[:4]}], rng, CODECS),
                     encoder.segment(1, events, SEED, rng, group_rows=6)[0],
                     encoder.segment(1, events, SEED, rng, CODECS)[0],
                     encoder.segment(1, events, SEED, rng, version=2)[0],
                     encoder.segment(1, events, SEED, rng, group_rows=6, version=2)[0],
                     encoder.run(1, encoder.aggregate(events), rng)[0],
                     encoder.manifest(1, 0, 1, 2, [(1, 500, 20, 2, -5, 1 << 50, 1)], [(2, 300, 9, 0)])]
            for data in files:
                dump(data, "f")
                for _ in range(HOSTILE_ROUNDS):
                    bad = bytearray(data)
                    for _ in range(rng.choice((1, 1, 1, 2, 5))):
                        bad[rng.randrange(len(bad))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.getrandbits(8)))
                    try:
                        json.dumps(dump(bytes(bad), "f")).encode()
                    except REFUSALS:
                        pass

    @unittest.skipIf(CODECS == (0,), "lz4 and zstandard are not installed")
    def test_hostile_pages(self):
        from growthring_reader.conventions import decompress
        rng = random.Random(12)
        raw = bytes(rng.choice(b"abc") for _ in range(500)) * 3
        for codec in (1, 2):
            stored = encoder.compress(raw, codec)
            self.assertEqual(decompress(stored, codec, len(raw), "f", 0), raw)
            self.assertEqual(decompress(encoder.compress(b"", codec), codec, 0, "f", 0), b"")
            for n in (0, 1, len(raw) - 1, len(raw) + 1, (1 << 30) + 1):
                with self.assertRaises(FormatError):
                    decompress(stored, codec, n, "f", 0)
            with self.assertRaises(FormatError):
                decompress(stored + b"\0", codec, len(raw), "f", 0)
            for at in range(len(stored)):
                bad = bytearray(stored)
                bad[at] ^= 0xFF
                try:
                    decompress(bytes(bad), codec, len(raw), "f", 0)
                except FormatError:
                    pass

    def test_manifest(self):
        data = encoder.manifest(5, 3, 8, 1 << 40, [(1, 500, 20, 2, -5, 1 << 50, 1)], [(2, 300, 9, 0), (3, 1, 1, 1)])
        content = dump(data, "f")
        self.assertEqual((content["partition"], content["number"], content["flushed_sequence"]), (3, 8, 1 << 40))
        self.assertEqual(content["segments"], [{
            "file_id": "%016x" % 1, "length": 500, "rows": 20, "level": 2, "smallest_created_at": -5,
            "largest_created_at": 1 << 50, "tier": 1}])
        self.assertEqual(len(content["runs"]), 2)
        self.assertEqual(self.damaged(data), len(data))

    def test_versions(self):
        body = b"payload"
        for version, oldest, reserved, good in ((1, 1, 0, True), (9, 1, 0, True), (2, 2, 0, True), (3, 3, 0, True), (4, 4, 0, False),
                                                 (1, 1, 1, False)):
            data = encoder.header(b"GRLOG001", 3, version, oldest, reserved)
            if good:
                self.assertEqual(dump(data, "f")["frames"], [])
            else:
                with self.assertRaises(FormatError):
                    dump(data, "f")
        with self.assertRaisesRegex(FormatError, "version 5.*version 4"):
            dump(encoder.header(b"GRSEG001", 3, 5, 5) + body, "f")


class StoreTests(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(tempfile.mkdtemp(), "store")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.path))

    def command(self, *arguments):
        out = io.StringIO()
        return main(list(arguments), out), out.getvalue()

    def write(self, **options):
        return encoder.write_store(self.path, random.Random(20), codecs=CODECS, **options)

    def file(self, *parts):
        folder = os.path.join(self.path, *parts[:-1])
        return os.path.join(folder, sorted(n for n in os.listdir(folder) if n.endswith(parts[-1]))[-1])

    def test_good_store(self):
        events = self.write()
        code, out = self.command("check", self.path)
        self.assertEqual(code, 0, out)
        self.assertTrue(out.startswith("ok: 2 partitions"), out)
        code, out = self.command("events", self.path)
        self.assertEqual(code, 0)
        found = [tuple(json.loads(line).values()) for line in out.splitlines()]
        self.assertEqual(sorted(found), sorted(text(e) for e in events))
        code, out = self.command("growth", self.path)
        self.assertEqual(code, 0)
        rows = list(csv.reader(io.StringIO(out)))
        self.assertEqual(",".join(rows[0]),
                         "user_id,entity_id,entity_type,dim_key,score,event_count,first_event_at,last_event_at")
        expected = [[id_text(k[0]), id_text(k[1]), k[2].decode(), k[3].decode(), decimal(v[0])] + list(map(str, v[1:]))
                    for k, v in sorted(encoder.aggregate(events)[1].items())]
        self.assertEqual(rows[1:], expected)

    def test_more_partitions(self):
        self.write(partitions=8, n=40)
        code, out = self.command("check", self.path)
        self.assertEqual(code, 0, out)

    def test_empty_store(self):
        os.makedirs(self.path)
        with open(os.path.join(self.path, "store.json"), "w") as f:
            json.dump(encoder.store_json(1, 0), f)
        self.assertEqual(self.command("check", self.path)[0], 1)  # a partition without a manifest
        os.makedirs(os.path.join(self.path, "partitions", "00"))
        with open(os.path.join(self.path, "partitions", "00", "manifest-%016x.manifest" % 1), "wb") as f:
            f.write(encoder.manifest(77, 0, 1, 0, [], []))
        self.assertEqual(self.command("check", self.path)[0], 0)
        self.assertEqual(self.command("events", self.path), (0, ""))

    def test_damaged_files(self):
        self.write()
        for parts in (("partitions", "00", ".seg"), ("partitions", "01", ".run"), ("partitions", "01", ".manifest"),
                      ("log", "3.log"), ("store.json",)):
            name = self.file(*parts)
            with open(name, "rb") as f:
                data = f.read()
            with open(name, "wb") as f:
                f.write(data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 0x55]) + data[len(data) // 2 + 1:])
            code, out = self.command("check", self.path)
            self.assertEqual(code, 1, parts)
            self.assertIn("FAILED", out)
            with open(name, "wb") as f:
                f.write(data)
        self.assertEqual(self.command("check", self.path)[0], 0)
        os.remove(self.file("partitions", "00", ".seg"))
        self.assertEqual(self.command("check", self.path)[0], 1)

    def test_torn_log_before_another(self):
        self.write()
        name = self.file("log", "3.log")
        with open(name, "ab") as f:
            f.write(b"torn")
        code, out = self.command("check", self.path)
        self.assertEqual(code, 1)
        self.assertIn("3.log: at byte", out)

    def test_missing_log(self):
        self.write()
        os.remove(self.file("log", "3.log"))
        self.assertEqual(self.command("check", self.path)[0], 1)

    def rewrite(self, number, flushed, segments, runs):
        with open(os.path.join(self.path, "partitions", "00", "manifest-%016x.manifest" % number), "wb") as f:
            f.write(encoder.manifest(79, 0, number, flushed, segments, runs))

    def entries(self):
        with open(os.path.join(self.path, "partitions", "00", "manifest-%016x.manifest" % 2), "rb") as f:
            content = dump(f.read(), "f")
        return ([(int(s["file_id"], 16),) + tuple(s.values())[1:] for s in content["segments"]],
                [(int(r["file_id"], 16),) + tuple(r.values())[1:] for r in content["runs"]])

    def test_differences(self):
        self.write()
        segments, runs = self.entries()
        for number, flushed, s, r, expected in (
                (3, 3, segments, runs, "is there twice"),            # a covered frame is replayed again
                (4, 5, segments, runs, "but in no segment"),         # a frame is skipped
                (5, 4, segments, runs[:1], "from the events"),       # a run is missing
                (6, 4, segments, runs[::-1], "from the events"),     # reset entries of the wrong order
                (7, 4, segments[:1], runs, "but in no segment"),
                (8, 4, [segments[0][:6] + (2,)], runs, "tier"),
                (9, 4, [segments[0][:2] + (1,) + segments[0][3:]], runs, "does not describe this segment")):
            self.rewrite(number, flushed, s, r)
            code, out = self.command("check", self.path)
            self.assertEqual(code, 1, expected)
            self.assertIn(expected, out)
        self.rewrite(10, 4, segments, runs)
        self.assertEqual(self.command("check", self.path)[0], 0)

    def test_untrue_statistics(self):
        self.write()
        segments, runs = self.entries()
        name = os.path.join(self.path, "partitions", "00", "segment-%016x.seg" % segments[0][0])
        with open(name, "rb") as f:
            good = dump(f.read(), "f")
        rng = random.Random(21)
        rows = [e for e in encoder.make_events(40, rng) if e["user"] == encoder.STORED["ann"]]
        # another hash seed: keys are not in the filter
        data, count, smallest, largest = encoder.segment(500, rows, 1, rng)
        with open(os.path.join(os.path.dirname(name), "segment-%016x.seg" % 500), "wb") as f:
            f.write(data)
        self.rewrite(3, 4, segments + [(500, len(data), count, 0, smallest, largest, 0)], runs)
        code, out = self.command("check", self.path)
        self.assertEqual(code, 1)
        self.assertIn("key hashes are not in the filter", out)
        self.assertEqual(good["rows"], segments[0][2])

    def test_command(self):
        self.write()
        code, out = self.command("dump", self.file("partitions", "00", ".run"))
        self.assertEqual((code, json.loads(out)["kind"]), (0, "run"))
        code, out = self.command("dump", os.path.join(self.path, "store.json"))
        self.assertEqual((code, json.loads(out)["partitions"]), (0, 2))


if __name__ == "__main__":
    unittest.main()
