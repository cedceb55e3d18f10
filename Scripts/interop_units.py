"""How engines read the archive of memory units, for `check-interop`: versions as tuples in one order, and whether the types are
right."""
import decimal, glob, json, os

import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.parquet

from interop_engines import document, instant

COLUMNS = ["muid", "user_id", "source_type", "title", "content", "content_type", "created_at", "updated_at",
           "importance_score", "status", "metadata", "is_deleted", "sequence"]


def rows_of(table):
    assert all(isinstance(row["importance_score"], (decimal.Decimal, type(None))) and row["sequence"] > 0 for row in table)
    return sorted(tuple(row[name] for name in COLUMNS[:6]) +
                  (instant(row["created_at"]), instant(row["updated_at"]), row["importance_score"] is not None,
                   row["importance_score"] or 0, row["status"], document(row["metadata"]), row["is_deleted"]) for row in table)


def truth(text):
    """The same of an export as NDJSON with all versions."""
    rows = []
    for line in text.splitlines():
        unit = json.loads(line)
        score = unit.get("importance_score")
        rows.append((unit["muid"], unit["user_id"], unit.get("source_type", ""), unit.get("title", ""), unit.get("content", ""),
                     unit.get("content_type", "text"), instant(unit["created_at"]), instant(unit["updated_at"]),
                     score is not None, decimal.Decimal(str(score or 0)), unit.get("status", "active"),
                     document(unit.get("metadata")), unit.get("is_deleted", False)))
    return sorted(rows)


def arrow_types(schema):
    types = {name: str(schema.field(name).type) for name in COLUMNS}
    expected = types["importance_score"] == "decimal128(18, 6)" and types["updated_at"] == "timestamp[us, tz=UTC]" \
        and "string" in types["metadata"] and types["is_deleted"] == "bool" and types["sequence"] == "int64"
    return expected, types


def read_pyarrow(path):
    table = pyarrow.concat_tables(
        pyarrow.parquet.ParquetFile(file, page_checksum_verification=True).read() for file in sorted(glob.glob(path)))
    return rows_of(table.to_pylist()), *arrow_types(table.schema)


def read_duckdb(path):
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    relation = connection.sql(f"select * from read_parquet('{path}', hive_partitioning=false)")
    types = dict(zip(relation.columns, map(str, relation.types)))
    expected = types["importance_score"] == "DECIMAL(18,6)" and types["updated_at"] == "TIMESTAMP WITH TIME ZONE" \
        and types["metadata"] == "VARCHAR" and types["is_deleted"] == "BOOLEAN" and types["sequence"] == "BIGINT"
    return rows_of([dict(zip(relation.columns, row)) for row in relation.fetchall()]), expected, types


def polars_rows(frame):
    types = {name: str(kind) for name, kind in frame.schema.items()}
    expected = types["importance_score"] == "Decimal(precision=18, scale=6)" and types["metadata"] == "String" \
        and types["updated_at"] == "Datetime(time_unit='us', time_zone='UTC')" and types["is_deleted"] == "Boolean"
    return rows_of(frame.to_dicts()), expected, types


def read_polars(path):
    return polars_rows(polars.read_parquet(path, hive_partitioning=False))


READERS = {"pyarrow": read_pyarrow, "duckdb": read_duckdb, "polars": read_polars}


# Delta tables. The folder is the table's.

def delta_rs(folder):
    rows = pyarrow.table(deltalake.QueryBuilder().register("units", deltalake.DeltaTable(folder)).execute(
        "select " + ", ".join(COLUMNS) + " from units").read_all())
    return rows_of(rows.to_pylist()), *arrow_types(rows.schema)


def delta_polars(folder):
    return polars_rows(polars.scan_delta(folder).select(COLUMNS).collect())


DELTA_READERS = {"delta-rs": delta_rs, "polars": delta_polars}


def make_units():
    """Versions over two years, with ids and texts of every kind, as NDJSON."""
    lines = []
    for number in range(3000):
        day = number * 37 % 700
        unit = {"user_id": ["ada", "0190f5c8-7a31-7000-8000-00000000000a", "Zo\u00eb \"z\", \u00fc"][number % 3],
                "muid": ["n%d" % (number % 400), "A0000000-0000-4000-8000-00000000%04X" % (number % 400)][number // 400 % 2],
                "created_at": "2023-01-01T00:00:00Z",
                "updated_at": "2023-%02d-%02dT%02d:00:00.%06dZ" % (1 + day // 60, 1 + day % 28, number % 24, number)}
        if number % 13 == 0:
            unit["is_deleted"] = True
        else:
            unit.update(title=["", "caf\u00e9", "\u4eca\u65e5"][number % 3], content=["", "a\u0000b\r\n", "growth " * (number % 900)][number % 3],
                        source_type="note", metadata={"n": number, "tags": ["x", None]})
            if number % 2:
                unit["importance_score"] = str(decimal.Decimal(number - 900) / 1000)
        lines.append(json.dumps(unit))
    return "\n".join(lines) + "\n"


def check_units(run, compare, check, folder):
    """The archive of memory units of a store, in two runs of which the second writes months again."""
    store, path, policy = (os.path.join(folder, name) for name in ("unit-store", "units.ndjson", "unit-policy.json"))
    lines = make_units().splitlines(keepends=True)
    for part, profile in enumerate(["compatible", "compact"]):
        with open(path, "w") as file:
            file.writelines(lines[part::2])
        run("units", "ingest", path, "--store", store, "--create")
        with open(policy, "w") as file:
            json.dump({"version": 2, "archive": {"profile": profile}, "units": {"default": {"archive_after": "1d"}}}, file)
        run("policy", "apply", policy, "--store", store)
        run("maintain", "--step", "flush", "--step", "archive", "--store", store)
    expected = truth(run("units", "export", "--store", store, "--versions"))
    check("memory units of the store", len(expected) == len(lines), len(expected))
    archive = os.path.join(store, "archive", "units")
    for name, read in DELTA_READERS.items():
        compare(f"{name} reads the table of memory units", read, archive, expected)
    for name, read in READERS.items():
        compare(f"{name} reads the archived memory units", read, os.path.join(archive, "month=*", "*.parquet"), expected)
    run("verify", "--store", store)
