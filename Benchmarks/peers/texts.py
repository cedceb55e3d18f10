#!/usr/bin/env python3
"""Search in texts beside what would be used instead, in one run on the same texts with the same queries: SQLite's FTS5 alone,
PostgreSQL's tsvector with GIN, DuckDB's scans, and this engine.

    python3 Benchmarks/peers/texts.py DATA [--copies 12] [--rounds 2] [--queries 60] [--output Benchmarks]

DATA is the folder of text sets (memory_units.ndjson.zst in each). Writes units.json and the section "Search" of UNITS.md. Each engine
takes its turn in a process of its own, all of them once a round, and begins each round with nothing. Needs `growthring-bench`, the
packages duckdb and psycopg, zstd, and what `install` installs; what is not there is left out and said.
"""
import argparse
import json
import os
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
SETS = ["notes_til", "rust_blog", "stackexchange_posts", "udhr", "ubuntu_irc_sample"]
BATCH = 1_000
SHOWN = 10
KINDS = ["word", "two words", "phrase", "prefix"]
ENGINES = ["growthring", "sqlite", "postgres", "duckdb"]


# The texts and the queries

def load(data):
    """All units of the sets, as dictionaries."""
    units = []
    for name in SETS:
        path = os.path.join(data, name, "memory_units.ndjson.zst")
        text = subprocess.run(["zstd", "-dc", path], stdout=subprocess.PIPE, check=True).stdout
        units += [json.loads(line) for line in text.split(b"\n") if line]
    return units


def make_queries(units, copies, count):
    """Words of plain ASCII, which all engines take for the same, from places drawn at random: frequent words come often."""
    dice = random.Random("texts")
    stop = {"and", "not", "near", "the"}

    def run(words):
        """So many words that follow each other in a content, with nothing but one space between them."""
        while True:
            unit = dice.choice(units)
            text = unit["content"]
            if not text:
                continue
            start = dice.randrange(len(text))
            found = re.search(r"(?<![^\s])[A-Za-z]{3,12}" + r" [A-Za-z]{3,12}" * (words - 1) + r"(?![^\s])", text[start:start + 400])
            if found and not stop & set(found.group().lower().split()):
                return unit["user_id"], found.group().lower()

    queries = []
    for kind in KINDS:
        for restricted in (False, True):
            for _ in range(count):
                user, text = run({"word": 1, "prefix": 1}.get(kind, 2))
                if kind == "prefix":
                    text = text[:max(3, len(text) - 2)]
                queries.append({"kind": kind + (", one user" if restricted else ""), "base": kind, "words": text,
                                "user": f"{user} {dice.randrange(copies)}" if restricted else None})
    for _ in range(min(5, count)):
        queries.append({"kind": "substring", "base": "substring", "words": run(2)[1], "user": None})
    return queries


# The turns: one JSON object a line on standard output

def emit(measure, value, unit):
    print(json.dumps({"measure": measure, "value": value, "unit": unit}), flush=True)


def batches(config):
    """The units in batches, each time for other users."""
    with open(config["units"], encoding="utf-8") as file:
        units = [json.loads(line) for line in file]
    for copy in range(config["copies"]):
        for start in range(0, len(units), BATCH):
            yield [(unit["muid"], f"{unit['user_id']} {copy}", unit["title"] or "", unit["content"] or "",
                    unit["created_at"], json.dumps(unit.get("metadata") or {})) for unit in units[start:start + BATCH]]


