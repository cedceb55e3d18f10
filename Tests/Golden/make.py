"""Makes golden stores: inputs by hand and by rule, stores by the program, expected answers by code of its own (Decimal).

    python3 Tests/Golden/make.py PROGRAM VERSION

Golden files are add-only: a folder that exists is left as it is, and only missing ones are made.
"""

import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
GROWTH_HEADER = "user_id entity_id entity_type dim_key score event_count first_event_at last_event_at".split()

USERS = [
    "a", "ada", "ada lovelace", "0191a2dd-fbba-732d-9652-c2fbd9ed1b3b", "0191A2DD-FBBA-732D-9652-C2FBD9ED1B3B",
    "0191a2dd-FBBA-732d-9652-c2fbd9ed1b3b", "01911111-2222-7333-8444-555566667777",
    "{0191a2dd-fbba-732d-9652-c2fbd9ed1b3b}", "0191a2ddfbba732d9652c2fbd9ed1b3b", "Zoë", "Zoe\u0308", "用户", "😀",
    "with \"quotes\", commas\nand lines", " leading and trailing ", "tab\tand \u0001 control", "x" * 255, "ü" * 127, "-", "/",
]
ENTITIES = ["swift", "Swift", "6c8ee7a5-1dd8-49f1-a37c-d52d21a1b5a1", "6C8EE7A5-1DD8-49F1-A37C-D52D21A1B5A1", "e" * 255,
            "0", "entity with a rather long name that repeats itself, repeats itself, repeats itself", "ключ"]
TYPES = ["skill", "memory_unit", "t" * 255, "тип"]
DIMENSIONS = ["self_know", "self_act", "world_know", "world_act", "dimension/ü"]
SOURCES = [None, "", "quiz", "journal entry", "s" * 255]
SCOPES = [None, "", "school", "school/class", "school/class/group", "school2", "/".join("abcdefghijklmnop"),
          "/".join(["ü" * 31] * 15 + ["z" * 63])]
METADATA = [
    None, "{}", '{"b":1,"a":2}', '{ "z" : [1.0, 1e0, -0, 1E+2, 12345678901234567890.123], "a" : {"y":null,"x":true} }',
    '{"\\u00e9":"caf\\u00e9","e":"\\/ \\" \\\\ \\b\\f\\n\\r\\t\\u0000\\u001F\\u007f","\\ud83d\\ude00":"\\uD83D\\uDE00"}',
    '{"":"","\\n":1,"\\"":2,"A":3,"a":4,"ä":5,"z":{}}', '{"deep":' + "[" * 63 + "]" * 63 + "}",
    '{"long":"' + "0123456789" * 60 + '"}',
]
TIMES = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z",
         "2024-02-29T12:00:00.5+05:30", "2024-12-31T23:30:00-01:00", "2000-02-29T00:00:00.000001Z"]
DELTAS = ["9223372036854.775807", "-9223372036854.775807", "0", "0.000001", "-0.000001", "1", "2.50", "100", "0.3"]


def event_id(rng, micros):
    kind = rng.choice("777745n")
    if kind == "7":
        late = rng.choice([0, 0, 0, 1, -1, 86400000 * 40])
        milliseconds = max(0, micros // 1000 + late)
        return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)))
    if kind == "4":
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if kind == "5":
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "golden/%d" % rng.getrandbits(40)))
    return str(uuid.UUID(int=rng.getrandbits(128) | 1)).upper()  # no version at all, and in upper case


