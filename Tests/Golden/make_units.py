"""Makes the inputs of the golden stores of memory units, and what they have to hold, by code of its own.

    python3 Tests/Golden/make_units.py FOLDER [expired | PROGRAM | typed PROGRAM]

Every record of input.ndjson names the append that it is a part of. The store of v4 was made of them by `GrowthStore`, of two
partitions: append 0, flush, warm; append 1, flush; appends 2 and 3, which stay in the log. The zeros that were laid ahead in
the log were cut to 64.

With `expired`, appends 0 and 1 as above; then the policy of POLICY, warmed and expired, append 2, flushed, and append 3, which stays in
the log: among 2 and 3 are versions that had expired and others that come late. Nothing of it depends on the day on which it is made.

With a PROGRAM, `growthring`, it makes the store with archived units: append 0, archived; append 1, archived in the
other profile, which writes files of the same months again; appends 2 and 3, in files and not archived.

With `typed` and a PROGRAM their metadata have numbers and times, some of which a growth model declares, and `expected_where.json` has the
units that satisfy conditions on them, and how many versions do: append 0, warmed; append 1, journals archived and the others warm;
appends 2 and 3, in files of their own.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal

USERS = ["ada", "0191a2dd-fbba-732d-9652-c2fbd9ed1b3b", "0191A2DD-FBBA-732D-9652-C2FBD9ED1B3B", "Zoe\u0308", "\u7528\u6237",
         "u" * 255]
MUIDS = ["n%d" % i for i in range(8)] + ["6c8ee7a5-1dd8-49f1-a37c-d52d21a1b5a1", "6C8EE7A5-1DD8-49F1-A37C-D52D21A1B5A1",
                                         "\u65e5\u8a18"]
WORDS = "growth ring wood memory slow season rain light year because remembers every again never".split()
DAY = 86400 * 1000000
BEGIN = 1700000000 * 1000000


def content(rng):
    kind = rng.randrange(8)
    if kind == 0:
        return ""
    if kind == 1:
        return "nul \u0000 and\r\nlines\t\u007f"
    if kind == 2:
        return "cafe\u0301 caf\u00e9 \u4eca\u65e5\u306f \U0001f600"
    return " ".join(rng.choice(WORDS) for _ in range(rng.choice([3, 40, 400])))


def unit(rng):
    u = {"user_id": rng.choice(USERS), "muid": rng.choice(MUIDS), "source_type": rng.choice(["", "note", "journal"]),
         "content_type": rng.choice(["text", "markdown"]), "status": rng.choice(["active", "archived"]),
         "created_at": BEGIN + rng.randrange(10 ** 9), "updated_at": BEGIN + rng.randrange(40) * DAY + rng.randrange(2)}
    if rng.randrange(60) == 0:
        u["updated_at"] = rng.choice([-62135596800000000, 253402300799999999])
    if rng.randrange(6) == 0:
        u.update(is_deleted=True, title="", content="", metadata="", importance_score="")
    else:
        u.update(is_deleted=False, title=rng.choice(["", "Plan", "a \"quoted\" title", "\u30bf\u30a4\u30c8\u30eb"]),
                 content=content(rng),
                 metadata=rng.choice(["", '{"tags":["launch","x"],"n":1}', '{"a":null,"b":{"c":"caf\u00e9"}}',
                                      '{"n":%d}' % rng.randrange(1000)]),
                 importance_score=rng.choice(["", "0", "0.5", "-1.000001", "12"]))
    return u


def typed_metadata(rng):
    """A text in canonical form, with numbers and times in many spellings; `raw` has what no field declares."""
    members = {}
    if rng.random() < 0.8:
        members["amount"] = rng.choice(["%d", "%d.0", "%de0", "%d.50", "-%d.5", "0.00000%d"]) % rng.choice([rng.randrange(10),
                                                                                                            rng.randrange(400)])
        if members["amount"].startswith("0.00000"):
            members["amount"] = members["amount"][:8]
    if rng.random() < 0.3:
        members["at"] = '{"place":"%s"}' % rng.choice(["home", "work", "7"])
    if rng.random() < 0.4:
        members["done"] = rng.choice(["true", "false", "null"])
    if rng.random() < 0.7:
        due = datetime(2024, 2, 1) + timedelta(minutes=rng.randrange(90 * 1440))
        members["due"] = '"%s"' % due.strftime(rng.choice(DUE))
    if rng.random() < 0.3:
        members["raw"] = rng.choice(["1e400", "-1e400", "0.0000001", "-2.5e-7", "9223372036854.775807", '"12.50"', '"0001-01-01"',
                                     '"2024-02-29t23:59:59,5-01:30"', '"2023-02-29"', "null", "{}", '[1,"2024-01-01",{}]'])
    if rng.random() < 0.6:
        members["tags"] = "[" + ",".join('"%s"' % rng.choice(["launch", "x", "y"]) for _ in range(rng.randrange(3))) + "]"
        if rng.randrange(40) == 0:
            members["tags"] = '["launch","rare"]'
    return "{" + ",".join('"%s":%s' % member for member in members.items()) + "}" if members else ""


DUE = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M+0200"]
MODEL = {"version": 3, "name": "typed", "open": True,
         "units": {"metadata_fields": {"amount": {"type": "number"}, "due": {"type": "time"}, "done": {"type": "boolean"}}}}


def due(m):
    """The time that metadata name, if any."""
    for form in DUE if "due" in m else ():
        try:
            time = datetime.strptime(m["due"].replace("Z", "+0000"), form.replace("Z", "%z").replace("+0200", "%z"))
        except ValueError:
            continue
        return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def day(*numbers):
    return datetime(*numbers, tzinfo=timezone.utc)


# what a condition means, of metadata with numbers as Decimal
CONDITIONS = {
    "metadata.amount >= 100 and metadata.amount < 250.5": lambda m: 100 <= m.get("amount", -1) < Decimal("250.5"),
    "metadata.amount = 3.5": lambda m: m.get("amount") == Decimal("3.5"),
    "metadata.amount <= -200": lambda m: m.get("amount", 0) <= -200,
    "metadata.amount > 0 and metadata.amount < 0.0001": lambda m: 0 < m.get("amount", 0) < Decimal("0.0001"),
    "metadata.amount > 1e30": lambda m: False,
    "metadata.raw > 1e30": lambda m: isinstance(m.get("raw"), Decimal) and m["raw"] > 10 ** 30,
    "metadata.due >= '2024-03-01' and metadata.due < '2024-03-10T12:00:00Z'":
        lambda m: due(m) is not None and day(2024, 3, 1) <= due(m) < day(2024, 3, 10, 12),
    "metadata.due < '2024-02-04T00:00+02:00'": lambda m: due(m) is not None and due(m) < day(2024, 2, 3, 22),
    "metadata.tags contains 'rare'": lambda m: "rare" in m.get("tags", ()),
    "metadata.tags contains 'launch' and metadata.done = true": lambda m: "launch" in m.get("tags", ()) and m.get("done") is True,
    "metadata.tags contains 'none'": lambda m: False,
    "not metadata.amount exists": lambda m: "amount" not in m,
    "metadata.at.place in ('home', 'work')": lambda m: m.get("at", {}).get("place") in ("home", "work"),
    "metadata.at.place = '7' or metadata.raw[0] = 1.0":
        lambda m: m.get("at", {}).get("place") == "7" or isinstance(m.get("raw"), list) and m["raw"][0] == 1,
    "metadata.done = null": lambda m: "done" in m and m["done"] is None,
}


def answers(versions, living):
    def holds(unit, test):
        return bool(test(json.loads(unit["metadata"] or "{}", parse_int=Decimal, parse_float=Decimal)))

    return [{"where": text, "units": sorted([u["user_id"], u["muid"]] for u in living if holds(u, test)),
             "versions": sum(holds(u, test) for u in versions)} for text, test in CONDITIONS.items()]


def canonical(text):
    return text and json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# the ages are of less than the time since all but the latest times
POLICY = {"version": 2, "default": {"warm_after": "30d"},
          "units": {"rules": [{"match": {"source_type": "journal", "status": ["active", "other"]}, "expire_after": "300d",
                               "expire_versions_after": "200d"},
                              {"match": {"source_type": ""}, "warm_after": "1d"}],
                    "default": {"warm_after": "30d", "expire_versions_after": "100d"}}}
LATEST = 253402300799999999


def expired(versions):
    """The versions that the policy lets go, where all but those at the end of time are old enough."""
    units, gone = {}, set()
    for key in versions:
        units.setdefault(key[:2], []).append(key)
    for keys in units.values():
        keys.sort(key=lambda key: -key[2])

        def rule(key):
            u = versions[key]
            if u["source_type"] == "journal" and u["status"] in ("active", "other"):
                return {"unit": True, "versions": True}
            return {"unit": False, "versions": u["source_type"] != ""}

        newest = versions[keys[0]]
        wholly = newest["updated_at"] != LATEST and (
            rule(keys[0])["unit"] or rule(keys[0])["versions"] and newest["is_deleted"])
        gone.update(key for place, key in enumerate(keys) if wholly or place > 0 and rule(key)["versions"])
    return gone


def main(folder, expires=False, typed=False):
    rng = random.Random(17 if typed else 13 if expires else 11)
    os.makedirs(folder, exist_ok=True)
    versions, given, newest, gone = {}, [], {}, set()
    for append in range(4):
        if expires and append == 2:
            gone = expired(versions)
            for key in gone:
                del versions[key]
        for _ in range(150 if expires else 90 if typed else 60):
            u = dict(rng.choice(given)) if expires and append >= 2 and rng.randrange(3) == 0 else unit(rng)
            u.pop("batch", None)
            if typed:
                u["muid"] = rng.choice(MUIDS + ["t%d" % i for i in range(20)])
                u["content"] = u["content"][:40]
                u["metadata"] = "" if u["is_deleted"] else typed_metadata(rng)
            given.append(dict(u, batch=append))
            # the first of an identity stays: a later one is a duplicate or a conflict
            key = u["user_id"], u["muid"], u["updated_at"]
            if key not in gone:
                versions.setdefault(key, u if typed else dict(u, metadata=canonical(u["metadata"])))
    for (user, muid, updated_at), u in versions.items():
        if (user, muid) not in newest or newest[user, muid]["updated_at"] < updated_at:
            newest[user, muid] = u

    def write(name, rows):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            for row in rows:
                f.write(json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n")

    def order(u):
        return json.dumps(u, sort_keys=True)

    write("input.ndjson", given)
    write("expected_units.ndjson", sorted(versions.values(), key=order))
    living = sorted((u for u in newest.values() if not u["is_deleted"]), key=order)
    write("expected_living.ndjson", living)
    if typed:
        write("expected_where.json", [answers(versions.values(), living)])
    write("expected_events.ndjson", [])
    with open(os.path.join(folder, "expected_growth.csv"), "w") as f:
        f.write("user_id,entity_id,entity_type,dim_key,score,event_count,first_event_at,last_event_at\n")


ARCHIVED = {"default": {"archive_after": "1d"}}
WARM = {"default": {"warm_after": "1d"}}
JOURNALS_ARCHIVED = {"rules": [{"match": {"source_type": "journal"}, "archive_after": "1d"}], **WARM}


def make(folder, program, typed=False):
    """The store of v5, with the archive of its units, or that of v6."""
    store = os.path.join(folder, "store")
    policies = [{"units": WARM}, {"units": JOURNALS_ARCHIVED}] if typed else [
        {"archive": {"profile": profile}, "units": ARCHIVED} for profile in ("compatible", "compact")]

    def run(*arguments, codes=(0,)):
        result = subprocess.run([program, *arguments], capture_output=True, text=True)
        assert result.returncode in codes, (arguments, result.stderr)

    run("init", "--store", store, "--partitions", "2", "--open-model")
    with open(os.path.join(folder, "input.ndjson"), encoding="utf-8") as f:
        given = [json.loads(line) for line in f]
    with tempfile.TemporaryDirectory() as scratch:
        units, policy, model, bad = (
            os.path.join(scratch, name) for name in ("units.ndjson", "policy.json", "model.json", "bad.ndjson"))
        if typed:
            with open(model, "w") as f:
                json.dump(MODEL, f)
            run("model", "apply", model, "--store", store)
        for append in range(4):
            with open(units, "w", encoding="utf-8") as f:
                for u in given:
                    if u["batch"] == append:
                        u = {k: v for k, v in u.items() if k != "batch" and v != ""}
                        # as it is spelled
                        metadata = u.pop("metadata", None)
                        line = json.dumps(u, ensure_ascii=False)
                        f.write(line[:-1] + ', "metadata": %s}\n' % metadata if metadata else line + "\n")
            # 3 says that some were refused: later ones of an identity that say something else
            run("units", "ingest", units, "--store", store, "--quarantine", bad, codes=(0, 3))
            if append < 2:
                with open(policy, "w") as f:
                    json.dump({"version": 2, **policies[append]}, f)
                run("policy", "apply", policy, "--store", store)
                run("maintain", "--all", "--store", store)
            elif typed:
                run("maintain", "--step", "flush", "--store", store)
    run("maintain", "--step", "flush", "--store", store)
    for place, folders, names in os.walk(store):
        if not folders and not names:
            open(os.path.join(place, ".gitkeep"), "w").close()


if __name__ == "__main__":
    folder, how = sys.argv[1], sys.argv[2:]
    main(folder, how[:1] == ["expired"], how[:1] == ["typed"])
    if how and how != ["expired"]:
        make(folder, how[-1], how[0] == "typed")
