#!/usr/bin/python3
"""Traffic as on a production host, for a long time: 118 opens a second over 2,000 names by Zipf's law, a
sandbox every second, idle unmounts after two minutes, an image replaced every minute.

Writes a history that judge.py judges, and a CSV file with a line for every minute.
usage: soak.py LAUNCHER FOLDER SECONDS SEED CSV (root)
"""
import os
import random
import subprocess
import sys
import time

import world
from world import World, client, mounted, names

NAMES = 2000
OPENS = 118  # a second, as measured at Compiler Explorer in August 2025
READERS = ["host", "slave", "slave"]
COLUMNS = [
    "resident memory (MiB)", "descriptors", "threads", "images mounted", "CPU of the daemon (%)",
    "CPU of bpftrace (%)",
]


class Soak(World):
    def __init__(self, launcher, folder, seconds, seed, csv):
        # Readers of this many names would be taken for scanners; in production they are many processes.
        settings = {"trace.scanner-names": "off", "idle.unmount-after": "2m"}
        super().__init__(launcher, folder, settings)
        self.seconds, self.seed, self.chance = seconds, seed, random.Random(seed)
        self.csv, self.cpu = csv, None
        self.history.add("bounds", stale=60 + 10, missed=[5, 50])

    def image(self, name):
        return f"{self.images}/{name}.img"

    def run(self):
        os.chmod(self.folder, 0o755)
        for name in names(NAMES):
            self.original(name)
            self.place(name)
        self.start()
        self.wait_until_ready()
        readers = [
            client(space, "reader", self.folder, self.seconds, self.seed + number, NAMES, OPENS / len(READERS))
            for number, space in enumerate(READERS)
        ]
        begin, sandboxes = time.monotonic(), []
        for second in range(int(self.seconds)):
            time.sleep(max(0, begin + second - time.monotonic()))
            sandboxes = [process for process in sandboxes if process.poll() is None]
            sandboxes.append(self.sandbox())
            if second % 60 == 30:
                self.place(self.chance.choice(names(30)))
            if second % 10 == 0:
                self.look()
            if second % 60 == 0:
                self.line(second / 60)
        for process in [*readers, *sandboxes]:
            process.wait(60)
        self.history.add("calm")
        self.end()

    def line(self, minute):
        """A line of the CSV file; CPU is that since the line before, so the first time there is none."""
        daemon = world.usage(self.daemon.pid)
        bpftrace = sum(world.usage(pid)["cpu"] for pid in world.children(self.daemon.pid))
        before, self.cpu = self.cpu, (time.monotonic(), daemon["cpu"], bpftrace)
        if before is None:
            columns = ["minute", *COLUMNS]
        else:
            time_, own, other = (now - then for now, then in zip(self.cpu, before))
            columns = [
                f"{minute:.2f}", f"{daemon['kilobytes'] / 1024:.1f}", daemon["files"], daemon["threads"],
                len(mounted(self.root)), f"{100 * own / time_:.2f}", f"{max(0, 100 * other / time_):.2f}",
            ]
        with open(self.csv, "a") as csv:
            csv.write(",".join(map(str, columns)) + "\n")

    def sandbox(self):
        """A process in a mount namespace of its own, as a compile service starts for each compile."""
        name = self.chance.choice(names(30))
        line = ["unshare", "-m", "--propagation", "slave", "cat", f"{self.root}/{name}/version"]
        return subprocess.Popen(line, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    launcher, folder, seconds, seed, csv = sys.argv[1:]
    Soak(launcher, folder, float(seconds), int(seed), csv).run()
