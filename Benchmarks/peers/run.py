#!/usr/bin/env python3
"""GrowthRing beside what would be used instead: every engine in turn, round after round, on the same events.

Needs Python 3.11 or later; what else the chosen peers need is put into a virtual environment of its own. Everything is kept
below the work folder (a PostgreSQL cluster in /tmp, for the length of its socket's path), and nothing is left running.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import venv
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
# What each peer imports beside numpy, as named in requirements.txt.
PEERS = {"growthring": [], "duckdb": ["duckdb", "pyarrow"], "clickhouse": ["chdb", "pyarrow"],
         "postgres": ["psycopg", "pyarrow"], "sqlite": [], "lmdb": [], "rocksdb": [], "parquet": ["polars", "pyarrow"]}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="10M", help="events of the base, such as 20k or 10M")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--peers", default=",".join(PEERS), help="names, separated by commas; growthring is always run")
    parser.add_argument("--work", default=os.path.join(PROJECT, ".build", "peers"), help="folder of data and databases")
    parser.add_argument("--engine", default=os.path.join(PROJECT, ".build/release/growthring-bench"))
    parser.add_argument("--tool", default=os.path.join(PROJECT, ".build/release/growthring"))
    parser.add_argument("--output", help="where results.json and RESULTS.md go; the work folder unless named")
    chosen = parser.parse_args()
    chosen.peers = ["growthring"] + [name for name in chosen.peers.replace(" ", ",").split(",")
                                     if name and name != "growthring"]
    unknown = [name for name in chosen.peers if name not in PEERS]
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}; there are {', '.join(PEERS)}")
    units = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
    factor = units.get(chosen.size[-1].lower(), 1)
    chosen.events = int(float(chosen.size.rstrip("kmgKMG")) * factor)
    return chosen


def environment(chosen):
    """A virtual environment with the pinned packages of the chosen peers; goes on in it."""
    folder = os.path.join(chosen.work, "venv")
    python = os.path.join(folder, "bin", "python")
    wanted = {"numpy"}.union(*(PEERS[name] for name in chosen.peers))
    with open(os.path.join(HERE, "requirements.txt"), encoding="utf-8") as file:
        pins = {line.split("=")[0].split("[")[0]: line.strip() for line in file}
    if not os.path.exists(python):
        venv.create(folder, with_pip=True)
    missing = {}
    for name in sorted(wanted):
        # One by one: a package that cannot be had costs its own peer only.
        if subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode == 0:
            continue
        install = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", pins[name]])
        if install.returncode != 0:
            missing[name] = f"pip install {pins[name]} failed"
    if "numpy" in missing:
        sys.exit("run.py: numpy is needed, and could not be installed")
    os.environ["PEERS_MISSING"] = json.dumps(missing)
    os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:]])


def prepare(chosen):
    """Generates the events, unless they are there, and what the answers must be."""
    import expected
    import feed
    # Other keys or another plan need other files.
    sources = b"".join(open(os.path.join(HERE, name), "rb").read() for name in ("feed.py", "expected.py"))
    folder = os.path.join(chosen.work, f"data-{chosen.events}-{chosen.rounds}-{zlib.crc32(sources):08x}")
    if not os.path.exists(os.path.join(folder, "expected.npz")):
        tail = feed.Plan(chosen.events).tail(chosen.rounds)
        subprocess.run([chosen.engine, "generate", "--events", str(chosen.events), "--tail", str(tail),
                        "--output", folder], check=True)
        expected.prepare(folder)
    return folder


def take_turn(chosen, name, round_, data, results):
    """One peer's turn, in a process of its own."""
    from expected import Expected
    from memory import Sampler
    folder = os.path.join(chosen.work, "databases", name)
    os.makedirs(folder, exist_ok=True)
    config = {"data": data, "folder": folder, "round": round_, "events": chosen.events,
              "last": round_ + 1 == chosen.rounds, "bench": {"engine": chosen.engine, "tool": chosen.tool}}
    process = subprocess.Popen([sys.executable, os.path.join(HERE, "turn.py"), name, json.dumps(config)],
                               stdout=subprocess.PIPE, text=True)
    sampler, phase, answers = Sampler(), None, []

    def end_phase(peak):
        if phase and phase["phase"] in ("ingest", "recompute"):
            results.add(round_, {"variant": phase["variant"], "measure": "memory." + phase["phase"], "value": peak,
                                 "unit": "MiB"})
    for text in process.stdout:
        if not text.startswith("{"):
            print("   ", text, end="")
            continue
        line = json.loads(text)
        if "measure" in line:
            results.add(round_, line)
            print(f"    {line['variant']}: {line['measure']} {line['value']:,.5g} {line['unit']}", flush=True)
        elif "answer" in line:
            answers.append(line)
        elif "phase" in line:
            end_phase(sampler.begin(line["processes"] or [process.pid]))
            phase = line
        elif "engine" in line:
            results.versions[line["engine"]] = line["version"]
        elif "not_run" in line:
            results.not_run[line["not_run"]] = line["reason"]
    end_phase(sampler.stop())
    if process.wait() != 0:
        results.not_run[name] = f"failed in round {round_ + 1}, see the output of the run"
    known = {}
    for line in answers:
        applied = tuple(map(tuple, line.get("applied", ())))
        known.setdefault(applied, Expected(data, applied))
        results.check(line, known[applied].answer(line["answer"], line.get("count")))


def main():
    chosen = arguments()
    os.makedirs(chosen.work, exist_ok=True)
    if "PEERS_MISSING" not in os.environ:
        environment(chosen)
    missing = json.loads(os.environ["PEERS_MISSING"])
    import machine
    from results import Results
    results = Results()
    about = machine.describe(chosen.work)
    data = prepare(chosen)
    shutil.rmtree(os.path.join(chosen.work, "databases"), ignore_errors=True)
    begun = time.time()
    for round_ in range(chosen.rounds):
        for name in chosen.peers:
            lacking = [package for package in PEERS[name] if package in missing]
            if lacking:
                results.not_run[name] = missing[lacking[0]]
            if name in results.not_run:
                continue
            print(f"round {round_ + 1} of {chosen.rounds}, {name}, after {time.time() - begun:.0f} s", flush=True)
            before = machine.loop_seconds()
            take_turn(chosen, name, round_, data, results)
            results.pace[name].append((before + machine.loop_seconds()) / 2)
        # After every round, so that a run that is cut off leaves what it has.
        report(chosen, about | {"rounds": round_ + 1}, results, time.time() - begun)
    shutil.rmtree(os.path.join(chosen.work, "databases"), ignore_errors=True)
    for problem in results.wrong:
        print("WRONG:", problem, file=sys.stderr)
    sys.exit(1 if results.wrong or "growthring" in results.not_run else 0)


def report(chosen, about, results, seconds):
    output = chosen.output or chosen.work
    os.makedirs(output, exist_ok=True)
    about = about | {"events": chosen.events, "minutes": round(seconds / 60, 1)}
    with open(os.path.join(output, "results.json"), "w", encoding="utf-8") as file:
        json.dump({"about": about} | results.json(), file, indent=1, ensure_ascii=False)
    lines = ["# Results\n", "Written by `make bench-peers`; [how it is measured](peers/README.md).\n"]
    lines += [f"- {key}: {value}" for key, value in about.items()]
    lines += ["- versions: " + ", ".join(f"{name} {version}" for name, version in results.versions.items()), ""]
    text = "\n".join(lines) + "\n" + results.markdown()
    with open(os.path.join(output, "RESULTS.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text)


if __name__ == "__main__":
    main()
