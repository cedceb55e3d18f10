#!/usr/bin/env python3
"""Makes the files of Spark, as `make.py` makes those of the others.

  make_spark.py FOLDER      needs pyspark with Java 17, and what make.py needs
"""
import glob, os, shutil, sys, tempfile

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import types as T

import make
from make import add_missing, describe, rows

FLAT = {
    "flag": T.BooleanType(), "i8": T.ByteType(), "i32": T.IntegerType(), "i64": T.LongType(), "f32": T.FloatType(),
    "f64": T.DoubleType(), "text": T.StringType(), "unique": T.StringType(), "blob": T.BinaryType(),
    "dec9": T.DecimalType(9, 2), "dec18": T.DecimalType(18, 6), "dec38": T.DecimalType(38, 10), "day": T.DateType(),
    "us": T.TimestampType(), "local": T.TimestampNTZType(), "always": T.LongType(),
}
NESTED = {
    "list": T.ArrayType(T.IntegerType()), "deep": T.ArrayType(T.ArrayType(T.LongType())),
    "thing": T.StructType([T.StructField("a", T.IntegerType()), T.StructField("b", T.StringType())]),
    "map": T.MapType(T.StringType(), T.LongType()),
}


def nested():
    return pa.table({
        "list": pa.array([[1, 2], [], None, [3, None], [None]] * 5, pa.list_(pa.int32())),
        "deep": pa.array([[[1], [2, 3]], [[]], None, [None, [4]], []] * 5, pa.list_(pa.list_(pa.int64()))),
        "thing": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}, {"a": 4, "b": None}, None] * 5,
                          pa.struct([("a", pa.int32()), ("b", pa.string())])),
        # One entry each: Spark keeps no order of them.
        "map": pa.array([[("k", 1)], None, [], [("m", None)], []] * 5, pa.map_(pa.string(), pa.int64())),
    })


def main(folder, present):
    settings = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                "spark.sql.session.timeZone": "UTC", "spark.executor.heartbeatInterval": "300s", "spark.network.timeout": "900s"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()

    def write(name, table, types, times="TIMESTAMP_MICROS", is_refused=False, **options):
        if os.path.exists(os.path.join(present, name + ".parquet")):
            return
        spark.conf.set("spark.sql.parquet.outputTimestampType", times)
        kinds = T.StructType([T.StructField(column, types[column]) for column in table.column_names])
        values = [tuple(dict(v) if isinstance(types[c], T.MapType) and v is not None else v for c, v in row.items())
                  for row in table.to_pylist()]
        with tempfile.TemporaryDirectory() as target:
            writer = spark.createDataFrame(values, kinds).coalesce(1).write.mode("overwrite")
            for option, value in options.items():
                writer = writer.option(option.replace("_", "."), value)
            writer.parquet(target)
            path = os.path.join(folder, name + ".parquet")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copyfile(glob.glob(os.path.join(target, "*.parquet"))[0], path)
        if not is_refused:
            describe(path, table)

    flat = pa.table(rows(30)).select(list(FLAT))
    write("spark-snappy", flat, FLAT)
    write("spark-v2", flat, FLAT, parquet_writer_version="v2", compression="zstd")
    write("spark-v2-plain", flat, FLAT, parquet_writer_version="v2", parquet_enable_dictionary="false", compression="none")
    write("spark-delta", pa.table(rows(300)).select(["i32", "i64", "us", "text", "dec18"]), FLAT,
          parquet_writer_version="v2", parquet_enable_dictionary="false", compression="zstd")
    write("spark-int96", flat.select(["us", "i64"]), FLAT, times="INT96")
    for codec in ["gzip", "lz4_raw"]:
        write("spark-" + codec.replace("_raw", ""), flat.select(["always", "text", "unique", "f64", "dec38"]), FLAT,
              compression=codec)
    write("spark-empty", flat.slice(0, 0), FLAT)
    write("spark-nulls", pa.table({"i64": pa.array([None] * 20, pa.int64()), "text": pa.array([None] * 20, pa.string())}), FLAT)
    write("spark-groups", pa.table(rows(2000)).select(["always", "text", "f64", "us"]), FLAT, parquet_block_size="8192",
          parquet_page_size="1024", parquet_page_size_row_check_min="10", parquet_block_size_row_check_min="10")
    write("spark-fallback", pa.table({"text": ["same"] * 100 + ["value %d" % i for i in range(400)]}), FLAT,
          parquet_dictionary_page_size="2048", parquet_page_size="1024", parquet_page_size_row_check_min="10")
    write("spark-nested", nested(), NESTED)
    write("spark-nested-v2", nested(), NESTED, parquet_writer_version="v2", parquet_page_row_count_limit="7")
    users = pa.table({"user": ["user-%d" % (i * i) for i in range(160)], "number": pa.array(range(160), pa.int64())})
    write("spark-bloom", users, {"user": T.StringType(), "number": T.LongType()}, parquet_enable_dictionary="false",
          **{"parquet.bloom.filter.enabled": "true", "parquet.bloom.filter.expected.ndv#user": "160",
             "parquet.bloom.filter.expected.ndv#number": "160"})
    # Decimals in bytes and lists in groups of other names, as Spark 1.4 wrote them.
    spark.conf.set("spark.sql.parquet.writeLegacyFormat", "true")
    make.LIST = ["bag", "array"]
    write("spark-legacy", pa.table(rows(30)).select(["dec9", "dec18", "dec38"]), FLAT)
    write("spark-legacy-nested", nested().select(["list", "deep", "thing"]), NESTED)
    spark.conf.set("spark.sql.parquet.writeLegacyFormat", "false")
    write("unsupported/lz4-hadoop", flat.select(["always"]), FLAT, is_refused=True, compression="lz4")


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    add_missing(lambda folder: main(folder, target), target)
