#!/usr/bin/env python3
"""Makes files for features that those of make.py do not show, and such as this library refuses.

  make_features.py [FOLDER]      needs what make.py needs

Values as text come from the numbers and bytes that went in, never from a file; those of lists as in make.py. Files that are
there already stay as they are.
"""
import base64, decimal, io, os, random, struct, sys

import duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption

from make import add_missing, describe

D = decimal.Decimal
COUNT = 40


def text(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (bytes, str)):
        return "x" + (value.encode() if isinstance(value, str) else value).hex()
    if isinstance(value, float):
        return "b" + struct.pack(">d", value).hex()
    return str(value)


def tell(path, columns):
    """`columns` are name, physical type, and values as they lie in the file; all of them may be null."""
    lines = []
    for name, physical, values in columns:
        lines.append(f"{name} {physical}")
        lines += [f"{0 if value is None else 1} {text(value)}" for value in values]
    with open(os.path.splitext(path)[0] + ".txt", "w") as file:
        file.write("\n".join(lines) + "\n")


def some(values):
    return [None if i % 9 == 4 else value for i, value in enumerate(values)]


def moments(rng, unit):
    """Around 1970 and far from it, as far as nanoseconds reach."""
    edges = [0, -1, 1, -(2**31), 2**31, 999, -999]
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    return some(edges + [rng.randrange(-9 * 10**9 * scale, 9 * 10**9 * scale) for _ in range(COUNT - len(edges))])


def times(folder, rng):
    """Timestamps of each unit, with and without UTC, and times of day."""
    columns, arrays = [], {}
    for unit in ["ms", "us", "ns"]:
        for zone in ["UTC", None]:
            name = unit + ("_utc" if zone else "_local")
            values = moments(rng, unit)
            arrays[name] = pa.array(values, pa.timestamp(unit, zone))
            columns.append((name, "INT64", values))
    day = 86400
    for unit, kind in [("ms", pa.time32("ms")), ("us", pa.time64("us")), ("ns", pa.time64("ns"))]:
        scale = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
        values = some([0, day * scale - 1] + [rng.randrange(day * scale) for _ in range(COUNT - 2)])
        arrays["time_" + unit] = pa.array(values, kind)
        columns.append(("time_" + unit, "INT32" if unit == "ms" else "INT64", values))
    path = os.path.join(folder, "pyarrow-times.parquet")
    pq.write_table(pa.table(arrays), path, version="2.6", store_schema=False)
    tell(path, columns)


def logical(folder, rng):
    """Logical types on all physical ones that pyarrow knows for them."""
    ids = some([rng.getrandbits(128).to_bytes(16, "big") for _ in range(COUNT)])
    documents = some(['{"n": %d, "t": "ü"}' % i for i in range(COUNT)])
    halves = some([struct.pack("<e", i / 8 - 2) for i in range(COUNT)])
    numbers = {9: some([rng.randrange(-10**9 + 1, 10**9) for _ in range(COUNT)]),
               18: some([rng.randrange(-10**18 + 1, 10**18) for _ in range(COUNT)]),
               38: some([rng.randrange(-10**38 + 1, 10**38) for _ in range(COUNT)])}

    def decimals(digits, scale):
        context = decimal.Context(prec=80)
        return [None if v is None else D(v).scaleb(-scale, context) for v in numbers[digits]]

    arrays = {
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array(ids, pa.binary(16))),
        "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(documents, pa.string())),
        "half": pa.array([None if v is None else struct.unpack("<e", v)[0] for v in halves], pa.float16()),
        "dec9": pa.array(decimals(9, 2), pa.decimal128(9, 2)), "dec18": pa.array(decimals(18, 6), pa.decimal128(18, 6)),
        "dec38": pa.array(decimals(38, 10), pa.decimal128(38, 10)),
        "dec50": pa.array(decimals(38, 10), pa.decimal256(50, 10)),
        "large": pa.array(documents, pa.large_string()),
        "names": pa.array(some(["name %d" % (i % 3) for i in range(COUNT)])).dictionary_encode(),
    }
    columns = [
        ("uuid", "FIXED_LEN_BYTE_ARRAY", ids), ("json", "BYTE_ARRAY", documents), ("half", "FIXED_LEN_BYTE_ARRAY", halves),
        ("dec9", "INT32", numbers[9]), ("dec18", "INT64", numbers[18]), ("dec38", "FIXED_LEN_BYTE_ARRAY", numbers[38]),
        ("dec50", "FIXED_LEN_BYTE_ARRAY", numbers[38]), ("large", "BYTE_ARRAY", documents),
        ("names", "BYTE_ARRAY", some(["name %d" % (i % 3) for i in range(COUNT)])),
    ]
    for bits in [8, 16, 32, 64]:
        for signed in [True, False]:
            low, high = (-(2**(bits - 1)), 2**(bits - 1) - 1) if signed else (0, 2**bits - 1)
            values = some([low, high] + [rng.randrange(low, high + 1) for _ in range(COUNT - 2)])
            name = ("i" if signed else "u") + str(bits)
            arrays[name] = pa.array(values, getattr(pa, ("int" if signed else "uint") + str(bits))())
            columns.append((name, "INT64" if bits == 64 else "INT32", values))
    path = os.path.join(folder, "pyarrow-logical.parquet")
    pq.write_table(pa.table(arrays), path, store_schema=False, store_decimal_as_integer=True, write_page_index=True)
    tell(path, columns)


