"""Drives the program over real data and hand-made fixtures, and compares with answers that other code computed.

    python3 Tests/Datasets/check_datasets.py --small | --large [--only NAME]

The real sets lie beside the checkout, in ../shared/data; what is absent is skipped and said. The program is the release
build, or what GROWTHRING_BIN names. Needs the packages of Formats/reader/requirements.txt. One line a check; the exit
code is 0 where all passed.
"""

import argparse
import csv
import functools
import gzip
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
import zoneinfo
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import zstandard

import typed_fields

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FIXTURES = os.path.join(HERE, "fixtures")
SMALL = ["oulad_assessments", "cdnow", "bpic2013_incidents"]
LARGE = ["online_retail_ii"]
TEXTS = ["notes_til", "rust_blog", "stackexchange_posts", "udhr", "ubuntu_irc_sample"]
csv.field_size_limit(1 << 30)


class Failure(Exception):
    pass


def expect(condition, *detail):
    if not condition:
        raise Failure(" ".join(str(d) for d in detail))


class Checks:
    def __init__(self, only):
        self.passed = self.failed = 0
        self.only = only

    def check(self, name, body, *arguments):
        if self.only and not any(o in name for o in self.only):
            return
        begin = time.monotonic()
        try:
            body(*arguments)
            self.passed += 1
            verdict = "ok    "
        except Failure as failure:
            self.failed += 1
            verdict = "FAILED"
            name += ": " + str(failure)
        print("%s %6.1f s  %s" % (verdict, time.monotonic() - begin, name), flush=True)


class Program:
    def __init__(self, path, folder):
        self.path = path
        self.folder = folder
        self.stores = 0

    def store(self):
        self.stores += 1
        return os.path.join(self.folder, "store-%d" % self.stores)

    def run(self, *arguments, status=0, data=None):
        result = subprocess.run([self.path, *arguments], input=data, capture_output=True)
        errors = result.stderr.decode("utf-8", "replace")
        expect(result.returncode == status, "`%s` ended with %d instead of %d: %s"
               % (" ".join(arguments)[:200], result.returncode, status, errors.strip()[-500:]))
        result.errors = errors
        return result

    def ingest(self, store, source, *options, status=0, kind=None):
        """The summary; `source` is a path, or bytes for standard input."""
        data = source if isinstance(source, bytes) else None
        form = ["--input-format", kind] if kind else []
        result = self.run("ingest", source if data is None else "-", "--store", store, "--json", "--quiet",
                          *form, *options, status=status, data=data)
        return json.loads(result.stdout) if result.stdout else None

    def growth(self, store):
        out = self.run("growth", "--all", "--csv", "--time", "us", "--store", store).stdout.decode("utf-8")
        rows = csv.reader(io.StringIO(out, newline=""))
        header = next(rows)
        expect(header == GROWTH_HEADER, "header of growth --csv:", header)
        found = {}
        for row in rows:
            key = tuple(row[:4])
            expect(key not in found, "an aggregate twice:", key)
            found[key] = (row[4], int(row[5]), int(row[7]))
        return found

    def events(self, store):
        out = self.run("events", "--csv", "--store", store).stdout.decode("utf-8")
        return sorted(csv.reader(io.StringIO(out, newline="")))

    def stats(self, store):
        return json.loads(self.run("stats", "--json", "--store", store).stdout)

    def verify(self, store):
        self.run("verify", "--store", store)

    def ingest_units(self, store, source, *options, status=0, kind=None):
        """The summary; `source` is a path, or bytes for standard input."""
        data = source if isinstance(source, bytes) else None
        form = ["--input-format", kind] if kind else []
        result = self.run("units", "ingest", source if data is None else "-", "--store", store, "--json", "--quiet",
                          *form, *options, status=status, data=data)
        return json.loads(result.stdout)

    def units(self, store):
        """The export as bytes, and its units by user and muid."""
        out = self.run("units", "export", "--format", "ndjson", "--output", "-", "--store", store).stdout
        found = {}
        for line in out.split(b"\n"):
            if line:
                unit = json.loads(line)
                key = unit["user_id"], unit["muid"]
                expect(key not in found, "a unit twice:", key)
                found[key] = unit
        return out, found


GROWTH_HEADER = "user_id entity_id entity_type dim_key score event_count first_event_at last_event_at".split()


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    if path.endswith(".zst"):
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data


def read_oracle(data):
    rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    header = next(rows)
    expect(header[:7] == GROWTH_HEADER[:6] + ["last_event_at"], "header of the oracle:", header)
    return {tuple(r[:4]): (r[4], int(r[5]), int(r[6])) for r in rows}


def compare(found, oracle):
    """Exactly: the same keys, equal decimals, counts and last times."""
    different = 0
    example = ""
    for key, expected in oracle.items():
        values = found.get(key)
        if values == expected:
            continue
        if values is not None and values[1:] == expected[1:] and Decimal(values[0]) == Decimal(expected[0]):
            continue
        different += 1
        example = example or "%s: %s instead of %s" % (key, values, expected)
    extra = [key for key in found if key not in oracle]
    expect(not different and not extra, "%d aggregates differ, %d too many; %s" % (different, len(extra), example or extra[:1]))


