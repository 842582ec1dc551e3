"""A root and images in a temporary folder, a daemon over them, and clients that write down what they do
and see. Used by storm.py and soak.py. Judges nothing.
"""
import glob
import json
import os
import random
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "LAZYMOUNT_CHAOS"  # in the environment of all that is started, so that it can be found in the end
SMALL = ["-quiet", "-no-progress", "-all-root", "-no-xattrs"]


class History:
    """JSON lines; each with the time at which the line was written."""

    def __init__(self, path):
        self.file = open(path, "a", buffering=1)

    def add(self, op, **fields):
        self.file.write(json.dumps({"op": op, "at": time.monotonic(), **fields}) + "\n")


def names(count):
    """Names of images; a third of them nest, as they do in practice."""
    return [f"gcc-{i}" if i % 3 else f"arm64/gcc-{i}" for i in range(count)]


class World:
    def __init__(self, launcher, folder, settings):
        self.launcher, self.folder = launcher, folder
        self.root, self.store = f"{folder}/root", f"{folder}/store"
        self.images = f"{folder}/images"
        self.base = {
            "root": self.root,
            "images": self.images,
            "run-dir": f"{folder}/run",
            "lock-dir": f"{folder}/lock",
            "state-dir": f"{folder}/state",
            **settings,
        }
        self.config = f"{folder}/application.conf"
        self.generation = {}
        self.daemon, self.log, self.starts = None, None, 0
        for path in (self.root, self.store, self.images, f"{folder}/history", f"{folder}/state"):
            os.makedirs(path)
        # As where systemd is PID 1: mounts reach namespaces that are slaves.
        for words in (["--bind", self.root, self.root], ["--make-shared", self.root]):
            subprocess.run(["mount", *words], check=True)
        self.history = History(f"{folder}/history/storm")
        os.environ[MARK] = folder
        self.configure({})

    def configure(self, changes):
        """Writes the configuration file."""
        with open(f"{self.config}.new", "w") as file:
            file.write("lazymount {\n")
            for key, value in {**self.base, **changes}.items():
                file.write(f"  {key} = {json.dumps(value)}\n")
            file.write("}\n")
        os.rename(f"{self.config}.new", self.config)

    # ---- originals and images

    def original(self, name):
        os.makedirs(f"{self.root}/{name}")
        with open(f"{self.root}/{name}/version", "w") as file:
            file.write(f"original {name}\n")

    def image(self, name):
        """Its file in the backing folder of the storage, which never hangs."""
        return f"{self.store}/{name}.img"

    def place(self, name):
        """A new good image, by rename."""
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
        subprocess.run(["mksquashfs", tree, made, *SMALL], check=True, stdout=subprocess.DEVNULL)
        self.move_in(made, name, number)

    def move_in(self, made, name, number):
        os.makedirs(os.path.dirname(self.image(name)), exist_ok=True)
        if os.path.isdir(self.image(name)):
            os.rmdir(self.image(name))
        self.history.add("placing", name=name, generation=number)
        os.rename(made, self.image(name))
        self.history.add("placed", name=name, generation=number)

    # ---- the daemon

    def start(self):
        """Starts a daemon, with valid settings; `look` notes when it is ready."""
        self.configure({})
        self.starts += 1
        self.log = open(f"{self.folder}/daemon-{self.starts}.log", "w+")
        command = [self.launcher, "run", "--config", self.config]
        self.daemon = subprocess.Popen(command, stderr=self.log, stdout=self.log)
        self.ready, self.started = False, time.monotonic()
        self.history.add("started", pid=self.daemon.pid)

    def look(self):
        """Notes readiness, and what the daemon takes of the machine."""
        if self.daemon is None:
            return
        if not self.ready:
            with open(self.log.name) as log:
                self.ready = "ready: " in log.read()
            if self.ready:
                self.history.add("ready", pid=self.daemon.pid, after=time.monotonic() - self.started)
        if self.daemon.poll() is not None:
            self.history.add("died", pid=self.daemon.pid, status=self.daemon.returncode)
            self.start()
            return
        try:
            self.history.add("sample", pid=self.daemon.pid, **usage(self.daemon.pid))
        except OSError:
            pass

    def wait_until_ready(self):
        end = time.monotonic() + 60
        while not self.ready and time.monotonic() < end:
            time.sleep(0.1)
            self.look()
        if not self.ready:
            self.history.add("never-ready", pid=self.daemon.pid)

    def command(self, *words):
        """A command of the command line; not waited for."""
        line = [self.launcher, words[0], "--config", self.config, *words[1:]]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(line, stdin=quiet, stdout=quiet, stderr=quiet)

    def end(self):
        """SIGTERM to the daemon, then a copy of the tables of mounts and loop devices."""
        begin = time.monotonic()
        self.daemon.terminate()
        try:
            status = self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            status = None
            self.daemon.kill()
        self.history.add("ended", status=status, took=time.monotonic() - begin)
        shutil.copy("/proc/self/mountinfo", f"{self.folder}/mountinfo-end")
        with open(f"{self.folder}/loops", "w") as copy:
            for loop in loops(self.folder):
                copy.write(" ".join(loop) + "\n")
        end = time.monotonic() + 5
        while (left := marked(self.folder)) and time.monotonic() < end:
            time.sleep(0.1)
        self.history.add("left", processes=left)


