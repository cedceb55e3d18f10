"""The machine a run was made on, for its report."""
import datetime
import os
import platform
import statistics
import tempfile
import time


def describe(folder):
    first = lambda path, key: next((line.split(":", 1)[1].strip() for line in open(path, encoding="utf-8")
                                    if line.startswith(key)), "unknown")
    memory = int(first("/proc/meminfo", "MemTotal").split()[0]) >> 20
    system = next((line.split("=")[1].strip().strip('"') for line in open("/etc/os-release", encoding="utf-8")
                   if line.startswith("PRETTY_NAME")), platform.system())
    median, worst = sync_times(folder)
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores, {memory} GiB, {system}, "
                   f"Linux {platform.release()}",
        "fdatasync": f"p50 {median:.2f} ms, p99 {worst:.2f} ms for 4 KiB appended",
        "load": f"{os.getloadavg()[0]:.2f} when the run began"}


def loop_seconds(turns=5_000_000):
    """Seconds of CPU for a loop that is always the same. On a shared host these vary by half and more within minutes, and with
    them all that is measured."""
    begun = time.process_time()
    total = 0
    for value in range(turns):
        total += value
    return time.process_time() - begun


def sync_times(folder, count=200):
    """Milliseconds that an `fdatasync` of an appended page takes here: the floor of every durable append."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(count):
            file.write(os.urandom(4096))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken), sorted(taken)[count * 99 // 100]
