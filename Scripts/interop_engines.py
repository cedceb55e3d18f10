"""How each engine reads exported Parquet files, for `check-interop`: rows as tuples in one order, and whether the types are
right: decimals as decimals, UUIDs as UUIDs, times as UTC timestamps, metadata as text."""
import datetime, decimal, glob, json, os, subprocess, sys, uuid

import chdb
import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.parquet

COLUMNS = ["event_id", "user_id", "entity_id", "entity_type", "dim_key", "delta", "source", "scope", "created_at", "metadata"]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def document(value):
    if value is None:
        return ""
    return json.dumps(json.loads(value) if isinstance(value, (str, bytes)) else value, sort_keys=True)


def instant(value):
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    assert value.tzinfo is not None, "a time without a zone"
    return (value - EPOCH) // datetime.timedelta(microseconds=1)


def rows_of(table):
    assert all(isinstance(row["delta"], decimal.Decimal) for row in table)
    return sorted((row["event_id"] if isinstance(row["event_id"], uuid.UUID) else uuid.UUID(bytes=row["event_id"]),
                   row["user_id"], row["entity_id"], row["entity_type"], row["dim_key"], row["delta"], row["source"],
                   row["scope"], instant(row["created_at"]), document(row["metadata"])) for row in table)


def read_pyarrow(path):
    table = pyarrow.concat_tables(
        pyarrow.parquet.ParquetFile(file, page_checksum_verification=True).read() for file in sorted(glob.glob(path)))
    types = {name: str(table.schema.field(name).type) for name in COLUMNS}
    expected = types["delta"] == "decimal128(18, 6)" and types["created_at"] == "timestamp[us, tz=UTC]" \
        and types["event_id"] == "extension<arrow.uuid>" and types["metadata"] == "string"
    return rows_of(table.to_pylist()), expected, types


def read_duckdb(path):
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    relation = connection.sql(f"select * from read_parquet('{path}', hive_partitioning=false)")
    types = dict(zip(relation.columns, map(str, relation.types)))
    expected = types["delta"] == "DECIMAL(18,6)" and types["event_id"] == "UUID" \
        and types["created_at"] == "TIMESTAMP WITH TIME ZONE" and types["metadata"] == "VARCHAR"
    return rows_of([dict(zip(relation.columns, row)) for row in relation.fetchall()]), expected, types


def read_polars(path):
    frame = polars.read_parquet(path, hive_partitioning=False)
    return polars_rows(frame)


def polars_rows(frame):
    types = {name: str(kind) for name, kind in frame.schema.items()}
    expected = types["delta"] == "Decimal(precision=18, scale=6)" \
        and types["created_at"] == "Datetime(time_unit='us', time_zone='UTC')" and types["metadata"] == "String"
    return rows_of(frame.to_dicts()), expected, types


def read_chdb(path):
    describe = json.loads(chdb.query(f"describe file('{path}', Parquet) format JSON").bytes())["data"]
    types = {row["name"]: row["type"] for row in describe}
    expected = types["delta"] == "Decimal(18, 6)" and types["event_id"] == "UUID" \
        and types["created_at"] == "DateTime64(6, 'UTC')" and types["metadata"] == "Nullable(String)"
    columns = clickhouse_columns("toString(event_id)")
    text = chdb.query(f"select {columns} from file('{path}', Parquet) format JSONCompactEachRow "
                      "settings output_format_json_quote_64bit_integers=0").bytes().decode()
    return clickhouse_rows(text), expected, types


def clickhouse_columns(event_id):
    return ", ".join([event_id, *COLUMNS[1:5], "toString(delta)", "source", "scope", "toUnixTimestamp64Micro(created_at)",
                      "toString(metadata)"])


def clickhouse_rows(text):
    rows = [json.loads(line) for line in text.splitlines()]
    return sorted((uuid.UUID(r[0]), *r[1:5], decimal.Decimal(r[5]), r[6], r[7], r[8], document(r[9])) for r in rows)


_spark = None


def spark():
    """One session for all questions: it takes longer to start than they do."""
    global _spark
    if _spark is None:
        from pyspark.sql import SparkSession
        settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
                    "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                    "spark.driver.memory": "1g", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1"}
        builder = SparkSession.builder.master("local[1]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        _spark = builder.getOrCreate()
        _spark.sparkContext.setLogLevel("OFF")
    return _spark


# Spark 4.3 refuses to guess a type for the logical type UUID, so it is told: as any other type it would refuse to read.
SPARK_SCHEMA = "event_id binary, user_id string, entity_id string, entity_type string, dim_key string, " \
    "delta decimal(18,6), source string, scope string, created_at timestamp, metadata string"


def read_spark(path):
    frame = spark().read.schema(SPARK_SCHEMA).parquet(*sorted(glob.glob(path)))
    rows = frame.selectExpr(*COLUMNS[:8], "unix_micros(created_at) as created_at", "metadata").collect()
    return sorted((uuid.UUID(bytes=bytes(r[0])), *r[1:8], r[8], document(r[9])) for r in rows), \
        all(isinstance(r[5], decimal.Decimal) for r in rows), dict(frame.dtypes)


READERS = {"pyarrow": read_pyarrow, "duckdb": read_duckdb, "polars": read_polars, "chdb": read_chdb, "spark": read_spark}


# Delta tables. The folder is the table's.

def delta_rs(folder):
    table = deltalake.DeltaTable(folder)
    rows = pyarrow.table(deltalake.QueryBuilder().register("events", table).execute(
        "select " + ", ".join(COLUMNS) + " from events").read_all())
    types = {name: str(rows.schema.field(name).type) for name in COLUMNS}
    expected = types["delta"] == "decimal128(18, 6)" and types["created_at"] == "timestamp[us, tz=UTC]" \
        and "string" in types["metadata"]
    return rows_of(rows.to_pylist()), expected, types


def delta_polars(folder):
    return polars_rows(polars.scan_delta(folder).select(COLUMNS).collect())


def delta_chdb(folder):
    # It reads tables only below the folder in which it was started.
    folder = os.path.realpath(folder)
    queries = [f"describe deltaLakeLocal('{folder}') format JSON",
               f"select {clickhouse_columns('toString(event_id)')} from deltaLakeLocal('{folder}') format JSONCompactEachRow "
               "settings output_format_json_quote_64bit_integers=0"]
    answers = []
    for query in queries:
        answers.append(subprocess.run(
            [sys.executable, "-c", "import chdb, sys; sys.stdout.buffer.write(chdb.query(sys.argv[1]).bytes())", query],
            cwd=os.path.dirname(folder), check=True, stdout=subprocess.PIPE).stdout.decode())
    types = {row["name"]: row["type"] for row in json.loads(answers[0])["data"]}
    return clickhouse_rows(answers[1]), types["delta"] in ("Decimal(18, 6)", "Nullable(Decimal(18, 6))"), types


DELTA_READERS = {"delta-rs": delta_rs, "polars": delta_polars, "chdb": delta_chdb}


