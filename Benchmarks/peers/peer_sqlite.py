"""SQLite, from Python's standard library: events clustered by (user, entity, dimension, newest first), aggregates kept by
upsert in the same transaction. Write-ahead log; synchronous=FULL syncs every commit, NORMAL (many applications' choice)
only checkpoints. Ids are 16 bytes."""
import os
import sqlite3

import numpy as np

from feed import DAY, high
from turn import sums

FULL, NORMAL = "SQLite, upsert, synced", "SQLite, upsert, synced at checkpoints only"
SCHEMA = """
create table events(event_id blob, user_id blob, entity_id blob, entity_type text, dimension text, delta int, source text,
  created_at int, metadata text, primary key(user_id, entity_id, dimension, created_at desc, event_id)) without rowid;
create table growth(user_id blob, entity_id blob, entity_type text, dimension text, score int, event_count int,
  last_event_at int, primary key(user_id, entity_id, dimension)) without rowid;
"""
INSERT = "insert into events values(?,?,?,?,?,?,?,?,?)"
UPSERT = """insert into growth values(?2,?3,?4,?5,?6,1,?8) on conflict do update set score = score + excluded.score,
  event_count = event_count + 1, last_event_at = max(last_event_at, excluded.last_event_at)"""
ROWS = "select entity_id, dimension, score, event_count, last_event_at from growth where user_id=?"
HISTORY = """select delta, created_at{} from events where user_id=? and entity_id=? and dimension=?
  order by created_at desc limit 50"""
RECOMPUTE = """select user_id, entity_id, min(entity_type), dimension, sum(delta) score, count(*) event_count,
  max(created_at) last_event_at from events group by user_id, entity_id, dimension"""


def connect(path, synchronous="FULL"):
    database = sqlite3.connect(path, isolation_level=None, cached_statements=64)
    for setting in ("journal_mode=wal", f"synchronous={synchronous}", "cache_size=-1000000", "mmap_size=8000000000",
                    "wal_autocheckpoint=8000", "temp_store=memory"):
        database.execute("pragma " + setting).fetchall()
    return database


def load(turn, path):
    """In the order of the keys, which is what B-trees like best."""
    database = connect(path, "OFF")
    database.executescript(SCHEMA)
    records = turn.base.records
    order = np.lexsort((-records["time"], records["dimension"], high(records, "entity"), high(records, "user")))
    database.execute("begin")
    for lo in range(0, len(order), 500_000):
        database.executemany(INSERT, turn.base.tuples(records[order[lo:lo + 500_000]]))
    database.execute("insert into growth " + RECOMPUTE)
    database.execute("commit")
    database.execute("pragma wal_checkpoint(truncate)").fetchall()
    database.close()
    turn.measure(FULL, "size", os.path.getsize(path) / len(records), "bytes/event", "the file, aggregates included")


def run(turn):
    turn.version("SQLite", sqlite3.sqlite_version)
    path = os.path.join(turn.folder, "growth.db")
    if not turn.is_loaded("growth"):
        turn.phase(FULL, "ingest")
        load(turn, path)
        turn.note_loaded("growth")
    read(turn, path)
    write(turn, path)


def read(turn, path):
    applied = turn.applied("growth")
    pairs, users, histories = (turn.keys[name] for name in ("pairs", "users", "histories"))

    def first():
        database = connect(path)
        database.execute(ROWS + " and entity_id=?", pairs[0]).fetchall()
        return database.close
    turn.first_read(FULL, turn.folder, first)
    turn.phase(FULL, "read")
    database = connect(path)
    ask = lambda query: lambda key: database.execute(query, key if isinstance(key, tuple) else (key,)).fetchall()
    for name, keys, query in (("pair", pairs, ROWS + " and entity_id=?"), ("user", users, ROWS)):
        results = turn.reads(FULL, "read." + name, keys, ask(query))
        turn.answer(FULL, name + "s", sums(results, (2, 3, 4)), applied=applied)
    top = turn.reads(FULL, "read.top20", users, ask(ROWS + " order by score desc limit 20"))
    turn.answer(FULL, "top20", (sum(map(len, top)), sum(row[2] for rows in top for row in rows)), applied=applied)
    for name, column in (("history", ""), ("history_metadata", ", metadata")):
        found = [row for rows in turn.reads(FULL, "read." + name, histories, ask(HISTORY.format(column))) for row in rows]
        answer = [len(found), sum(row[0] for row in found), sum(row[1] // 1000 for row in found)]
        if column:
            answer.append(sum(len(row[2].encode()) for row in found))
        turn.answer(FULL, name, answer, applied=applied)
    turn.phase(FULL, "recompute")

    def recompute():
        database.execute("drop table if exists temp.recomputed")
        database.execute("create temp table recomputed as " + RECOMPUTE)
    turn.seconds(FULL, "recompute", recompute, 1)
    totals = database.execute("select count(*), sum(event_count), sum(score) from recomputed").fetchone()
    turn.answer(FULL, "recompute", totals, applied=applied)
    daily = turn.seconds(FULL, "daily", lambda: database.execute(
        f"select created_at/{DAY}, dimension, sum(delta) from events group by 1, 2").fetchall(), 1)
    turn.answer(FULL, "daily", (len(daily), sum(row[2] for row in daily)), applied=applied)
    since = lambda days: turn.keys["newest"] - days * DAY
    active = turn.seconds(FULL, "active", lambda: database.execute(
        f"select count(distinct case when created_at > {since(7)} then user_id end), count(distinct user_id) from events "
        f"where created_at > {since(30)}").fetchone(), 1)
    turn.answer(FULL, "active", active, applied=applied)
    database.close()


def write(turn, path):
    for slot, (variant, synchronous) in enumerate(((FULL, "FULL"), (NORMAL, "NORMAL"))):
        database = connect(path, synchronous)

        def prepare(lo, hi):
            rows = turn.tail.rows(lo, hi)
            return rows, [row[:8] for row in rows]

        def put(batch):
            database.execute("begin immediate")
            database.executemany(INSERT, batch[0])
            database.executemany(UPSERT, batch[1])
            database.execute("commit")
        turn.ingest(variant, "growth", prepare, put, slot, {1_000: 20, 10_000: 5, 100_000: 1})
        turn.single(variant, "growth", prepare, put, slot)
        totals = database.execute("select sum(event_count), sum(score) from growth").fetchone()
        turn.answer(variant, "totals", totals, applied=turn.applied("growth"))
        database.close()
