"""GrowthRing itself: `growthring-bench turn`, and the command line tool's ingest of text."""
import json
import os
import subprocess
import time

NAME = "GrowthRing"


def run(turn):
    store = os.path.join(turn.folder, "store")
    start = turn.plan.start(turn.round)
    process = subprocess.Popen(
        [turn.bench["engine"], "turn", "--store", store, "--data", turn.data,
         "--queries", os.path.join(turn.data, "queries.txt"), "--from", str(start), "--plan", turn.plan.text(),
         "--single", str(turn.plan.single)], stdout=subprocess.PIPE, text=True)
    for text in process.stdout:
        line = json.loads(text)
        if line.get("answer") == "totals":
            line["applied"] = [[start, start + turn.plan.total]]
        if "phase" in line:
            line["processes"] = [process.pid]
        turn.line(variant=NAME, **line)
    if process.wait() != 0:
        raise RuntimeError(f"growthring-bench ended with {process.returncode}")
    verify(turn, store)
    for form in ("ndjson", "csv"):
        ingest_text(turn, form)


def verify(turn, store):
    """In a process of its own, so that its memory is that of the recompute alone."""
    process = subprocess.Popen([turn.bench["tool"], "verify", "--store", store], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    turn.phase(NAME, "recompute", [process.pid])
    if process.wait() != 0:
        raise RuntimeError(f"growthring verify ended with {process.returncode}")
    turn.phase(NAME, "text")


def ingest_text(turn, form):
    """A file of at most a million events through `growthring ingest`, from its start to its end."""
    events = min(turn.events, 1_000_000)
    tool, file = turn.bench["tool"], os.path.join(turn.data, f"text-{events}.{form}")
    if not os.path.exists(file):
        subprocess.run([tool, "generate", "--events", str(events), "--output", file], check=True)
    store = os.path.join(turn.folder, "text-store")
    subprocess.run(["rm", "-rf", store], check=True)
    begun = time.perf_counter()
    subprocess.run([tool, "ingest", file, "--store", store, "--create"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    turn.measure(NAME, f"cli.{form}", events / (time.perf_counter() - begun), "events/s")
    stats = subprocess.run([tool, "stats", "--store", store, "--json"], check=True, capture_output=True, text=True)
    if json.loads(stats.stdout)["events"] != events:
        raise RuntimeError(f"ingest of {form} stored {json.loads(stats.stdout)['events']} of {events} events")
