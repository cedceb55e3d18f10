"""The rows of the table of results: what is measured, in which unit, and what GrowthRing is to reach."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`name` is the measure of rivals, and GrowthRing's own unless `ours` names others, of which the first that was
    measured counts. `goals` are ratios to the rivals whose names begin with the key; `target` is an absolute goal."""
    name: str
    work: str
    unit: str
    more_is_better: bool = False
    ours: tuple = ()
    goals: tuple = ()
    target: float | None = None

    @property
    def own_names(self):
        return self.ours or (self.name,)


CLICKHOUSE, DUCKDB, POSTGRES = "ClickHouse, view, synced", "DuckDB, upsert", "PostgreSQL, trigger"
ROWS = [
    Row("load", "load of all events, batches of 100,000, to the end of flushes and merges", "events/s", True,
        goals=((CLICKHOUSE, 4),), target=2_000_000),
    Row("merge.settle", "settling after that, as a store at rest does by itself", "s"),
    Row("merge.all", "merging everything after that, as before the reads below", "s"),
    Row("ingest.100000", "ingest on top, batches of 100,000", "events/s", True, goals=((CLICKHOUSE, 4), (DUCKDB, 10))),
    Row("ingest.10000", "ingest on top, batches of 10,000", "events/s", True),
    Row("ingest.1000", "ingest on top, batches of 1,000, one caller", "events/s", True,
        goals=(("RocksDB, merges, synced", 5), ("ClickHouse, view", 20))),
    Row("append.single", "one-event durable appends, 64 tasks", "events/s", True, goals=((POSTGRES, 6),), target=100_000),
    Row("read.pair.p50", "all dimensions of a (user, entity), p50", "µs",
        goals=(("LMDB", 2), ("RocksDB", 8), ("SQLite", 15)), target=0.5),
    Row("read.pair.p99", "the same, p99", "µs", target=2),
    Row("read.user.p50", "all growth of a user, p50", "µs", goals=(("LMDB", 1),)),
    Row("read.user.p99", "the same, p99", "µs"),
    Row("read.top20.p50", "top 20 of a user by score, p50", "µs", target=10),
    Row("read.history.p50", "newest 50 of a (user, entity, dimension), without metadata, p50", "µs",
        ours=("read.history.p50", "read.history_metadata.p50"), target=8),
    Row("read.history_metadata.p50", "the same, with metadata, p50", "µs", target=20),
    Row("recompute", "recompute of entity_growth from the events", "s", goals=(("DuckDB, sorted", 1.5),)),
    Row("verify", "verify: the same, and compared with what is kept, and every checksum", "s"),
    Row("daily", "daily sum by dimension over all raw events", "s", goals=(("DuckDB", 1.5), ("ClickHouse", 2))),
    Row("active", "users active in 7 and 30 days, from raw events", "s", goals=(("DuckDB", 1.5), ("ClickHouse", 2))),
    Row("size", "bytes of an event, all columns", "bytes", target=20),
    Row("size.aggregate", "bytes of an aggregate", "bytes", target=20),
    Row("open", "open and answer the first point read, files not in memory", "ms", target=5),
    Row("memory.ingest", "peak memory of ingest", "MiB", target=256),
    Row("memory.recompute", "peak memory of recompute", "MiB", target=256),
    Row("cli.ndjson", "command line ingest of NDJSON", "events/s", True, target=1_000_000),
    Row("cli.csv", "command line ingest of CSV", "events/s", True, target=1_000_000),
]
