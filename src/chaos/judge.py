#!/usr/bin/python3
"""Reads the history of storm.py and a copy of the mount table, and decides whether a promise was
broken. Knows nothing of the daemon: neither its code nor its status. usage: judge.py FOLDER
"""
import glob
import json
import re
import sys
from collections import Counter

# Seconds in which a running daemon has to swap a replaced image: a scan every 2 s, on a busy machine.
STALE = 15
MOST_FILES = 300
MOST_THREADS = 200
MOST_KILOBYTES = 400_000


def load(folder):
    events = []
    for path in glob.glob(f"{folder}/history/*"):
        with open(path) as file:
            events += [json.loads(line) for line in file if line.endswith("\n")]
    return sorted(events, key=lambda event: event["at"])


def judge(folder):
    problems = []
    placed, spoiled, last_down, last_ready = {}, {}, 0, 0
    counts = Counter()
    started = {}
    for event in load(folder):
        op, at = event["op"], event["at"]
        counts[op if op != "action" else event["what"]] += 1
        if op == "placing":
            started.setdefault(event["name"], []).append(event["generation"])
        elif op == "placed":
            placed[event["name"]] = (at, event["generation"])
            spoiled.pop(event["name"], None)
        elif op == "spoiled":
            spoiled[event["name"]] = at
        elif op == "down":
            last_down, last_ready = at, None
        elif op == "ready":
            last_ready = at
        elif op == "never-ready":
            problems.append("the daemon did not become ready")
        elif op == "ended" and event["status"] != 0:
            problems.append(f"SIGTERM ended the daemon with {event['status']}")
        elif op == "sample":
            bounds = (("files", MOST_FILES), ("threads", MOST_THREADS), ("kilobytes", MOST_KILOBYTES))
            problems += [f"{key}: {event[key]}" for key, most in bounds if event[key] > most]
        elif op == "read":
            problem = read_problem(event, started, placed, spoiled, last_ready)
            if problem:
                problems.append(f"{event['space']} {event['name']} at {at:.2f}: {problem}")
    problems += table_problems(folder, placed)
    return problems, counts


def read_problem(event, started, placed, spoiled, last_ready):
    name = event["name"]
    if event["errno"] is not None:
        return f"errno {event['errno']}"
    if event["data"] == f"original {name}\n":
        return None
    image = re.fullmatch(rf"image {re.escape(name)} (\d+)\n", event["data"])
    if not image or int(image[1]) not in started.get(name, []):
        return f"content that never was there: {event['data']!r}"
    since, newest = placed[name]
    fresh = last_ready is None or event["begin"] - max(since, last_ready) < STALE
    if int(image[1]) < newest and not fresh and name not in spoiled and event["space"] != "private":
        return f"image {image[1]}, {newest} was placed {event['begin'] - since:.1f} s before"
    return None


def table_problems(folder, placed):
    with open(f"{folder}/mountinfo") as file:
        targets = Counter(line.split()[4] for line in file)
    problems = []
    root = f"{folder}/root/"
    for target, number in targets.items():
        if target.startswith(root) and number > 1:
            problems.append(f"{number} mounts on {target[len(root):]}")
    for name in placed:
        if targets[root + name] == 0:
            problems.append(f"{name} is in use and not mounted")
    return problems


def main():
    problems, counts = judge(sys.argv[1])
    for problem in problems[:40]:
        print(f"PROBLEM {problem}")
    print(", ".join(f"{number} {what}" for what, number in sorted(counts.items())))
    print(f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
