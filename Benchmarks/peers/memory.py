"""Peak memory of a turn's phases: what the processes hold that is not a file's, sampled."""
import threading
import time


class Sampler:
    """Anonymous and shared memory of some processes and all their children; mapped files are the page cache's."""

    def __init__(self):
        self.roots, self.peak, self.start = [], 0, 0
        self._running = True
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def begin(self, processes):
        """Starts a phase; returns the peak of the one before, above where it started, in MiB."""
        before = (self.peak - self.start) / 1024
        self.roots = processes
        self.start = self.peak = self._now()
        return before

    def stop(self):
        self._running = False
        return (self.peak - self.start) / 1024

    def _loop(self):
        while self._running:
            self.peak = max(self.peak, self._now())
            time.sleep(0.02)

    def _now(self):
        private, shared, pending = 0, 0, list(self.roots)
        while pending:
            process = pending.pop()
            try:
                with open(f"/proc/{process}/status", encoding="utf-8") as file:
                    fields = dict(line.split(":", 1) for line in file)
                with open(f"/proc/{process}/task/{process}/children", encoding="utf-8") as file:
                    pending += [int(child) for child in file.read().split()]
                private += int(fields["RssAnon"].split()[0])
                shared = max(shared, int(fields["RssShmem"].split()[0]))
            except (OSError, KeyError):
                continue
        return private + shared
