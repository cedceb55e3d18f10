"""The reader against files written by the engine, under Tests/Golden: good ones of all versions, and damaged ones."""

import io
import json
import os
import re
import unittest
from contextlib import redirect_stderr
from datetime import datetime, timedelta

from growthring_reader.__main__ import main
from growthring_reader.archived_file import has_pyarrow
from growthring_reader.conventions import stored_form
from growthring_reader.dump import dump
from growthring_reader.expired_keys import unit_key
from growthring_reader.store import Store

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "Tests", "Golden")
DAMAGED = os.path.join(GOLDEN, "damaged")
VERSION = re.compile(r"v\d+\Z")
# the reader does not read growth models
NOT_READ = {"growth-model.json"}
# without pyarrow it does not read the content of archived files, only their lengths
NOT_SEEN = set() if has_pyarrow() else {"archive_file_page", "archive_file_footer", "unit_archive_file_page"}


def command(*arguments):
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stderr(errors):
        status = main(list(arguments), out)
    return status, out.getvalue() + errors.getvalue()


def exported(line):
    """An event of the reader as the engine exports it."""
    e = json.loads(line)
    seconds, fraction = divmod(e["created_at"], 1000000)
    time = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    iso = time.isoformat(timespec="seconds") + (".%06d" % fraction).rstrip("0").rstrip(".") + "Z"
    members = [(k, e[k]) for k in ("event_id", "user_id", "entity_id", "entity_type", "dim_key", "delta", "source")]
    text = ",".join('"%s":%s' % (k, json.dumps(v, ensure_ascii=False)) for k, v in members)
    text += ',"created_at":"%s"' % iso
    if e["metadata"]:
        text += ',"metadata":' + e["metadata"]
    if e["scope"]:
        text += ',"scope":' + json.dumps(e["scope"], ensure_ascii=False)
    return "{" + text + "}"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8", newline="") as f:
        return f.read()


class GoldenTests(unittest.TestCase):
    def test_good(self):
        count = 0
        for version in sorted(filter(VERSION.match, os.listdir(GOLDEN))):
            for name in sorted(os.listdir(os.path.join(GOLDEN, version))):
                folder = os.path.join(GOLDEN, version, name)
                store = os.path.join(folder, "store")
                count += 1
                with self.subTest(store=name):
                    status, out = command("check", store)
                    self.assertEqual(status, 0, out)
                    status, out = command("events", store)
                    if name == "archive" and not has_pyarrow():
                        self.assertEqual(status, 2, out)
                        self.assertIn("install pyarrow", out)
                        continue
                    self.assertEqual(status, 0, out)
                    found = sorted(exported(t).encode() for t in out.split("\n") if t)
                    self.assertEqual(found, read(folder, "expected_events.ndjson").encode().splitlines())
                    status, out = command("growth", store)
                    self.assertEqual(status, 0, out)
                    # keys may hold line feeds: split behind the four numbers
                    rows = re.compile(r".*?,-?[0-9.]+,\d+,-?\d+,-?\d+\n", re.S)
                    header, _, body = out.partition("\n")
                    expected_header, _, expected = read(folder, "expected_growth.csv").partition("\n")
                    self.assertEqual(header, expected_header)
                    self.assertEqual(sorted(rows.findall(body)), sorted(rows.findall(expected)))
                    self.assertEqual(len(body), len(expected))
                for place, _, names in os.walk(store):
                    for n in names:
                        if n.endswith((".log", ".seg", ".run", ".keys", ".arc", ".arcu", ".units", ".manifest")):
                            path = os.path.join(place, n)
                            with self.subTest(file=os.path.relpath(path, GOLDEN)), open(path, "rb") as f:
                                dump(f.read(), path)
        self.assertGreater(count, 4)

    def test_units(self):
        for version in ("v4", "v5"):
            with self.subTest(version=version):
                self.check_units(os.path.join(GOLDEN, version, "units"))

    @unittest.skipUnless(has_pyarrow(), "pyarrow is missing")
    def test_archived_units(self):
        self.check_units(os.path.join(GOLDEN, "v5", "units_archive"))
        self.check_units(os.path.join(GOLDEN, "v6", "units"))

    def test_units_have_metadata_indexes(self):
        said = {}
        for partition in Store(os.path.join(GOLDEN, "v6", "units", "store")).partitions():
            for segment in partition.unit_segments:
                self.assertEqual(segment.binary.version, 2)
                for g in segment.groups:
                    self.assertIsNotNone(g.metadata_filter)
                    said.setdefault(type(segment).__name__, []).append(g.metadata_statistics)
        self.assertEqual(sorted(said), ["ArchivedUnits", "UnitSegment"])
        for statistics in said.values():
            self.assertTrue(all(s is not None and s.is_complete for s in statistics))
            self.assertTrue(any({"/amount", "/due"} <= set(s.paths) for s in statistics))

    def check_units(self, folder):
        status, out = command("units", os.path.join(folder, "store"))
        self.assertEqual(status, 0, out)
        found = [json.loads(t) for t in out.split("\n") if t]
        for unit in found:
            unit["importance_score"] = unit["importance_score"] or ""
        expected = [json.loads(t) for t in read(folder, "expected_units.ndjson").split("\n") if t]

        def order(unit):
            return unit["user_id"], unit["muid"], unit["updated_at"]

        self.assertEqual(sorted(found, key=order), sorted(expected, key=order))
        self.assertGreater(len(found), 200)
        # the keys are those of what was given and is not there
        store = Store(os.path.join(folder, "store"))
        given = {order(json.loads(t)) for t in read(folder, "input.ndjson").split("\n") if t}
        gone = {unit_key(stored_form(user), stored_form(muid), time, store.info.hash_seed)
                for user, muid, time in given - {order(unit) for unit in found}}
        keys = [key for partition in store.partitions() for file in partition.expired_unit_keys for key in file.keys]
        self.assertEqual(sorted(keys), sorted(gone))

    def test_damaged(self):
        rows = re.findall(r"^\| (\w+) \| (\S+) \|", read(DAMAGED, "README.md"), re.M)
        self.assertGreater(len(rows), 20)
        self.assertEqual({name for name, _ in rows} | {"README.md"}, set(os.listdir(DAMAGED)))
        for name, file in rows:
            if file not in NOT_READ and name not in NOT_SEEN:
                with self.subTest(store=name):
                    status, out = command("check", os.path.join(DAMAGED, name))
                    self.assertEqual(status, 1, out)
                    self.assertIn(file, out)


if __name__ == "__main__":
    unittest.main()
