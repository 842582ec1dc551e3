#!/usr/bin/python3
"""Everything at once, from one seed: readers in three kinds of mount namespaces, while images are
replaced, damaged, removed and added, mounts are made and removed by hand, garbage is sent to the
control socket, and the daemon and bpftrace are killed or stopped.

Clients write what they did and saw into a history of JSON lines. This program judges nothing;
judge.py does. usage: storm.py LAUNCHER FOLDER SECONDS SEED (root)
"""
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

NAMES = 60
RESCAN = 2


class History:
    def __init__(self, path):
        self.file = open(path, "a", buffering=1)

    def add(self, op, **fields):
        self.file.write(json.dumps({"op": op, "at": time.monotonic(), **fields}) + "\n")


def read(history, space, root, name):
    begin = time.monotonic()
    try:
        with open(f"{root}/{name}/version") as file:
            data, error = file.read(), None
    except OSError as e:
        data, error = None, e.errno
    history.add("read", space=space, name=name, begin=begin, data=data, errno=error)


def reader(folder, space, seconds, seed):
    """A client: reads one name after the other, some much more often than others."""
    chance = random.Random(seed)
    history = History(f"{folder}/history/{space}-{seed}")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = names()[min(int(chance.paretovariate(0.7)) - 1, NAMES - 1)]
        read(history, space, f"{folder}/root", name)
        time.sleep(chance.random() * 0.02)


def names():
    return [f"gcc-{i}" if i % 3 else f"arm64/gcc-{i}" for i in range(NAMES)]