# Real data

class DataSet:
    def __init__(self, program, checks, folder, name):
        self.program, self.checks, self.name = program, checks, name
        self.ndjson = os.path.join(folder, "events.ndjson.zst")
        self.csv = os.path.join(folder, "events.csv.zst")
        self.lines = [line + b"\n" for line in read(self.ndjson).split(b"\n") if line]
        self.count = len(self.lines)
        self.oracle = read_oracle(read(os.path.join(folder, "oracle_entity_growth.csv.zst")))
        self.store = program.store()

    def check(self, what, body, *arguments):
        self.checks.check("%s: %s" % (self.name, what), body, *arguments)

    def compare(self, store=None):
        compare(self.program.growth(store or self.store), self.oracle)

    def run(self, is_large):
        self.check("in memory, beside the live writer, and from the log after SIGKILL", self.memtable, is_large)
        self.check("ingested again: all duplicates", self.again, self.ndjson)
        self.check("flushed and reopened", self.compare)
        self.check("compacted", self.compact)
        self.check("verify", self.program.verify, self.store)
        if os.path.exists(self.csv):
            self.check("CSV gives the same store", self.from_csv)
            self.check("CSV into the store of NDJSON: all duplicates, no conflict", self.again, self.csv)
        else:
            print("skipped: %s has no events.csv.zst" % self.name)
        sizes = [(1000, 1, "synced"), (100000, 2, "synced")]
        if not is_large:
            sizes += [(1, 1, "buffered"), (7, 1, "buffered")]
        for size, times, durability in sizes:
            what = "shuffled%s, in batches of %d, %s" % (", doubled" if times == 2 else "", size, durability)
            self.check(what, self.shuffled, size, times, durability)
        self.check("declared fields of metadata", self.typed)
        self.age()

    def typed(self):
        # Some will do, for Python takes longer than all else.
        lines = self.lines[:60000]
        typed_fields.TypedFields(self.program, expect, lines, typed_fields.EVENT_FIELDS[self.name]).run()

    def age(self):
        """Ageing alone, of a store that is there or is made first."""
        if not os.path.isdir(self.store):
            self.check("taken in", self.take_in)
        self.check("a quarter expires with summaries, half is archived, and all are duplicates", self.expire_quarter)
        self.check("the next quarter expires without", self.expire_half)
        shutil.rmtree(self.store, ignore_errors=True)

    def take_in(self):
        summary = self.program.ingest(self.store, self.ndjson, "--open-model")
        expect(summary["stored"] == self.count, summary)
        self.compare()

    @functools.cached_property
    def events(self):
        """Of every event its identity, its time in microseconds, the key of its aggregate, and what it adds."""
        epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
        events = []
        for line in self.lines:
            r = json.loads(line)
            when = (datetime.fromisoformat(r["created_at"].replace("Z", "+00:00")) - epoch) // timedelta(microseconds=1)
            key = r["user_id"], r["entity_id"], r["entity_type"], r["dim_key"]
            events.append(((r["user_id"], r["event_id"]), when, key, Decimal(r["delta"])))
        return events

    def expire(self, part, keeps_summary, archived=None):
        """Lets a part of all events expire, the oldest, by whole days, under a policy that archives another part; returns
        which."""
        days = sorted(event[1] // 86400000000 for event in self.events)
        last = days[int(len(days) * part)]
        age = int(time.time()) // 86400 - last
        policy = os.path.join(self.program.folder, "policy.json")
        with open(policy, "w") as f:
            rule = {"expire_after": "%dd" % age, "keep_summary": keeps_summary}
            if archived:
                rule["archive_after"] = "%dd" % (int(time.time()) // 86400 - days[int(len(days) * archived)])
            json.dump({"version": 1, "default": rule}, f)
        self.program.run("policy", "apply", policy, "--store", self.store)
        forecast = self.program.run("policy", "dry-run", "--json", "--store", self.store).stdout.splitlines()
        before = self.program.stats(self.store)
        job = json.loads(self.program.run("maintain", "--step", "expire", "--json", "--store", self.store).stdout)
        expired = {identity for identity, when, _, _ in self.events if when // 86400000000 < last}
        expect(len(expired) > self.count * part * 0.7, len(expired), "of", self.count, "events expire")
        expect(job["moved"] == len(expired) - before["expired_events"], job)
        lines = [json.loads(t) for t in forecast]
        expect(sum(t["events"] for t in lines if t["step"] == "expire") == job["moved"], forecast)
        stats = self.program.stats(self.store)
        expect(stats["expired_events"] == len(expired) and stats["events"] == self.count - len(expired), stats)
        return expired

    def expire_quarter(self):
        self.sealed = self.expire(0.25, True, archived=0.75)
        self.compare()
        job = json.loads(self.program.run("maintain", "--step", "archive", "--json", "--store", self.store).stdout)
        # Of the day in the middle some are not of age.
        expect(job.get("error") is None and job["moved"] > self.count * 0.3, job)
        expect(self.program.stats(self.store)["bytes_by_tier"]["archive"] > 0, job)
        self.compare()
        self.program.verify(self.store)
        self.again(self.ndjson)
        self.compact()
        self.program.verify(self.store)

    def expire_half(self):
        expired = self.expire(0.5, False)
        growth = {}
        for identity, when, key, delta in self.events:
            if identity in self.sealed or identity not in expired:
                score, count, last = growth.get(key, (Decimal(0), 0, when))
                growth[key] = score + delta, count + 1, max(last, when)
        compare(self.program.growth(self.store), growth)
        self.program.verify(self.store)
        self.again(self.ndjson)
        self.program.run("compact", "--all", "--store", self.store)
        compare(self.program.growth(self.store), growth)
        self.program.verify(self.store)

    def memtable(self, is_large):
        """A writer that gets no end of input keeps everything in memory and in the log."""
        batch = 5000
        missing = -self.count % batch
        self.program.run("init", "--store", self.store, "--open-model")
        writer = subprocess.Popen(
            [self.program.path, "ingest", "-", "--input-format", "ndjson", "--store", self.store, "--quiet",
             "--batch-size", str(batch)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            # Repeated records change nothing, and fill the last batch.
            writer.stdin.write(b"".join(self.lines + self.lines[:missing]))
            writer.stdin.flush()
            deadline = time.monotonic() + 120
            while self.program.stats(self.store)["events"] < self.count:
                expect(writer.poll() is None, "the writer ended:", writer.stderr.read() if writer.poll() else "")
                expect(time.monotonic() < deadline, "the events do not arrive")
                time.sleep(0.2)
            # The large set is more than the memory may hold.
            expect(is_large or self.program.stats(self.store)["segments"] == 0, "there are segments")
            self.compare()
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            writer.stderr.close()
            try:
                writer.stdin.close()
            except OSError:
                pass
        self.compare()
        self.program.verify(self.store)

    def again(self, path):
        summary = self.program.ingest(self.store, path)
        expect(summary["stored"] == 0 and summary["duplicates"] == self.count and summary["conflicts"] == 0, summary)

    def compact(self):
        self.program.run("compact", "--all", "--store", self.store)
        self.compare()

    def from_csv(self):
        store = self.program.store()
        summary = self.program.ingest(store, self.csv, "--open-model")
        expect(summary["stored"] == self.count, summary)
        self.compare(store)
        expect(self.program.events(store) == self.program.events(self.store), "the events differ")
        shutil.rmtree(store)

    def shuffled(self, size, times, durability):
        store = self.program.store()
        lines = self.lines * times
        random.Random(size).shuffle(lines)
        summary = self.program.ingest(store, b"".join(lines), "--open-model", "--batch-size", str(size),
                                      "--durability", durability, kind="ndjson")
        expect(summary["stored"] == self.count and summary["duplicates"] == self.count * (times - 1), summary)
        self.compare(store)
        self.program.verify(store)
        shutil.rmtree(store)


# Real texts

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# What Unicode calls white space; `str.split` takes more.
WHITE_SPACE = re.compile("[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+")


def microseconds(text):
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // timedelta(microseconds=1)


def normal_form(content):
    return WHITE_SPACE.sub(" ", unicodedata.normalize("NFC", content)).strip(" ")


class TextSet:
    """Memory units: what went in comes out byte for byte, at every stage, and in every format."""

    def __init__(self, program, checks, folder, name):
        self.program, self.checks, self.name = program, checks, name
        self.ndjson = os.path.join(folder, "memory_units.ndjson.zst")
        self.csv = os.path.join(folder, "memory_units.csv.zst")
        self.lines = [line + b"\n" for line in read(self.ndjson).split(b"\n") if line]
        self.records = [json.loads(line) for line in self.lines]
        self.count = len(self.lines)
        rows = csv.DictReader(io.StringIO(read(os.path.join(folder, "oracle_units.csv.zst")).decode("utf-8"), newline=""))
        self.oracle = {(r["user_id"], r["muid"]): r for r in rows}
        self.store = program.store()

    def check(self, what, body, *arguments):
        self.checks.check("%s: %s" % (self.name, what), body, *arguments)

    def compare(self, store=None):
        out, found = self.program.units(store or self.store)
        expect(len(self.oracle) == self.count, "muids of the oracle are not distinct")
        expect(set(found) == set(self.oracle), "%d units instead of %d" % (len(found), len(self.oracle)))
        for key, row in self.oracle.items():
            unit = found[key]
            content = unit["content"].encode("utf-8")
            expect(len(content) == int(row["content_bytes"]) and len(unit["content"]) == int(row["content_codepoints"])
                   and hashlib.sha256(content).hexdigest()[:16] == row["content_sha256_16"], "the content of", key)
            expect(unit["title"] == row["title"], "the title of", key, unit["title"])
            expect(microseconds(unit["created_at"]) == int(row["created_at"]), "created_at of", key)
        for record in self.records:
            unit = found[record["user_id"], record["muid"]]
            for field in ("content", "content_type", "source_type", "metadata"):
                expect(unit.get(field) == record.get(field), field, "of", record["muid"])
        return out

    def run(self):
        self.check("in memory, beside the live writer, and from the log after SIGKILL", self.memtable)
        self.check("ingested again: all duplicates", self.again, self.ndjson)
        self.check("flushed and reopened", self.compare)
        self.check("compacted", self.compact)
        self.check("warm", self.warm)
        self.check("verify", self.program.verify, self.store)
        self.check("CSV gives the same store", self.other, self.csv)
        self.check("CSV into the store of NDJSON: all duplicates, no conflict", self.again, self.csv)
        self.check("exported as Parquet and taken in", self.exported, "units.parquet")
        self.check("exported as CSV and taken in", self.exported, "units.csv")
        self.check("shuffled, doubled, in batches of 7", self.shuffled)
        self.check("one unit at a time", self.single)
        self.check("quality", self.quality)
        self.check("same contents are rejected where that is wanted", self.duplicates)
        if self.name in typed_fields.UNIT_FIELDS:
            self.check("declared fields of metadata", self.typed)
        shutil.rmtree(self.store, ignore_errors=True)

    def memtable(self):
        """A writer that gets no end of input keeps everything in memory and in the log."""
        batch = 50
        missing = -self.count % batch
        self.program.run("init", "--store", self.store, "--open-model")
        writer = subprocess.Popen(
            [self.program.path, "units", "ingest", "-", "--input-format", "ndjson", "--store", self.store, "--quiet",
             "--batch-size", str(batch)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            # Repeated records change nothing, and fill the last batch.
            writer.stdin.write(b"".join(self.lines + self.lines[:missing]))
            writer.stdin.flush()
            deadline = time.monotonic() + 120
            while self.program.stats(self.store)["units"] < self.count:
                expect(writer.poll() is None, "the writer ended:", writer.stderr.read() if writer.poll() else "")
                expect(time.monotonic() < deadline, "the units do not arrive")
                time.sleep(0.2)
            self.compare()
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            writer.stderr.close()
            try:
                writer.stdin.close()
            except OSError:
                pass
        self.compare()
        self.program.verify(self.store)

    def again(self, path):
        summary = self.program.ingest_units(self.store, path)
        expect(summary["stored"] == 0 and summary["duplicates"] == self.count and summary["conflicts"] == 0, summary)

    def compact(self):
        self.program.run("compact", "--all", "--store", self.store)
        self.compare()

    def warm(self):
        policy = os.path.join(self.program.folder, "policy.json")
        with open(policy, "w") as f:
            json.dump({"version": 1, "default": {"warm_after": "1d"}}, f)
        self.program.run("policy", "apply", policy, "--store", self.store)
        self.program.run("maintain", "--step", "warm", "--store", self.store)
        self.compare()
        self.again(self.ndjson)

    def other(self, path, *options):
        store = self.program.store()
        summary = self.program.ingest_units(store, path, "--create", *options)
        expect(summary["stored"] == self.count, summary)
        expect(self.compare(store) == self.program.units(self.store)[0], "the exports differ")
        shutil.rmtree(store)

    def exported(self, name):
        path = os.path.join(self.program.folder, name)
        self.program.run("units", "export", "--output", path, "--quiet", "--store", self.store)
        self.other(path)
        self.again(path)

    def shuffled(self):
        store = self.program.store()
        lines = self.lines * 2
        random.Random(7).shuffle(lines)
        summary = self.program.ingest_units(store, b"".join(lines), "--create", "--batch-size", "7", kind="ndjson")
        expect(summary["stored"] == self.count and summary["duplicates"] == self.count, summary)
        self.compare(store)
        self.program.verify(store)
        shutil.rmtree(store)

    def single(self):
        """A few units by the commands for one: their contents are the bytes that went in."""
        for record in random.Random(1).sample(self.records, 5):
            arguments = [record["muid"], "--user", record["user_id"], "--store", self.store]
            content = self.program.run("units", "get", *arguments, "--content").stdout
            expect(content == record["content"].encode("utf-8"), "units get of", record["muid"])
            versions = self.program.run("units", "history", *arguments, "--json").stdout.splitlines()
            expect(len(versions) == 1, "history of", record["muid"])

    def quality(self):
        quality = json.loads(self.program.run("quality", "--json", "--store", self.store).stdout)
        forms = [(r["user_id"], normal_form(r["content"])) for r in self.records]
        written = [f for f in forms if f[1]]
        expect(quality["units"] == self.count, quality)
        expect(quality["users"] == len({r["user_id"] for r in self.records}), quality)
        expect(quality["missing_titles"] == sum(not normal_form(r["title"]) for r in self.records), quality)
        expect(quality["empty_contents"] == len(forms) - len(written), quality)
        expect(quality["duplicate_contents"] == len(written) - len(set(written)), quality)

    def duplicates(self):
        seen = set()
        kept = []
        for record in self.records:
            form = record["user_id"], normal_form(record["content"])
            if not form[1] or form not in seen:
                kept.append(record["muid"])
            seen.add(form)
        store = self.program.store()
        same = self.count - len(kept)
        bad = os.path.join(self.program.folder, "same")
        for part in (self.lines[:self.count // 2], self.lines):
            self.program.ingest_units(store, b"".join(part), "--create", "--duplicates", "reject", "--quarantine", bad,
                                      kind="ndjson", status=3 if self.same(part) else 0)
        found = self.program.units(store)[1]
        expect({muid for _, muid in found} == set(kept), "%d units instead of %d" % (len(found), len(kept)))
        with open(bad) as f:
            reasons = [json.loads(line)["reason"] for line in f]
        expect(reasons == ["duplicateContent"] * same, same, reasons[:3])
        shutil.rmtree(store)

    def typed(self):
        fields = typed_fields.UNIT_FIELDS[self.name]
        typed_fields.TypedFields(self.program, expect, self.lines, fields, are_units=True).run()

    @staticmethod
    def same(lines):
        forms = [(r["user_id"], normal_form(r["content"])) for r in map(json.loads, lines)]
        written = [f for f in forms if f[1]]
        return len(written) - len(set(written))


# Days of time zones

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo",
         "Africa/Casablanca", "Asia/Tehran", "Pacific/Kiritimati", "Antarctica/Troll", "America/St_Johns"]


def days_of_zones(program):
    """Growth by day of a zone, from 1965 to 2030, as Python's zoneinfo sees the days."""
    rng = random.Random(5)
    events = []
    for number in range(4000):
        time = EPOCH + timedelta(microseconds=rng.randrange(-5 * 31536000000000, 60 * 31536000000000))
        events.append((time, rng.choice(["self_act", "world_show"]), rng.randrange(1, 100)))
    lines = [record(event_id="%08x-0000-7000-8000-000000000000" % number, dim_key=dimension, delta=str(delta),
                    created_at=time.isoformat().replace("+00:00", "Z"))
             for number, (time, dimension, delta) in enumerate(events)]
    store = program.store()
    program.ingest(store, b"\n".join(lines), "--create", kind="ndjson")
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        expected = {}
        for time, dimension, delta in events:
            key = dimension, time.astimezone(zone).date().isoformat()
            score, count = expected.get(key, (0, 0))
            expected[key] = score + delta, count + 1
        out = program.run("daily", "ada", "--zone", name, "--csv", "--store", store).stdout.decode("utf-8")
        found = {(r["dim_key"], r["day"]): (int(r["score"]), int(r["event_count"]))
                 for r in csv.DictReader(io.StringIO(out, newline=""))}
        different = [key for key in set(found) | set(expected) if found.get(key) != expected.get(key)]
        expect(not different, name, len(different), "days differ, such as", different[:1])
    shutil.rmtree(store)


# Foreign files

def check_raw(program, checks, folder):
    for name, want in sorted(json.loads(read(os.path.join(folder, "expected.json"))).items()):
        path = os.path.join(folder, name)
        if "map" in want and os.path.exists(path):
            checks.check("raw/%s through --map" % name, raw_file, program, path, want)


def raw_file(program, path, want):
    store = program.store()
    mapping = dict(want["map"])
    options = ["--map", "=case=entity_type", "--ignore-unknown-fields", "--open-model"]
    for field in ("user_id", "entity_id", "dim_key", "delta", "created_at"):
        options += ["--map", "%s=%s" % (mapping[field], field)]
    if mapping["zone_column"]:
        options += ["--zone-column", mapping["zone_column"]]
    options += ["--time-format", mapping["time_format"], "--naive-time", mapping["naive_time"]]
    bad = os.path.join(program.folder, "quarantine")
    rejected = sum(want["rejected"].values())
    summary = program.ingest(store, path, *options, "--quarantine", bad, status=3 if rejected else 0, kind="csv")
    expect(summary["stored"] + summary["duplicates"] == want["imported"] and summary["rejected"] == rejected, summary)
    expect(summary["duplicates"] == 0, "equal rows must count:", summary)
    out = program.run("growth", "--all", "--csv", "--time", "us", "--store", store).stdout.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    expect(len(rows) == want["groups"], len(rows), "groups instead of", want["groups"])
    expect(len({r["user_id"] for r in rows}) == want["users"], "users")
    expect(len({r["entity_id"] for r in rows}) == want["entities"], "entities")
    expect(sum(Decimal(r["score"]) for r in rows) == Decimal(want["sum_delta"]), "the sum of all deltas")
    expect(min(int(r["first_event_at"]) for r in rows) == want["first_us"], "the first time")
    expect(max(int(r["last_event_at"]) for r in rows) == want["last_us"], "the last time")
    if rejected:
        reasons = {(q["field"], q["reason"]) for q in map(json.loads, read(bad).splitlines())}
        expect(reasons == {("user_id", "empty")}, reasons)


# Fixtures

def check_fixtures(program, checks):
    oracle = read_oracle(read(os.path.join(FIXTURES, "expected_growth.csv")))
    text = read(os.path.join(FIXTURES, "good.csv"))
    good = read(os.path.join(FIXTURES, "good.ndjson"))
    inputs = [
        ("NDJSON", good, "ndjson"), ("NDJSON with CRLF", good.replace(b"\n", b"\r\n"), "ndjson"),
        ("NDJSON with a byte order mark and blank lines", b"\xef\xbb\xbf" + good.replace(b"\n", b"\n\n"), "ndjson"),
        ("NDJSON without a last line feed", good[:-1], "ndjson"),
        ("CSV with quoted line feeds", text, "csv"), ("CSV with a byte order mark", b"\xef\xbb\xbf" + text, "csv"),
        ("CSV with CRLF", records_with_crlf(text), "csv"),
        ("NDJSON in zstd", zstandard.compress(good), "ndjson"), ("CSV in gzip", gzip.compress(text), "csv"),
        ("CSV in two gzip members", gzip.compress(text[:300]) + gzip.compress(text[300:]), "csv"),
    ]
    for name, data, kind in inputs:
        checks.check("fixture: " + name, good_input, program, data, kind, oracle)
    checks.check("fixture: NDJSON and CSV are the same events", same_events, program, good, text)
    for name, data, kind in (("NDJSON", b"", "ndjson"), ("CSV", b"", "csv"), ("CSV but for its header", text.split(b"\n")[0] + b"\n", "csv")):
        checks.check("fixture: empty %s" % name, empty_input, program, data, kind)
    for row in bad_records():
        checks.check("bad input: " + row[0], bad_input, program, *row[1:])
    for row in bad_cells():
        checks.check("bad input: CSV, " + row[0], bad_csv, program, *row[1:])
    checks.check("bad input: a conflict", conflict, program, good)
    for name, data, ending in (("zstd", zstandard.compress(good * 300), ".zst"), ("gzip", gzip.compress(good * 300), ".gz")):
        checks.check("bad input: truncated " + name, cut_input, program, data, ending)
    checks.check("exit codes", exit_codes, program)
    checks.check("damage: every file of a store, cut and flipped", damage, program, good, oracle)


def records_with_crlf(text):
    """CRLF between the records, not within cells."""
    out, quoted = bytearray(), False
    for byte in text:
        quoted ^= byte == 0x22
        out += b"\r\n" if byte == 0x0A and not quoted else bytes([byte])
    return bytes(out)


def good_input(program, data, kind, oracle):
    store = program.store()
    ending = ".zst" if data[:4] == b"\x28\xb5\x2f\xfd" else ".gz" if data[:2] == b"\x1f\x8b" else ""
    path = os.path.join(program.folder, "input." + kind + ending)
    with open(path, "wb") as f:
        f.write(data)
    summary = program.ingest(store, path, "--create")
    expect((summary["stored"], summary["duplicates"], summary["rejected"]) == (8, 1, 0), summary)
    compare(program.growth(store), oracle)
    summary = program.ingest(store, path)
    expect((summary["stored"], summary["duplicates"]) == (0, 9), summary)
    program.run("compact", "--all", "--store", store)
    compare(program.growth(store), oracle)
    program.verify(store)


def same_events(program, ndjson, text):
    stores = []
    for data, kind in ((ndjson, "ndjson"), (text, "csv")):
        stores.append(program.store())
        program.ingest(stores[-1], data, "--create", kind=kind)
    expect(program.events(stores[0]) == program.events(stores[1]), "the events differ")
    exported = [sorted(program.run("export", "--store", s, "--format", "ndjson", "--output", "-").stdout.splitlines())
                for s in stores]
    expect(exported[0] == exported[1], "the exports differ")
    expect(len(exported[0]) == 8, "8 events are expected")


def empty_input(program, data, kind):
    store = program.store()
    summary = program.ingest(store, data, "--create", kind=kind)
    expect(summary["read"] == 0, summary)
    expect(program.growth(store) == {}, "growth of nothing")
    program.verify(store)


def record(**changes):
    fields = {"event_id": "018cc251-f400-7000-8000-000000000099", "user_id": "ada", "entity_id": "swift",
              "entity_type": "skill", "dim_key": "self_know", "delta": "1", "created_at": "2024-01-01T00:00:00Z"}
    fields.update(changes)
    return json.dumps({k: v for k, v in fields.items() if v is not None}).encode()


def bad_records():
    """Name, record, field, reason."""
    r = record()
    one = b'"delta": "1"'
    user = b'"user_id": "ada"'
    return [
        ("broken UTF-8", r.replace(b"ada", b"a\xff"), "user_id", "invalidUTF8"),
        ("overlong UTF-8", r.replace(b"ada", b"\xc0\xaf"), "user_id", "invalidUTF8"),
        ("a lone surrogate", r.replace(b"ada", b"\\ud800"), "user_id", "invalidUTF8"),
        ("a NUL byte", r.replace(b"ada", b"a\0"), "user_id", "nulByte"),
        ("an escaped NUL", r.replace(b"ada", b"a\\u0000"), "user_id", "nulByte"),
        ("a delta out of range", record(delta="9223372036854.775808"), "delta", "outOfRange"),
        ("a delta out of the range of its dimension", record(delta="1000000.000001"), "delta", "outOfRange"),
        ("a delta with seven digits", record(delta="0.0000001"), "delta", "tooManyDigits"),
        ("NaN", r.replace(one, b'"delta": NaN'), "delta", "malformed"),
        ("NaN as text", record(delta="NaN"), "delta", "malformed"),
        ("Infinity", record(delta="Infinity"), "delta", "malformed"),
        ("an unknown dimension", record(dim_key="self_knwo"), "dim_key", "unknownDimension"),
        ("a missing user", record(user_id=None), "user_id", "missing"),
        ("a missing delta", record(delta=None), "delta", "missing"),
        ("a missing time", record(created_at=None), "created_at", "missing"),
        ("a user of 0 bytes", record(user_id=""), "user_id", "empty"),
        ("a user of 256 bytes", record(user_id="x" * 256), "user_id", "tooLong"),
        ("an entity of 256 bytes", record(entity_id="ü" * 128), "entity_id", "tooLong"),
        ("month 13", record(created_at="2024-13-01T00:00:00Z"), "created_at", "malformed"),
        ("29 February 2023", record(created_at="2023-02-29T00:00:00Z"), "created_at", "malformed"),
        ("a date in words", record(created_at="yesterday"), "created_at", "malformed"),
        ("nanoseconds", record(created_at="2024-01-01T00:00:00.1234567Z"), "created_at", "tooManyDigits"),
        ("a line of 100 MB", record(user_id="x" * (100 << 20)), None, "tooLong"),
        ("deep metadata", r.replace(user, b'"metadata":{"a":' + b"[" * 70 + b"]" * 70 + b"}," + user), "metadata", "tooDeep"),
        ("100,000 brackets", b"[" * 100000, None, "malformed"),
        ("a key twice", r.replace(user, one + b"," + user), "delta", "duplicateKey"),
        ("a key of metadata twice", r.replace(user, b'"metadata":{"a":1,"\\u0061":1},' + user), "metadata", "duplicateKey"),
        ("an unknown field", r.replace(user, b'"userid":"ada",' + user), None, "unknownField"),
        ("an id that is no UUID", record(event_id="1234"), "event_id", "malformed"),
        ("half a record", r[:-20], "created_at", "malformed"),
        ("a scope with an empty part", record(scope="a//b"), "scope", "malformed"),
    ]


def bad_input(program, data, field, reason):
    before, after = (record(event_id="018cc251-f400-7000-8000-00000000000%d" % i) for i in (1, 2))
    whole = before + b"\n\n" + data + b"\n" + after + b"\n"
    bad_rows(program, whole, "ndjson", 3, field, reason)


def bad_rows(program, data, kind, line, field, reason):
    # Without a quarantine the batch is not stored, and the error names line, field and reason.
    store = program.store()
    result = program.run("ingest", "-", "--input-format", kind, "--store", store, "--create", status=1, data=data)
    # Only the record is known where the growth model refuses it and lines are not records.
    expect("line %d:" % line in result.errors or "record 2:" in result.errors, "no line in:", result.errors[:300])
    if field:
        expect(field in result.errors, "no field in:", result.errors[:300])
    expect(program.growth(store) == {}, "something was stored")
    # With one the good rows are kept.
    bad = os.path.join(program.folder, "quarantine")
    summary = program.ingest(store, data, "--quarantine", bad, status=3, kind=kind)
    expect((summary["stored"], summary["rejected"]) == (2, 1), summary)
    rows = [json.loads(t) for t in read(bad).splitlines()]
    found = [(q["line"] or line, q["record"], q["field"], q["reason"]) for q in rows]
    expect(found == [(line, 2, field, reason)], found)
    expect(os.path.getsize(bad) < 1 << 21, "a quarantine of %d bytes" % os.path.getsize(bad))
    program.verify(store)


def bad_cells():
    return [
        ("too few cells", b"x,y\n", None, None), ("a delta of NaN", b"%s,ada,swift,skill,self_know,NaN,,2024-01-01T00:00:00Z\n", "delta", "malformed"),
        ("a user of 0 bytes", b"%s,,swift,skill,self_know,1,,2024-01-01T00:00:00Z\n", "user_id", "empty"),
        ("broken UTF-8", b"%s,\xff,swift,skill,self_know,1,,2024-01-01T00:00:00Z\n", "user_id", "invalidUTF8"),
        ("a wrong date", b"%s,ada,swift,skill,self_know,1,,01.02.2024\n", "created_at", "malformed"),
        ("an unknown dimension", b"%s,ada,swift,skill,x,1,,2024-01-01T00:00:00Z\n", "dim_key", "unknownDimension"),
    ]


def bad_csv(program, row, field, reason):
    good = b'018cc251-f400-7000-8000-00000000000%d,"a\nb",swift,skill,self_know,1,,2024-01-01T00:00:00Z\n'
    if b"%s" in row:
        row = row.replace(b"%s", b"018cc251-f400-7000-8000-000000000099")
    data = b"event_id,user_id,entity_id,entity_type,dim_key,delta,source,created_at\n" + good % 1 + row + good % 2
    if reason is None:
        store = program.store()
        bad = os.path.join(program.folder, "quarantine")
        summary = program.ingest(store, data, "--create", "--quarantine", bad, status=3, kind="csv")
        expect((summary["stored"], summary["rejected"]) == (2, 1), summary)
        expect(json.loads(read(bad))["line"] == 4, read(bad))
    else:
        bad_rows(program, data, "csv", 4, field, reason)


def conflict(program, good):
    store = program.store()
    program.ingest(store, good, "--create", kind="ndjson")
    changed = good.replace(b'"0.2"', b'"0.3"')
    result = program.run("ingest", "-", "--input-format", "ndjson", "--store", store, status=1, data=changed)
    expect("line 2" in result.errors and "event id" in result.errors, result.errors)
    bad = os.path.join(program.folder, "quarantine")
    summary = program.ingest(store, changed, "--quarantine", bad, status=3, kind="ndjson")
    expect((summary["conflicts"], summary["stored"], summary["duplicates"]) == (1, 0, 8), summary)
    expect(json.loads(read(bad))["reason"] == "conflict", read(bad))


def cut_input(program, data, ending):
    store = program.store()
    path = os.path.join(program.folder, "cut.ndjson" + ending)
    with open(path, "wb") as f:
        f.write(data[:-7])
    result = program.run("ingest", path, "--store", store, "--create", status=1)
    expect("cut.ndjson" in result.errors, result.errors)
    program.verify(store)


def exit_codes(program):
    program.run("growth", status=2)
    program.run("nonsense", status=2)
    program.run("growth", "--all", "--store", os.path.join(program.folder, "nowhere"), status=1)
    program.run("ingest", "nowhere.ndjson", "--store", program.store(), "--create", status=1)
    store = program.store()
    program.run("init", "--store", store)
    program.run("init", "--store", store, status=1)
    program.run("growth", "--all", "--store", store)


def damage(program, good, oracle):
    store = program.store()
    program.run("init", "--store", store, "--partitions", "1")
    program.ingest(store, good, kind="ndjson")
    compare(program.growth(store), oracle)
    program.verify(store)
    paths = []
    for folder, _, names in os.walk(store):
        paths += [os.path.join(folder, n) for n in names if n.endswith((".seg", ".run", ".manifest", ".json"))]
    expect(len(paths) == 5, paths)
    rng = random.Random(1)
    for path in sorted(paths):
        data = read(path)
        name = os.path.basename(path)
        # A flip within JSON may give another valid document.
        places = [] if name.endswith(".json") else sorted({0, 17, 40, len(data) - 1, *(rng.randrange(len(data)) for _ in range(12))})
        variants = [data[:n] for n in (0, len(data) // 3, len(data) - 4)]
        variants += [data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:] for at in places]
        variants += [b"This is no file of a store.\n" * 40]
        for number, variant in enumerate(variants):
            with open(path, "wb") as f:
                f.write(variant)
            result = subprocess.run([program.path, "verify", "--store", store], capture_output=True)
            told = (result.stdout + result.stderr).decode("utf-8", "replace")
            # Bytes between blocks are covered by nothing, and harm nothing.
            if result.returncode == 0 and path.endswith(".run") and is_gap(data, variant):
                continue
            expect(result.returncode == 4 and name in told, "%s, variant %d: exit code %d: %s"
                   % (name, number, result.returncode, told[-300:]))
        with open(path, "wb") as f:
            f.write(data)
    program.verify(store)


def is_gap(data, variant):
    """Whether two files differ in one byte that was zero and lies in a gap for alignment."""
    places = [i for i in range(len(data)) if len(variant) != len(data) or data[i] != variant[i]]
    return len(places) == 1 and data[places[0]] == 0 and not any(data[places[0]:(places[0] | 7) + 1])


def find_program():
    if os.environ.get("GROWTHRING_BIN"):
        return os.environ["GROWTHRING_BIN"]
    shown = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, capture_output=True, text=True)
    return os.path.join(shown.stdout.strip(), "growthring")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--small", action="store_true", help="fixtures, the small sets, and how the large one ages")
    size.add_argument("--large", action="store_true", help="all of the large set too")
    parser.add_argument("--only", action="append", help="only checks whose name contains this")
    options = parser.parse_args()
    path = find_program()
    if not os.access(path, os.X_OK):
        sys.exit("%s is not there: run `make build`, or name the program in GROWTHRING_BIN." % path)
    checks = Checks(options.only)
    data = os.path.join(os.path.dirname(ROOT), "shared", "data")
    data = os.environ.get("GROWTHRING_DATA", data)
    with tempfile.TemporaryDirectory(prefix="growthring-datasets-") as folder:
        program = Program(path, folder)
        check_fixtures(program, checks)
        checks.check("days of %d time zones" % len(ZONES), days_of_zones, program)
        checks.check("fixture: declared fields of the metadata of events", typed_fields.check_fixtures, program, expect)
        checks.check("fixture: declared fields of the metadata of units", typed_fields.check_unit_fixtures, program, expect)
        if os.path.isdir(os.path.join(data, "raw")):
            check_raw(program, checks, os.path.join(data, "raw"))
        else:
            print("skipped: the foreign files, for ../shared/data/raw is not there")
        for name in SMALL + LARGE:
            if not os.path.isdir(os.path.join(data, name)):
                print("skipped: %s, for ../shared/data/%s is not there" % (name, name))
            elif not options.only or any(name in o or o in name or ":" in o for o in options.only):
                data_set = DataSet(program, checks, os.path.join(data, name), name)
                if options.large or name in SMALL:
                    data_set.run(name in LARGE)
                else:
                    data_set.age()
        for name in TEXTS:
            if not os.path.isdir(os.path.join(data, name)):
                print("skipped: %s, for ../shared/data/%s is not there" % (name, name))
            elif not options.only or any(name in o or o in name or ":" in o for o in options.only):
                TextSet(program, checks, os.path.join(data, name), name).run()
    print("%d passed, %d failed" % (checks.passed, checks.failed))
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
