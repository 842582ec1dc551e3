#!/usr/bin/python3
"""Reads the history of storm.py or soak.py and copies of the kernel's tables, and decides whether a promise was
broken. Knows nothing of the daemon: neither its code nor its status. usage: judge.py FOLDER
"""
import glob
import json
import os
import re
import sys
from collections import Counter, defaultdict
from statistics import median

# Seconds for which a name may have more than one mount; a swap takes milliseconds.
STACKED = 10
# Seconds that a mount(8) may take, on storage that hangs. Where it mounts the newest image on top of an older
# one, that one stays beneath, as it can't be detached alone: see LifeModel.
BY_HAND = 30
# Seconds around the time in which a name has no directory.
SLACK = 0.5
MOST = {"files": 400, "threads": 200, "kilobytes": 400_000}
GROWTH = {"files": 40, "threads": 20, "kilobytes": 40_000}
ANSWER = "1060\n"


class Judge:
    def __init__(self, folder):
        self.folder = folder
        self.problems, self.counts, self.figures = [], Counter(), []
        self.placing, self.placed, self.spoiled = defaultdict(list), {}, {}
        self.hindered, self.since, self.last = set(), 0, {}
        self.away, self.stacks, self.samples = defaultdict(list), {}, []
        self.by_hand, self.stacked_by_hand = {}, set()
        self.events = sorted(self.load(), key=lambda event: event["at"])

    def load(self):
        for path in glob.glob(f"{self.folder}/history/*"):
            with open(path) as file:
                for line in file:
                    if line.endswith("\n"):
                        yield json.loads(line)

    def problem(self, text):
        self.problems.append(text)

    def judge(self):
        self.find_absences()
        for event in self.events:
            self.counts[event["what"] if event["op"] == "action" else event["op"]] += 1
            getattr(self, "on_" + event["op"].replace("-", "_"), lambda event: None)(event)
        self.judge_samples()
        self.judge_tables()

    def find_absences(self):
        """When a name had no directory, or a foreign one, and so may lead to ENOENT."""
        begun = {}
        for event in self.events:
            op, name = event["op"], event.get("name")
            if op in ("moving", "binding"):
                begun[name] = event["at"]
            elif op in ("moved", "unbound"):
                self.away[name].append((begun.pop(name) - SLACK, event["at"] + SLACK))
            elif op == "added":
                self.away[name].append((0, event["at"] + SLACK))
        for name, begin in begun.items():
            self.away[name].append((begin, float("inf")))

    def is_away(self, event):
        return any(event["begin"] <= end and begin <= event["at"] for begin, end in self.away[event["name"]])

    # ---- what was seen

    def on_read(self, event):
        name, data = event["name"], event["data"]
        where = f"{event['space']} {name} at {event['at']:.2f}"
        if event["errno"] is not None or data == "bound\n":
            if not self.is_away(event):
                self.problem(f"{where}: " + (data or f"errno {event['errno']}"))
            return
        if data == f"original {name}\n":
            self.judge_missed(event, where)
            return
        self.last[name] = event["at"]
        image = re.fullmatch(rf"image {re.escape(name)} (\d+)\n", data)
        if not image or int(image[1]) not in self.placing[name]:
            self.problem(f"{where}: content that never was there: {data!r}")
            return
        since, newest = self.placed.get(name, (event["at"], 0))
        # A private namespace keeps what it had, and where an image is bad the one before it is kept.
        excused = self.hindered or name in self.spoiled or event["space"] == "private" or self.is_away(event)
        age = event["begin"] - max(since, self.since)
        if int(image[1]) < newest and age > self.stale and not excused:
            self.problem(f"{where}: image {image[1]}, {newest} was placed {event['begin'] - since:.1f} s before")

    def judge_missed(self, event, where):
        """An original is read, and the name has been used a little before."""
        last = self.last.get(event["name"])
        self.last[event["name"]] = event["at"]
        if self.missed and last and self.missed[0] < event["begin"] - last < self.missed[1]:
            self.problem(f"{where}: the original, though it was used {event['begin'] - last:.1f} s before")

    def on_bounds(self, event):
        """Seconds: how long a replaced image may be read, and between which a name must be mounted after a use."""
        self.stale, self.missed = event["stale"], event["missed"]

    def on_compile(self, event):
        if event["status"] != 0 or event["said"] != ANSWER:
            self.problem(
                f"{event['space']} compile by {event['name']} at {event['at']:.2f}: status {event['status']}, "
                f"{event['said']!r}: {event['errors']}"
            )

    # ---- what was done

    def on_placing(self, event):
        self.placing[event["name"]].append(event["generation"])

    def on_placed(self, event):
        self.placed[event["name"]] = (event["at"], event["generation"])
        self.spoiled.pop(event["name"], None)

    def on_spoiled(self, event):
        self.spoiled[event["name"]] = event["at"]

    def on_down(self, event):
        self.hindered.add("down")

    def on_started(self, event):
        self.hindered.add("start")

    def on_ready(self, event):
        self.hindered.discard("start")
        self.on_continued(event)

    def on_continued(self, event):
        self.hindered.discard("down")
        self.since = event["at"]

    def on_hung(self, event):
        self.hindered.add("hung")

    def on_back(self, event):
        self.hindered.discard("hung")
        self.since = event["at"]

    def on_by_hand(self, event):
        if event.get("what") != "umount":
            self.by_hand[event["name"]] = event["at"]
        self.on_moved(event)

    def on_moved(self, event):
        self.stacks.pop(event["name"], None)

    on_unbound = on_moved

    def on_stacks(self, event):
        self.stacked_by_hand &= event["names"].keys()
        for name in list(self.stacks):
            if name not in event["names"] or self.hindered:
                del self.stacks[name]
        for name, number in event["names"].items():
            first = self.stacks.setdefault(name, event["at"])
            if event["at"] - self.by_hand.get(name, -BY_HAND) < BY_HAND:
                self.stacked_by_hand.add(name)
            if name in self.stacked_by_hand:
                continue
            away = any(begin <= event["at"] <= end for begin, end in self.away[name])
            if event["at"] - first > STACKED and not away:
                self.problem(f"{name} has had {number} mounts for {event['at'] - first:.0f} s at {event['at']:.2f}")
                self.stacks[name] = event["at"]

    def on_died(self, event):
        self.problem(f"the daemon ended by itself with {event['status']} at {event['at']:.2f}")

    def on_never_ready(self, event):
        self.problem("the daemon did not become ready")

    def on_hangs(self, event):
        self.problem(f"hangs: {event['line']}")

    def on_no_reload(self, event):
        self.problem("the daemon did not read its settings again")

    def on_ended(self, event):
        if event["status"] != 0 or event["took"] > 6:
            self.problem(f"SIGTERM ended the daemon with {event['status']} after {event['took']:.1f} s")

    def on_left(self, event):
        if event["processes"]:
            self.problem(f"left behind: {', '.join(event['processes'])}")

    def on_sample(self, event):
        if "start" not in self.hindered:
            self.samples.append(event)
        for key, most in MOST.items():
            if event[key] > most:
                self.problem(f"{key}: {event[key]} at {event['at']:.2f}")

    def judge_samples(self):
        """The daemon that lived last: its second quarter against its last one."""
        last = [sample for sample in self.samples if sample["pid"] == self.samples[-1]["pid"]]
        quarter = len(last) // 4
        for key, most in GROWTH.items():
            values = [sample[key] for sample in last]
            early, late = median(values[quarter:2 * quarter] or values), median(values[-quarter:] or values)
            self.figures.append(f"{key} {early:.0f} -> {late:.0f}, at most {max(s[key] for s in self.samples)}")
            if late - early > most:
                self.problem(f"{key} have grown from {early:.0f} to {late:.0f}")
        lived = last[-1]["at"] - last[0]["at"]
        cpu = (last[-1]["cpu"] - last[0]["cpu"]) / lived
        self.figures.append(f"{len(self.stacked_by_hand)} stacked by mount(8) in the end")
        self.figures.append(f"the last daemon lived {lived:.0f} s and took {100 * cpu:.1f} % of a core")

    # ---- what was left

    def judge_tables(self):
        if os.path.exists(f"{self.folder}/mountinfo"):
            self.judge_mounts()
        with open(f"{self.folder}/mountinfo-end") as file:
            devices = Counter(line.split(" - ")[1].split()[1] for line in file)
        with open(f"{self.folder}/loops") as file:
            for line in file:
                device, backing = line.split(" ", 1)
                if not devices[f"/dev/{device}"]:
                    self.problem(f"{device} has no mount: {backing.strip()}")

    def judge_mounts(self):
        with open(f"{self.folder}/mountinfo") as file:
            targets = Counter(line.split()[4] for line in file)
        root = f"{self.folder}/root/"
        for target, number in targets.items():
            if target.startswith(root) and number > 1 and target[len(root):] not in self.stacked_by_hand:
                self.problem(f"{number} mounts on {target[len(root):]}")
        for name in self.placed:
            if targets[root + name] == 0:
                self.problem(f"{name} is in use and not mounted 5 s after the storm")


def main():
    judge = Judge(sys.argv[1])
    judge.judge()
    for problem in judge.problems[:40]:
        print(f"PROBLEM {problem}")
    print(", ".join(f"{number} {what}" for what, number in sorted(judge.counts.items())))
    print("; ".join(judge.figures))
    print(f"{len(judge.problems)} problems")
    sys.exit(1 if judge.problems else 0)


if __name__ == "__main__":
    main()
