#!/usr/bin/python3
"""Everything at once, from one seed, over 500 images: readers and compilers in three kinds of mount
namespaces, while everything else happens that can happen to such a host.

The schedule, with the parameters of each action, depends on the seed alone. Actions and clients write
what they did and saw to a history; judge.py judges it. usage: storm.py LAUNCHER FOLDER SECONDS SEED (root)
"""
import heapq
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter

import world
from world import World, client, mounted, names

NAMES = 500
LATER = 20  # names that are added in the storm
RESCAN = 2
CPU = "/sys/devices/system/cpu/cpu1/online"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Storm(World):
    def __init__(self, launcher, folder, seconds, seed, server, compilers):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        super().__init__(launcher, folder, {
            "catalog.rescan": f"{RESCAN}s",
            "mount.quiet-after-write": "off",
            "trace.scanner-names": "off",
            "idle.unmount-after": "20s",
            "metrics.enabled": True,
            "metrics.port": self.port,
        })
        self.seconds, self.seed, self.server_program, self.compilers = seconds, seed, server, compilers
        self.later, self.undo, self.running, self.away, self.bound = [], [], [], set(), set()
        self.server, self.hung, self.second, self.filled = None, False, None, False
        self.stopped, self.chance, self.order = False, None, itertools.count()

    def prepare(self):
        os.chmod(self.folder, 0o755)
        # A scan every 4 s at most, see reload(), the scan itself and the swap, on a busy machine.
        self.history.add("bounds", stale=4 + 16, missed=None)
        self.do("mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "state", f"{self.folder}/state")
        self.server = subprocess.Popen([self.server_program, self.store, self.images])
        os.makedirs(f"{self.folder}/bound")
        with open(f"{self.folder}/bound/version", "w") as file:
            file.write("bound\n")
        for name in names(NAMES):
            self.original(name)
            self.place(name)
        self.later = names(NAMES + LATER)[NAMES:]
        for name in self.compilers:
            shutil.copytree(f"{self.compilers[name]}/root", f"{self.root}/{name}", symlinks=True)
            self.place_compiler(name)
        for suffix, text in PROGRAMS.items():
            with open(f"{self.folder}/primes.{suffix}", "w") as file:
                file.write(text)
        while not os.path.exists(f"{self.images}/gcc-1.img"):
            time.sleep(0.05)

    def place_compiler(self, name):
        number = self.generation.get(name, 0) + 1
        self.generation[name] = number
        made = f"{self.folder}/made.img"
        shutil.copyfile(f"{self.compilers[name]}/image.img", made)
        self.move_in(made, name, number)

    # ---- what can happen; `after` undoes it

    def after(self, seconds, what, *words):
        heapq.heappush(self.undo, (time.monotonic() + seconds, next(self.order), what, words))

    def any(self):
        return self.chance.choice(names(NAMES))

    def any_or_compiler(self):
        return self.chance.choice([self.any()] * 8 + sorted(self.compilers))

    def do(self, *words):
        return subprocess.run(words, **QUIET).returncode

    def background(self, *words):
        self.running.append(subprocess.Popen(words, **QUIET))

    def kill(self):
        """In the last third the daemon lives, so that growth can be seen."""
        if self.daemon is None or self.stopped or self.late():
            return self.stop()
        self.history.add("down")
        self.daemon.kill()
        self.daemon.wait()
        self.daemon = None
        self.after(self.chance.random() * 2, self.start)

    def late(self):
        return time.monotonic() > self.begin + self.seconds * 2 / 3

    def stop(self):
        if self.daemon and not self.stopped:
            self.stopped = True
            self.history.add("down")
            self.daemon.send_signal(signal.SIGSTOP)
            self.after(self.chance.random() * 4, self.cont)

    def cont(self):
        self.stopped = False
        self.daemon.send_signal(signal.SIGCONT)
        self.history.add("continued")

    def kill_bpftrace(self):
        self.signal_children(signal.SIGKILL)

    def stop_bpftrace(self):
        self.after(self.chance.random() * 8, self.signal_pids, self.signal_children(signal.SIGSTOP), signal.SIGCONT)

    def signal_children(self, number):
        pids = world.children(self.daemon.pid) if self.daemon else []
        self.signal_pids(pids, number)
        return pids

    def signal_pids(self, pids, number):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def replace(self):
        name = self.chance.choice([self.any(), *names(20)])
        self.place(name)

    def replace_compiler(self):
        self.place_compiler(self.chance.choice(sorted(self.compilers)))

    def damage(self):
        name, bad = self.any(), f"{self.folder}/bad"
        kind = self.chance.choice(["garbage", "cut-off", "empty", "dangling", "directory"])
        self.history.add("spoiled", name=name, kind=kind)
        if kind == "dangling":
            os.symlink("nowhere", bad)
        elif kind == "directory":
            self.remove_image(name)
            return os.mkdir(self.image(name))
        else:
            with open(bad, "wb") as file:
                if kind == "garbage":
                    file.write(self.chance.randbytes(5000))
                elif kind == "cut-off" and os.path.isfile(self.image(name)):
                    with open(self.image(name), "rb") as good:
                        file.write(good.read()[:200])
        self.remove_image(name)
        os.rename(bad, self.image(name))

    def remove(self):
        name = self.any()
        self.history.add("spoiled", name=name, kind="removed")
        self.remove_image(name)

    def remove_image(self, name):
        if os.path.isdir(self.image(name)) and not os.path.islink(self.image(name)):
            os.rmdir(self.image(name))
        elif os.path.lexists(self.image(name)):
            os.remove(self.image(name))

    def add(self):
        if self.later:
            name = self.later.pop(0)
            self.original(name)
            self.history.add("added", name=name)
            self.place(name)

    def write(self):
        """In the original, or EROFS in an image."""
        try:
            path = f"{self.root}/{self.any_or_compiler()}/written-{self.chance.randrange(3)}"
            with open(path, "w") as file:
                file.write("x")
            os.remove(path)
        except OSError:
            pass

    def rename(self):
        """As from a mount namespace without the image, if it is mounted."""
        name = self.any()
        if name not in self.away | self.bound:
            self.away.add(name)
            self.history.add("moving", name=name)
            self.move(name, f"{name}.bak")
            self.after(self.chance.random() * 3, self.rename_back, name)

    def rename_back(self, name):
        if not os.path.exists(f"{self.root}/{name}"):
            self.move(f"{name}.bak", name)
        self.away.discard(name)
        self.history.add("moved", name=name)

    def move(self, source, target):
        source, target = f"{self.root}/{source}", f"{self.root}/{target}"
        try:
            os.rename(source, target)
        except OSError:
            move = 'while umount "$1" 2>/dev/null; do :; done; mv "$1" "$2"'
            self.do("unshare", "-m", "sh", "-c", move, "sh", source, target)

    def reinstall(self):
        """A new original directory replaces the old one, which is deleted."""
        name = self.any()
        if name in self.away | self.bound:
            return
        self.history.add("moving", name=name)
        self.move(name, f"{name}.old")
        if not os.path.exists(f"{self.root}/{name}"):
            self.original(name)
        self.history.add("moved", name=name)
        self.do("unshare", "-m", "sh", "-c", 'umount -l "$1"; rm -rf "$1"', "sh", f"{self.root}/{name}.old")

    def bind(self):
        name = self.any()
        if name not in self.away | self.bound:
            self.bound.add(name)
            self.history.add("binding", name=name)
            self.do("mount", "--bind", f"{self.folder}/bound", f"{self.root}/{name}")
            self.after(self.chance.random() * 4, self.unbind, name)

    def unbind(self, name):
        target = f"{self.root}/{name}"
        while any(at == target and source.endswith("/bound") for at, source in mounted(self.root)):
            self.do("umount", "-l", target)
        self.bound.discard(name)
        self.history.add("unbound", name=name)

    def mount_by_hand(self):
        name = self.any_or_compiler()
        if name not in self.away:
            self.history.add("by-hand", name=name, what="mount")
            self.background("mount", "-o", "ro,loop", f"{self.images}/{name}.img", f"{self.root}/{name}")

    def unmount_by_hand(self):
        name = self.any_or_compiler()
        if name not in self.bound:
            self.history.add("by-hand", name=name, what="umount")
            self.background("umount", *self.chance.choice([["-l"], []]), f"{self.root}/{name}")

    def command_line(self):
        self.running.append(self.command(self.chance.choice(["mount", "unmount", "explain"]), self.any_or_compiler()))

    def second_daemon(self):
        """Over the same root and locks, with run and state directories of its own."""
        if self.second is None:
            elsewhere = [f"--set={key}-dir={self.folder}/{key}2" for key in ("run", "state")]
            line = [self.launcher, "run", "--config", self.config, *elsewhere, "--set=metrics.enabled=false"]
            with open(f"{self.folder}/daemon-second.log", "a") as log:
                self.second = subprocess.Popen(line, stdout=log, stderr=log)
            self.after(6 + self.chance.random() * 10, self.end_second, self.chance.choice([9, 15]))

    def end_second(self, number):
        self.second.send_signal(number)
        self.second.wait()
        self.second = None

    def hang(self):
        """The storage of the images does not answer for a while; whatever this thread does may wait for it."""
        if not self.hung:
            self.hung = True
            self.history.add("hung")
            self.server.send_signal(signal.SIGSTOP)
            threading.Timer(0.5 + self.chance.random() * 7, self.come_back).start()

    def come_back(self):
        self.hung = False
        self.server.send_signal(signal.SIGCONT)
        self.history.add("back")

    def cpu(self):
        if os.path.exists(CPU):
            self.switch("0")
            self.after(self.chance.random() * 2, self.switch, "1")

    def switch(self, to):
        try:
            with open(CPU, "w") as file:
                file.write(to)
        except OSError:
            pass

    def attack(self):
        kind = self.chance.choice(["junk", "junk", "flood", "flood", "walk"])
        self.running.append(client(self.chance.choice(SPACES), kind, self.root, self.chance.randrange(10**9)))

    def garbage(self):
        """To the control socket and the HTTP port; some clients say nothing, and some only begin."""
        noise = self.chance.randbytes(self.chance.randrange(1, 70_000))
        begun = self.chance.choice([b"GET / HTTP/1.1\r\nHost: x\r\n", b'{"command":"status"', b"", b"POST /\xff"])
        for family, address in ((socket.AF_UNIX, f"{self.folder}/run/control.sock"),
                                (socket.AF_INET, ("127.0.0.1", self.port))):
            for data in (noise, begun, begun + noise):
                client = socket.socket(family)
                client.settimeout(0.2)
                try:
                    client.connect(address)
                    client.sendall(data)
                except OSError:
                    client.close()
                else:
                    self.after(self.chance.random() * 5, client.close)

    def reload(self):
        choices = {
            "trace.program": ["auto", "resolved", "path"],
            "trace.window": ["100ms", "1s", "3s", "nonsense"],
            "trace.max-keys": [1024, 16384],
            "trace.scanner-names": ["off", 64, -1],
            "trace.canary": ["1s", "10s"],
            "mount.timeout": ["1s", "30s"],
            "mount.retry": ["100ms", "1s"],
            "mount.quiet-after-write": ["off", "2s"],
            "idle.unmount-after": ["5s", "20s", "1h"],
            "catalog.rescan": ["1s", "2s", "4s"],
        }
        keys = self.chance.sample(sorted(choices), 2)
        self.configure({key: self.chance.choice(choices[key]) for key in keys})
        self.running.append(self.command("reload"))

    def fill(self):
        """The disk with the state directory has no byte left for a while."""
        if not self.filled:
            self.filled = True
            self.do("dd", "if=/dev/zero", f"of={self.folder}/state/filler", "bs=4k")
            self.after(self.chance.random() * 20, self.empty)

    def empty(self):
        self.filled = False
        os.remove(f"{self.folder}/state/filler")

    WEIGHTS = {
        replace: 80, replace_compiler: 4, damage: 12, remove: 8, add: 4, write: 20, rename: 8, reinstall: 6,
        bind: 8, mount_by_hand: 20, unmount_by_hand: 16, command_line: 5, garbage: 10, attack: 8, reload: 3,
        fill: 3, hang: 5, cpu: 2, second_daemon: 2, kill: 3, stop: 3, kill_bpftrace: 2, stop_bpftrace: 2,
    }

    def schedule(self):
        """Time from the start, action, its seed: by weight, but each action once in the first half."""
        chance = random.Random(self.seed)
        actions = list(self.WEIGHTS)
        first = sorted((chance.uniform(2, self.seconds / 2), number) for number in range(len(actions)))
        at = 0
        while at < self.seconds:
            at += chance.expovariate(3)
            what = chance.choices(actions, list(self.WEIGHTS.values()))[0]
            if first and first[0][0] < at:
                what = actions[first.pop(0)[1]]
            yield at, what, chance.randrange(2**32)

    def run(self):
        self.prepare()
        self.start()
        self.wait_until_ready()
        clients = []
        for number, space in enumerate(["host", *SPACES]):
            seed = self.seed + number
            clients.append(client(space, "reader", self.folder, self.seconds, seed, NAMES + LATER, 60))
            if number:
                clients.append(client(space, "compiler", self.folder, self.seconds, seed))
        self.begin = time.monotonic()
        for at, what, seed in self.schedule():
            self.pass_time(self.begin + at)
            self.chance = random.Random(seed)
            self.history.add("action", what=what.__name__)
            what(self)
        self.calm_down(clients)
        self.settle()
        self.end()

    def pass_time(self, until):
        """Undoes what is due, and looks at the daemon and the mounts once a second."""
        while True:
            now = time.monotonic()
            while self.undo and self.undo[0][0] <= now:
                _, _, what, words = heapq.heappop(self.undo)
                what(*words)
            if now >= getattr(self, "next_look", 0):
                self.next_look = now + 1
                self.look()
                self.running = [process for process in self.running if process.poll() is None]
                self.stacks()
            if now >= until:
                return
            time.sleep(min(0.05, until - now))

    def stacks(self):
        targets = Counter(target[len(self.root) + 1:] for target, _ in mounted(self.root))
        most = {name: number for name, number in targets.items() if number > 1}
        self.history.add("stacks", names=most, mounts=targets.total())

    def calm_down(self, clients):
        """Everything is undone, and all images are good."""
        while self.undo or self.hung:
            self.pass_time(self.undo[0][0] if self.undo else time.monotonic() + 1)
        for process in [*clients, *self.running]:
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                self.history.add("hangs", line=str(process.args))
                process.kill()
        self.wait_until_ready()
        self.configure({})
        if self.command("reload").wait(60) != 0:
            self.history.add("no-reload")
        for name in names(NAMES + LATER):
            if not os.path.isdir(f"{self.root}/{name}"):
                self.original(name)
                self.history.add("added", name=name)
            try:
                with open(self.image(name), "rb") as file:
                    good = file.read(4) == b"hsqs" and os.path.getsize(self.image(name)) > 300
            except OSError:
                good = False
            if not good:
                self.place(name)
        self.pass_time(time.monotonic() + RESCAN + 1)

    def settle(self):
        """Each name is used, a hundred a second; 5 s later the mount table is copied."""
        self.history.add("calm")
        for name in names(NAMES + LATER):
            world.read(self.history, "host", self.root, name)
            self.pass_time(time.monotonic() + 0.01)
        for name in self.compilers:
            world.touch(f"{self.root}/{name}/usr/bin")
            world.touch(f"{self.root}/{name}/usr/include/stdio.h")
        self.pass_time(time.monotonic() + 5)
        shutil.copy("/proc/self/mountinfo", f"{self.folder}/mountinfo")
        self.history.add("settled")


SPACES = ["host", "slave", "private"]
PROGRAMS = {
    "c": """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  char *composite = calloc(100, 1);
  int sum = 0;
  for (int i = 2; i < 100; i++) {
    if (!composite[i]) sum += i;
    for (int j = i + i; j < 100; j += i) composite[j] = 1;
  }
  printf("%d\\n", sum);
  free(composite);
}
""",
    "cpp": """#include <algorithm>
#include <iostream>
#include <numeric>
#include <vector>
int main() {
  std::vector<int> primes;
  for (int i = 2; i < 100; i++)
    if (std::none_of(primes.begin(), primes.end(), [i](int p) { return i % p == 0; })) primes.push_back(i);
  std::cout << std::accumulate(primes.begin(), primes.end(), 0) << '\\n';
}
""",
}


if __name__ == "__main__":
    launcher, folder, seconds, seed, server, cache = sys.argv[1:]
    kinds = {name: f"{cache}/{name}" for name in ("tcc", "gxx")}
    storm = Storm(launcher, folder, float(seconds), int(seed), server, kinds)
    try:
        storm.run()
    finally:
        storm.come_back()
        storm.switch("1")