def make_input(seed, count, is_long=False, begin=1700000000):
    """Records of NDJSON as text; the longest texts only where asked for, since they make large files."""
    rng = random.Random(seed)

    def short(values):
        return [v for v in values if v is None or len(v) < 100 and v.count("/") < 5 or is_long]

    users, entities, types = short(USERS), short(ENTITIES), short(TYPES)
    lines = []
    for i in range(count):
        micros = (begin + rng.randrange(90 * 86400)) * 1000000 + rng.choice([0, 0, 500000, 123456])
        created = iso(micros)
        if i < len(TIMES):
            created = TIMES[i]
            micros = microseconds(created)
        members = {
            "event_id": json.dumps(event_id(rng, micros)),
            "user_id": json.dumps(users[i % len(users)] if i < len(users) else rng.choice(users[:7])),
            "entity_id": json.dumps(rng.choice(entities if i < 24 else entities[:4]), ensure_ascii=False),
            "entity_type": json.dumps(rng.choice(types[:2]) if i > 8 else rng.choice(types), ensure_ascii=False),
            "dim_key": json.dumps(rng.choice(DIMENSIONS)),
            "delta": rng.choice(['"%s"', "%s"]) % (rng.choice(DELTAS) if i < 60 else rng.choice(DELTAS[2:])),
            "created_at": rng.choice([json.dumps(created), str(micros)]),
        }
        for key, values in (("source", SOURCES), ("scope", SCOPES), ("metadata", METADATA)):
            values = values if key == "metadata" else short(values)
            value = rng.choice(values if i < 16 else values[:4])
            if value is not None:
                members[key] = value if key == "metadata" else json.dumps(value)
        order = list(members)
        if rng.random() < 0.3:
            rng.shuffle(order)
        lines.append("{" + ",".join('"%s":%s' % (key, members[key]) for key in order) + "}")
    # some records twice, some under another user
    lines += [lines[rng.randrange(len(lines))] for _ in range(5)]
    return lines


