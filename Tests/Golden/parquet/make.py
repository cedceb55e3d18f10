#!/usr/bin/env python3
"""Makes small Parquet files with other writers, and beside each its values as text.

  make.py FOLDER      needs pyarrow, duckdb and polars

The text has a line `name physical-type` for each column and then one for each value or null, as ParquetDump of the tests
writes them: `repetition definition value`, without levels that the column has not. Values are the integers, the bits of
floating point numbers and the bytes of strings in hexadecimal, decimals their unscaled integers, and the old timestamps
of twelve bytes nanoseconds. Lists and structures are taken apart here, from the rows, not from the file.
"""
import datetime, decimal, json, os, shutil, struct, sys, tempfile, uuid
import duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq

D = decimal.Decimal
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
LIST = ["list", "element"]  # what the groups of lists are called


def hexadecimal(value):
    return "x" + (value.encode() if isinstance(value, str) else bytes(value)).hex()


def render(value, kind, physical):
    if pa.types.is_boolean(kind):
        return "true" if value else "false"
    if pa.types.is_floating(kind):
        if pa.types.is_float16(kind):
            return "x" + struct.pack("<e", value).hex()
        return "b" + struct.pack(">f" if kind == pa.float32() else ">d", value).hex()
    if pa.types.is_decimal(kind):
        return str(int(value.scaleb(kind.scale, decimal.Context(prec=80))))
    if pa.types.is_date(kind):
        return str((value - datetime.date(1970, 1, 1)).days)
    if pa.types.is_time(kind):
        micros = (value.hour * 3600 + value.minute * 60 + value.second) * 1000000 + value.microsecond
        return str(micros // 1000 if kind.unit == "ms" else micros * 1000 if kind.unit == "ns" else micros)
    if pa.types.is_timestamp(kind):
        if not hasattr(value, "tzinfo") or value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        micros = (value - EPOCH) // datetime.timedelta(microseconds=1)
        nanos = micros * 1000 + getattr(value, "nanosecond", 0)
        unit = {"s": 10**6, "ms": 10**6, "us": 10**3, "ns": 1}[kind.unit]
        return str(nanos if physical == "INT96" else nanos // unit)
    if isinstance(value, uuid.UUID):
        return hexadecimal(value.bytes)
    if isinstance(value, str) and physical == "FIXED_LEN_BYTE_ARRAY":
        return hexadecimal(uuid.UUID(value).bytes)
    if isinstance(value, (str, bytes)):
        return hexadecimal(value)
    return str(value)


def shred(value, kind, nullable, r, d, rep, path, out):
    """Takes a value apart as the format does; `out` gathers (repetition, definition, value, type) by leaf."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if nullable:
        if value is None:
            return nulls(kind, r, d, path, out)
        d += 1
    if pa.types.is_struct(kind):
        for child in kind:
            shred(value[child.name], child.type, child.nullable, r, d, rep, path + [child.name], out)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if not value:
            return nulls(kind, r, d, path, out)
        for index, item in enumerate(value):
            shred(item, kind.value_type, kind.value_field.nullable, r if index == 0 else rep + 1, d + 1, rep + 1,
                  path + LIST, out)
    elif pa.types.is_map(kind):
        if not value:
            return nulls(kind, r, d, path, out)
        for index, (key, item) in enumerate(value):
            at = r if index == 0 else rep + 1
            shred(key, kind.key_type, False, at, d + 1, rep + 1, path + ["key_value", "key"], out)
            shred(item, kind.item_type, kind.item_field.nullable, at, d + 1, rep + 1, path + ["key_value", "value"], out)
    else:
        out.setdefault(".".join(path), []).append((r, d, value, kind))


def nulls(kind, r, d, path, out):
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_struct(kind):
        for child in kind:
            nulls(child.type, r, d, path + [child.name], out)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        nulls(kind.value_type, r, d, path + LIST, out)
    elif pa.types.is_map(kind):
        nulls(kind.key_type, r, d, path + ["key_value", "key"], out)
        nulls(kind.item_type, r, d, path + ["key_value", "value"], out)
    else:
        out.setdefault(".".join(path), []).append((r, d, None, kind))


def describe(path, table=None):
    file = pq.ParquetFile(path)
    table = file.read() if table is None else table
    out = {}
    for name in table.column_names:
        field = table.schema.field(name)
        for value in table.column(name).to_pylist():
            shred(value, field.type, field.nullable, 0, 0, 0, [name], out)
    lines = []
    for index in range(len(file.schema)):
        column = file.schema.column(index)
        lines.append(f"{column.path} {column.physical_type}")
        for r, d, value, kind in out.get(column.path, []):
            parts = [str(r)] if column.max_repetition_level else []
            parts += [str(d)] if column.max_definition_level else []
            lines.append(" ".join(parts + ["null" if value is None else render(value, kind, column.physical_type)]))
    with open(os.path.splitext(path)[0] + ".txt", "w") as text:
        text.write("\n".join(lines) + "\n")


def rows(count):
    base = datetime.datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
    some = lambda i, v: None if i % 7 == 3 else v
    return {
        "flag": [some(i, i % 3 == 0) for i in range(count)],
        "i8": pa.array([some(i, i % 256 - 128) for i in range(count)], pa.int8()),
        "u16": pa.array([some(i, i * 999 % 65536) for i in range(count)], pa.uint16()),
        "i32": pa.array([some(i, (i * 2654435761) % 2**32 - 2**31) for i in range(count)], pa.int32()),
        "u32": pa.array([some(i, (i * 2654435761) % 2**32) for i in range(count)], pa.uint32()),
        "i64": pa.array([some(i, (-1) ** i * (i * 0x9E3779B97F4A7C15 % 2**63)) for i in range(count)], pa.int64()),
        "u64": pa.array([some(i, i * 0x9E3779B97F4A7C15 % 2**64) for i in range(count)], pa.uint64()),
        "f32": pa.array([some(i, i / 3 - 5) for i in range(count)], pa.float32()),
        "f64": pa.array([some(i, float("nan") if i == 5 else -0.0 if i == 6 else i / 7 - 9) for i in range(count)]),
        "text": [some(i, "" if i % 11 == 0 else "wörd-%d" % (i % 13)) for i in range(count)],
        "unique": [some(i, "row %05d of many" % i) for i in range(count)],
        "blob": pa.array([some(i, bytes([i % 256]) * (i % 5)) for i in range(count)], pa.binary()),
        "fixed": pa.array([some(i, struct.pack("<IIII", i, i * i, 7, i % 3)) for i in range(count)], pa.binary(16)),
        "dec9": pa.array([some(i, D(i - 50).scaleb(-2)) for i in range(count)], pa.decimal128(9, 2)),
        "dec18": pa.array([some(i, D(i * 10**12 - 5).scaleb(-6)) for i in range(count)], pa.decimal128(18, 6)),
        "dec38": pa.array([some(i, D((-1) ** i * i * 10**30).scaleb(-10)) for i in range(count)], pa.decimal128(38, 10)),
        "day": pa.array([some(i, (base + datetime.timedelta(days=i * 40 - 9000)).date()) for i in range(count)]),
        "ms": pa.array([some(i, (base + datetime.timedelta(minutes=i)).replace(microsecond=5000)) for i in range(count)],
                       pa.timestamp("ms", "UTC")),
        "us": pa.array([some(i, base + datetime.timedelta(microseconds=i * 77)) for i in range(count)],
                       pa.timestamp("us", "UTC")),
        "local": pa.array([some(i, (base + datetime.timedelta(hours=i)).replace(tzinfo=None)) for i in range(count)],
                          pa.timestamp("us")),
        "clock": pa.array([some(i, datetime.time(i % 24, 1, 2, 3)) for i in range(count)], pa.time64("us")),
        "always": pa.array(range(count), pa.int64()),
    }


def write(folder, name, table, **options):
    path = os.path.join(folder, name + ".parquet")
    pq.write_table(table, path, **options)
    describe(path)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    flat = pa.table(rows(30))
    required = flat.select(["always"]).cast(pa.schema([pa.field("always", pa.int64(), nullable=False)]))
    write(folder, "pyarrow-zstd", flat, compression="zstd", store_schema=False)
    for codec in ["snappy", "gzip", "lz4"]:
        write(folder, "pyarrow-" + codec, flat.select(["always", "text", "unique", "f64", "dec38"]), compression=codec,
              store_schema=False)
    write(folder, "pyarrow-v2", flat, data_page_version="2.0", compression="zstd", write_page_index=True,
          write_page_checksum=True, store_schema=False)
    write(folder, "pyarrow-int96", flat.select(["us", "local", "i64"]), use_deprecated_int96_timestamps=True,
          store_schema=False)
    write(folder, "pyarrow-plain", flat, use_dictionary=False, compression="none", data_page_size=128,
          write_page_checksum=True, store_schema=False)
    encodings = {"i32": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED", "us": "DELTA_BINARY_PACKED",
                 "text": "DELTA_BYTE_ARRAY", "unique": "DELTA_LENGTH_BYTE_ARRAY", "blob": "DELTA_BYTE_ARRAY",
                 "fixed": "BYTE_STREAM_SPLIT", "f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT",
                 "u64": "BYTE_STREAM_SPLIT", "dec38": "DELTA_BYTE_ARRAY", "flag": "RLE"}
    for version in ["1.0", "2.0"]:
        write(folder, "pyarrow-encodings-v" + version[0], flat.select(list(encodings)), use_dictionary=False,
              column_encoding=encodings, data_page_version=version, store_schema=False)
        # More than a block of differences.
        write(folder, "pyarrow-delta-v" + version[0], pa.table(rows(300)).select(["i64", "us", "text"]), use_dictionary=False,
              column_encoding={k: encodings[k] for k in ["i64", "us", "text"]}, data_page_version=version,
              store_schema=False, compression="zstd")
    write(folder, "pyarrow-empty", flat.slice(0, 0), store_schema=False)
    write(folder, "pyarrow-groups", pa.table(rows(60)).select(["always", "text", "f64", "us"]), row_group_size=7,
          store_schema=False)
    write(folder, "pyarrow-required", required, store_schema=False)
    write(folder, "pyarrow-nulls", pa.table({"n": pa.array([None] * 20, pa.int64()), "s": pa.array([None] * 20, pa.string()),
                                             "u": pa.nulls(20)}), store_schema=False)
    # A dictionary that grows too large half way.
    write(folder, "pyarrow-fallback", pa.table({"s": ["same"] * 100 + ["value %d" % i for i in range(400)]}),
          dictionary_pagesize_limit=2048, data_page_size=1024, write_batch_size=64, compression="zstd", store_schema=False)
    nested = pa.table({
        "list": pa.array([[1, 2], [], None, [3, None], [None]] * 5, pa.list_(pa.int32())),
        "deep": pa.array([[[1], [2, 3]], [[]], None, [None, [4]], []] * 5, pa.list_(pa.list_(pa.int64()))),
        "thing": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}, {"a": 4, "b": None}, None] * 5,
                          pa.struct([("a", pa.int32()), ("b", pa.string())])),
        "things": pa.array([[{"a": 1, "t": ["p", "q"]}], None, [], [{"a": None, "t": None}, None], [{"a": 2, "t": []}]] * 5,
                           pa.list_(pa.struct([("a", pa.int32()), ("t", pa.list_(pa.string()))]))),
        "map": pa.array([[("k", 1), ("l", None)], None, [], [("m", 3)], []] * 5, pa.map_(pa.string(), pa.int64())),
    })
    write(folder, "pyarrow-nested", nested, store_schema=False)
    write(folder, "pyarrow-nested-v2", nested, data_page_version="2.0", row_group_size=10, data_page_size=16,
          store_schema=False)

    os.makedirs(os.path.join(folder, "unsupported"), exist_ok=True)
    pq.write_table(pa.table({"n": list(range(50)) * 4}), os.path.join(folder, "unsupported/brotli.parquet"),
                   compression="brotli", use_dictionary=False, store_schema=False)

    arrow = pa.table({k: v for k, v in rows(30).items() if k != "u64"})
    connection = duckdb.connect()
    connection.register("flat", arrow)
    select = ("select *, ('00000000-0000-4000-8000-' || lpad(always::varchar, 12, '0'))::uuid as id, "
              "('{\"n\":' || always || '}')::json as doc from flat")
    for version in ["v1", "v2"]:
        path = os.path.join(folder, f"duckdb-{version}.parquet")
        connection.execute(f"copy ({select}) to '{path}' (format parquet, parquet_version '{version}', compression zstd)")
        describe(path, connection.sql(select).to_arrow_table())
    path = os.path.join(folder, "duckdb-snappy-groups.parquet")
    connection.execute(f"copy (select always, text, f64 from flat) to '{path}' (format parquet, row_group_size 10)")
    describe(path, connection.sql("select always, text, f64 from flat").to_arrow_table())

    frame = pl.from_arrow(arrow.drop(["clock"]))
    for codec in ["zstd", "lz4_raw", "snappy"]:
        if codec != "zstd":
            frame = frame.select(["always", "text", "unique", "f64"])
        path = os.path.join(folder, "polars-" + codec.replace("_raw", "") + ".parquet")
        frame.write_parquet(path, compression={"lz4_raw": "lz4"}.get(codec, codec))
        describe(path)
    path = os.path.join(folder, "polars-nested.parquet")
    pl.DataFrame({"l": [[1, 2], [], None, [3]], "s": [{"a": 1}, {"a": None}, {"a": 3}, None]}).write_parquet(path)
    describe(path)


def add_missing(make, folder):
    """Files are added, and never changed."""
    with tempfile.TemporaryDirectory() as made:
        make(made)
        for place, _, names in os.walk(made):
            target = os.path.join(folder, os.path.relpath(place, made))
            os.makedirs(target, exist_ok=True)
            for name in names:
                if not os.path.exists(os.path.join(target, name)):
                    shutil.copy(os.path.join(place, name), os.path.join(target, name))


if __name__ == "__main__":
    add_missing(main, sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