def ask_all(config, name, ask, most=None, skip=()):
    """Every query of a kind once, and once timed. How many units each one finds is asked once more, where `ask` can say it."""
    with open(config["queries"], encoding="utf-8") as file:
        queries = json.load(file)
    for kind in dict.fromkeys(query["kind"] for query in queries):
        chosen = [query for query in queries if query["kind"] == kind and query["base"] not in skip][:most]
        if not chosen:
            continue
        times = []
        for is_timed in (False, True):
            for query in chosen:
                begun = time.perf_counter()
                ask(query)
                if is_timed:
                    times.append((time.perf_counter() - begun) * 1e6)
        times.sort()
        emit(f"{name}, {kind}, p50", times[len(times) // 2], "µs")
        emit(f"{name}, {kind}, p99", times[len(times) * 99 // 100], "µs")


def run_growthring(config):
    with open(config["queries"], encoding="utf-8") as file:
        queries = json.load(file)
    form = {"two words": lambda t: t, "word": lambda t: t, "phrase": lambda t: f'"{t}"', "prefix": lambda t: t + "*",
            "substring": lambda t: t}
    path = os.path.join(config["folder"], "growthring.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump([{"kind": q["kind"], "text": form[q["base"]](q["words"]), "user": q["user"]} for q in queries], out)
    subprocess.run([config["engine"], "texts", "--store", os.path.join(config["folder"], "store"), "--copies",
                    str(config["copies"]), "--batch", str(BATCH), "--queries", path, config["units"]], check=True)


def run_sqlite(config):
    """One table of FTS5, tokenizer unicode61, with a token for the user, so that it intersects lists as this engine does."""
    path = os.path.join(config["folder"], "texts.db")
    database = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode=wal", "synchronous=full", "cache_size=-262144", "mmap_size=8000000000"):
        database.execute("pragma " + setting).fetchall()
    database.execute("create virtual table texts using fts5(owner, muid unindexed, title, content, created_at unindexed, "
                     "metadata unindexed, tokenize='unicode61')")
    database.execute("create table users(id integer primary key, name text unique)")
    users, taken, count = {}, 0, 0
    for batch in batches(config):
        begun = time.perf_counter()
        database.execute("begin immediate")
        rows = []
        for muid, user, title, content, created, metadata in batch:
            if user not in users:
                users[user] = database.execute("insert into users(name) values(?)", (user,)).lastrowid
            rows.append((f"u{users[user]}", muid, title, content, created, metadata))
        database.executemany("insert into texts values(?,?,?,?,?,?)", rows)
        database.execute("commit")
        taken += time.perf_counter() - begun
        count += len(batch)
    emit("ingest and index", count / taken, "units/s")
    database.execute("pragma wal_checkpoint(truncate)").fetchall()
    index = database.execute("select sum(length(block)) from texts_data").fetchone()[0]
    emit("hot, texts", (os.path.getsize(path) - index) / count, "bytes/unit")
    emit("hot, index", index / count, "bytes/unit")
    form = {"word": lambda w: f'"{w}"', "two words": lambda w: " AND ".join(f'"{x}"' for x in w.split()),
            "phrase": lambda w: f'"{w}"', "prefix": lambda w: f'"{w}" *'}

    def expression(query):
        text = "{title content} : (" + form[query["base"]](query["words"]) + ")"
        return f'owner : "u{users[query["user"]]}" AND ({text})' if query["user"] else text

    def ask(query):
        return database.execute(
            "select muid, owner, bm25(texts, 0, 0, 2, 1), snippet(texts, 3, '[', ']', '…', 32) from texts where texts match ? "
            "and rank match 'bm25(0, 0, 2, 1)' order by rank limit ?", (expression(query), SHOWN)).fetchall()
    ask_all(config, "hot", ask, skip={"substring"})
    with open(config["queries"], encoding="utf-8") as file:
        counts = [database.execute("select count(*) from texts where texts match ?", (expression(query),)).fetchone()[0]
                  for query in json.load(file) if query["base"] != "substring"]
    print(json.dumps({"matched": "hot", "counts": counts}), flush=True)


def run_postgres(config):
    """tsvector, configuration simple (no stemming, as the others), GIN; ts_rank of the best, ts_headline of those shown."""
    import peer_postgres
    folder = os.path.join("/tmp", f"growthring-texts-{os.getuid()}-postgres")
    shutil.rmtree(folder, ignore_errors=True)
    cluster = peer_postgres.Cluster(folder)
    cluster.create()
    cluster.start()
    try:
        cluster.ask(
            "create table units(user_id text, muid text, title text, content text, created_at timestamptz, metadata jsonb, "
            "words tsvector generated always as (setweight(to_tsvector('simple', title), 'A') || "
            "to_tsvector('simple', content)) stored, primary key(user_id, muid))")
        cluster.ask("create index on units using gin(words)")
        taken, count = 0, 0
        for batch in batches(config):
            def cell(text):
                return text.replace("\0", "").replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
            rows = "".join("\t".join(map(cell, (user, muid, title, content, created, metadata))) + "\n"
                           for muid, user, title, content, created, metadata in batch).encode()
            begun = time.perf_counter()
            copy(cluster, "units(user_id, muid, title, content, created_at, metadata)", rows)
            taken += time.perf_counter() - begun
            count += len(batch)
        emit("ingest and index", count / taken, "units/s")
        cluster.ask("vacuum analyze units")
        size = lambda what: int(cluster.ask(f"select {what}")[0][0])
        words = size("sum(pg_column_size(words)) from units") + size("pg_relation_size('units_words_idx')")
        emit("hot, texts", (size("pg_total_relation_size('units')") - words) / count, "bytes/unit")
        emit("hot, index", words / count, "bytes/unit")
        form = {"word": "plainto_tsquery('simple', $1)", "two words": "plainto_tsquery('simple', $1)",
                "phrase": "phraseto_tsquery('simple', $1)", "prefix": "to_tsquery('simple', $1 || ':*')"}
        asked = {}
        for kind, query in form.items():
            for restricted in (False, True):
                asked[kind, restricted] = cluster.prepared(
                    f"{kind} {restricted}",
                    "select muid, user_id, rank, ts_headline('simple', content, asked, 'MaxWords=35, MinWords=15') from "
                    f"(select muid, user_id, content, asked, ts_rank(words, asked) as rank from units, {query} asked "
                    f"where words @@ asked {'and user_id = $2' if restricted else ''} order by rank desc limit {SHOWN}) best")

        def ask(query):
            keys = (query["words"], query["user"]) if query["user"] else (query["words"],)
            return asked[query["base"], query["user"] is not None](*keys)
        ask_all(config, "hot", ask, skip={"substring"})
    finally:
        cluster.stop()
        shutil.rmtree(folder)


def copy(cluster, target, rows):
    from psycopg import pq
    cluster.ask(f"copy {target} from stdin")
    for start in range(0, len(rows), 1 << 20):
        cluster.connection.put_copy_data(rows[start:start + (1 << 20)])
    cluster.connection.put_copy_end()
    while result := cluster.connection.get_result():
        if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
            raise RuntimeError(result.error_message.decode())


def run_duckdb(config):
    """Without its extension for full-text search, which it loads from elsewhere: scans of the contents, the newest first."""
    import duckdb
    path = os.path.join(config["folder"], "texts.duckdb")
    database = duckdb.connect(path)
    database.execute("set threads = 2")
    database.execute("create table units(muid varchar, user_id varchar, title varchar, content varchar, created_at timestamptz, "
                     "metadata json)")
    import pyarrow
    taken, count = 0, 0
    for batch in batches(config):
        columns = list(zip(*batch))
        part = pyarrow.table(dict(zip(("muid", "user_id", "title", "content", "created_at", "metadata"), map(list, columns))))
        begun = time.perf_counter()
        database.execute("insert into units select muid, user_id, title, content, created_at::timestamptz, metadata::json from part")
        taken += time.perf_counter() - begun
        count += len(batch)
    emit("ingest", count / taken, "units/s")
    database.execute("checkpoint")
    emit("hot, texts", os.path.getsize(path) / count, "bytes/unit")

    def ask(query):
        words = query["words"].split() if query["base"] == "two words" else [query["words"]]
        pattern = {"prefix": " {}%", "substring": "{}%"}.get(query["base"], "{}%")
        holds = " and ".join("content like ?" if query["base"] == "substring" else "content ilike ?" for _ in words)
        keys = ["%" + pattern.format(word) for word in words]
        if query["user"]:
            holds, keys = holds + " and user_id = ?", keys + [query["user"]]
        return database.execute(
            f"select muid, user_id, left(content, 200) from units where {holds} order by created_at desc limit {SHOWN}", keys).fetchall()
    ask_all(config, "hot", ask, most=5)


# The run

def take_turn(name, config):
    """The lines of one engine, or why there are none."""
    done = subprocess.run([sys.executable, os.path.abspath(__file__), "--turn", name, json.dumps(config)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        told = done.stderr.strip().splitlines() or ["failed"]
        return [], next((line.strip() for line in reversed(told) if "Error" in line), told[-1].strip())
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], None


def medians(rounds):
    """{engine: {measure: [median, unit]}} of the lines of all rounds."""
    gathered = {}
    for lines in rounds:
        for engine, own in lines.items():
            for line in own:
                if "measure" in line:
                    place = gathered.setdefault(engine, {}).setdefault(line["measure"], ([], line["unit"]))
                    place[0].append(line["value"])
    return {engine: {name: [statistics.median(values), unit] for name, (values, unit) in own.items()}
            for engine, own in gathered.items()}


def markdown(about, found, agreement):
    columns = [("growthring", "hot", "GrowthRing, hot"), ("growthring", "warm", "GrowthRing, warm"), ("sqlite", "hot", "SQLite FTS5"),
               ("postgres", "hot", "PostgreSQL, GIN"), ("duckdb", "hot", "DuckDB, scan")]

    def value(engine, name, scale=1.0):
        entry = found.get(engine, {}).get(name)
        if entry is None:
            return ""
        number = entry[0] * scale
        return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"

    lines = ["## Search", "", f"Written by `Benchmarks/peers/texts.py`, {about['date']}: {about['units']:,} units of {about['bytes']:,} "
             f"bytes of text ({about['copies']} times the sets {', '.join(SETS)}), medians of {about['rounds']} rounds in turn.",
             f"Machine: {about['machine']}; load {about['load']}; {about['fdatasync']}.", ""]
    lines += ["| | " + " | ".join(label for *_, label in columns) + " |", "|---|" + "---:|" * len(columns)]

    def row(label, names, scale=1.0):
        lines.append(f"| {label} | " + " | ".join(value(engine, names(state), scale) for engine, state, _ in columns) + " |")

    row("ingest, durable, units/s", lambda state: "ingest" if state == "hot" else "")
    row("ingest and index, units/s", lambda state: "ingest and index" if state == "hot" else "")
    row("texts, bytes a unit", lambda state: f"{state}, texts")
    row("index, bytes a unit", lambda state: f"{state}, index")
    for kind in KINDS + [kind + ", one user" for kind in KINDS] + ["substring"]:
        for part in ("p50", "p99"):
            row(f"{kind}, {part}, ms", lambda state: f"{state}, {kind}, {part}", 1e-3)
    lines += ["", f"Each search gives the best {SHOWN} with a snippet. Batches of {BATCH:,} units, each synced before it counts; this "
              "engine's index is brought up to date after each batch. GrowthRing is called from Swift, the others through their packages for "
              "Python (PostgreSQL through libpq). FTS5 has a token for the user in each row, so that it restricts as this engine does. "
              "DuckDB scans: it knows no words and no rank, and its five queries a kind give the newest."]
    if agreement:
        lines.append(f"FTS5 and this engine found the same number of units for {agreement[0]} of {agreement[1]} queries; "
                     f"over all they differ by {agreement[2]:.2%}.")
    for engine, reason in about["not_run"].items():
        lines.append(f"Not run: {engine}: {reason}")
    return "\n".join(lines) + "\n"


def put_section(path, section):
    """In place of the section of the same heading, or behind all others."""
    text = "# Memory units\n"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    heading = section.split("\n", 1)[0]
    parts = re.split(r"(?m)^(?=## )", text)
    kept = [section if part.startswith(heading + "\n") else part for part in parts]
    if section not in kept:
        kept.append(section)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(part.rstrip("\n") + "\n" for part in kept))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--copies", type=int, default=12, help="how often the sets are stored, for other users each time")
    parser.add_argument("--only-every", type=int, default=1, help="of the units, to see that it works")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--queries", type=int, default=60, help="of each kind")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--work", default=os.path.join(PROJECT, ".build", "texts"))
    parser.add_argument("--engine", default=os.path.join(PROJECT, ".build/release/growthring-bench"))
    parser.add_argument("--output", help="where units.json and UNITS.md go; the work folder unless named")
    chosen = parser.parse_args()
    sys.path.insert(0, HERE)
    import machine
    os.makedirs(chosen.work, exist_ok=True)
    about = machine.describe(chosen.work)
    units = load(chosen.data)[::chosen.only_every]
    about |= {"copies": chosen.copies, "units": len(units) * chosen.copies, "rounds": chosen.rounds, "not_run": {},
              "bytes": sum(len((u["title"] or "").encode()) + len((u["content"] or "").encode()) for u in units) * chosen.copies}
    texts, queries = os.path.join(chosen.work, "units.ndjson"), os.path.join(chosen.work, "queries.json")
    with open(texts, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(unit) + "\n" for unit in units)
    with open(queries, "w", encoding="utf-8") as out:
        json.dump(make_queries(units, chosen.copies, chosen.queries), out)
    rounds = []
    for number in range(chosen.rounds):
        lines = {}
        for name in chosen.engines.split(","):
            if name in about["not_run"]:
                continue
            folder = os.path.join(chosen.work, name)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            begun = time.time()
            lines[name], reason = take_turn(name, {"folder": folder, "units": texts, "queries": queries, "copies": chosen.copies,
                                                   "engine": chosen.engine})
            shutil.rmtree(folder, ignore_errors=True)
            if reason:
                about["not_run"][name] = reason
            print(f"round {number + 1}, {name}: {time.time() - begun:.0f} s{', ' + reason if reason else ''}", flush=True)
        rounds.append(lines)
    about["load"] += f", {os.getloadavg()[1]:.2f} when it ended"
    found = medians(rounds)
    counts = {name: next((line["counts"] for line in rounds[0].get(name, []) if "counts" in line), None) for name in ("growthring", "sqlite")}
    agreement = None
    if all(counts.values()):
        pairs = list(zip(counts["sqlite"], counts["growthring"]))
        agreement = (sum(a == b for a, b in pairs), len(pairs), sum(abs(a - b) for a, b in pairs) / max(1, sum(a for a, _ in pairs)))
    output = chosen.output or chosen.work
    os.makedirs(output, exist_ok=True)
    with open(os.path.join(output, "units.json"), "w", encoding="utf-8") as file:
        json.dump({"about": about, "search": found, "agreement": agreement}, file, indent=1, ensure_ascii=False)
    section = markdown(about, found, agreement)
    put_section(os.path.join(output, "UNITS.md"), section)
    print(section)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--turn":
        sys.path.insert(0, HERE)
        globals()["run_" + sys.argv[2]](json.loads(sys.argv[3]))
    else:
        main()
