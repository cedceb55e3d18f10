#!/usr/bin/env python3
"""Rare tags and ranges of a number among many events in DuckDB, beside `growthring-bench where`: the same events, tagged at the
same places.

    python3 Benchmarks/peers/where.py BASE.parquet DATABASE [--runs 5] [--threads 2]

The database is made where it is not there: one table with the columns of the file, metadata as JSON, sorted by user, entity and
time as a store is. Then the events with each tag, and with an amount in each range, with DuckDB's JSON functions: their number by
wall clock and by the CPU time of all threads.
"""

import argparse
import json
import os
import statistics
import time

import duckdb

TAGS = (1, 10, 100, 1000)


def places(count):
    """Record number: tag, as growthring-bench has them."""
    found = {}
    for rare in TAGS:
        for i in range(rare):
            found.setdefault((2 * i + 1) * count // (2 * rare), rare)
    return found


def add(rare, metadata):
    value = json.loads(metadata)
    value["tags"] = ["rare_%d" % rare] + value.get("tags", [])
    value["amount"] = rare + 0.25
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def make(connection, path):
    count = connection.execute("select count(*) from read_parquet(?)", [path]).fetchone()[0]
    tagged = sorted(places(count).items())
    connection.execute("create temp table tagged (number bigint primary key, rare bigint, metadata varchar)")
    connection.execute("insert into tagged select number, rare, null from (select unnest(?) as number, unnest(?) as rare)",
                       [[n for n, _ in tagged], [r for _, r in tagged]])
    known = connection.execute("""
        select number, rare, e.metadata from tagged join read_parquet(?, file_row_number = true) e on file_row_number = number
        """, [path]).fetchall()
    connection.execute("delete from tagged")
    connection.executemany("insert into tagged values (?, ?, ?)", [(n, r, add(r, m)) for n, r, m in known])
    connection.execute("""
        create table events as
        select e.* exclude (metadata, file_row_number), coalesce(t.metadata, e.metadata)::json as metadata
        from read_parquet(?, file_row_number = true) e left join tagged t on e.file_row_number = t.number
        order by user_id, entity_id, created_at""", [path])
    connection.execute("checkpoint")


def measure(connection, name, runs, condition, expected):
    walls, used = [], []
    for _ in range(runs):
        start, cpu = time.perf_counter(), time.process_time()
        found = len(connection.execute("select * from events where " + condition).fetchall())
        walls.append(time.perf_counter() - start)
        used.append(time.process_time() - cpu)
        assert found == expected, "%d events where %d are" % (found, expected)
    for what, values in (("p50", walls), ("CPU", used)):
        print(json.dumps({"measure": "%s, %s" % (name, what), "value": round(statistics.median(values) * 1000, 1), "unit": "ms"}),
              flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parquet")
    parser.add_argument("database")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    fresh = not os.path.exists(arguments.database)
    connection = duckdb.connect(arguments.database)
    connection.execute("set threads = %d" % arguments.threads)
    if fresh:
        start, cpu = time.perf_counter(), time.process_time()
        make(connection, arguments.parquet)
        print(json.dumps({"measure": "load", "value": round(time.perf_counter() - start, 1), "unit": "s"}))
        print(json.dumps({"measure": "load, CPU", "value": round(time.process_time() - cpu, 1), "unit": "s"}), flush=True)
    print(json.dumps({"measure": "size", "value": round(os.path.getsize(arguments.database) / 2 ** 20, 1), "unit": "MiB"}))
    for rare in TAGS:
        measure(connection, "tag of %d" % rare, arguments.runs,
                "list_contains(cast(metadata -> '$.tags' as varchar[]), 'rare_%d')" % rare, rare)
    for rare in TAGS:
        amount = "cast(metadata ->> '$.amount' as decimal(18, 6))"
        measure(connection, "range of %d" % rare, arguments.runs, "%s >= %d and %s < %d" % (amount, rare, amount, rare + 1), rare)


if __name__ == "__main__":
    main()
