#!/usr/bin/env python3
"""Rare tags among many events in DuckDB, beside `growthring-bench where`: the same events, tagged at the same places.

    python3 Benchmarks/peers/where.py BASE.parquet DATABASE [--runs 5] [--threads 2]

The database is made where it is not there: one table with the columns of the file, metadata as JSON, sorted by user and time as a
store is. Then the count of events with each tag, with DuckDB's JSON functions.
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
            found.setdefault((2 * i + 1) * count // (2 * rare), "rare_%d" % rare)
    return found


def add(tag, metadata):
    value = json.loads(metadata)
    value["tags"] = [tag] + value.get("tags", [])
    return json.dumps(value, separators=(",", ":"))


def make(connection, path):
    count = connection.execute("select count(*) from read_parquet(?)", [path]).fetchone()[0]
    tagged = places(count)
    connection.execute("create table tagged (number bigint, tag varchar)")
    connection.executemany("insert into tagged values (?, ?)", list(tagged.items()))
    connection.create_function("tagged_metadata", add, ["VARCHAR", "VARCHAR"], "VARCHAR")
    connection.execute("""
        create table events as
        select e.* exclude (metadata, file_row_number),
               (case when t.tag is null then e.metadata else tagged_metadata(t.tag, e.metadata) end)::json as metadata
        from read_parquet(?, file_row_number = true) e left join tagged t on e.file_row_number = t.number
        order by user_id, entity_id, created_at""", [path])
    connection.execute("checkpoint")


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
        start = time.perf_counter()
        make(connection, arguments.parquet)
        print(json.dumps({"measure": "load", "value": round(time.perf_counter() - start, 1), "unit": "s"}))
    for rare in TAGS:
        query = "select count(*) from events where list_contains(cast(metadata -> '$.tags' as varchar[]), 'rare_%d')" % rare
        times = []
        for _ in range(arguments.runs):
            start = time.perf_counter()
            found = connection.execute(query).fetchone()[0]
            times.append(time.perf_counter() - start)
            assert found == rare, "%d events where %d are" % (found, rare)
        print(json.dumps({"measure": "tag of %d, p50" % rare, "value": round(statistics.median(times) * 1000, 1), "unit": "ms"}))


if __name__ == "__main__":
    main()
