"""LMDB and RocksDB, in C++ without bindings, for in Python a call would cost more than their reads. Each in its durable mode
and once more writing without sync."""
import json
import os
import shutil
import statistics
import subprocess

from turn import NotRun, evict, warm

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kv")


def build(turn, name):
    program = os.path.join(turn.folder, "turn")
    if not os.path.exists(program):
        if not shutil.which("g++"):
            raise NotRun("no g++ here: Benchmarks/peers/install")
        done = subprocess.run(
            ["g++", "-O2", "-std=c++17", "-o", program, f"{SOURCES}/turn.cpp", f"{SOURCES}/{name}.cpp", f"-l{name}",
             "-lpthread"], capture_output=True, text=True)
        if done.returncode != 0:
            raise NotRun(f"lib{name}-dev is not here, or does not compile: Benchmarks/peers/install")
    return program


def run(turn, name, synced, unsynced):
    program, store = build(turn, name), os.path.join(turn.folder, "data")
    command = lambda step, variant, sync, *rest: [program, step, variant, sync, turn.data, store, *map(str, rest)]

    def forward(*words, applied=()):
        process = subprocess.Popen(command(*words), stdout=subprocess.PIPE, text=True)
        for text in process.stdout:
            line = json.loads(text)
            turn.line(**line, **({"applied": applied} if "answer" in line else {}))
        if process.wait() != 0:
            raise RuntimeError(f"{name} ended with {process.returncode}")
    if not turn.is_loaded("data"):
        forward("load", synced, "0")
        turn.note_loaded("data")
    times = []
    for _ in range(5):
        evict(store)
        times.append(float(subprocess.run(command("open", synced, "1"), capture_output=True, text=True, check=True).stdout))
    turn.measure(synced, "open", statistics.median(times), "ms")
    warm(store)
    forward("read", synced, "1", applied=turn.applied("data"))
    for slot, (variant, sync) in enumerate(((synced, "1"), (unsynced, "0"))):
        lo = turn.plan.start(turn.round, slot)
        single = min(turn.plan.single, 2_000)
        hi = lo + turn.plan.total - turn.plan.single + single
        forward("write", variant, sync, lo, single, *turn.plan.text().split(","), applied=[*turn.applied("data"), [lo, hi]])
        turn.note_applied("data", lo, hi)
