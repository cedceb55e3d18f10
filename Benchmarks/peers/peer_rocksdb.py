"""RocksDB: the strongest at small durable batches."""
import keyvalue


def run(turn):
    keyvalue.run(turn, "rocksdb", "RocksDB, merges, synced", "RocksDB, merges, without sync")
