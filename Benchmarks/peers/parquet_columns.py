#!/usr/bin/env python3
"""Bytes of an event by column, of Parquet files that hold the same rows, as a Markdown table.

    growthring-bench parquet STORE --keep --own --output events.parquet
    parquet_columns.py events-compatible.parquet events-compact.parquet [--level 19]

The first file is also written again by pyarrow, at levels 3 and 9 and the one that is given, by DuckDB, and into a table
of ClickHouse that is sorted by the same key and tuned: of each column the type and the codecs that take least.
"""
import argparse, os, tempfile

import duckdb
import pyarrow.parquet as parquet

# What somebody who knows ClickHouse would try for each column.
TUNED = {
    "event_id": ["UUID codec(ZSTD(3))", "UUID codec(ZSTD(9))", "FixedString(16) codec(ZSTD(3))"],
    "user_id": ["UUID codec(ZSTD(3))", "UUID codec(ZSTD(9))", "LowCardinality(String) codec(ZSTD(3))"],
    "entity_id": ["UUID codec(ZSTD(3))", "UUID codec(ZSTD(9))", "String codec(ZSTD(9))"],
    "entity_type": ["LowCardinality(String) codec(ZSTD(1))", "LowCardinality(String) codec(ZSTD(9))"],
    "dim_key": ["LowCardinality(String) codec(ZSTD(1))", "LowCardinality(String) codec(ZSTD(9))"],
    "delta": ["Decimal(18, 6) codec(ZSTD(9))", "Decimal(18, 6) codec(T64, ZSTD(9))", "Decimal(18, 6) codec(T64('bit'), ZSTD(9))",
              "Decimal(18, 6) codec(Delta, ZSTD(9))"],
    "source": ["LowCardinality(Nullable(String)) codec(ZSTD(1))", "LowCardinality(Nullable(String)) codec(ZSTD(9))"],
    "scope": ["LowCardinality(Nullable(String)) codec(ZSTD(1))"],
    "created_at": [f"DateTime64(6, 'UTC') codec({codec}ZSTD({level}))" for level in (1, 9)
                   for codec in ("", "Delta, ", "DoubleDelta, ", "T64, ", "T64('bit'), ")],
    "metadata": ["String codec(ZSTD(3))", "String codec(ZSTD(9))", "LowCardinality(String) codec(ZSTD(1))",
                 "LowCardinality(String) codec(ZSTD(9))"],
}


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


def clickhouse(path, folder):
    """Bytes of an event by column, in the best form of each, and what these forms are."""
    from chdb import session

    database = session.Session(os.path.join(folder, "clickhouse"))
    ask = lambda query: [line.split("\t") for line in str(database.query(query, "TabSeparated")).splitlines()]
    ask("create database bench engine = Atomic")
    ask("use bench")
    columns = ["user_id UUID", "entity_id UUID", "dim_key String", "created_at DateTime64(6, 'UTC')"]
    columns += [f"{name}_{number} {form}" for name, forms in TUNED.items() for number, form in enumerate(forms)]
    ask(f"create table events ({', '.join(columns)}) engine = MergeTree order by (user_id, entity_id, dim_key, created_at) "
        "settings min_bytes_for_wide_part = 0")

    def value(name, form):
        if form.startswith("FixedString"):
            return f"reinterpretAsFixedString({name})"
        if name == "metadata":
            return "assumeNotNull(metadata)"
        return f"to{'UUID' if form.startswith('UUID') else 'String'}({name})" if name.endswith("_id") else name

    values = ["toUUID(user_id)", "toUUID(entity_id)", "dim_key", "created_at"]
    values += [value(name, form) for name, forms in TUNED.items() for form in forms]
    ask(f"insert into events select {', '.join(values)} from file('{os.path.abspath(path)}', Parquet) "
        "settings input_format_parquet_enable_json_parsing = 0, allow_suspicious_low_cardinality_types = 1, max_threads = 1")
    ask("optimize table events final")
    rows = int(ask("select count() from events")[0][0])
    stored = {name: int(size) / rows for name, size in ask(
        "select column, sum(column_data_compressed_bytes + column_marks_bytes) from system.parts_columns "
        "where active and database = 'bench' and table = 'events' group by column")}
    best, forms = {}, {}
    for name, tried in TUNED.items():
        number = min(range(len(tried)), key=lambda number: stored[f"{name}_{number}"])
        best[name], forms[name] = stored[f"{name}_{number}"], tried[number]
    best["file"] = sum(best.values())
    return best, forms


def main():
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
        table["ClickHouse, tuned"], forms = clickhouse(arguments.files[0], folder)
    print("| column | " + " | ".join(table) + " |")
    print("|---|" + "---:|" * len(table))
    for column in next(iter(table.values())):
        print(f"| {column} | " + " | ".join(f"{sizes.get(column, 0):.2f}" for sizes in table.values()) + " |")
    print()
    for column, form in forms.items():
        print(f"ClickHouse's `{column}`: `{form}`")


main()
