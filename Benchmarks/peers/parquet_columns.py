#!/usr/bin/env python3
"""Bytes of an event by column, of Parquet files that hold the same rows, as a Markdown table.

    growthring-bench parquet STORE --keep --own --output events.parquet
    parquet_columns.py events-compatible.parquet events-compact.parquet [--level 19]

The first file is also written again by pyarrow, at levels 3 and 9 and the one that is given, and by DuckDB.
"""
import argparse, os, tempfile

import duckdb
import pyarrow.parquet as parquet


def sizes(path):
    footer = parquet.read_metadata(path)
    groups = [footer.row_group(group) for group in range(footer.num_row_groups)]
    columns = {}
    for group in groups:
        for index in range(group.num_columns):
            column = group.column(index)
            columns[column.path_in_schema] = columns.get(column.path_in_schema, 0) + column.total_compressed_size
    columns["file"] = os.path.getsize(path)
    return {name: size / footer.num_rows for name, size in columns.items()}


parser = argparse.ArgumentParser()
parser.add_argument("files", nargs="+")
parser.add_argument("--level", type=int, default=9)
arguments = parser.parse_args()
table = {os.path.basename(path): sizes(path) for path in arguments.files}
with tempfile.TemporaryDirectory() as folder:
    other = os.path.join(folder, "other.parquet")
    rows = parquet.read_table(arguments.files[0])
    for level in sorted({3, 9, arguments.level}):
        parquet.write_table(rows, other, compression="zstd", compression_level=level, row_group_size=1 << 20)
        table[f"pyarrow, zstd {level}"] = sizes(other)
    duckdb.sql(f"copy (select * from '{arguments.files[0]}') to '{other}' "
               f"(compression zstd, parquet_version v2, row_group_size {1 << 20})")
    table["DuckDB, zstd, v2"] = sizes(other)
print("| column | " + " | ".join(table) + " |")
print("|---|" + "---:|" * len(table))
for column in next(iter(table.values())):
    print(f"| {column} | " + " | ".join(f"{sizes.get(column, 0):.2f}" for sizes in table.values()) + " |")
