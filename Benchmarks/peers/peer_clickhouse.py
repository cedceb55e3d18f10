"""ClickHouse as the library chDB: events in a MergeTree in GrowthRing's order, aggregates kept by a materialized view into an
AggregatingMergeTree. Once as it comes, without syncing, once with the two settings that sync every insert. ClickHouse
does not notice events that are sent twice."""
import os
import statistics
import subprocess
import sys
import time

from chdb import session

from arrow import table, tables
from feed import DAY, uuid_text
from turn import evict, sums, warm

SYNCED, DEFAULT = "ClickHouse, view, synced", "ClickHouse, view, its default without sync"
SYNC = ", fsync_after_insert = 1, fsync_part_directory = 1"
EVENTS = """create table {name}_events (event_id UUID, user_id UUID, entity_id UUID, entity_type LowCardinality(String),
  dimension LowCardinality(String), delta Int32, source LowCardinality(String),
  created_at DateTime64(6, 'UTC') codec(Delta, ZSTD(1)), metadata String codec(ZSTD(1))) engine = MergeTree
  order by (user_id, entity_id, dimension, created_at) settings index_granularity = 8192{sync}"""
GROWTH = """create table {name}_growth (user_id UUID, entity_id UUID, entity_type SimpleAggregateFunction(any, String),
  dimension LowCardinality(String), score SimpleAggregateFunction(sum, Int64),
  event_count SimpleAggregateFunction(sum, UInt64), last_event_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')))
  engine = AggregatingMergeTree order by (user_id, entity_id, dimension) settings index_granularity = 1024{sync}"""
VIEW = """create materialized view {name}_view to {name}_growth as select user_id, entity_id,
  any(entity_type)::String entity_type, dimension, sum(delta) score, count() event_count, max(created_at) last_event_at
  from {name}_events group by user_id, entity_id, dimension"""
INSERT = """insert into {}_events select toUUID(event_id), toUUID(user_id), toUUID(entity_id), entity_type, dimension, delta,
  source, created_at, metadata from Python(batch)"""
ROWS = """select entity_id, dimension, sum(score) s, sum(event_count), toUnixTimestamp64Micro(max(last_event_at))
  from {name}_growth where user_id = '{0}'{1} group by entity_id, dimension"""
HISTORY = """select delta, toUnixTimestamp64Micro(created_at){4} from {name}_events where user_id = '{0}' and
  entity_id = '{1}' and dimension = '{2}' order by created_at desc limit 50"""


class Database:
    def __init__(self, folder):
        self.session = session.Session(folder)
        self.ask("create database if not exists bench engine = Atomic")
        self.ask("use bench")
        self.ask("set max_threads = 2, log_queries = 0")

    def ask(self, query):
        return [line.split("\t") for line in str(self.session.query(query, "TabSeparated")).splitlines()]

    def insert(self, name, batch):
        self.session.query(INSERT.format(name), "TabSeparated")

    def settle(self):
        """Waits for the merges that are under way."""
        for _ in range(1200):
            if self.ask("select count() from system.merges")[0][0] == "0":
                return
            time.sleep(0.1)


def run(turn):
    folder = os.path.join(turn.folder, "data")
    if len(sys.argv) > 3:
        return first_read(turn, folder)
    if turn.round:
        open_again(turn, folder)
    database = Database(folder)
    turn.version("ClickHouse", database.ask("select version()")[0][0] + " (chDB)")
    for name, variant, sync in (("synced", SYNCED, SYNC), ("unsynced", DEFAULT, "")):
        if not turn.is_loaded(name):
            turn.phase(variant, "ingest")
            load(turn, database, name, variant, sync)
            turn.note_loaded(name)
    read(turn, database, "synced", SYNCED)
    for name, variant in (("synced", SYNCED), ("unsynced", DEFAULT)):
        write(turn, database, name, variant)


def load(turn, database, name, variant, sync):
    for statement in (EVENTS, GROWTH, VIEW):
        database.ask(statement.format(name=name, sync=sync))
    taken = 0
    for batch in tables(turn.base, 100_000, "text"):
        begun = time.perf_counter()
        database.insert(name, batch)
        taken += time.perf_counter() - begun
    begun = time.perf_counter()
    database.settle()
    turn.measure(variant, "load", turn.events / (taken + time.perf_counter() - begun), "events/s", "no check for duplicates")
    database.ask(f"optimize table {name}_events final")
    database.ask(f"optimize table {name}_growth final")
    if name == "unsynced":
        return
    # Small parts keep their columns together, and tell no size for each.
    columns = database.ask("select column, sum(column_bytes_on_disk) from system.parts_columns where active and "
                           f"table = '{name}_events' and part_type = 'Wide' group by 1")
    for column, size in columns:
        label = column if column == "event_id" else column.removesuffix("_id")
        turn.measure(variant, "size." + label, int(size) / turn.events, "bytes/event")
    turn.measure(variant, "size", int(database.ask(
        f"select sum(bytes_on_disk) from system.parts where active and table = '{name}_events'")[0][0]) / turn.events,
        "bytes/event", "ZSTD(1) where it helps, merged")
    count, size = database.ask("select sum(rows), sum(bytes_on_disk) from system.parts where active and "
                               f"table = '{name}_growth'")[0]
    turn.measure(variant, "size.aggregate", int(size) / int(count), "bytes/aggregate")


