"""Makes the inputs of the golden stores of memory units, and what they have to hold, by code of its own.

    python3 Tests/Golden/make_units.py FOLDER [expired | PROGRAM]

Every record of input.ndjson names the append that it is a part of. The store of v4 was made of them by `GrowthStore`, of two
partitions: append 0, flush, warm; append 1, flush; appends 2 and 3, which stay in the log. The zeros that were laid ahead in
the log were cut to 64.

With `expired`, appends 0 and 1 as above; then the policy of POLICY, warmed and expired, append 2, flushed, and append 3, which stays in
the log: among 2 and 3 are versions that had expired and others that come late. Nothing of it depends on the day on which it is made.

With a PROGRAM, `growthring`, it makes the store with archived units: append 0, archived; append 1, archived in the
other profile, which writes files of the same months again; appends 2 and 3, in files and not archived.
"""

import json
import os
import random
import subprocess
import sys
import tempfile

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


def main(folder, expires=None):
    rng = random.Random(13 if expires else 11)
    os.makedirs(folder, exist_ok=True)
    versions, given, newest, gone = {}, [], {}, set()
    for append in range(4):
        if expires and append == 2:
            gone = expired(versions)
            for key in gone:
                del versions[key]
        for _ in range(150 if expires else 60):
            u = dict(rng.choice(given)) if expires and append >= 2 and rng.randrange(3) == 0 else unit(rng)
            u.pop("batch", None)
            given.append(dict(u, batch=append))
            # the first of an identity stays: a later one is a duplicate or a conflict
            key = u["user_id"], u["muid"], u["updated_at"]
            if key not in gone:
                versions.setdefault(key, dict(u, metadata=canonical(u["metadata"])))
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
    write("expected_living.ndjson", sorted((u for u in newest.values() if not u["is_deleted"]), key=order))
    write("expected_events.ndjson", [])
    with open(os.path.join(folder, "expected_growth.csv"), "w") as f:
        f.write("user_id,entity_id,entity_type,dim_key,score,event_count,first_event_at,last_event_at\n")


def make(folder, program):
    """The store of v5, with the archive of its units."""
    store = os.path.join(folder, "store")

    def run(*arguments, codes=(0,)):
        result = subprocess.run([program, *arguments], capture_output=True, text=True)
        assert result.returncode in codes, (arguments, result.stderr)

    run("init", "--store", store, "--partitions", "2", "--open-model")
    with open(os.path.join(folder, "input.ndjson"), encoding="utf-8") as f:
        given = [json.loads(line) for line in f]
    with tempfile.TemporaryDirectory() as scratch:
        units, policy, bad = (os.path.join(scratch, name) for name in ("units.ndjson", "policy.json", "bad.ndjson"))
        for append in range(4):
            with open(units, "w", encoding="utf-8") as f:
                for u in given:
                    if u["batch"] == append:
                        u = {k: v for k, v in u.items() if k != "batch" and v != ""}
                        if "metadata" in u:
                            u["metadata"] = json.loads(u["metadata"])
                        f.write(json.dumps(u, ensure_ascii=False) + "\n")
            # 3 says that some were refused: later ones of an identity that say something else
            run("units", "ingest", units, "--store", store, "--quarantine", bad, codes=(0, 3))
            if append < 2:
                with open(policy, "w") as f:
                    json.dump({"version": 2, "archive": {"profile": ["compatible", "compact"][append]},
                               "units": {"default": {"archive_after": "1d"}}}, f)
                run("policy", "apply", policy, "--store", store)
                run("maintain", "--all", "--store", store)
    run("maintain", "--step", "flush", "--store", store)
    for place, folders, names in os.walk(store):
        if not folders and not names:
            open(os.path.join(place, ".gitkeep"), "w").close()


if __name__ == "__main__":
    folder, how = sys.argv[1], sys.argv[2:]
    main(folder, "expired" if how == ["expired"] else None)
    if how and how != ["expired"]:
        make(folder, how[0])
