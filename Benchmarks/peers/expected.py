"""What every engine has to answer, computed with numpy from the records alone."""
import json
import os

import numpy as np

from feed import DAY, DIMENSIONS, RECORD, Feed, high, uuid_text

PAIRS, USERS, HISTORIES = 1000, 500, 1000


def prepare(folder):
    """Chooses the keys of the queries and keeps of the base what their answers need."""
    base = Feed(folder, "base").records
    users, entities = high(base, "user"), high(base, "entity")
    draw = np.random.default_rng(1)
    some = lambda values, count: draw.choice(values, min(count, len(values)), replace=False)
    _, pair_rows = np.unique(entities, return_index=True)
    _, user_rows = np.unique(users, return_index=True)
    groups = grouped(entities, base["dimension"])
    # Histories by the number of their events: what is asked for is what is long.
    candidates = draw.integers(0, len(base), 4 * HISTORIES)
    _, first = np.unique(groups[candidates], return_index=True)
    history_rows = some(candidates[np.sort(first)], HISTORIES)
    pair_rows, user_rows = some(pair_rows, PAIRS), some(user_rows, USERS)
    text = lambda row, column: uuid_text(base[int(row)][column].tobytes())
    keys = {
        "pairs": [(text(row, "user"), text(row, "entity")) for row in pair_rows],
        "users": [text(row, "user") for row in user_rows],
        "histories": [
            (text(row, "user"), text(row, "entity"), DIMENSIONS[base[int(row)]["dimension"]]) for row in history_rows],
        "newest": int(base["time"].max())}
    with open(os.path.join(folder, "queries.json"), "w", encoding="utf-8") as file:
        json.dump(keys, file)
    with open(os.path.join(folder, "queries.txt"), "w", encoding="utf-8") as file:
        file.write(f"N {keys['newest']}\n")
        file.writelines(f"P {user} {entity}\n" for user, entity in keys["pairs"])
        file.writelines(f"U {user}\n" for user in keys["users"])
        file.writelines(f"H {user} {entity} {dimension}\n" for user, entity, dimension in keys["histories"])
    wanted = np.isin(entities, entities[pair_rows]) | np.isin(users, users[user_rows]) | np.isin(
        groups, groups[history_rows])
    np.savez(
        os.path.join(folder, "expected.npz"), rows=np.flatnonzero(wanted), pairs=entities[pair_rows],
        users=users[user_rows], histories=groups[history_rows], groups=np.unique(groups),
        score=base["delta"].sum(dtype=np.int64), days=np.unique(days(base)),
        active30=np.unique(users[base["time"] > keys["newest"] - 30 * DAY]),
        active7=np.unique(users[base["time"] > keys["newest"] - 7 * DAY]))


def grouped(entities, dimensions):
    """One number for an entity's dimension: the lowest bits of a random id give way."""
    return entities & ~np.uint64(7) | dimensions.astype(np.uint64)


def days(records):
    return records["time"] // DAY * 8 + records["dimension"]


class Expected:
    """The answers of a store that has the base and some ranges of the tail."""

    def __init__(self, folder, applied=()):
        self.base, self.tail = Feed(folder, "base"), Feed(folder, "tail")
        self.known = np.load(os.path.join(folder, "expected.npz"))
        self.added = np.concatenate([np.empty(0, RECORD)] + [self.tail.records[lo:hi] for lo, hi in applied])
        self.newest = int(self.base.records["time"].max())

    def answer(self, name, count=None):
        """The numbers of an answer; of the first `count` keys."""
        return [int(value) for value in getattr(self, "_" + name)(count)]

    def _totals(self, _):
        return len(self.base.records) + len(self.added), self.known["score"] + self.added["delta"].sum(dtype=np.int64)

    def _recompute(self, _):
        groups = grouped(high(self.added, "entity"), self.added["dimension"])
        return len(np.union1d(self.known["groups"], groups)), *self._totals(None)

    def _daily(self, _):
        return len(np.union1d(self.known["days"], days(self.added))), self._totals(None)[1]

    def _active(self, _):
        def count(period, known):
            recent = self.added["time"] > self.newest - period * DAY
            return len(np.union1d(known, high(self.added[recent], "user")))
        return count(7, self.known["active7"]), count(30, self.known["active30"])

    def _chosen(self, key, values):
        """The records of the base and those added whose key is among the values, and where their metadata are."""
        base = self.base.records[self.known["rows"]]
        of_base, of_tail = np.isin(key(base), values), np.isin(key(self.added), values)
        return np.concatenate([base[of_base], self.added[of_tail]]), np.concatenate(
            [np.zeros(of_base.sum(), bool), np.ones(of_tail.sum(), bool)])

    def _pairs(self, count):
        records, _ = self._chosen(lambda r: high(r, "entity"), self.known["pairs"][:count])
        return sums(records)

    def _users(self, count):
        records, _ = self._chosen(lambda r: high(r, "user"), self.known["users"][:count])
        return sums(records)

    def _top20(self, count):
        records, _ = self._chosen(lambda r: high(r, "user"), self.known["users"][:count])
        groups, place = np.unique(grouped(high(records, "entity"), records["dimension"]), return_inverse=True)
        scores = np.bincount(place, records["delta"], len(groups)).astype(np.int64)
        owner = np.empty(len(groups), np.uint64)
        owner[place] = high(records, "user")
        best = [np.sort(scores[owner == user])[-20:] for user in np.unique(owner)]
        return sum(map(len, best)), sum(part.sum() for part in best)

    def _history(self, count):
        return self._history_metadata(count)[:3]

    def _history_metadata(self, count):
        key = lambda r: grouped(high(r, "entity"), r["dimension"])
        records, in_tail = self._chosen(key, self.known["histories"][:count])
        order = np.lexsort((-records["time"], key(records)))
        records, in_tail = records[order], in_tail[order]
        starts = np.flatnonzero(np.diff(key(records), prepend=np.uint64(0)))
        newest = np.concatenate([np.arange(lo, min(lo + 50, hi)) for lo, hi in zip(starts, [*starts[1:], len(records)])])
        records, in_tail = records[newest], in_tail[newest]
        lengths = sum(
            len((self.tail if late else self.base).texts[line].encode()) for line, late in zip(records["line"], in_tail))
        return len(records), records["delta"].sum(dtype=np.int64), (records["time"] // 1000).sum(), lengths


def sums(records):
    """Aggregates of (entity, dimension): how many, their events, their score, the sum of their newest milliseconds."""
    groups = grouped(high(records, "entity"), records["dimension"])
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=~groups[order[:1]]))
    newest = np.maximum.reduceat(records["time"][order], starts)
    return len(starts), len(records), records["delta"].sum(dtype=np.int64), (newest // 1000).sum()
