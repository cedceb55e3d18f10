"""Declared fields of metadata: what the program makes of them, against what Python makes of the same records.

Summaries by a field's values, buckets and calendar units, sums of numbers, and conditions on ranges, of events; and conditions of
memory units. Only JSON's values count: a text with a number in it is a text.
"""

import csv
import io
import json
import os
import random
import shutil
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from math import floor

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Of the sets of real data: their fields, and the width of buckets of each number.
EVENT_FIELDS = {
    "oulad_assessments": {"date_submitted": ("number", "7"), "is_banked": ("boolean", None), "assessment_type": ("text", None)},
    "cdnow": {"cds": ("number", "2.5"), "usd": ("text", None)},
    "bpic2013_incidents": {"local_time": ("time", None), "impact": ("text", None)},
    "online_retail_ii": {"qty": ("number", "12"), "country": ("text", None)},
}
UNIT_FIELDS = {
    "notes_til": {"local_time": ("time", None), "category": ("text", None)},
    "stackexchange_posts": {"score": ("number", None), "parent": ("number", None), "site": ("text", None)},
    "udhr": {"bom": ("boolean", None)},
    "ubuntu_irc_sample": {"messages": ("number", None), "last": ("time", None)},
}


def parsed(line):
    return json.loads(line, parse_int=Decimal, parse_float=Decimal)


def moment(text):
    """A time in microseconds since 1970; of UTC where it names no zone."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return ((time if time.tzinfo else time.replace(tzinfo=timezone.utc)) - EPOCH) // timedelta(microseconds=1)


def spelled(number):
    """The shortest decimal."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


class Field:
    def __init__(self, name, kind, width=None):
        self.name, self.kind, self.width = name, kind, width

    def value(self, record):
        """What a record has of the field's kind; None where there is nothing of it."""
        value = record.get("metadata") or {}
        for key in self.name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None or isinstance(value, bool) != (self.kind == "boolean"):
            return None
        if self.kind == "number":
            return value if isinstance(value, Decimal) else None
        if self.kind == "boolean":
            return value
        return value if isinstance(value, str) else None

    def parts(self):
        """Names of parts of a summary, and with each what a value counts under."""
        path = "metadata." + self.name
        if self.kind == "number":
            width = Decimal(self.width)
            return [(path, spelled), (path + ":" + self.width, lambda v: spelled(floor(v / width) * width))]
        if self.kind == "time":
            return [(path + ":" + unit, lambda v, unit=unit: first_day(v, unit)) for unit in ("day", "week", "month", "year")]
        return [(path, lambda v: str(v).lower() if self.kind == "boolean" else v)]

    def conditions(self, records):
        """Conditions that some of the records satisfy, and tests of a value."""
        path = "metadata." + self.name
        values = [v for v in map(self.value, records) if v is not None]
        if self.kind == "boolean":
            return [(path + " = true", lambda v: v is True), (path + " = false", lambda v: v is False)]
        if self.kind == "text":
            rarest = min(Counter(values).items(), key=lambda entry: (entry[1], entry[0]))[0]
            quoted = "'" + rarest.replace("'", "''") + "'"
            return [(path + " = " + quoted, lambda v: v == rarest), (path + " = 'no such text'", lambda v: False)]
        key = moment if self.kind == "time" else lambda v: v
        values.sort(key=key)
        low, high, last = (values[int(len(values) * q)] for q in (0.3, 0.4, 0.9999))
        a, b, c = key(low), key(high), key(last)
        show = spelled if self.kind == "number" else lambda v: "'" + v + "'"
        beyond = "1e12" if self.kind == "number" else "'9999-01-01'"
        return [
            ("%s >= %s and %s < %s" % (path, show(low), path, show(high)), lambda v: a <= key(v) < b),
            ("%s > %s" % (path, show(high)), lambda v: key(v) > b), ("%s >= %s" % (path, show(last)), lambda v: key(v) >= c),
            ("%s <= %s" % (path, show(values[0])), lambda v: key(v) <= key(values[0])),
            ("%s > %s" % (path, beyond), lambda v: False),
        ]


