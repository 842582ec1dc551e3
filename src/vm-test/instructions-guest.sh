#!/bin/bash
# Runs inside the virtual machine of instructions.sh, as a unit of its systemd.
#
# Counts the instructions of system calls without a trace and under each trace program, run by the
# daemon. Each result is one line on the console $RESULTS:
#
#   count PROGRAM CALL MEDIAN LEAST
#
# The last line is `end`, and then the machine is powered off. Its clock counts instructions: a second
# is 10^9 of them, and takes some ten seconds outside. Idle, it takes none.
set -uo pipefail

readonly PAYLOAD=/payload # the disk that all of this comes on
readonly RESULTS=/dev/hvc0
readonly ROOT=/opt/compiler-explorer IMAGES=/images
readonly FILE=tool/lib/version # as deep below each directory
readonly ROUNDS=2000
readonly READY=300 # seconds
# How the kernel preempts. Programs at functions are fentry probes unless it says (full) or (lazy).
readonly PREEMPT=/sys/kernel/debug/sched/preempt

main() {
  prepare
  measure untraced
  bpftrace -e 'tracepoint:syscalls:sys_enter_openat { @opens = count(); }' >/run/minimal 2>&1 &
  within is_attached /run/minimal && measure minimal
  kill $!
  wait $!
  local program
  for program in path resolved hooked; do
    traced_by $program && measure $program
    systemctl stop lazymount
  done
  # The daemon takes kprobes where the kernel preempts programs; it is measured as the others are.
  set_preemption full
  if traced_by hooked; then
    set_preemption voluntary
    measure kprobe
  fi
  systemctl stop lazymount
  set_preemption voluntary
  measure again
  echo end >$RESULTS
}

# A directory below the root that has no image, and one whose image is mounted; the first one's like
# outside the root, on the same file system and on tmpfs. The payload is on a disk of its own.
prepare() {
  note "$(uname -r), $(bpftrace --version)"
  mkdir -p $IMAGES /etc/lazymount /opt/else
  cp -r "$PAYLOAD/compilers" $ROOT
  cp -r "$PAYLOAD/compilers/plain" /opt/else/
  cp "$PAYLOAD"/images/*.img $IMAGES/
  mkdir /run/else
  mount -t tmpfs tmpfs /run/else
  cp -r "$PAYLOAD/compilers/plain" /run/else/
  modprobe -a loop squashfs
  # The daemon adopts it.
  mount -o loop,ro $IMAGES/imaged.img $ROOT/imaged
  ln -s "$PAYLOAD/lazymount/lazymount" /usr/bin/lazymount
  cp "$PAYLOAD/lazymount.service" /etc/systemd/system/
  mkdir /etc/systemd/system/lazymount.service.d
  printf '[Service]\nTimeoutStartSec=%s\nWatchdogSec=%s\n' $READY $READY \
    >/etc/systemd/system/lazymount.service.d/slow.conf
  systemctl daemon-reload
  mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
}

traced_by() {
  cat >/etc/lazymount/application.conf <<CONF
lazymount {
  images = $IMAGES
  trace { program = $1, canary = 30s, canary-timeout = 60s }
}
CONF
  if ! timeout $READY systemctl start lazymount; then
    note "not ready: $1"
    journalctl -u lazymount -n 30 --no-pager -o cat
    return 1
  fi
  journalctl -u lazymount -n 5 --no-pager -o cat
}

# The measured calls, in the order of the table.
measure() {
  # A start leaves work behind.
  sleep 5
  local file=$FILE call median least
  local calls=(getppid "read=/opt/else/plain/$file" "stat=/opt/else/plain/$file" "missing=/opt/else/plain/$file-not"
    "open=$PAYLOAD/compilers/plain/$file" "open=/run/else/plain/$file" "open=/opt/else/plain/$file" "open=$ROOT/plain/$file" "open=$ROOT/imaged/$file")
  local names=(getppid read stat missing elsewhere tmpfs outside below image)
  "$PAYLOAD/instructions" $ROUNDS "${calls[@]}" >/run/counts || note "not measured: $1"
  for call in "${names[@]}"; do
    read -r median least
    echo "count $1 $call $median $least" >$RESULTS
  done </run/counts
}

set_preemption() {
  echo "$1" >$PREEMPT
  [[ $(cat $PREEMPT) == *"($1)"* ]] || note "preemption is not $1"
}

is_attached() {
  grep -q '^Attach' "$1"
}

# within COMMAND...: until it succeeds, or a start would have failed.
within() {
  local end=$((SECONDS + READY))
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 1
  done
}

note() {
  echo "note $*" >$RESULTS
}

main
