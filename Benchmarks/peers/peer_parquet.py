"""The smallest files and the plain group-by: Parquet written by PyArrow (sorted as GrowthRing sorts, ids as 16 bytes, zstd),
queried by Polars from the file. No store: nothing is kept fresh, nothing can be appended."""
import os

import numpy as np
import polars
import pyarrow
import pyarrow.parquet as parquet

from arrow import table
from feed import DAY, high

FILE, POLARS = "Parquet, zstd-3, sorted", "Polars over Parquet"
COLUMNS = ["user_id", "entity_id", "dimension", "created_at", "entity_type", "source", "delta", "metadata", "event_id"]
PLAIN = {"event_id": "PLAIN", "created_at": "DELTA_BINARY_PACKED"}


def write(turn, path, level=3, limit=None):
    records = turn.base.records[:limit]
    order = np.lexsort((-records["time"], records["dimension"], high(records, "entity"), high(records, "user")))
    writer = None
    for lo in range(0, len(order), 1_000_000):
        part = table(turn.base, records[order[lo:lo + 1_000_000]]).select(COLUMNS)
        writer = writer or parquet.ParquetWriter(
            path, part.schema, compression="zstd", compression_level=level, version="2.6", data_page_version="2.0",
            use_dictionary=[name for name in COLUMNS if name not in PLAIN], column_encoding=PLAIN)
        writer.write_table(part, row_group_size=1_000_000)
    writer.close()
    return len(order)


def sizes(turn, variant, path, count, note):
    footer = parquet.read_metadata(path)
    for column in range(footer.num_columns):
        total = sum(footer.row_group(group).column(column).total_compressed_size for group in range(footer.num_row_groups))
        turn.measure(variant, "size." + footer.schema.column(column).name.removesuffix("_id").replace("event", "event_id"),
                     total / count, "bytes/event")
    turn.measure(variant, "size", os.path.getsize(path) / count, "bytes/event", note)


def run(turn):
    turn.version("PyArrow", pyarrow.__version__)
    turn.version("Polars", polars.__version__)
    path = os.path.join(turn.folder, "events.parquet")
    if not turn.is_loaded("file"):
        sizes(turn, FILE, path, write(turn, path), "no aggregates")
        if turn.events <= 1_000_000:
            smallest = os.path.join(turn.folder, "smallest.parquet")
            sizes(turn, "Parquet, zstd-19, sorted", smallest, write(turn, smallest, 19), "no aggregates")
        turn.note_loaded("file")
    scan = lambda: polars.scan_parquet(path)
    delta = polars.col("delta").cast(polars.Int64)
    turn.phase(POLARS, "recompute")
    growth = turn.seconds(POLARS, "recompute", lambda: scan().group_by("user_id", "entity_id", "entity_type", "dimension").agg(
        score=delta.sum(), event_count=polars.len(), last_event_at=polars.col("created_at").max()).collect(engine="streaming"))
    turn.answer(POLARS, "recompute", (len(growth), growth["event_count"].sum(), growth["score"].sum()))
    daily = turn.seconds(POLARS, "daily", lambda: scan().group_by(
        polars.col("created_at").cast(polars.Int64) // DAY, "dimension").agg(total=delta.sum()).collect(engine="streaming"))
    turn.answer(POLARS, "daily", (len(daily), daily["total"].sum()))
    time = polars.col("created_at").cast(polars.Int64)
    newest = turn.keys["newest"]
    active = turn.seconds(POLARS, "active", lambda: scan().filter(time > newest - 30 * DAY).select(
        week=polars.col("user_id").filter(time > newest - 7 * DAY).n_unique(), month=polars.col("user_id").n_unique()).collect(
            engine="streaming"))
    turn.answer(POLARS, "active", active.row(0))
