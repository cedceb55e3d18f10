"""The records that `growthring-bench generate` wrote: what GrowthRing and all rivals ingest."""
import json
import os

import numpy as np

DIMENSIONS = ["self_know", "self_act", "self_show", "world_know", "world_act", "world_show"]
ENTITY_TYPES = ["concept", "memory_unit", "derived_artifact", "quest", "skill"]
SOURCES = ["journal_entry", "challenge_complete", "quiz_answer", "chat_turn", "concept_link", "artifact_publish",
           "review_session", "peer_feedback", "daily_checkin", "import_backfill", "coach_note", "decay_job"]
RECORD = np.dtype([
    ("event", "V16"), ("user", "V16"), ("entity", "V16"), ("time", "<i8"), ("delta", "<i4"), ("line", "<u4"),
    ("type", "u1"), ("dimension", "u1"), ("source", "u1"), ("padding", "V13")])
DAY = 86_400_000_000


class Feed:
    """Records on the disk, mapped, and the texts of their metadata."""

    def __init__(self, folder, name):
        self.path = os.path.join(folder, name + ".bin")
        empty = os.path.getsize(self.path) == 0
        self.records = np.empty(0, RECORD) if empty else np.memmap(self.path, RECORD, "r")
        self._texts = None

    @property
    def texts(self):
        if self._texts is None:
            with open(self.path + ".meta", encoding="utf-8") as file:
                self._texts = file.read().splitlines()
        return self._texts

    def rows(self, lo, hi):
        return self.tuples(np.array(self.records[lo:hi]))

    def tuples(self, part):
        """For row stores: ids as 16 bytes, delta in thousandths, time in microseconds."""
        texts = self.texts
        return [
            (event, user, entity, ENTITY_TYPES[kind], DIMENSIONS[dimension], delta, SOURCES[source], time, texts[line])
            for event, user, entity, kind, dimension, delta, source, time, line in zip(
                identifiers(part, "event"), identifiers(part, "user"), identifiers(part, "entity"),
                part["type"].tolist(), part["dimension"].tolist(), part["delta"].tolist(), part["source"].tolist(),
                part["time"].tolist(), part["line"].tolist())]


def identifiers(records, column):
    """Ids as `bytes`, with trailing zeros, which numpy's own conversion to `S16` would cut off."""
    data = np.ascontiguousarray(records[column]).tobytes()
    return [data[start:start + 16] for start in range(0, len(data), 16)]


def high(records, column):
    """The first eight bytes of ids as numbers: random ids differ in them already."""
    return np.ascontiguousarray(records[column]).view(">u8").reshape(-1, 2)[:, 0].astype(np.uint64)


def uuid_text(identifier):
    digits = bytes(identifier).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class Plan:
    """What is ingested on top of the base: batches of several sizes, then single events. Each round and each of two
    variants on one database have records of the tail to themselves."""

    def __init__(self, events):
        large = events >= 1_000_000
        self.batches = [(1_000, 50), (10_000, 10), (100_000, 2)] if large else [(1_000, 2), (10_000, 1)]
        self.single = 20_000 if large else 256
        self.total = sum(size * count for size, count in self.batches) + self.single

    def tail(self, rounds):
        return 2 * rounds * self.total

    def start(self, round_, slot=0):
        return (2 * round_ + slot) * self.total

    def text(self):
        return ",".join(f"{size}x{count}" for size, count in self.batches)


def query_keys(folder):
    """The keys that every engine is asked for, as bytes: pairs of user and entity, users, histories."""
    with open(os.path.join(folder, "queries.json"), encoding="utf-8") as file:
        keys = json.load(file)
    raw = lambda text: bytes.fromhex(text.replace("-", ""))
    return {
        "pairs": [(raw(user), raw(entity)) for user, entity in keys["pairs"]],
        "users": [raw(user) for user in keys["users"]],
        "histories": [(raw(user), raw(entity), dimension) for user, entity, dimension in keys["histories"]],
        "newest": keys["newest"]}