class Storm:
    def __init__(self, launcher, folder, seconds, seed):
        self.launcher, self.folder, self.seconds, self.seed = launcher, folder, seconds, seed
        self.chance = random.Random(seed)
        os.makedirs(f"{folder}/history")
        self.history = History(f"{folder}/history/storm")
        self.generation = {}
        self.daemon = None
        self.log = open(f"{folder}/daemon.log", "a")

    def settings(self, run="run"):
        pairs = {
            "root": f"{self.folder}/root",
            "images": f"{self.folder}/images",
            "run-dir": f"{self.folder}/{run}",
            "lock-dir": f"{self.folder}/lock",
            "state-dir": f"{self.folder}/{run}-state",
            "catalog.rescan": f"{RESCAN}s",
            "mount.quiet-after-write": "off",
            "trace.scanner-names": "off",
            "idle.unmount-after": "20s",
        }
        return [word for pair in pairs.items() for word in ("--set", "=".join(pair))]

    def prepare(self):
        for name in names():
            os.makedirs(f"{self.folder}/root/{name}")
            with open(f"{self.folder}/root/{name}/version", "w") as file:
                file.write(f"original {name}\n")
            self.place(name)

    def place(self, name):
        """A good image, by rename."""
        number = self.generation.get(name, 0) + 1
        self.generation[name] = number
        tree, made = f"{self.folder}/tree", f"{self.folder}/made.img"
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(tree)
        with open(f"{tree}/version", "w") as file:
            file.write(f"image {name} {number}\n")
        os.utime(tree, (4_000_000_000, 4_000_000_000))
        if os.path.exists(made):
            os.remove(made)
        quiet = ["-quiet", "-no-progress", "-all-root"]
        subprocess.run(["mksquashfs", tree, made, *quiet], check=True, stdout=subprocess.DEVNULL)
        os.makedirs(os.path.dirname(self.image(name)), exist_ok=True)
        self.history.add("placing", name=name, generation=number)
        os.rename(made, self.image(name))
        self.history.add("placed", name=name, generation=number)

    def image(self, name):
        return f"{self.folder}/images/{name}.img"

    def start(self):
        command = [self.launcher, "run", *self.settings()]
        self.daemon = subprocess.Popen(command, stderr=self.log, stdout=self.log)
        self.history.add("started", pid=self.daemon.pid)
        self.wait_until_ready()

    def wait_until_ready(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status = self.command("status", "--json")
            if status.returncode == 0 and json.loads(status.stdout)["state"] == "ready":
                self.history.add("ready", pid=self.daemon.pid)
                return
            time.sleep(0.2)
        self.history.add("never-ready", pid=self.daemon.pid)

    def command(self, *words):
        line = [self.launcher, words[0], *self.settings(), *words[1:]]
        return subprocess.run(line, capture_output=True, text=True, timeout=60)

    # ---- what can happen

    def kill(self):
        self.history.add("down")
        self.daemon.kill()
        self.daemon.wait()
        self.start()

    def stop(self):
        self.history.add("down")
        self.daemon.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.random() * 3)
        self.daemon.send_signal(signal.SIGCONT)
        self.history.add("ready", pid=self.daemon.pid)

    def kill_bpftrace(self):
        for pid in children(self.daemon.pid):
            os.kill(pid, signal.SIGKILL)
        self.history.add("bpftrace-killed")

    def replace(self):
        self.place(self.any())

    def damage(self):
        name = self.any()
        with open(f"{self.folder}/bad", "wb") as file:
            file.write(self.chance.randbytes(5000))
        self.history.add("spoiled", name=name)
        os.rename(f"{self.folder}/bad", self.image(name))

    def remove(self):
        name = self.any()
        self.history.add("spoiled", name=name)
        if os.path.exists(self.image(name)):
            os.remove(self.image(name))

    def mount_by_hand(self):
        name = self.any()
        subprocess.run(
            ["mount", "-o", "ro,loop", self.image(name), f"{self.folder}/root/{name}"],
            capture_output=True,
        )
        self.history.add("mounted-by-hand", name=name)

    def unmount_by_hand(self):
        name = self.any()
        subprocess.run(["umount", "-l", f"{self.folder}/root/{name}"], capture_output=True)
        self.history.add("unmounted-by-hand", name=name)

    def command_line(self):
        self.command(self.chance.choice(["mount", "unmount"]), self.any())

    def second_daemon(self):
        command = [self.launcher, "run", *self.settings("run2")]
        second = subprocess.Popen(command, stderr=self.log, stdout=self.log)
        time.sleep(4)
        second.kill()
        second.wait()

    def garbage(self):
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(f"{self.folder}/run/control.sock")
                client.sendall(self.chance.randbytes(self.chance.randrange(1, 70_000)))
        except OSError:
            pass

    def junk_names(self):
        for _ in range(500):
            try:
                open(f"{self.folder}/root/{self.chance.randrange(10**9)}/x").close()
            except OSError:
                pass

    def any(self):
        return self.chance.choice(names())

    def run(self):
        self.prepare()
        self.start()
        readers = []
        for number, space in enumerate(["host", "host", "slave", "private"]):
            line = [sys.executable, __file__, "reader", self.folder, space]
            line += [str(self.seconds), str(self.seed + number)]
            if space != "host":
                line = ["unshare", "-m", "--propagation", space, *line]
            readers.append(subprocess.Popen(line))
        weights = {
            self.replace: 30, self.damage: 4, self.remove: 4, self.mount_by_hand: 10,
            self.unmount_by_hand: 8, self.command_line: 3, self.garbage: 8, self.junk_names: 4,
            self.kill: 2, self.stop: 2, self.kill_bpftrace: 2, self.second_daemon: 1,
        }
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            action = self.chance.choices(list(weights), list(weights.values()))[0]
            self.history.add("action", what=action.__name__)
            action()
            self.sample()
            time.sleep(self.chance.random() * 0.3)
        for process in readers:
            process.wait()
        self.settle()
        self.daemon.terminate()
        self.history.add("ended", status=self.daemon.wait())

    def sample(self):
        try:
            base = f"/proc/{self.daemon.pid}"
            with open(f"{base}/status") as file:
                lines = dict(line.split(":", 1) for line in file)
            self.history.add(
                "sample",
                pid=self.daemon.pid,
                files=len(os.listdir(f"{base}/fd")),
                threads=int(lines["Threads"]),
                kilobytes=int(lines["VmRSS"].split()[0]),
            )
        except OSError:
            pass

    def settle(self):
        """The storm is over: all images are good, and each is used."""
        for name in names():
            if not os.path.exists(self.image(name)):
                self.place(name)
            else:
                self.place(name)
        self.history.add("calm")
        end = time.monotonic() + 3 * RESCAN + 10
        while time.monotonic() < end:
            for name in names():
                read(self.history, "host", f"{self.folder}/root", name)
            time.sleep(1)
        with open("/proc/self/mountinfo") as table, open(f"{self.folder}/mountinfo", "w") as copy:
            shutil.copyfileobj(table, copy)
        self.history.add("settled")


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            direct = [int(word) for word in file.read().split()]
    except OSError:
        return []
    found = []
    for child in direct:
        found += [child, *children(child)]
    return found or all_children(pid)


def all_children(pid):
    """Started by any thread."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            found += [int(word) for word in file.read().split()]
    return found


if __name__ == "__main__":
    if sys.argv[1] == "reader":
        reader(sys.argv[2], sys.argv[3], float(sys.argv[4]), int(sys.argv[5]))
    else:
        Storm(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])).run()