def first_day(text, unit):
    day = date(1970, 1, 1) + timedelta(days=moment(text) // 86400000000)
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    elif unit == "year":
        day = day.replace(month=1, day=1)
    return day.isoformat()


class TypedFields:
    """Checks of one set of records, events or units, in a store of its own."""

    def __init__(self, program, expect, lines, fields, are_units=False):
        self.program, self.expect, self.are_units = program, expect, are_units
        self.lines = lines
        self.records = [parsed(line) for line in lines]
        self.fields = [Field(name, *kind) for name, kind in fields.items()]
        self.store = program.store()
        # What is to be asked, and of that what is expected.
        self.questions = []

    def run(self):
        """At every stage: in files as they come, merged, and archived."""
        self.ask()
        declared = {field.name: {"type": field.kind} for field in self.fields}
        model = {"version": 3, "name": "typed", "open": True}
        model.update({"units": {"metadata_fields": declared}} if self.are_units else {"metadata_fields": declared})
        self.program.run("init", "--store", self.store, "--partitions", "2", "--open-model")
        self.apply("model", model)
        half = len(self.lines) // 2
        for part in (self.lines[:half], self.lines[half:]):
            self.ingest(part)
        self.compare()
        self.program.run("compact", "--all", "--store", self.store)
        self.compare()
        if self.are_units:
            self.apply("policy", {"version": 2, "units": {"default": {"archive_after": "1d"}}})
        else:
            self.apply("policy", {"version": 1, "default": {"archive_after": "1d"}})
        job = json.loads(self.program.run("maintain", "--step", "archive", "--json", "--store", self.store).stdout)
        self.expect(job.get("error") is None and job["moved"] > len(self.lines) // 2, job)
        self.compare()
        self.program.run("verify", "--store", self.store)
        shutil.rmtree(self.store)

    def apply(self, what, document):
        path = os.path.join(self.program.folder, "typed-%s.json" % what)
        with open(path, "w") as f:
            json.dump(document, f)
        self.program.run(what, "apply", path, "--store", self.store)

    def ingest(self, lines):
        take = self.program.ingest_units if self.are_units else self.program.ingest
        summary = take(self.store, b"".join(lines), kind="ndjson")
        self.expect((summary["stored"], summary["rejected"]) == (len(lines), 0), summary)

    def ask(self):
        ask = self.ask_units if self.are_units else self.ask_groups
        for field in self.fields:
            values = [(r, field.value(r)) for r in self.records]
            for text, test in field.conditions(self.records):
                ask([], lambda r: (), [r for r, v in values if v is not None and test(v)], "--where", text)
            there = [r for r in self.records if not self.has(field, r)]
            ask([], lambda r: (), there, "--where", "not metadata.%s exists" % field.name)
        for field in self.fields if not self.are_units else ():
            for part, key in field.parts():
                ask(["dim_key", part], lambda r: (r["dim_key"], self.key(field, key, r)), self.records)
                ask([part], lambda r: (self.key(field, key, r),), self.records)

    def compare(self):
        for arguments, expected in self.questions:
            out = self.program.run(*arguments, "--csv", "--store", self.store).stdout.decode("utf-8")
            compare = self.compare_units if self.are_units else self.compare_groups
            compare(list(csv.DictReader(io.StringIO(out, newline=""))), expected, " ".join(arguments))

    @staticmethod
    def key(field, key, record):
        value = field.value(record)
        return "" if value is None else key(value)

    @staticmethod
    def has(field, record):
        value = record.get("metadata") or {}
        for name in field.name.split("."):
            if not isinstance(value, dict) or name not in value:
                return False
            value = value[name]
        return True

    def ask_units(self, _, __, records, *options):
        self.questions.append((["units", "list", *options], sorted((r["user_id"], r["muid"]) for r in records)))

    def compare_units(self, rows, expected, what):
        found = sorted((r["user_id"], r["muid"]) for r in rows)
        self.expect(found == expected, len(found), "units instead of", len(expected), "of", what)

    def ask_groups(self, parts, key, records, *options):
        """A summary by parts, with sums of the first number there is."""
        number = next((f for f in self.fields if f.kind == "number"), None)
        groups = {}
        for r in records:
            group = groups.setdefault(key(r), [0, Decimal(0), []])
            group[0] += 1
            group[1] += Decimal(r["delta"])
            if number and number.value(r) is not None:
                group[2].append(number.value(r))
        by = ["--by", ",".join(parts)] if parts else []
        sums = ["--sum", "metadata." + number.name] if number else []
        self.questions.append((["summary", *by, *sums, *options], (parts, groups)))

    def compare_groups(self, rows, expected, what):
        parts, groups = expected
        self.expect(len(rows) == len(groups), len(rows), "groups instead of", len(groups), "of", what)
        for row in rows:
            values = tuple(row[part] for part in parts)
            self.expect(values in groups, "a group", values, "of", what)
            count, score, numbers = groups[values]
            self.expect((int(row["event_count"]), Decimal(row["score"])) == (count, score), values, "of", what, row)
            if "sum" not in row:
                continue
            self.expect((int(row["numbers"]), Decimal(row["sum"])) == (len(numbers), sum(numbers)), values, "of", what, row)
            if numbers:
                self.expect((Decimal(row["smallest"]), Decimal(row["largest"])) == (min(numbers), max(numbers)), row)
                # No other multiple of a millionth is nearer.
                rest = abs(Decimal(row["average"]) * len(numbers) - sum(numbers))
                self.expect(2 * rest <= len(numbers) * Decimal("0.000001"), values, "of", what, row)
            else:
                self.expect(row["average"] == row["smallest"] == row["largest"] == "", row)


# Records that nobody has to be given

FIELDS = {"price.amount": ("number", "12.5"), "due": ("time", None), "done": ("boolean", None), "campaign": ("text", None)}


def metadata(rng):
    """A text: numbers and times in many spellings, nulls, and what is not there."""
    members = []
    if rng.random() < 0.8:
        form = rng.choice(["%d", "%d.0", "%de0", "%d.250", "-%d.5", "%d00e-2", "0.0000%d"])
        amount = form % rng.choice([rng.randrange(1, 9), rng.randrange(90 if form[0] == "0" else 4000)])
        members.append('"price":{"amount":%s,"currency":"EUR"}' % rng.choice([amount, amount, amount, "null"]))
    if rng.random() < 0.7:
        due = datetime(2024, 1, 30, 23) + timedelta(seconds=rng.randrange(400 * 86400), microseconds=rng.choice([0, 250000]))
        zone = rng.choice(["Z", "+02:00", "-05:30", ""])
        members.append('"due":"%s"' % rng.choice([due.isoformat() + zone, due.date().isoformat()]))
    if rng.random() < 0.5:
        members.append('"done":' + rng.choice(["true", "false", "null"]))
    if rng.random() < 0.6:
        members.append('"campaign":"%s"' % rng.choice(["launch", "spring", "\u00fcber, \\\"quoted\\\"", "12", "true"]))
    rng.shuffle(members)
    return "{%s}" % ",".join(members)


def events(count):
    rng = random.Random(31)
    lines = []
    for number in range(count):
        head = json.dumps({
            "event_id": "%08x-0000-7000-8000-000000000000" % number, "user_id": "user %d" % rng.randrange(9),
            "entity_id": "entity %d" % rng.randrange(5), "entity_type": "skill", "dim_key": rng.choice(["self_act", "world_show"]),
            "delta": "%d.5" % rng.randrange(20), "created_at": "2024-0%d-11T10:00:00Z" % rng.randrange(1, 7)})
        lines.append(('%s, "metadata": %s}\n' % (head[:-1], metadata(rng))).encode("utf-8"))
    return lines


def units(count):
    rng = random.Random(32)
    lines = []
    for number in range(count):
        head = json.dumps({"user_id": "user %d" % rng.randrange(9), "muid": "unit %d" % number, "source_type": "note",
                           "content": "growth %d" % number, "created_at": "2024-0%d-11T10:00:00Z" % rng.randrange(1, 7)})
        lines.append(('%s, "metadata": %s}\n' % (head[:-1], metadata(rng))).encode("utf-8"))
    return lines


def check_fixtures(program, expect):
    TypedFields(program, expect, events(3000), FIELDS).run()


def check_unit_fixtures(program, expect):
    TypedFields(program, expect, units(3000), FIELDS, are_units=True).run()
