"""The command: python3 -m growthring_reader dump FILE | events STORE | units STORE | growth STORE | check STORE"""

import argparse
import csv
import json
import sys

from .check import Checker
from .conventions import decimal, id_text
from .dump import dump, event_values, unit_values
from .errors import FormatError, MissingModule
from .run import ENTITY_GROWTH
from .store import Store, add_event, read_bytes, run_aggregates

GROWTH_HEADER = ("user_id", "entity_id", "entity_type", "dim_key", "score", "event_count", "first_event_at",
                 "last_event_at")


def write_events(path, out):
    store = Store(path)
    for partition in store.partitions():
        for segment in partition.segments:
            for event in segment.events():
                out.write(json.dumps(event_values(event), ensure_ascii=False, separators=(",", ":")) + "\n")
        for event in store.replayed(partition):
            out.write(json.dumps(event_values(event), ensure_ascii=False, separators=(",", ":")) + "\n")


def write_units(path, out):
    store = Store(path)
    for partition in store.partitions():
        units = [u for segment in partition.unit_segments for u in segment.units()]
        for log, frame, section in partition.unit_replay:
            units += store.section_units(log, frame, section, partition.number)
        for unit in units:
            out.write(json.dumps(unit_values(unit), ensure_ascii=False, separators=(",", ":")) + "\n")


def write_growth(path, out):
    store = Store(path)
    rows = []
    for partition in store.partitions():
        result = run_aggregates(partition.runs, (ENTITY_GROWTH,))
        for event in store.replayed(partition):
            add_event(result, event)
        rows += result[ENTITY_GROWTH].items()
    rows.sort()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(GROWTH_HEADER)
    for (user, entity, entity_type, dimension), (score, count, first, last) in rows:
        writer.writerow((id_text(user), id_text(entity), entity_type.decode("utf-8"), dimension.decode("utf-8"),
                         decimal(score), count, first, last))


def run_check(path, out):
    checker = Checker(path)
    checker.check()
    for text in checker.differences[:1000]:
        out.write(text + "\n")
    if len(checker.differences) > 1000:
        out.write("... and %d more\n" % (len(checker.differences) - 1000))
    out.write(checker.summary() + "\n")
    return 1 if checker.differences else 0


def main(arguments=None, out=None):
    parser = argparse.ArgumentParser(prog="growthring_reader", description="Reads the files of a GrowthRing store.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, operand, text in (("dump", "FILE", "the content of a file as JSON"),
                                ("events", "STORE", "all events of a store, one JSON object a line"),
                                ("units", "STORE", "all versions of memory units of a store, one JSON object a line"),
                                ("growth", "STORE", "entity_growth of a store as CSV"),
                                ("check", "STORE", "verify everything in a store")):
        commands.add_parser(name, help=text).add_argument("path", metavar=operand)
    options = parser.parse_args(arguments)
    if out is None:
        out = sys.stdout
        if hasattr(out, "reconfigure"):
            out.reconfigure(encoding="utf-8", newline="\n")
    try:
        if options.command == "dump":
            json.dump(dump(read_bytes(options.path), options.path), out, ensure_ascii=False, indent=1)
            out.write("\n")
        elif options.command == "events":
            write_events(options.path, out)
        elif options.command == "units":
            write_units(options.path, out)
        elif options.command == "growth":
            write_growth(options.path, out)
        else:
            return run_check(options.path, out)
    except FormatError as e:
        sys.stderr.write("%s\n" % e)
        return 1
    except BrokenPipeError:
        raise
    except (MissingModule, OSError) as e:
        sys.stderr.write("%s\n" % e)
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
