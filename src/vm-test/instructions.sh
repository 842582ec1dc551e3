#!/usr/bin/env bash
# usage: instructions.sh CACHE [12|13]
# Counts what each trace program adds to a system call, in instructions, under Debian's kernel (13 by
# default) in an emulated machine that counts them; prints a table, and compares it with the most that
# hooked may add. Ends with `N reached, N missed`, and with status 1 unless all are reached.
# `./dev bench trace --vm` builds lazymount and installs what this needs.
#
# With -icount shift=0 one instruction is one nanosecond of the machine's time, whatever else this one
# does: the figures of two runs are equal, or differ by what has changed.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly PATIENCE=3600 # seconds for the whole run
readonly SAME=10 # instructions; two runs of the same call may differ by a few
# shellcheck source=src/vm-test/machine.sh
source src/vm-test/machine.sh

# Calls, the most instructions that hooked may add on Linux 6.12, and what they are. "Without a device"
# has no limit of its own: hooked has to look whether it is an image of erofs, which needs none.
readonly ROWS='
getppid    0    `getppid`
read       0    `read` of one byte
stat       0    `stat`
missing    0    an open that fails (ENOENT)
elsewhere  180  open and close on another file system
tmpfs      -    on another file system without a device (tmpfs)
outside    570  on the file system of the root, outside the root, walked a moment ago
below      480  below the root, reported already
image      300  in a mounted image, use reported'
readonly PROGRAMS=(minimal path resolved hooked kprobe)

main() {
  choose_machine "$1" "${2:-13}"
  make_disk
  make_payload
  boot $PATIENCE "" -icount shift=0,sleep=off -cpu max -smp 1 -m 2048
  came_to_the_end
  # The console writes lines as terminals want them.
  tr -d '\r' <"$work/results" >target/instructions.txt
  table
  compare
}

make_payload() {
  local payload=$work/payload name
  mkdir -p "$payload/images" "$payload/lazymount"
  cp $MACHINES/instructions-guest.sh "$payload/guest.sh"
  cp systemd/lazymount.service "$payload"
  cp -rp target/lazymount target/lazymount.jar target/lib "$payload/lazymount"
  for name in plain imaged; do
    mkdir -p "$payload/compilers/$name/tool/lib"
    echo "$name" >"$payload/compilers/$name/tool/lib/version"
  done
  mksquashfs "$payload/compilers/imaged" "$payload/images/imaged.img" -quiet -no-progress >"$work/mksquashfs.log"
  gcc -O2 -Wall -static -o "$payload/instructions" src/bench/c/instructions.c
  make_archive "$payload"
  make_payload_disk "$payload"
}

# counted PROGRAM CALL: the median; empty if it was not measured.
counted() {
  awk -v program="$1" -v call="$2" '$1 == "count" && $2 == program && $3 == call { print $4 }' target/instructions.txt
}

# added PROGRAM CALL: how many more than without a trace.
added() {
  local with without
  with=$(counted "$1" "$2")
  without=$(counted untraced "$2")
  [[ -z $with || -z $without ]] || echo $((with - without))
}

table() {
  local call bar what program more
  printf '| instructions | untraced'
  printf ' | %s' "${PROGRAMS[@]}"
  printf ' |\n|---|---:'
  printf '|---:%.0s' "${PROGRAMS[@]}"
  echo '|'
  while read -r call bar what; do
    [[ -n $call ]] || continue
    printf '| %s | %s' "$what" "$(counted untraced "$call")"
    for program in "${PROGRAMS[@]}"; do
      more=$(added "$program" "$call")
      printf ' | %s' "${more:+$(printf %+d "$more")}"
    done
    echo ' |'
  done <<<"$ROWS"
}

compare() {
  local call bar what more again reached=0 missed=0
  while read -r call bar what; do
    [[ -n $call ]] || continue
    more=$(added hooked "$call")
    if [[ $bar == - ]]; then
      continue
    elif [[ -n $more ]] && ((more <= bar)); then
      reached=$((reached + 1))
    else
      missed=$((missed + 1))
      echo "missed: $what: +${more:-?}, at most +$bar"
    fi
    # Nothing is left of the programs.
    again=$(added again "$call")
    ((${again:-0} < SAME)) || echo "untraced at the end, $what: +$again"
  done <<<"$ROWS"
  echo "$reached reached, $missed missed"
  ((missed == 0 && reached > 0))
}

main "$@"