def usage(pid):
    base = f"/proc/{pid}"
    with open(f"{base}/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    with open(f"{base}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return {
        "files": len(os.listdir(f"{base}/fd")),
        "threads": int(lines["Threads"]),
        "kilobytes": int(lines["VmRSS"].split()[0]),
        "cpu": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
    }


def children(pid):
    """Started by any thread."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path) as file:
                found += [int(word) for word in file.read().split()]
        except OSError:  # the thread has ended
            pass
    return found


def mounted(folder):
    """Target and root within the file system of each mount below a folder, in the order of the table."""
    with open("/proc/self/mountinfo") as table:
        rows = [line.split() for line in table]
    return [(row[4], row[3]) for row in rows if row[4].startswith(folder + "/")]


def loops(folder):
    """Loop devices with a backing file below a folder."""
    for device in os.listdir("/sys/block"):
        try:
            with open(f"/sys/block/{device}/loop/backing_file") as file:
                backing = file.read().strip()
        except OSError:
            continue
        if backing.startswith(folder + "/"):
            yield device, backing


def marked(folder):
    """Processes that were started, without the storage: names and pids."""
    found = []
    mark = f"{MARK}={folder}".encode()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if mark in file.read().split(b"\0"):
                    with open(f"/proc/{pid}/comm") as comm:
                        found.append(f"{comm.read().strip()}[{pid}]")
        except OSError:
            pass
    return [process for process in found if not process.startswith("storage[")]


# ---- clients, each a process of its own


def client(space, *words):
    """Starts a client in the host's mount namespace, or in one that is a slave of it or private."""
    line = [sys.executable, "-B", f"{HERE}/world.py", *map(str, words), space]
    if space != "host":
        line = ["unshare", "-m", "--propagation", space, *line]
    return subprocess.Popen(line)


def read(history, space, root, name):
    begin = time.monotonic()
    device = None
    try:
        with open(f"{root}/{name}/version") as file:
            data, error = file.read(100), None
            device = os.fstat(file.fileno()).st_dev
    except OSError as e:
        data, error = None, e.errno
    history.add("read", space=space, name=name, begin=begin, device=device, data=data, errno=error)


def reader(folder, seconds, seed, count, rate, space):
    """Reads names by a power law, `rate` a second."""
    chance = random.Random(seed)
    known = names(count)
    weights = [1 / (i + 1) for i in range(count)]
    history = History(f"{folder}/history/reader-{space}-{seed}")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in chance.choices(known, weights, k=50):
            read(history, space, f"{folder}/root", name)
            time.sleep(chance.expovariate(rate))


def compiler(folder, seconds, seed, space):
    """Compiles a program by real compilers, each with its own headers and libraries, and runs it."""
    chance = random.Random(seed)
    history = History(f"{folder}/history/compiler-{space}-{seed}")
    out = f"{folder}/out-{space}-{seed}"
    os.makedirs(out)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = chance.choices(["tcc", "gxx"], [4, 1])[0]
        program, begin = f"{out}/primes", time.monotonic()
        if os.path.exists(program):
            os.remove(program)
        line, env = compile_line(f"{folder}/root/{name}", name, folder)
        done = subprocess.run([*line, "-o", program], env=env, stderr=subprocess.PIPE)
        said = ""
        if done.returncode == 0:
            said = subprocess.run([program], capture_output=True, text=True).stdout
        history.add(
            "compile", space=space, name=name, begin=begin, status=done.returncode, said=said,
            errors=done.stderr[-500:].decode(errors="replace"),
        )
        time.sleep(chance.random())


def compile_line(at, name, folder):
    libraries = f"{at}/usr/lib/x86_64-linux-gnu"
    if name == "gxx":
        env = {**os.environ, "PATH": f"{at}/usr/bin:{os.environ['PATH']}", "LD_LIBRARY_PATH": libraries}
        return [f"{at}/usr/bin/g++", f"--sysroot={at}", "-static-libstdc++", f"{folder}/primes.cpp"], env
    line = [f"{at}/usr/bin/tcc", f"-B{libraries}/tcc", "-nostdinc", f"-I{libraries}/tcc/include"]
    return [*line, f"-I{at}/usr/include", f"-I{at}/usr/include/x86_64-linux-gnu", f"{folder}/primes.c"], None


def attacker(root, kind, seed, space):
    """Any local user: opens names that do not exist, one name as often as it can, or everything."""
    os.setgid(65534)
    os.setuid(65534)
    chance = random.Random(seed)
    if kind == "junk":
        odd = ["\n", "%s%n", "a" * 255, "..", "\x1b[2J", "caf\u00e9", "'\";", "arm64/"]
        for number in range(3000):
            touch(f"{root}/{chance.choice(odd)}{chance.randrange(10**9)}/{number}".encode()[: 4000])
            touch(f"{root}/gcc-1/{chance.randrange(10**9)}".encode())
    elif kind == "flood":
        end = time.monotonic() + 2
        while time.monotonic() < end:
            for _ in range(100):
                touch(f"{root}/gcc-{chance.randrange(20)}/../gcc-1/./version".encode())
    else:
        for folder, _, files in os.walk(root.encode()):
            for file in files[:3]:
                touch(folder + b"/" + file)


def touch(path):
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        pass


if __name__ == "__main__":
    kind, words = sys.argv[1], sys.argv[2:]
    if kind == "reader":
        reader(words[0], float(words[1]), int(words[2]), int(words[3]), float(words[4]), words[5])
    elif kind == "compiler":
        compiler(words[0], float(words[1]), int(words[2]), words[3])
    else:
        attacker(words[0], kind, int(words[1]), words[2])
