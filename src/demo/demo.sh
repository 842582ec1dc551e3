#!/usr/bin/env bash
# Shows an image being mounted at its first access, with real compilers, in a temp folder of its own: on
# storage with the latency of a network (src/bench/c/latency.c), where the first compile is slow.
# Run it by `./dev demo`, which builds lazymount and installs what this needs.
#
# Every step is checked, and the first one that did not happen ends the demo with exit code 1.
# However it ends, also by Ctrl-C, no mount, loop device, process or file of it stays.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly LAZYMOUNT=target/lazymount
readonly OTHERS=50 # small images that are never used
readonly ROUNDS=3   # compiles for one figure; the fastest counts
readonly CACHE=${LAZYMOUNT_CACHE:-/var/cache/lazymount-dev}/compilers
# Microseconds of a metadata call and of a read, MB/s, seconds that attributes are cached: as Amazon EFS.
readonly LATENCY=(600 1000 300 60)

main() {
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  trap 'exit 141' PIPE
  work=$(mktemp -d "${TMPDIR:-/tmp}/lazymount-demo.XXXXXX")
  storage=$work/storage root=$work/storage/root images=$work/storage/images out=$work/out
  backing=$work/backing
  mkdir "$storage" "$backing" "$out"
  write_programs

  title "A compiler's image is mounted at its first access, and nothing waits for it"
  make_compilers
  serve_storage
  measure_originals
  start_daemon
  look_around
  first_use "$tcc"
  first_use "$gxx"
  use_bad_image
  count_mounted
  show_status
  kill_and_adopt
  put_away
  title "All of it happened. A first compile by $gxx on this storage:"
  item "$(ms "${original[$gxx]}")   from the original directory"
  item "$(ms "${first[$gxx]}")   with lazymount, at the first access"
  item "$(ms "${later[$gxx]}")   from then on"
}

# --- the steps ----------------------------------------------------------------------------------

# Fills the storage with compilers and their images.
make_compilers() {
  step "Compilers and their images"
  local number
  mount -t tmpfs -o mode=755 tmpfs "$backing"
  mkdir "$backing/root" "$backing/images"
  add tcc tcc libc6-dev
  tcc=$added
  add gxx g++
  gxx=$added
  broken='tcc-nightly'
  cp -a "$backing/root/$tcc" "$backing/root/$broken"
  cp "$backing/images/$tcc.img" "$backing/images/$broken.img"
  cut_off "$backing/images/$broken.img"
  for number in $(seq -w "$OTHERS"); do
    mkdir -p "$backing/root/other-$number/bin"
    printf '#!/bin/sh\necho compiler %s\n' "$number" >"$backing/root/other-$number/bin/cc"
    chmod +x "$backing/root/other-$number/bin/cc"
  done
  mksquashfs "$backing/root/other-01" "$backing/images/other-01.img" -quiet -no-progress -all-root >"$work/mksquashfs" ||
    stop "mksquashfs failed: $(tail -n 1 "$work/mksquashfs")"
  for number in $(seq -w 2 "$OTHERS"); do
    cp "$backing/images/other-01.img" "$backing/images/other-$number.img"
  done
  item "$gxx, $tcc and $broken, from Debian's packages, and $OTHERS small ones;"
  item "a squashfs image of each; the one of $broken is cut off"
}

# Shows them below $storage, as slow as a network's storage.
serve_storage() {
  cc -O2 -I/usr/include/fuse3 -o "$work/latency" src/bench/c/latency.c -lfuse3 -lpthread ||
    stop "src/bench/c/latency.c does not compile"
  LAZYMOUNT_DEMO=$work "$work/latency" "$backing" "$storage" "${LATENCY[@]}" >"$work/latency.log" 2>&1 &
  wait_until 10 "the storage is not mounted" [ -d "$root" ]
  item "root      $root"
  item "images    $images"
  item "storage   as slow as a network's: ${LATENCY[0]} µs each metadata call, ${LATENCY[1]} µs each read, ${LATENCY[2]} MB/s"
}

measure_originals() {
  declare -gA original
  local name start
  for name in "$tcc" "$gxx"; do
    drop_caches
    start=$(now)
    compile "$name"
    original[$name]=$(($(now) - start))
    check_program
    item "original  the first compile by $name takes $(ms "${original[$name]}"), with the caches of this machine dropped before"
  done
}

