"""LMDB: the strongest at point reads."""
import keyvalue


def run(turn):
    keyvalue.run(turn, "lmdb", "LMDB, synced", "LMDB, without sync")
