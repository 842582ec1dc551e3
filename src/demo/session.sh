#!/usr/bin/env bash
# Records what an operator sees: doctor, status and explain beside a real daemon, in a temp folder of
# its own. Run it by `./dev session`; it prints the session, and writes it to src/site/session.txt.
#
# However it ends, no mount, loop device, process or file of it stays but that text.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly TEXT=src/site/session.txt

main() {
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d "${TMPDIR:-/tmp}/lazymount-session.XXXXXX")
  make_site
  run_daemon
  use gcc-14.2.0
  use clang-nightly
  record | tee "$work/session.txt"
  cp "$work/session.txt" "$TEXT"
}

record() {
  cat <<'TEXT'
# A terminal session, recorded by ./dev session: a daemon over four small compilers. Two have been
# used; the image of one of these is truncated. (Each command also had --config, for this daemon's
# settings.)
TEXT
  shell lazymount doctor
  shell lazymount status
  comment "mounted, by a path as a user would give it"
  shell lazymount explain "$work/root/gcc-14.2.0/bin/../bin/cc"
  comment "quarantined"
  shell lazymount explain clang-nightly
  comment "a symlinked name, whose compiler has not been used yet"
  shell lazymount explain gcc-trunk
  comment "unknown"
  shell lazymount explain gcc-14.0.2/bin/cc
}

comment() {
  printf '\n# %s\n' "$*"
}

# Shows a command and runs it; its exit code is shown if it is not 0.
shell() {
  printf '\n$ %s\n' "$*"
  local command=$2 result=0
  shift 2
  target/lazymount "$command" --config "$work/application.conf" "$@" 2>&1 || result=$?
  ((result == 0)) || printf '(exit code %d)\n' "$result"
}

make_site() {
  mkdir "$work/root" "$work/images"
  local name
  for name in gcc-14.2.0 gcc-15.1.0 gcc-snapshot-20261122 clang-nightly; do
    mkdir -p "$work/root/$name/bin"
    printf '#!/bin/sh\necho %s\n' "$name" >"$work/root/$name/bin/cc"
    chmod +x "$work/root/$name/bin/cc"
    mksquashfs "$work/root/$name" "$work/images/$name.img" -quiet -no-progress -all-root >/dev/null
  done
  ln -s gcc-snapshot-20261122 "$work/root/gcc-trunk"
  truncate -s 150 "$work/images/clang-nightly.img"
  cat >"$work/application.conf" <<CONF
lazymount {
  root = "$work/root"
  images = "$work/images"
  run-dir = "$work/run"
  lock-dir = "$work/lock"
  state-dir = "$work/state"
}
CONF
}

run_daemon() {
  LAZYMOUNT_SESSION=$work target/lazymount run --config "$work/application.conf" >"$work/log" 2>&1 &
  daemon=$!
  wait_until grep -q -F 'ready: ' "$work/log"
}

# Runs the compiler $1 once, and waits until the daemon has logged the outcome.
use() {
  "$work/root/$1/bin/cc" >/dev/null
  wait_until grep -q -F -e "$1: mounted from" -e "$1: quarantined" "$work/log"
}

wait_until() {
  local end=$((SECONDS + 60))
  until "$@"; do
    ((SECONDS < end)) || { echo "session: this did not happen: $*" >&2 && exit 1; }
    sleep 0.05
  done
}

clean_up() {
  local result=$?
  trap - EXIT
  if [[ -n ${daemon:-} ]]; then
    kill -TERM "$daemon" 2>/dev/null || true
    { wait "$daemon" || true; } 2>/dev/null
  fi
  local target
  while read -r target; do
    umount "$target" || result=1
  done < <(awk -v below="$work/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | tac)
  rm -rf --one-file-system "$work"
  exit "$result"
}

main