def users(rng):
    return some(["user-%d" % rng.randrange(10**6) for _ in range(4 * COUNT)]), some(
        [rng.randrange(-2**62, 2**62) for _ in range(4 * COUNT)])


def bloom(folder, rng):
    """Bloom filters of other writers, over texts and numbers."""
    for writer in ["pyarrow", "duckdb"]:
        names, numbers = users(rng)
        if writer == "duckdb":
            # It makes them for dictionaries only.
            names, numbers = [[v[i % (COUNT // 2)] for i in range(4 * COUNT)] for v in (names, numbers)]
        table = pa.table({"user": pa.array(names, pa.string()), "number": pa.array(numbers, pa.int64())})
        path = os.path.join(folder, writer + "-bloom.parquet")
        if writer == "pyarrow":
            options = {"ndv": len(names), "fpp": 0.01}
            pq.write_table(table, path, store_schema=False, bloom_filter_options={"user": options, "number": options},
                           row_group_size=100, max_rows_per_page=30, write_page_index=True)
        else:
            connection = duckdb.connect()
            connection.register("events", table)
            connection.execute(f"copy (select * from events) to '{path}' (format parquet, bloom_filter_false_positive_ratio 0.01)")
        tell(path, [("user", "BYTE_ARRAY", names), ("number", "INT64", numbers)])


def of_duckdb(folder, rng):
    connection = duckdb.connect()

    def write(name, select, options=""):
        path = os.path.join(folder, f"duckdb-{name}.parquet")
        connection.execute(f"copy ({select}) to '{path}' (format parquet{options})")
        return path

    values = pa.table({"n": pa.array(some(range(COUNT)), pa.int64()), "t": some(["text %d" % (i % 7) for i in range(COUNT)])})
    connection.register("t", values)
    rows = [("n", "INT64", values["n"].to_pylist()), ("t", "BYTE_ARRAY", values["t"].to_pylist())]
    for codec in ["uncompressed", "gzip", "lz4_raw"]:
        tell(write(codec.replace("_raw", ""), "select * from t", f", compression {codec}"), rows)
    tell(write("empty", "select * from t limit 0"), [(name, kind, []) for name, kind, _ in rows])
    tell(write("nulls", "select null::bigint as n, null::varchar as t from t"),
         [(name, kind, [None] * COUNT) for name, kind, _ in rows])
    many = [i * i % 97 for i in range(5000)]
    connection.register("many", pa.table({"n": pa.array(many, pa.int32())}))
    tell(write("groups", "select * from many", ", row_group_size 2048"), [("n", "INT32", many)])
    nested = ("select * from (values ([1, 2], {'a': 1, 'b': 'x'}, map {'k': 1}, [[1], []]), ([], null, map {}, []), "
              "(null, {'a': null, 'b': 'y'}, null, null), ([3, null], {'a': 4, 'b': null}, map {'m': null}, [null, [2, 3]])) "
              "as t(list, thing, map, deep)")
    describe(write("nested", nested), connection.sql(nested).to_arrow_table())

    # Its own types: microseconds and more since 1970, days, months and parts of a day.
    micros = [m for m in moments(rng, "us")]
    day = [None if m is None else m // 86400000000 for m in micros]
    clock = [None if m is None else m % 86400000000 for m in micros]
    names = [None if m is None else ["low", "high"][m % 2] for m in micros]
    connection.register("moments", pa.table({"m": pa.array(micros, pa.int64()), "e": pa.array(names, pa.string())}))
    connection.execute("create type level as enum ('low', 'high')")
    select = ("select make_timestamp(m) as local, make_timestamptz(m) as utc, "
              "make_timestamp_ns(m * 1000) as nanos, make_timestamp(m)::date as day, make_timestamp(m)::time as clock, "
              "e::level as level, encode(e) as blob, m::hugeint as huge, (m % 2 = 0) as even, "
              "to_months((abs(m) % 12)::int) + to_milliseconds(abs(m) % 1000) as span from moments")
    path = write("types", select)
    span = [None if m is None else struct.pack("<III", abs(m) % 12, 0, abs(m) % 1000) for m in micros]
    tell(path, [
        ("local", "INT64", micros), ("utc", "INT64", micros), ("nanos", "INT64", [None if m is None else m * 1000 for m in micros]),
        ("day", "INT32", day), ("clock", "INT64", clock), ("level", "BYTE_ARRAY", names), ("blob", "BYTE_ARRAY", names),
        ("huge", "DOUBLE", [None if m is None else float(m) for m in micros]),
        ("even", "BOOLEAN", [None if m is None else m % 2 == 0 for m in micros]),
        ("span", "FIXED_LEN_BYTE_ARRAY", span)])


def of_polars(folder, rng):
    numbers, names = some(range(COUNT)), some(["text %d" % (i % 7) for i in range(COUNT)])
    frame = pl.DataFrame({"n": pl.Series(numbers, dtype=pl.Int64), "t": pl.Series(names, dtype=pl.String)})
    rows = [("n", "INT64", numbers), ("t", "BYTE_ARRAY", names)]
    for codec in ["uncompressed", "gzip"]:
        path = os.path.join(folder, f"polars-{codec}.parquet")
        frame.write_parquet(path, compression=codec)
        tell(path, rows)
    path = os.path.join(folder, "polars-empty.parquet")
    frame.clear().write_parquet(path)
    tell(path, [(name, kind, []) for name, kind, _ in rows])
    path = os.path.join(folder, "polars-nulls.parquet")
    frame.select(pl.lit(None, dtype=kind).alias(name) for name, kind in frame.schema.items()).select(
        pl.col(name).repeat_by(COUNT).explode() for name in frame.columns).write_parquet(path)
    tell(path, [(name, kind, [None] * COUNT) for name, kind, _ in rows])
    path = os.path.join(folder, "polars-groups.parquet")
    frame.write_parquet(path, row_group_size=7, data_page_size=64)
    tell(path, rows)
    columns, series = [], {}
    for unit in ["ms", "us", "ns"]:
        for zone in ["UTC", None]:
            name = unit + ("_utc" if zone else "_local")
            values = moments(rng, unit)
            series[name] = pl.Series(values, dtype=pl.Int64).cast(pl.Datetime(unit, zone))
            columns.append((name, "INT64", values))
    clock = some([rng.randrange(86400 * 10**9) for _ in range(COUNT)])
    series["clock"] = pl.Series(clock, dtype=pl.Int64).cast(pl.Time)
    columns.append(("clock", "INT64", clock))
    series["level"] = pl.Series(names, dtype=pl.Categorical)
    columns.append(("level", "BYTE_ARRAY", names))
    big = some([rng.randrange(-10**37, 10**37) for _ in range(COUNT)])
    series["dec38"] = pl.Series([None if v is None else D(v).scaleb(-10, decimal.Context(prec=80)) for v in big],
                                dtype=pl.Decimal(38, 10))
    columns.append(("dec38", "FIXED_LEN_BYTE_ARRAY", big))
    path = os.path.join(folder, "polars-types.parquet")
    pl.DataFrame(series).write_parquet(path)
    tell(path, columns)


# What is refused

class Keys(encryption.KmsClient):
    """Keys that are no secret."""

    def __init__(self, _):
        encryption.KmsClient.__init__(self)

    def wrap_key(self, key, _):
        return base64.b64encode(key)

    def unwrap_key(self, key, _):
        return base64.b64decode(key)


def encrypted(path, plain_footer):
    factory = encryption.CryptoFactory(lambda configuration: Keys(configuration))
    settings = encryption.EncryptionConfiguration(
        footer_key="footer", column_keys={"column": ["n"]}, plaintext_footer=plain_footer)
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), settings)
    with pq.ParquetWriter(path, pa.schema([("n", pa.int64())]), encryption_properties=properties) as writer:
        writer.write_table(pa.table({"n": pa.array(range(20), pa.int64())}))


def varint(data, at):
    while data[at] & 0x80:
        at += 1
    return at + 1


def page_fields(data, at=4):
    """Where the values of the first page's header lie: type of the page, encoding, encoding of definition levels."""
    kind = at + 1
    at = kind
    for _ in range(2):
        at = varint(data, at)
        assert data[at] == 0x15
        at += 1
    at = varint(data, at)
    assert data[at] == 0x2C and data[at + 1] == 0x15, "no header of a data page without a checksum"
    at = varint(data, at + 2)
    assert data[at] == 0x15
    return kind, at + 1, at + 3


def refused(folder):
    """Each with one thing that this library does not have; where no writer makes such files, a number in one is changed."""
    folder = os.path.join(folder, "unsupported")
    os.makedirs(folder, exist_ok=True)
    encrypted(os.path.join(folder, "encrypted.parquet"), False)
    encrypted(os.path.join(folder, "encrypted-column.parquet"), True)
    table = pa.table({"n": pa.array([1, None, 3, 4], pa.int64())})
    found = []
    pq.write_table(table, os.path.join(folder, "part"), metadata_collector=found)
    found[0].set_file_path("part")
    pq.write_metadata(table.schema, os.path.join(folder, "other-files.parquet"), metadata_collector=found)
    os.remove(os.path.join(folder, "part"))

    def bytes_of(**options):
        target = io.BytesIO()
        pq.write_table(table, target, use_dictionary=False, store_schema=False, **options)
        return bytearray(target.getvalue())

    def write(name, data):
        with open(os.path.join(folder, name + ".parquet"), "wb") as file:
            file.write(data)

    plain = bytes_of(compression="none")
    kind, values, levels = page_fields(plain)
    for name, place, number in [("page-type", kind, 7), ("alp", values, 10), ("encoding-42", values, 42),
                                ("bit-packed-values", values, 4), ("bit-packed-levels", levels, 4)]:
        changed = bytearray(plain)
        changed[place] = 2 * number  # as numbers lie in these headers
        write(name, changed)
    packed = bytes_of(compression="brotli")
    start = len(packed) - 8 - int.from_bytes(packed[-8:-4], "little")
    for place in range(start, len(packed) - 8):
        changed = bytearray(packed)
        changed[place] = 2 * 3
        try:
            if packed[place] == 2 * 4 and pq.ParquetFile(io.BytesIO(changed)).metadata.row_group(0).column(0).compression == "LZO":
                break
        except (OSError, pa.ArrowException):
            pass
    else:
        raise AssertionError("the codec does not stand in the footer")
    write("lzo", changed)
    changed[place] = 2 * 9
    write("codec-9", changed)


def main(folder):
    rng = random.Random(4)
    for make in [times, logical, bloom, of_duckdb, of_polars]:
        make(folder, rng)
    refused(folder)


if __name__ == "__main__":
    add_missing(main, sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
