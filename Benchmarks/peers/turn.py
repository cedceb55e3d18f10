"""A rival's turn: measures, answers and phases as JSON lines, the same that `growthring-bench turn` prints."""
import json
import os
import statistics
import sys
import time

from feed import Feed, Plan, query_keys


class NotRun(Exception):
    """A rival cannot be had; the reason is reported."""


class Turn:
    def __init__(self, config):
        self.data, self.folder, self.round = config["data"], config["folder"], config["round"]
        self.bench, self.last = config["bench"], config["last"]
        self.events = config["events"]
        self.plan = Plan(self.events)
        self.base, self.tail = Feed(self.data, "base"), Feed(self.data, "tail")
        self.keys = query_keys(self.data)
        self.kept = os.path.join(self.folder, "state.json")
        self.state = {}
        if os.path.exists(self.kept):
            with open(self.kept, encoding="utf-8") as file:
                self.state = json.load(file)

    # What is printed

    def line(self, **fields):
        print(json.dumps(fields), flush=True)

    def measure(self, variant, name, value, unit, note=None):
        self.line(variant=variant, measure=name, value=value, unit=unit, **({"note": note} if note else {}))

    def answer(self, variant, name, values, count=None, applied=()):
        self.line(variant=variant, answer=name, values=[int(value) for value in values], count=count,
                  applied=list(applied))

    def phase(self, variant, name, processes=()):
        """Memory is sampled by phase, of this process and those named."""
        self.line(variant=variant, phase=name, processes=list(processes))

    def version(self, name, version):
        self.line(engine=name, version=version)

    # What a database has taken in

    def applied(self, database):
        return self.state.get(database, {}).get("applied", [])

    def is_loaded(self, database):
        return database in self.state

    def note_loaded(self, database):
        self.state[database] = {"applied": []}
        self._keep()

    def note_applied(self, database, lo, hi):
        self.state[database]["applied"].append([lo, hi])
        self._keep()

    def _keep(self):
        with open(self.kept, "w", encoding="utf-8") as file:
            json.dump(self.state, file)

    # Measuring

    def reads(self, variant, name, keys, read):
        """All keys once, whose results are returned, and once timed."""
        results = [read(key) for key in keys]
        times = []
        for key in keys:
            start = time.perf_counter_ns()
            read(key)
            times.append((time.perf_counter_ns() - start) / 1e3)
        times.sort()
        self.measure(variant, f"{name}.p50", times[len(times) // 2], "µs")
        self.measure(variant, f"{name}.p99", times[len(times) * 99 // 100], "µs")
        return results

    def seconds(self, variant, name, work, times=3):
        """The median of some repetitions."""
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            result = work()
            taken.append(time.perf_counter() - start)
        self.measure(variant, name, statistics.median(taken), "s")
        return result

    def ingest(self, variant, database, prepare, put, slot=0, most=None):
        """Batches on top of the base; `prepare(lo, hi)` is not timed, `put` is, and is durable as the variant says."""
        start = self.plan.start(self.round, slot)
        for size, count in self.plan.batches:
            used = min(count, (most or {}).get(size, count))
            batches = [prepare(lo, lo + size) for lo in range(start, start + used * size, size)]
            begun = time.perf_counter()
            for batch in batches:
                put(batch)
            taken = time.perf_counter() - begun
            if used:
                note = f"{used} batches" if used < count else None
                self.measure(variant, f"ingest.{size}", size * used / taken, "events/s", note)
                self.note_applied(database, start, start + size * used)
            start += size * count

    def single_range(self, slot=0):
        """The records that are appended one by one."""
        end = self.plan.start(self.round, slot) + self.plan.total
        return end - self.plan.single, end

    def single(self, variant, database, prepare, put, slot=0, most=2_000):
        lo, hi = self.single_range(slot)
        hi = min(hi, lo + most)
        batches = [prepare(row, row + 1) for row in range(lo, hi)]
        begun = time.perf_counter()
        for batch in batches:
            put(batch)
        self.measure(variant, "append.single", (hi - lo) / (time.perf_counter() - begun), "events/s", "one writer")
        self.note_applied(database, lo, hi)

    def first_read(self, variant, path, open_and_read, times=5):
        taken = []
        for _ in range(times):
            evict(path)
            begun = time.perf_counter()
            close = open_and_read()
            taken.append((time.perf_counter() - begun) * 1e3)
            close()
        self.measure(variant, "open", statistics.median(taken), "ms")
        warm(path)


def files(path):
    return [path] if os.path.isfile(path) else [
        os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def warm(path):
    """Reads files once, so that what follows is not measured from the disk."""
    for name in files(path):
        with open(name, "rb") as file:
            while file.read(1 << 22):
                pass


def evict(path):
    """Writes files back and drops them, and nothing else, from the page cache."""
    for name in files(path):
        descriptor = os.open(name, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def sums(results, columns):
    """Of aggregates: how many, their events, their score, the sum of their newest milliseconds. `columns` are the places of
    score, event count and newest time (in microseconds) in a row."""
    score, events, newest = columns
    rows = [row for result in results for row in result]
    return (len(rows), sum(int(row[events]) for row in rows), sum(int(row[score]) for row in rows),
            sum(int(row[newest]) // 1000 for row in rows))


def main():
    """Started by the harness: `turn.py PEER CONFIG`."""
    import importlib
    turn = Turn(json.loads(sys.argv[2]))
    try:
        importlib.import_module("peer_" + sys.argv[1]).run(turn)
    except NotRun as reason:
        turn.line(not_run=sys.argv[1], reason=str(reason))
    sys.stdout.flush()
    os._exit(0)  # chDB's threads may outlive a normal exit.


if __name__ == "__main__":
    main()