start_daemon() {
  step "The daemon starts"
  local start
  start=$(now)
  run_daemon
  item "ready after $(awk -v us=$(($(now) - start)) 'BEGIN { printf "%.1f s", us / 1e6 }'): it has seen an access of its own come back through the trace"
  bpftrace=$(status_json | jq -e .trace.pid)
  item "trace     program '$(status_json | jq -r .trace.program)', bpftrace is process $bpftrace"
  ((OTHERS + 3 == $(status_json | jq .images.known))) || stop "it does not know all images"
}

look_around() {
  local directories
  # shellcheck disable=SC2010  # what `ls -l` itself does is shown
  directories=$(ls -l "$root" "$root"/* | grep -c "^$root/")
  item "looking   \`ls -l\` of the root and its $directories directories: that is no use, and mounts nothing"
}

declare -A first later

# $1 is used for the first time: the original serves what is read before the image is mounted.
first_use() {
  local name=$1
  step "First use of $name, by absolute path"
  [[ $(fs_of "$root/$(driver "$name")") != squashfs ]] || stop "$name is mounted already"
  local before start done_at
  before=$(fs_in_words "$root/$(driver "$name")")
  drop_caches
  start=$(now)
  compile "$name"
  done_at=$(now)
  check_program
  wait_until 10 "the image of $name is not mounted" is_mounted "$name"
  wait_until 10 "the log has no line about the mount of $name" logged "$name: mounted from "

  # The log says how long after the event the image was mounted, the status when that was.
  local line device work_ms after_ms who since seen
  line=$(grep -m 1 -F "$name: mounted from " "$work/log")
  local form='from ([^ ]+) in ([0-9.]+) ms, ([0-9.]+) ms after the access by (.*[^ ]) *$'
  [[ $line =~ $form ]] || stop "not understood: $line"
  device=${BASH_REMATCH[1]} work_ms=${BASH_REMATCH[2]} after_ms=${BASH_REMATCH[3]} who=${BASH_REMATCH[4]}
  since=$(status_json | jq -re --arg name "$name" '.mounts[] | select(.name == $name).since')
  since=$(($(date -d "$since" +%s%6N)))
  seen=$((since - $(awk -v ms="$after_ms" 'BEGIN { printf "%d", ms * 1000 }')))
  {
    at 0 "root/$(driver "$name") is run, from $before"
    at $((seen - start)) "the daemon sees it: $who"
    at $((since - start)) "mounted from $device ($work_ms ms of work)"
    at $((done_at - start)) "compiled: begun in the original directory, without waiting for the image"
  } | sort -n -t + -k 2

  fastest compile "$name"
  check_program
  local now_on
  now_on=$(fs_of "$root/$(driver "$name")")
  [[ $now_on == squashfs ]] || stop "$name is served by $now_on and not by its image"
  item "served from the image now: root/$(driver "$name") is on $now_on, $(source_of "$name")"
  item "compile   $(ms "${original[$name]}") from the original, $(ms $((done_at - start))) at this first access, $(ms "$best") from now on"
  first[$name]=$((done_at - start)) later[$name]=$best
}

use_bad_image() {
  step "First use of $broken, whose image is cut off"
  compile "$broken"
  check_program
  item "compiled by the original"
  wait_until 10 "nothing was said of the bad image" logged "$broken: quarantined"
  compile "$broken"
  check_program
  is_mounted "$broken" && stop "a bad image was mounted"
  [[ $(fs_of "$root/$(driver "$broken")") != squashfs ]] || stop "a bad image covers the original"
  local reason
  reason=$(status_json | jq -re --arg name "$broken" \
    '.mounts[] | select(.name == $name and .state == "quarantined").reason') ||
    stop "the status has no reason for $broken"
  item "status    quarantined:"
  fold -s -w 96 <<<"$reason" | sed 's/^/             /'
  item "compiled again by the original: a bad image changes nothing"
}

count_mounted() {
  step "What was not mounted"
  local mounted
  mounted=$(mounts | wc -l)
  [[ $mounted == 2 ]] || stop "$mounted images are mounted, and 2 were used: $(mounts)"
  item "2 of $((OTHERS + 3)) images are mounted, those of $tcc and $gxx; the other $OTHERS were never used"
}

show_status() {
  step "\$ lazymount status"
  "$LAZYMOUNT" status "${settings[@]}" | sed 's/^/   /'
}

kill_and_adopt() {
  step "kill -9 of the daemon"
  local before
  before=$(mounts)
  kill -KILL "$daemon"
  { wait "$daemon" || true; } 2>/dev/null
  wait_until 5 "bpftrace $bpftrace outlives the daemon" gone "$bpftrace"
  item "gone, and its bpftrace with it"
  compile "$tcc"
  check_program
  compile "$gxx"
  check_program
  item "both compilers go on, from their images: nothing of the daemon is in their way"
  run_daemon
  wait_until 10 "the mounts were not adopted" adopted
  [[ $(mounts) == "$before" ]] || stop "mounts have changed: $before became $(mounts)"
  item "started again: it has adopted both, the same mounts on the same devices, nothing mounted twice:"
  status_json | jq -r '.mounts[] | select(.state == "mounted") | "\(.name) \(.state) \(.device)"' | sed 's/^/             /'
}

put_away() {
  step "Cleaning up"
  end_all || stop "not all of it went"
  item "the daemon ended by SIGTERM; the images unmounted by hand, as it leaves them mounted"
  item "left      no mount, no loop device, no process, no file"
}

# --- real compilers -----------------------------------------------------------------------------

# Adds the compiler $1 of these Debian packages to the storage; sets `added` to its name. It is made
# once, which takes half a minute.
add() {
  local folder=$CACHE/$1 version
  bash src/bench/compiler.sh "$folder" "${@:2}" || stop "no compiler $1"
  case $1 in
    tcc)
      # prints: tcc version 0.9.27 (x86_64 Linux)
      version=$("$folder/root/usr/bin/tcc" -v | sed -E 's/^tcc version ([^ ]+).*/\1/')
      added=tcc-$version
      ;;
    gxx)
      version=$("$folder/root/usr/bin/g++" -dumpfullversion)
      added=g++-$version
      ;;
  esac
  cp -a "$folder/root" "$backing/root/$added"
  cp "$folder/image.img" "$backing/images/$added.img"
}