def make_shaped_input(seed, count, begin=1700000000):
    """Records whose sources tell their deltas and metadata, as those of a product do."""
    rng = random.Random(seed)

    def id4():
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    users = [id4() for _ in range(8)]
    entities = [[id4() for _ in range(12)] for _ in users]
    lines = []
    for i in range(count):
        micros = begin * 1000000 + rng.randrange(90 * 86400 * 1000000)
        source = rng.randrange(5)
        user = rng.randrange(len(users))
        value = rng.choice([100, 250, 75]) * (source + 1) if rng.random() < 0.8 else rng.randrange(-1000, 9000)
        metadata = {"by": rng.choice(["system", "coach"]), "score": rng.choice([1, 2.5, 10, i]), "source": "source %d" % source}
        if rng.random() < 0.2:
            metadata["tags"] = ["tag %d" % rng.randrange(30) for _ in range(rng.randrange(4))]
        if rng.random() < 0.02:
            metadata["note"] = {"text": "quotes \" and \\, line %d" % i, "*": [None, True, {"a/b~c": -i}], "empty": {}}
        lines.append(json.dumps({
            "event_id": str(uuid.UUID(int=micros // 1000 << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62))),
            "user_id": users[user], "entity_id": rng.choice(entities[user]), "entity_type": rng.choice(TYPES[:2]),
            "dim_key": rng.choice(DIMENSIONS[:4]), "delta": "%d.%03d" % divmod(value, 1000) if value >= 0 else "-0.5",
            "source": "source %d" % source, "created_at": micros, "metadata": metadata}))
    return lines


def make_typed_input(seed, count, begin=1700000000):
    """Records with numbers and times in their metadata, in many spellings; `raw` has what no field declares."""
    rng = random.Random(seed)
    users = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(6)]
    odd = ["1e400", "-1e400", "0.0000001", "-2.5e-7", "9223372036854.775807", '"12.50"', '"0001-01-01"', '"9999-12-31T23:59:59.999999Z"',
           '"2024-02-29t23:59:59,5-01:30"', '"2023-02-29"', '"text"', "null", "[1,\"2024-01-01\",{}]", '{"n":-0}']
    lines = []
    for i in range(count):
        micros = begin * 1000000 + rng.randrange(90 * 86400 * 1000000)
        amount = rng.choice(["%d", "%d.0", "%de0", "%d.25", "-%d.5", "0.00000%d"]) % rng.choice([i % 9, rng.randrange(5000)])
        if amount.startswith("0.00000"):
            amount = amount[:8]
        fields = ['"amount":' + amount] if rng.random() < 0.8 else []
        if rng.random() < 0.7:
            due = EPOCH + timedelta(seconds=begin + rng.randrange(400 * 86400))
            fields.append('"due":"%s"' % due.strftime(rng.choice(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M+02:00"])))
        if rng.random() < 0.5:
            fields.append('"done":%s' % rng.choice(["true", "false", "null"]))
        if rng.random() < 0.5:
            fields.append('"at":{"place":"%s"}' % rng.choice(["home", "work", "7"]))
        if rng.random() < 0.3:
            fields.append('"raw":' + rng.choice(odd))
        head = json.dumps({
            "event_id": str(uuid.UUID(int=micros // 1000 << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62))),
            "user_id": rng.choice(users), "entity_id": "entity %d" % rng.randrange(20), "entity_type": TYPES[0],
            "dim_key": rng.choice(DIMENSIONS[:4]), "delta": "%d.5" % rng.randrange(20), "created_at": micros})
        lines.append(head[:-1] + (', "metadata": {%s}}' % ",".join(fields) if fields else "}"))
    return lines


# What is expected, from the input alone

def microseconds(text):
    whole, fraction = text, "0"
    if "." in text:
        whole, rest = text.split(".")
        digits = len(rest) - len(rest.lstrip("0123456789"))
        fraction, whole = rest[:digits], whole + rest[digits:]
    time = datetime.strptime(whole.replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S%z")
    delta = time - EPOCH
    return (delta.days * 86400 + delta.seconds) * 1000000 + int(fraction.ljust(6, "0"))


def iso(micros):
    seconds, fraction = divmod(micros, 1000000)
    time = EPOCH + timedelta(seconds=seconds)
    text = "%04d" % time.year + time.strftime("-%m-%dT%H:%M:%S")
    return text + (".%06d" % fraction).rstrip("0").rstrip(".") + "Z"


class Number(str):
    pass


class Object(list):
    pass


DECODER = json.JSONDecoder(object_pairs_hook=Object, parse_float=Number, parse_int=Number, strict=True)
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def canonical_string(text):
    return '"' + "".join(SHORT.get(c) or (c if ord(c) > 31 else "\\u%04x" % ord(c)) for c in text) + '"'


def canonical(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Object):
        members = sorted(value, key=lambda m: m[0].encode("utf-8"))
        return "{" + ",".join(canonical_string(k) + ":" + canonical(v) for k, v in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return canonical_string(value)
    return {None: "null", True: "true", False: "false"}[value]


def plain(value):
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def expected(lines, fate=lambda identity, created, entity_type: "stays"):
    """The lines of expected_events.ndjson and the text of expected_growth.csv. `fate` tells what has expired: "sealed" where
    aggregates keep it, and "gone"."""
    events, growth, expired = {}, {}, set()
    for line in lines:
        record = dict(DECODER.decode(line))
        created = record["created_at"]
        created = int(created) if isinstance(created, Number) else microseconds(created)
        identity = (record["user_id"], record["event_id"].lower())
        delta = Decimal(record["delta"])
        text = ",".join('"%s":%s' % (k, canonical_string(v)) for k, v in (
            ("event_id", identity[1]), ("user_id", identity[0]), ("entity_id", record["entity_id"]),
            ("entity_type", record["entity_type"]), ("dim_key", record["dim_key"]), ("delta", plain(delta)),
            ("source", record.get("source", "")), ("created_at", iso(created))))
        if "metadata" in record:
            text += ',"metadata":' + canonical(record["metadata"])
        if record.get("scope"):
            text += ',"scope":' + canonical_string(record["scope"])
        if identity in events:
            assert events[identity] == "{" + text + "}", "a conflict in the input"
            continue
        events[identity] = "{" + text + "}"
        what = fate(identity, created, record["entity_type"])
        if what != "stays":
            expired.add(identity)
        if what == "gone":
            continue
        key = (record["user_id"], record["entity_id"], record["entity_type"], record["dim_key"])
        score, count, first, last = growth.get(key, (Decimal(0), 0, created, created))
        growth[key] = (score + delta, count + 1, min(first, created), max(last, created))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(GROWTH_HEADER)
    for key in sorted(growth, key=lambda k: [t.encode("utf-8") for t in k]):
        score, count, first, last = growth[key]
        writer.writerow((*key, plain(score), count, first, last))
    stored = [text for identity, text in events.items() if identity not in expired]
    return sorted(stored, key=lambda t: t.encode("utf-8")), out.getvalue()


def distinct(lines):
    return len(expected(lines)[0])


# Stores

class Maker:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder

    def run(self, *arguments, **options):
        return subprocess.run([self.program, *arguments], check=True, capture_output=True, **options)

    def init(self, store, partitions):
        self.run("init", "--store", store, "--open-model", "--partitions", str(partitions))

    def ingest(self, store, lines):
        self.run("ingest", "-", "--input-format", "ndjson", "--store", store, input="".join(t + "\n" for t in lines).encode())

    def ingest_and_kill(self, store, lines, batch, total):
        """Ends the program the hard way once the store holds `total` events, so that the new ones are in the log only."""
        process = subprocess.Popen([self.program, "ingest", "-", "--input-format", "ndjson", "--store", store,
                                    "--batch-size", str(batch), "--quiet"], stdin=subprocess.PIPE)
        process.stdin.write("".join(t + "\n" for t in lines).encode())
        process.stdin.flush()
        deadline = time.time() + 60
        while self.count(store) < total:
            assert time.time() < deadline, "the events do not arrive"
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()

    def policy(self, store, text):
        path = os.path.join(store, "policy.given.json")
        with open(path, "w") as f:
            f.write(text)
        self.run("policy", "apply", path, "--store", store)
        os.remove(path)

    def count(self, store):
        rows = csv.DictReader(io.StringIO(self.run("growth", "--all", "--csv", "--store", store).stdout.decode()))
        return sum(int(row["event_count"]) for row in rows)

    def make(self, name, build):
        target = os.path.join(self.folder, name)
        if os.path.exists(target):
            return
        os.makedirs(target)
        store = os.path.join(target, "store")
        built = build(store)
        lines, fate = built if isinstance(built, tuple) else (built, expected.__defaults__[0])
        keep_empty_folders(store)
        with open(os.path.join(target, "input.ndjson"), "w", encoding="utf-8", newline="\n") as f:
            f.writelines(t + "\n" for t in lines)
        events, growth = expected(lines, fate)
        with open(os.path.join(target, "expected_events.ndjson"), "w", encoding="utf-8", newline="\n") as f:
            f.writelines(t + "\n" for t in events)
        with open(os.path.join(target, "expected_growth.csv"), "w", encoding="utf-8", newline="") as f:
            f.write(growth)


def keep_empty_folders(store):
    """For git keeps none; readers ignore foreign names."""
    for folder, folders, names in os.walk(store):
        if not folders and not names:
            open(os.path.join(folder, ".gitkeep"), "w").close()


def good(maker):
    def empty(store):
        maker.init(store, 2)
        return []

    def flushed(store):  # three segments and runs in each partition
        maker.init(store, 2)
        parts = [make_input(1, 36, is_long=True), make_input(2, 16), make_input(3, 12)]
        for part in parts:
            maker.ingest(store, part)
        return sum(parts, [])

    def log_tail(store):  # segments, two log files, and a torn frame at the end
        maker.init(store, 2)
        parts = [make_input(4, 24), make_input(5, 20), make_input(6, 10)]
        maker.ingest(store, parts[0])
        maker.ingest_and_kill(store, parts[1], 8, distinct(parts[0] + parts[1]))
        maker.ingest_and_kill(store, parts[2], 5, distinct(sum(parts, [])))
        log = sorted(os.listdir(os.path.join(store, "log")))[-1]
        with open(os.path.join(store, "log", log), "r+b") as f:
            data = f.read()
            f.write(data[32:32 + 100])
        return sum(parts, [])

    def log_only(store):
        maker.init(store, 1)
        lines = make_input(7, 25)
        maker.ingest_and_kill(store, lines, 1, distinct(lines))
        return lines

    def compacted(store):
        maker.init(store, 2)
        parts = [make_input(8, 24), make_input(9, 16), make_input(10, 10)]
        maker.ingest(store, parts[0])
        maker.ingest(store, parts[1])
        maker.run("compact", "--all", "--store", store)
        maker.ingest(store, parts[2])
        return sum(parts, [])

    def log_shared(store):  # segments, and frames whose one section has events of several partitions
        maker.init(store, 4)
        parts = [make_input(11, 20), make_input(12, 40)]
        maker.ingest(store, parts[0])
        maker.ingest_and_kill(store, parts[1], 15, distinct(sum(parts, [])))
        return sum(parts, [])

    def shaped(store):
        maker.init(store, 1)
        parts = [make_shaped_input(12, 700), make_shaped_input(13, 100)]
        for part in parts:
            maker.ingest(store, part)
        return sum(parts, [])

    def warm(store):  # what had come of age in warm segments, a policy, records of maintenance, and what came later
        maker.init(store, 2)
        parts = [make_shaped_input(14, 600), make_input(15, 40), make_input(16, 12)]
        maker.policy(store, '{"version": 1, "default": {"warm_after": "1d"}, "warm_level": 7}')
        for part in parts[:2]:
            maker.ingest(store, part)
        maker.run("maintain", "--store", store)
        maker.ingest(store, parts[2])
        return sum(parts, [])

    def expired(store):
        """Two passes: events before a day have expired, skills without a summary; some came again, and some of age came
        later."""
        maker.init(store, 2)
        parts = [make_shaped_input(17, 600), make_input(18, 60), make_shaped_input(19, 60)]
        begin = 1700000000 // 86400
        path = os.path.join(store, "policy.given.json")
        late = [dict(json.loads(t), event_id=str(uuid.uuid5(uuid.NAMESPACE_URL, "late/%d" % i)))
                for i, t in enumerate(parts[2]) if json.loads(t)["created_at"] // 86400000000 < begin + 40]
        parts.append([json.dumps(r) for r in late[:9]])
        for days, part in ((20, parts[0] + parts[1]), (40, parts[2])):
            maker.ingest(store, part)
            age = int(time.time()) // 86400 - (begin + days)
            with open(path, "w") as f:
                json.dump({"version": 1, "rules": [{"match": {"entity_type": "skill"}, "expire_after": "%dd" % age,
                                                    "keep_summary": False}],
                           "default": {"expire_after": "%dd" % age}}, f)
            maker.run("policy", "apply", path, "--store", store)
            maker.run("maintain", "--all", "--store", store)
        os.remove(path)
        maker.ingest(store, parts[0][:50] + parts[3])  # known, most of them as expired; and late ones, which are new

        lates = {r["event_id"] for r in late}

        def fate(identity, created, entity_type):
            if identity[1] in lates or created // 86400000000 >= begin + 40:
                return "stays"
            return "gone" if entity_type == "skill" else "sealed"

        return sum(parts, []), fate

    def archive(store):  # archived events in files of both profiles, deltas that do not fit, warm, hot and late events
        maker.init(store, 2)
        parts = [make_input(17, 60), make_shaped_input(18, 200), make_input(19, 30, begin=1660000000),
                 make_shaped_input(20, 60, begin=1740000000), make_input(21, 14)]
        for profile, some in (("compatible", parts[:2]), ("compact", parts[2:4])):
            maker.policy(store, '{"version": 1, "default": {"warm_after": "1d", "archive_after": "2y"}, '
                         '"archive": {"profile": "%s"}}' % profile)
            for part in some:
                maker.ingest(store, part)
            maker.run("maintain", "--all", "--store", store)
        maker.ingest(store, parts[4])
        return sum(parts, [])

    def typed(store):  # numbers and times in metadata, in memory, hot, and merged, and a model that declares some
        maker.init(store, 2)
        model = os.path.join(store, "model.given.json")
        with open(model, "w") as f:
            json.dump({"version": 3, "name": "typed", "open": True,
                       "metadata_fields": {"amount": {"type": "number"}, "due": {"type": "time"}, "done": {"type": "boolean"},
                                           "at.place": {"type": "text"}}}, f)
        maker.run("model", "apply", model, "--store", store)
        os.remove(model)
        parts = [make_typed_input(22, 300), make_typed_input(23, 200), make_typed_input(24, 40)]
        maker.ingest(store, parts[0])
        maker.ingest(store, parts[1])
        maker.run("compact", "--all", "--store", store)
        maker.ingest(store, parts[2])
        return sum(parts, [])

    def log_ahead(store):  # segments, a log file that ends in zeros laid ahead, and one before it that does not
        maker.init(store, 4)
        parts = [make_input(17, 20), make_input(18, 30), make_input(19, 30)]
        maker.ingest(store, parts[0])
        maker.ingest_and_kill(store, parts[1], 6, distinct(parts[0] + parts[1]))
        maker.ingest_and_kill(store, parts[2], 4, distinct(sum(parts, [])))
        log = sorted(os.listdir(os.path.join(store, "log")))[-1]
        path = os.path.join(store, "log", log)
        with open(path, "rb") as f:  # fewer zeros will do
            data = f.read()
        frames = len(data.rstrip(b"\0"))
        assert len(data) > frames + 4096, "no zeros were laid ahead"
        os.truncate(path, frames + 64)
        return sum(parts, [])

    # what version 1 had is there, and made once; of later versions, the stores with segments
    versions = {"v1": (empty, flushed, log_tail, log_only, compacted, log_shared),
                "v4": (flushed, compacted, shaped, warm, archive),
                "v5": (flushed, compacted, typed, warm, archive)}
    for build in versions.get(os.path.basename(maker.folder),
                              (flushed, compacted, shaped, warm, expired, archive, log_ahead)):
        maker.make(build.__name__, build)


# Damage

def files(store, *ends):
    found = []
    for folder, _, names in sorted(os.walk(store)):
        found += [os.path.join(folder, n) for n in sorted(names) if n.endswith(ends)]
    return found


def change(path, at, data):
    with open(path, "r+b") as f:
        f.seek(at if at >= 0 else os.path.getsize(path) + at)
        f.write(data)


def flip(path, at):
    with open(path, "rb") as f:
        byte = f.read()[at]
    change(path, at, bytes([byte ^ 0x10]))


def shorten(path, by):
    os.truncate(path, os.path.getsize(path) - by)


def header_of_version_2(path):
    sys.path.insert(0, os.path.join(HERE, "..", "..", "Formats", "reader"))
    from growthring_reader.xxh3 import xxh3_64
    with open(path, "rb") as f:
        head = bytearray(f.read(24))
    head[8:12] = b"\2\0\2\0"
    change(path, 0, bytes(head) + xxh3_64(bytes(head), int.from_bytes(head[16:], "little")).to_bytes(8, "little"))


def damaged(maker):
    lines = [t for t in make_input(11, 200)[:200] if len(t) < 350 and '"scope"' not in t]
    base = os.path.join(maker.folder, "base")
    maker.init(base, 1)
    maker.ingest(base, lines[:6])
    maker.ingest(base, lines[6:9])
    maker.ingest_and_kill(base, lines[9:12], 1, distinct(lines[:12]))
    maker.ingest_and_kill(base, lines[12:16], 1, distinct(lines[:16]))
    cases = [
        ("segment_cut", ".seg", lambda p: shorten(p, 1), "the last byte of a segment is cut off"),
        ("segment_empty", ".seg", lambda p: os.truncate(p, 0), "a segment is empty"),
        ("segment_header", ".seg", lambda p: flip(p, 17), "a bit of the file id in a segment's header"),
        ("segment_page", ".seg", lambda p: flip(p, 40), "a bit of the first page of a segment"),
        ("segment_trailer", ".seg", lambda p: flip(p, -20), "a bit of a segment's trailer"),
        ("segment_version", ".seg", header_of_version_2, "a segment asks for readers of version 2"),
        ("segment_missing", ".seg", os.remove, "a segment is gone"),
        ("segment_foreign", ".seg", lambda p: shutil.copy(files(os.path.dirname(p), ".seg")[1], p),
         "another segment lies under a segment's name"),
        ("run_block", ".run", lambda p: flip(p, 150), "a bit of the first block of a run"),
        ("run_cut", ".run", lambda p: shorten(p, 60), "the last 60 bytes of a run are cut off"),
        ("run_is_segment", ".run", lambda p: shutil.copy(files(os.path.dirname(p), ".seg")[0], p), "a run is a segment"),
        ("manifest_flip", ".manifest", lambda p: flip(p, 40), "a bit of a manifest"),
        ("manifest_cut", ".manifest", lambda p: shorten(p, 9), "a manifest is cut off"),
        ("manifest_is_text", ".manifest", lambda p: change(p, 0, b"This is no manifest at all."), "a manifest is text"),
        ("log_synced_frame", ".log", lambda p: flip(p, 200), "a bit of the first frame of a log file, which is not the last"),
        ("log_cut", ".log", lambda p: shorten(p, 5), "the end of a log file, which is not the last"),
        ("log_header", ".log", lambda p: flip(p, 3), "a bit of the magic of a log file"),
        ("log_missing", ".log", os.remove, "a log file is gone before another"),
        ("log_last_synced_frame", "last.log", lambda p: flip(p, 200),
         "a bit of a frame in the last log file, which a later frame says was synced"),
        ("store_json_cut", "store.json", lambda p: shorten(p, 30), "`store.json` is cut off"),
        ("store_json_version", "store.json", lambda p: change_text(p, '"oldest_reader": 1', '"oldest_reader": 2'),
         "`store.json` asks for readers of version 2"),
        ("store_json_partitions", "store.json", lambda p: change_text(p, '"partitions": 1', '"partitions": 3'),
         "`store.json` tells of three partitions"),
        ("store_json_seed", "store.json", lambda p: change_text(p, '"hash_seed": "', '"hash_seed": "', other_digit),
         "another hash seed in `store.json`"),
        ("manifest_missing", ".manifest", os.remove, "a partition has no manifest"),
        ("model_broken", "growth-model.json", lambda p: shorten(p, 5), "the growth model is cut off"),
    ]
    rows = []
    for name, kind, damage, what in cases:
        target = os.path.join(maker.folder, name)
        found = files(base, ".log" if kind == "last.log" else kind)
        path = found[-1 if kind == "last.log" else 0]
        named = os.path.relpath(path, base)
        if name == "manifest_missing":
            named = os.path.dirname(named)
        if name == "log_missing":  # the file that comes after it tells
            named = os.path.relpath(found[1], base)
        rows.append("| %s | %s | %s |\n" % (name, named, what))
        if os.path.exists(target):
            continue
        shutil.copytree(base, target)
        damage(os.path.join(target, os.path.relpath(path, base)))
    shutil.rmtree(base)
    readme = os.path.join(maker.folder, "README.md")
    if not os.path.exists(readme):
        with open(readme, "w") as f:
            f.write("# Damaged stores\n\nEach is refused with an error that names the file, or found unsound by a check. "
                    "One thing is wrong with each.\n\n| store | file that is named | damage |\n|---|---|---|\n")
            f.writelines(rows)


def damaged_archive(maker):
    """Cases of the archive, which came later than the others; made, and told in the table, where they are missing."""
    lines = [t for t in make_input(23, 60)[7:] if len(t) < 350]
    cases = [
        ("archive_index_flip", ".arc", lambda p: flip(p, 40), "a bit of the filter in the index of an archived file"),
        ("archive_index_footer", ".arc", lambda p: flip(p, -60), "a bit of the footer of an index"),
        ("archive_index_cut", ".arc", lambda p: shorten(p, 1), "the last byte of an index is cut off"),
        ("archive_index_missing", ".arc", os.remove, "an index is gone"),
        ("archive_file_page", ".parquet", lambda p: flip(p, 60), "a bit of a page of an archived file"),
        ("archive_file_footer", ".parquet", lambda p: flip(p, -3), "a bit of the end of an archived file"),
        ("archive_file_cut", ".parquet", lambda p: shorten(p, 1), "the last byte of an archived file is cut off"),
        ("archive_file_missing", ".parquet", os.remove, "an archived file is gone"),
    ]
    def fill(store):
        maker.policy(store, '{"version": 1, "default": {"archive_after": "1d"}}')
        maker.ingest(store, lines[:30])

    make_damaged(maker, cases, fill)


def damaged_unit_archive(maker):
    """The same of archived memory units."""
    cases = [
        ("unit_archive_index_hash", ".arcu", lambda p: flip(p, 34), "a bit of a hash of a content in the index of archived units"),
        ("unit_archive_index_footer", ".arcu", lambda p: flip(p, -60), "a bit of the footer of such an index"),
        ("unit_archive_index_missing", ".arcu", os.remove, "such an index is gone"),
        ("unit_archive_file_page", ".parquet", lambda p: flip(p, 60), "a bit of a page of archived units"),
        ("unit_archive_file_cut", ".parquet", lambda p: shorten(p, 1), "the last byte of archived units is cut off"),
        ("unit_archive_file_missing", ".parquet", os.remove, "archived units are gone"),
    ]
    units = [{"user_id": "ada", "muid": "n%d" % (i % 7), "content": "growth %d" % i, "created_at": 1700000000000000,
              "updated_at": 1700000000000000 + i, "metadata": {"n": i}} for i in range(20)]

    def fill(store):
        maker.policy(store, '{"version": 2, "units": {"default": {"archive_after": "1d"}}}')
        maker.run("units", "ingest", "-", "--input-format", "ndjson", "--store", store,
                  input="".join(json.dumps(u) + "\n" for u in units).encode())

    make_damaged(maker, cases, fill)


def damaged_unit_metadata(maker):
    """Filters and statistics of metadata, of unit segments and of archived units."""
    cases = [("%s_metadata_%s" % (kind, what.split()[-3]), ending, lambda p, what=what: flip(p, page(p, what)),
              "a bit of %s in %s" % (what, place))
             for kind, ending, place in (("unit_segment", ".units", "a unit segment"),
                                         ("unit_archive_index", ".arcu", "the index of archived units"))
             for what in ("the filter of metadata", "statistics of metadata")]
    units = [{"user_id": "ada", "muid": "n%d" % i, "content": "growth %d" % i, "created_at": 1700000000000000,
              "updated_at": (1700000000000000 if i < 20 else 253402300000000000) + i, "metadata": {"n": i, "tags": ["x"]}}
             for i in range(30)]

    def page(path, what):
        sys.path.insert(0, os.path.join(HERE, "..", "..", "Formats", "reader"))
        from growthring_reader.archived_units import ArchivedUnits
        from growthring_reader.units import UnitSegment
        with open(path, "rb") as f:
            file = (ArchivedUnits if path.endswith(".arcu") else UnitSegment)(f.read(), path)
        return next(offset for offset, _, name in file.pages if name == what)

    def fill(store):
        maker.policy(store, '{"version": 2, "units": {"default": {"archive_after": "1d"}}}')
        maker.run("units", "ingest", "-", "--input-format", "ndjson", "--store", store,
                  input="".join(json.dumps(u) + "\n" for u in units).encode())

    make_damaged(maker, cases, fill)


def make_damaged(maker, cases, fill):
    """Makes those of the cases that are missing, of one store of a partition, and tells them in the table."""
    base = os.path.join(maker.folder, "base")
    if all(os.path.exists(os.path.join(maker.folder, name)) for name, *_ in cases):
        return
    maker.init(base, 1)
    fill(base)
    maker.run("maintain", "--all", "--store", base)
    keep_empty_folders(base)
    for name, kind, damage, what in cases:
        target = os.path.join(maker.folder, name)
        if os.path.exists(target):
            continue
        path = files(base, kind)[0]
        shutil.copytree(base, target)
        damage(os.path.join(target, os.path.relpath(path, base)))
        with open(os.path.join(maker.folder, "README.md"), "a") as f:
            f.write("| %s | %s | %s |\n" % (name, os.path.relpath(path, base), what))
    shutil.rmtree(base)


def change_text(path, old, new, further=lambda text, at: text):
    with open(path) as f:
        text = f.read()
    assert old in text
    with open(path, "w") as f:
        f.write(further(text.replace(old, new), text.index(old) + len(old)))


def other_digit(text, at):
    return text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1:]


if __name__ == "__main__":
    program, version = sys.argv[1:]
    good(Maker(program, os.path.join(HERE, version)))
    if not os.path.exists(os.path.join(HERE, "damaged")):
        os.makedirs(os.path.join(HERE, "damaged"))
        damaged(Maker(program, os.path.join(HERE, "damaged")))
    damaged_archive(Maker(program, os.path.join(HERE, "damaged")))
    damaged_unit_archive(Maker(program, os.path.join(HERE, "damaged")))
    damaged_unit_metadata(Maker(program, os.path.join(HERE, "damaged")))
