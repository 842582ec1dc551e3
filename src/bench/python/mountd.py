#!/usr/bin/env python3
"""The event-driven mounter in its shortest form: bpftrace's output and mount(8).

usage: mountd.py ROOT IMAGES

This is what first-access compares with, and about what compiler-explorer/infra tried before it
moved to autofs (pull request 1741): the paths that processes open, as sys_enter_openat has them,
and `mount -t squashfs -o loop,ro` for each name that is not known to be mounted. It checks nothing,
and so is as fast as this way gets. Prints "ready" when an access of its own has come back.
"""

import os
import signal
import subprocess
import sys
import threading


def main():
    root, images = sys.argv[1:3]
    prefix = root + "/"
    program = (
        'tracepoint:syscalls:sys_enter_openat /strncmp(str(args->filename), "%s", %d) == 0/'
        ' { printf("%%s\\n", str(args->filename)); }' % (prefix, len(prefix))
    )
    strings = {"BPFTRACE_STRLEN": "192", "BPFTRACE_MAX_STRLEN": "192"}
    trace = subprocess.Popen(
        ["bpftrace", "-e", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **strings},
    )

    def end(*_):
        trace.kill()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)

    probe = prefix + ".probe"
    back = threading.Event()
    threading.Thread(target=send, args=(probe, back), daemon=True).start()

    mounted = set()
    for line in trace.stdout:
        path = line.rstrip("\n")
        if not path.startswith(prefix):
            continue
        if path == probe:
            if not back.is_set():
                back.set()
                print("ready", flush=True)
            continue
        name, slash, _ = path[len(prefix) :].partition("/")
        image = os.path.join(images, name + ".img")
        if not slash or name in mounted or not os.path.exists(image):
            continue
        mounted.add(name)
        subprocess.run(["mount", "-t", "squashfs", "-o", "loop,ro", image, prefix + name], check=True)
    sys.exit("mountd: bpftrace has ended")


def send(probe, back):
    """Opens a path that does not exist until the trace has reported it."""
    while not back.wait(0.05):
        try:
            os.close(os.open(probe, os.O_RDONLY))
        except FileNotFoundError:
            pass


if __name__ == "__main__":
    main()