# Makes the storage cold: what it is made of is in memory.
drop_caches() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
}

cut_off() {
  truncate -s $(($(stat -c %s "$1") / 2)) "$1"
}

write_programs() {
  cat >"$work/primes.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  enum { N = 100 };
  char *composite = malloc(N);
  int sum = 0;
  memset(composite, 0, N);
  for (int i = 2; i < N; i++) {
    if (composite[i]) continue;
    sum += i;
    for (int j = i + i; j < N; j += i) composite[j] = 1;
  }
  printf("the primes below %d add up to %d\n", N, sum);
  free(composite);
  return 0;
}
C
  cat >"$work/primes.cpp" <<'CPP'
#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>
#include <regex>
#include <vector>

int main() {
  std::vector<int> primes;
  for (int i = 2; i < 100; i++) {
    if (std::none_of(primes.begin(), primes.end(), [i](int p) { return i % p == 0; })) primes.push_back(i);
  }
  std::cout << "the primes below 100 add up to " << std::accumulate(primes.begin(), primes.end(), 0) << '\n';
}
CPP
}

# The program of compiler $1, below the root.
driver() {
  case $1 in
    g++-*) printf '%s' "$1/usr/bin/g++" ;;
    *) printf '%s' "$1/usr/bin/tcc" ;;
  esac
}

# Compiles the program by the compiler $1, with its own headers and libraries.
compile() {
  local at=$root/$1 libraries=$root/$1/usr/lib/x86_64-linux-gnu
  rm -f "$out/primes"
  case $1 in
    g++-*)
      PATH=$at/usr/bin:$PATH LD_LIBRARY_PATH=$libraries "$at/usr/bin/g++" "--sysroot=$at" \
        -O2 -static-libstdc++ "$work/primes.cpp" -o "$out/primes"
      ;;
    *)
      "$at/usr/bin/tcc" "-B$libraries/tcc" -nostdinc "-I$libraries/tcc/include" "-I$at/usr/include" \
        "-I$at/usr/include/x86_64-linux-gnu" "$work/primes.c" -o "$out/primes"
      ;;
  esac || stop "$1 could not compile the program"
}

check_program() {
  [[ $("$out/primes") == "the primes below 100 add up to 1060" ]] || stop "the compiled program is wrong"
}

# --- the daemon ---------------------------------------------------------------------------------

# Starts it and waits until it is ready.
run_daemon() {
  settings=(
    --config /dev/null --set root="$root" --set images="$images" --set run-dir="$work/run"
    --set lock-dir="$work/lock" --set state-dir="$work/state"
  )
  : >"$work/log"
  # The mark in its environment, and in that of all it starts, is how they are found in the end.
  LAZYMOUNT_DEMO=$work "$LAZYMOUNT" run "${settings[@]}" >"$work/log" 2>&1 &
  daemon=$!
  wait_until 60 "the daemon is not ready" logged "ready: "
}