def open_again(turn, folder):
    """chDB opens one database in the life of a process, so every time needs its own."""
    taken = []
    for _ in range(3):
        evict(folder)
        result = subprocess.run([sys.executable, *sys.argv, "first"], capture_output=True, text=True, check=True)
        taken.append(float(result.stdout.split()[-1]))
    turn.measure(SYNCED, "open", statistics.median(taken), "ms")
    warm(folder)


def first_read(turn, folder):
    begun = time.perf_counter()
    Database(folder).ask(ROWS.format(*pair(turn.keys["pairs"][0]), name="synced"))
    print((time.perf_counter() - begun) * 1e3)


def pair(key):
    return uuid_text(key[0]), f" and entity_id = '{uuid_text(key[1])}'"


def read(turn, database, name, variant):
    applied, count = turn.applied(name), 200
    pairs, histories = turn.keys["pairs"][:count], turn.keys["histories"][:count]
    users = turn.keys["users"][:count]
    ask = lambda *parts, more="": database.ask(ROWS.format(*parts, name=name) + more)
    results = turn.reads(variant, "read.pair", pairs, lambda key: ask(*pair(key)))
    turn.answer(variant, "pairs", sums(results, (2, 3, 4)), count, applied)
    results = turn.reads(variant, "read.user", users, lambda key: ask(uuid_text(key), ""))
    turn.answer(variant, "users", sums(results, (2, 3, 4)), count, applied)
    top = turn.reads(variant, "read.top20", users, lambda key: ask(uuid_text(key), "", more=" order by s desc limit 20"))
    turn.answer(variant, "top20", (sum(map(len, top)), sum(int(row[2]) for rows in top for row in rows)), count, applied)
    for kind, column in (("history", ""), ("history_metadata", ", metadata")):
        found = [row for rows in turn.reads(variant, "read." + kind, histories, lambda key: database.ask(HISTORY.format(
            uuid_text(key[0]), uuid_text(key[1]), key[2], "", column, name=name))) for row in rows]
        answer = [len(found), sum(int(row[0]) for row in found), sum(int(row[1]) // 1000 for row in found)]
        if column:
            answer.append(sum(len(row[2].encode()) for row in found))
        turn.answer(variant, kind, answer, count, applied)
    scans(turn, database, name, variant, applied)


def scans(turn, database, name, variant, applied):
    turn.phase(variant, "recompute")

    def recompute():
        database.ask("drop table if exists recomputed sync")
        database.ask("create table recomputed engine = Memory as select user_id, entity_id, any(entity_type) entity_type, "
                     "dimension, sum(delta) score, count() event_count, max(created_at) last_event_at "
                     f"from {name}_events group by user_id, entity_id, dimension settings optimize_aggregation_in_order = 1")
    turn.seconds(variant, "recompute", recompute)
    turn.answer(variant, "recompute", database.ask("select count(), sum(event_count), sum(score) from recomputed")[0],
                applied=applied)
    database.ask("drop table recomputed sync")
    daily = turn.seconds(variant, "daily", lambda: database.ask(
        f"select toDate(created_at) d, dimension, sum(delta) from {name}_events group by 1, 2"))
    turn.answer(variant, "daily", (len(daily), sum(int(row[2]) for row in daily)), applied=applied)
    since = lambda days: f"fromUnixTimestamp64Micro({turn.keys['newest'] - days * DAY}, 'UTC')"
    active = turn.seconds(variant, "active", lambda: database.ask(
        f"select uniqExactIf(user_id, created_at > {since(7)}), uniqExact(user_id) from {name}_events "
        f"where created_at > {since(30)}"))
    turn.answer(variant, "active", active[0], applied=applied)


def write(turn, database, name, variant):
    prepare = lambda lo, hi: table(turn.tail, turn.tail.records[lo:hi], "text")
    put = lambda batch: database.insert(name, batch)
    turn.ingest(variant, name, prepare, put)
    turn.single(variant, name, prepare, put, most=50)
    totals = database.ask(f"select sum(event_count), sum(score) from {name}_growth")[0]
    turn.answer(variant, "totals", totals, applied=turn.applied(name))
