"""DuckDB, twice. `upsert`: events in order of arrival, aggregates kept by upsert in the same transaction. Their key is one
hash column, for DuckDB makes of ON CONFLICT a join with the whole table and uses no composite index; no check for events
that are sent twice. `sorted`: a copy of the events ordered as GrowthRing orders them, made once, for scans."""
import os
import uuid

import duckdb

from arrow import table, tables
from feed import DAY, DIMENSIONS, ENTITY_TYPES, SOURCES
from turn import sums

UPSERT, SORTED = "DuckDB, upsert, synced", "DuckDB, sorted table"
NO_CHECK = "no check for duplicates"
ENUMS = {"kind": ENTITY_TYPES, "dimension": DIMENSIONS, "source": SOURCES}
EVENTS = """event_id uuid, user_id uuid, entity_id uuid, entity_type kind, dimension dimension, delta int, source source,
  created_at timestamp, metadata varchar"""
GROWTH = """key ubigint primary key, user_id uuid, entity_id uuid, entity_type kind, dimension dimension, score bigint,
  event_count bigint, last_event_at timestamp"""
GROUPS = """select hash(user_id, entity_id, dimension::varchar) as key, user_id, entity_id, any_value(entity_type),
  dimension, sum(delta), count(*), max(created_at) from {} group by user_id, entity_id, dimension"""
ON_CONFLICT = """ on conflict(key) do update set score = growth.score + excluded.score,
  event_count = growth.event_count + excluded.event_count,
  last_event_at = greatest(growth.last_event_at, excluded.last_event_at)"""
ROWS = "select entity_id, dimension, score, event_count, epoch_us(last_event_at) from growth where user_id = ?"
HISTORY = """select delta, epoch_us(created_at){} from events where user_id = ? and entity_id = ? and dimension = ?
  order by created_at desc limit 50"""


def connect(path):
    database = duckdb.connect(path)
    database.execute("set enable_progress_bar = false; set threads = 2; set timezone = 'UTC'")
    return database


def insert(database, batch, target="events"):
    database.register("batch", batch)
    database.execute(f"insert into {target} select * from batch")


def load(turn, path, sorted_path):
    database = connect(path)
    for name, values in ENUMS.items():
        database.execute(f"create type {name} as enum ({', '.join(map(repr, values))})")
    database.execute(f"create table events({EVENTS}); create table growth({GROWTH})")
    for batch in tables(turn.base, 500_000, "uuid"):
        insert(database, batch)
    database.execute(f"insert into growth {GROUPS.format('events')} order by user_id, entity_id, dimension")
    database.execute("checkpoint")
    database.execute(f"attach '{sorted_path}' as sorted")
    for name, values in ENUMS.items():
        database.execute(f"create type sorted.{name} as enum ({', '.join(map(repr, values))})")
    database.execute(f"create table sorted.events({EVENTS})")
    database.execute("insert into sorted.events select * from events order by user_id, entity_id, dimension, created_at desc")
    database.execute("checkpoint sorted")
    database.close()
    turn.measure(SORTED, "size", os.path.getsize(sorted_path) / turn.events, "bytes/event", "the file, no aggregates")
    turn.measure(UPSERT, "size", os.path.getsize(path) / turn.events, "bytes/event", "the file, aggregates included")


def run(turn):
    turn.version("DuckDB", duckdb.__version__)
    path, sorted_path = (os.path.join(turn.folder, name + ".duckdb") for name in ("upsert", "sorted"))
    if not turn.is_loaded("upsert"):
        turn.phase(UPSERT, "ingest")
        load(turn, path, sorted_path)
        turn.note_loaded("upsert")
    read_aggregates(turn, path)
    read_events(turn, sorted_path)
    write(turn, path)


def keys(turn, name, count):
    """UUIDs, as the driver takes them."""
    identifier = lambda value: uuid.UUID(bytes=value) if isinstance(value, bytes) else value
    return [[identifier(part) for part in (key if isinstance(key, tuple) else (key,))] for key in turn.keys[name][:count]]


def read_aggregates(turn, path):
    def first():
        database = connect(path)
        database.execute(ROWS + " and entity_id = ?", keys(turn, "pairs", 1)[0]).fetchall()
        return database.close
    turn.first_read(UPSERT, path, first)
    database = connect(path)
    applied, count = turn.applied("upsert"), 200
    ask = lambda query: lambda key: database.execute(query, key).fetchall()
    for name, query in (("pair", ROWS + " and entity_id = ?"), ("user", ROWS)):
        results = turn.reads(UPSERT, "read." + name, keys(turn, name + "s", count), ask(query))
        turn.answer(UPSERT, name + "s", sums(results, (2, 3, 4)), count, applied)
    top = turn.reads(UPSERT, "read.top20", keys(turn, "users", count), ask(ROWS + " order by score desc limit 20"))
    turn.answer(UPSERT, "top20", (sum(map(len, top)), sum(row[2] for rows in top for row in rows)), count, applied)
    database.close()


def read_events(turn, path):
    database = connect(path)
    count = 200
    for name, column in (("history", ""), ("history_metadata", ", metadata")):
        found = [row for rows in turn.reads(
            SORTED, "read." + name, keys(turn, "histories", count),
            lambda key: database.execute(HISTORY.format(column), key).fetchall()) for row in rows]
        answer = [len(found), sum(row[0] for row in found), sum(row[1] // 1000 for row in found)]
        if column:
            answer.append(sum(len(row[2].encode()) for row in found))
        turn.answer(SORTED, name, answer, count)
    turn.phase(SORTED, "recompute")
    turn.seconds(SORTED, "recompute", lambda: database.execute(
        "create or replace temp table recomputed as select user_id, entity_id, entity_type, dimension, sum(delta) score, "
        "count(*) event_count, max(created_at) last_event_at from events group by all"))
    turn.answer(SORTED, "recompute", database.execute(
        "select count(*), sum(event_count), sum(score) from recomputed").fetchone())
    daily = turn.seconds(SORTED, "daily", lambda: database.execute(
        f"select epoch_us(created_at) // {DAY} as day, dimension, sum(delta) from events group by all").fetchall())
    turn.answer(SORTED, "daily", (len(daily), sum(row[2] for row in daily)))
    since = lambda days: f"make_timestamp({turn.keys['newest'] - days * DAY})"
    turn.answer(SORTED, "active", turn.seconds(SORTED, "active", lambda: database.execute(
        f"select count(distinct case when created_at > {since(7)} then user_id end), count(distinct user_id) from events "
        f"where created_at > {since(30)}").fetchone()))
    database.close()


def write(turn, path):
    database = connect(path)

    def put(batch):
        database.execute("begin")
        insert(database, batch)
        database.execute(f"insert into growth {GROUPS.format('batch')}{ON_CONFLICT}")
        database.execute("commit")
    prepare = lambda lo, hi: table(turn.tail, turn.tail.records[lo:hi], "uuid")
    turn.ingest(UPSERT, "upsert", prepare, put, most={1_000: 20, 10_000: 5})
    turn.single(UPSERT, "upsert", prepare, put, most=10)
    totals = database.execute("select sum(event_count), sum(score) from growth").fetchone()
    turn.answer(UPSERT, "totals", totals, applied=turn.applied("upsert"))
    database.close()
