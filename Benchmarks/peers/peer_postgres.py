"""PostgreSQL 15, a cluster of its own on a unix socket, settings for a machine of this size. Events with a primary key (so
duplicates are refused) and an index for histories; aggregates kept by a statement trigger, and once as a materialized view
that is refreshed after every batch. Aggregates are integers, not `numeric`, which is slower. Reads go through libpq with
prepared statements: about 30 µs of each are the round trip."""
import glob
import io
import os
import pwd
import re
import shutil
import subprocess
import time

import pyarrow.csv
from psycopg import pq

from arrow import table, tables
from feed import DAY, uuid_text
from turn import NotRun, sums

TRIGGER, VIEW = "PostgreSQL, trigger, synced", "PostgreSQL, view refreshed after every batch"
MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
SETTINGS = {
    "shared_buffers": f"{min(4096, MEMORY // 6)}MB", "work_mem": f"{min(256, MEMORY // 64)}MB",
    "maintenance_work_mem": f"{min(1024, MEMORY // 16)}MB", "effective_cache_size": f"{MEMORY // 2}MB",
    "max_wal_size": "16GB", "checkpoint_timeout": "30min", "wal_compression": "on", "jit": "off", "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "1", "listen_addresses": "''", "timezone": "'UTC'", "max_connections": "100"}
SCHEMA = """create table events(event_id uuid, user_id uuid not null, entity_id uuid not null, entity_type text not null,
  dimension text not null, delta int not null, source text not null, created_at timestamptz not null, metadata jsonb);
create table growth(user_id uuid, entity_id uuid, entity_type text, dimension text, score bigint, event_count bigint,
  last_event_at timestamptz) with (fillfactor = 80)"""
GROUPS = """select user_id, entity_id, min(entity_type) entity_type, dimension, sum(delta) score, count(*) event_count,
  max(created_at) last_event_at from {} group by user_id, entity_id, dimension"""
FUNCTION = f"""create function keep_growth() returns trigger language plpgsql as $$ begin
  insert into growth as kept {GROUPS.format('added')} order by 1, 2, 4
  on conflict (user_id, entity_id, dimension) do update set score = kept.score + excluded.score,
    event_count = kept.event_count + excluded.event_count, last_event_at = greatest(kept.last_event_at, excluded.last_event_at);
  return null; end $$"""
KEEP = """create trigger keep_growth after insert on events referencing new table as added for each statement
  execute function keep_growth()"""
MICROSECONDS = "(extract(epoch from {}) * 1000000)::bigint"
ROWS = f"""select entity_id, dimension, score, event_count, {MICROSECONDS.format('last_event_at')} from growth
  where user_id = $1"""
HISTORY = f"""select delta, {MICROSECONDS.format('created_at')}{{}} from events where user_id = $1 and entity_id = $2
  and dimension = $3 order by created_at desc limit 50"""


class Cluster:
    """A server that this turn starts and stops."""

    def __init__(self, folder):
        self.folder = folder
        binaries = sorted(glob.glob("/usr/lib/postgresql/15/bin")) or [os.path.dirname(shutil.which("pg_ctl") or "")]
        if not os.path.exists(os.path.join(binaries[0], "initdb")):
            raise NotRun("no PostgreSQL 15 here: Benchmarks/peers/install")
        self.binaries, self.prefix = binaries[0], []
        if os.geteuid() == 0:  # The server refuses to run as root.
            try:
                pwd.getpwnam("postgres")
            except KeyError:
                raise NotRun("this is root, and there is no user postgres") from None
            self.prefix = ["runuser", "-u", "postgres", "--"]

    def command(self, name, *rest):
        done = subprocess.run([*self.prefix, os.path.join(self.binaries, name), *rest], capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            raise NotRun(f"{name} failed: {done.stderr.strip().splitlines()[-1:]}")
        return done.stdout

    def create(self):
        os.makedirs(self.folder)
        if self.prefix:
            shutil.chown(self.folder, "postgres")
        self.command("initdb", "-D", self.folder + "/data", "--locale=C", "-E", "UTF8", "-A", "trust", "-U", "bench")
        with open(self.folder + "/data/postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{key} = {value}\n" for key, value in SETTINGS.items())
            file.write(f"unix_socket_directories = '{self.folder}'\n")

    def start(self):
        # With its output in a file: a server that holds our pipe would keep us waiting.
        self.command("pg_ctl", "-D", self.folder + "/data", "-w", "-l", self.folder + "/log", "start")
        self.connection = pq.PGconn.connect(f"host={self.folder} dbname=postgres user=bench".encode())
        if self.connection.status != pq.ConnStatus.OK:
            raise NotRun(self.connection.get_error_message())
        return self

    def stop(self):
        self.connection.finish()
        self.command("pg_ctl", "-D", self.folder + "/data", "-m", "fast", "-w", "stop")

    @property
    def process(self):
        with open(self.folder + "/data/postmaster.pid", encoding="utf-8") as file:
            return int(file.readline())

    def ask(self, statement):
        return self._rows(self.connection.exec_(statement.encode()))

    def prepared(self, name, statement):
        self.connection.prepare(name.encode(), statement.encode())
        return lambda *keys: self._rows(self.connection.exec_prepared(name.encode(), [key.encode() for key in keys]))

    def copy(self, target, text):
        self.ask(f"copy {target} from stdin (format csv)")
        for start in range(0, len(text), 1 << 20):
            self.connection.put_copy_data(text[start:start + (1 << 20)])
        self.connection.put_copy_end()
        while result := self.connection.get_result():
            self._rows(result)

    def _rows(self, result):
        if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
            raise RuntimeError(result.error_message.decode())
        return [[result.get_value(row, field) for field in range(result.nfields)] for row in range(result.ntuples)]


def csv(part):
    output = io.BytesIO()
    pyarrow.csv.write_csv(part, output, pyarrow.csv.WriteOptions(include_header=False))
    return output.getvalue()


def run(turn):
    # A socket's path may have 107 bytes, and the server's user has to reach it.
    folder = os.path.join("/tmp", f"growthring-peers-{os.getuid()}-postgres")
    cluster = Cluster(folder)
    if not turn.is_loaded("growth"):
        shutil.rmtree(folder, ignore_errors=True)
        cluster.create()
    cluster.start()
    try:
        turn.version("PostgreSQL", cluster.ask("show server_version")[0][0].decode().split()[0])
        if not turn.is_loaded("growth"):
            turn.phase(TRIGGER, "ingest", [cluster.process])
            load(turn, cluster)
            turn.note_loaded("growth")
        cluster.ask("set max_parallel_workers_per_gather = 0")
        read(turn, cluster)
        write(turn, cluster)
        single(turn, cluster)
        totals = cluster.ask("select sum(event_count), sum(score) from growth")[0]
        turn.answer(TRIGGER, "totals", totals, applied=turn.applied("growth"))
        if turn.round == 0:
            refresh(turn, cluster)
    except BaseException:
        turn.last = True
        raise
    finally:
        cluster.stop()
        if turn.last:
            shutil.rmtree(folder)


def load(turn, cluster):
    cluster.ask(SCHEMA)
    for part in tables(turn.base, 500_000, "text"):
        cluster.copy("events", csv(part))
    cluster.ask("alter table events add primary key (event_id)")
    cluster.ask("create index on events(user_id, entity_id, dimension, created_at desc)")
    cluster.ask(f"insert into growth {GROUPS.format('events')} order by 1, 2, 4")
    cluster.ask("alter table growth add primary key (user_id, entity_id, dimension)")
    cluster.ask("vacuum (analyze, freeze) events")
    cluster.ask("vacuum (analyze, freeze) growth")
    cluster.ask("checkpoint")
    cluster.ask(FUNCTION)
    cluster.ask(KEEP)
    for relation, name in (("events", "size"), ("growth", "size.aggregate")):
        size, count = cluster.ask(f"select pg_total_relation_size('{relation}'), count(*) from {relation}")[0]
        turn.measure(TRIGGER, name, int(size) / int(count), "bytes", "with indexes")


def read(turn, cluster):
    applied = turn.applied("growth")
    text = lambda key: tuple(uuid_text(part) if isinstance(part, bytes) else part for part in key)
    pairs, histories = ([text(key) for key in turn.keys[name]] for name in ("pairs", "histories"))
    users = [(uuid_text(key),) for key in turn.keys["users"]]
    for name, keys, query in (("pair", pairs, ROWS + " and entity_id = $2"), ("user", users, ROWS)):
        ask = cluster.prepared(name, query)
        results = turn.reads(TRIGGER, "read." + name, keys, lambda key: ask(*key))
        turn.answer(TRIGGER, name + "s", sums(results, (2, 3, 4)), applied=applied)
    ask_top = cluster.prepared("top", ROWS + " order by score desc limit 20")
    top = turn.reads(TRIGGER, "read.top20", users, lambda key: ask_top(*key))
    turn.answer(TRIGGER, "top20", (sum(map(len, top)), sum(int(row[2]) for rows in top for row in rows)), applied=applied)
    for name, column in (("history", ""), ("history_metadata", ", metadata")):
        ask_history = cluster.prepared(name, HISTORY.format(column))
        found = [row for rows in turn.reads(TRIGGER, "read." + name, histories, lambda key: ask_history(*key)) for row in rows]
        answer = (len(found), sum(int(row[0]) for row in found), sum(int(row[1]) // 1000 for row in found))
        turn.answer(TRIGGER, "history", answer, applied=applied)
    turn.phase(TRIGGER, "recompute", [cluster.process])
    cluster.ask("set max_parallel_workers_per_gather = 1")

    def recompute():
        cluster.ask("drop table if exists recomputed")
        cluster.ask("create unlogged table recomputed as " + GROUPS.format("events"))
    turn.seconds(TRIGGER, "recompute", recompute, 1)
    totals = cluster.ask("select count(*), sum(event_count), sum(score) from recomputed")[0]
    turn.answer(TRIGGER, "recompute", totals, applied=applied)
    cluster.ask("drop table recomputed")
    daily = turn.seconds(TRIGGER, "daily", lambda: cluster.ask(
        "select date_trunc('day', created_at), dimension, sum(delta) from events group by 1, 2"), 1)
    turn.answer(TRIGGER, "daily", (len(daily), sum(int(row[2]) for row in daily)), applied=applied)
    since = lambda days: f"to_timestamp({(turn.keys['newest'] - days * DAY) / 1e6:.6f})"
    turn.answer(TRIGGER, "active", turn.seconds(TRIGGER, "active", lambda: cluster.ask(
        f"select count(distinct user_id) filter (where created_at > {since(7)}), count(distinct user_id) from events "
        f"where created_at > {since(30)}")[0], 1), applied=applied)


def write(turn, cluster):
    turn.phase(TRIGGER, "tail", [cluster.process])
    prepare = lambda lo, hi: csv(table(turn.tail, turn.tail.records[lo:hi], "text"))
    turn.ingest(TRIGGER, "growth", prepare, lambda text: cluster.copy("events", text), most={100_000: 1})


def single(turn, cluster, clients=32):
    """32 clients of pgbench, each of which inserts the next event of a list."""
    lo, hi = turn.single_range()
    each = max(1, min(hi - lo, 10_000) // clients)
    hi = lo + each * clients
    cluster.ask("drop table if exists waiting; drop sequence if exists next_waiting; create sequence next_waiting cache 1;"
                "create unlogged table waiting as select 0::bigint as place, * from events limit 0")
    part = table(turn.tail, turn.tail.records[lo:hi], "text")
    cluster.copy("waiting", csv(part.add_column(0, "place", [range(1, hi - lo + 1)])))
    cluster.ask("alter table waiting add primary key (place)")
    cluster.ask("vacuum analyze waiting")
    script = os.path.join(turn.folder, "single.sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write("insert into events select event_id, user_id, entity_id, entity_type, dimension, delta, source, "
                   "created_at, metadata from waiting where place = (select nextval('next_waiting'));\n")
    printed = cluster.command("pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-t", str(each), "-f", script,
                              "-h", cluster.folder, "-U", "bench", "postgres")
    rate = float(re.search(r"tps = ([0-9.]+)", printed).group(1))
    turn.measure(TRIGGER, "append.single", rate, "events/s", f"{clients} clients of pgbench")
    turn.note_applied("growth", lo, hi)


def refresh(turn, cluster):
    """One batch only: every refresh goes over all events."""
    cluster.ask("drop trigger keep_growth on events")
    cluster.ask("create materialized view refreshed as " + GROUPS.format("events"))
    cluster.ask("create unique index on refreshed(user_id, entity_id, dimension)")
    cluster.ask("analyze refreshed")
    size = 100_000 if turn.events >= 1_000_000 else 1_000
    lo = turn.plan.start(turn.round, 1)
    text = csv(table(turn.tail, turn.tail.records[lo:lo + size], "text"))
    begun = time.perf_counter()
    cluster.copy("events", text)
    cluster.ask("refresh materialized view concurrently refreshed")
    turn.measure(VIEW, f"ingest.{size}", size / (time.perf_counter() - begun), "events/s", "one batch")
    totals = cluster.ask("select sum(event_count), sum(score) from refreshed")[0]
    turn.answer(VIEW, "totals", totals, applied=turn.applied("growth") + [[lo, lo + size]])
    # The next round finds the trigger's table right again.
    cluster.ask("drop materialized view refreshed; truncate growth")
    cluster.ask(f"insert into growth {GROUPS.format('events')} order by 1, 2, 4")
    cluster.ask("vacuum analyze growth")
    cluster.ask(KEEP)
    turn.note_applied("growth", lo, lo + size)