status_json() {
  "$LAZYMOUNT" status --json "${settings[@]}"
}

adopted() {
  [[ $(status_json | jq .images.mounted) == 2 ]]
}

logged() {
  grep -q -F -e "$1" "$work/log" || { gone "$daemon" && stop "the daemon has ended"; }
}

# --- what the kernel says -----------------------------------------------------------------------

# Mounts in the root: number, target and source of each.
mounts() {
  mounts_in "$root"
}

mounts_in() {
  awk -v below="$1/" 'index($5, below) == 1 { print $1, $5, $(NF - 1) }' /proc/self/mountinfo
}

is_mounted() {
  [[ -n $(mounts | awk -v target="$root/$1" '$2 == target') ]]
}

source_of() {
  mounts | awk -v target="$root/$1" '$2 == target { print $3 }'
}

# The type of the file system that file $1 is on; asks by statfs, which opens nothing.
fs_of() {
  stat -f -c %T "$1"
}

# The same as people call it: to statfs, ext4 is "ext2/ext3".
fs_in_words() {
  findmnt -n -o FSTYPE -T "$1"
}

gone() {
  [[ ! -d /proc/$1 ]]
}

# --- cleaning up --------------------------------------------------------------------------------

clean_up() {
  local result=$?
  trap '' INT TERM HUP PIPE
  trap - EXIT
  if [[ -n ${work:-} && -d $work ]] && ! end_all; then
    result=1
  fi
  exit "$result"
}

# Ends and removes all there is; says what would not go.
end_all() {
  if [[ -n ${daemon:-} ]] && kill -TERM "$daemon" 2>/dev/null; then
    wait_quietly 6 gone "$daemon" || kill -KILL "$daemon" 2>/dev/null || true
    { wait "$daemon" || true; } 2>/dev/null
  fi
  local target
  while read -r _ target _; do
    umount "$target" 2>/dev/null || umount -l "$target" || true
  done < <(mounts_in "$work" | tac)
  if ! wait_quietly 5 nothing_left; then
    printf 'left behind:\n%s\n' "$(leftovers)" >&2
    return 1
  fi
  rm -rf --one-file-system "$work"
  if [[ -n ${LAZYMOUNT_DEMO_TRACEFS:-} ]]; then
    umount "$LAZYMOUNT_DEMO_TRACEFS" || return 1
    LAZYMOUNT_DEMO_TRACEFS=
  fi
}

nothing_left() {
  [[ -z $(leftovers) ]]
}

leftovers() {
  mounts_in "$work" | sed 's/^/mount /'
  grep -l -s -F "$work/" /sys/block/loop*/loop/backing_file | sed 's/^/loop device /'
  grep -l -s -z -x -F "LAZYMOUNT_DEMO=$work" /proc/[0-9]*/environ | sed 's/^/process /'
  true
}

# --- small things -------------------------------------------------------------------------------

# The time in microseconds.
now() {
  printf '%s' "${EPOCHREALTIME/[.,]/}"
}

# Runs a command some times; sets `best` to the shortest time in microseconds.
fastest() {
  local start took round
  best=
  for ((round = 0; round < ROUNDS; round++)); do
    start=${EPOCHREALTIME/[.,]/}
    "$@"
    took=$((${EPOCHREALTIME/[.,]/} - start))
    if [[ -z $best ]] || ((took < best)); then
      best=$took
    fi
  done
}

# wait_until SECONDS COMPLAINT COMMAND...: stops the demo with the complaint when the time is over.
wait_until() {
  local seconds=$1 complaint=$2
  shift 2
  wait_quietly "$seconds" "$@" || stop "$complaint, after $seconds s"
}

wait_quietly() {
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.02
  done
}

stop() {
  printf 'demo: this did not happen as it should: %s\n' "$*" >&2
  if [[ -s ${work:-}/log ]]; then
    printf 'the end of the log of the daemon:\n' >&2
    tail -n 8 "$work/log" >&2
  fi
  exit 1
}

bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' plain=$'\e[0m'
fi
steps=0

title() {
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

step() {
  title "$((++steps)). $*"
}

item() {
  printf '   %s\n' "$*"
}

# One line of a timeline: at $1 microseconds, $2 happened.
at() {
  printf '   T + %7.1f ms   %s\n' "$(awk -v us="$1" 'BEGIN { print us / 1000 }')" "$2"
}

ms() {
  awk -v us="$1" 'BEGIN { printf "%.1f ms", us / 1000 }'
}

main "$@"
