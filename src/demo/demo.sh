#!/usr/bin/env bash
# Shows an image being mounted at its first access, with real compilers, in a temp folder of its own.
# Run it by `./dev demo`, which builds lazymount and installs what this needs.
#
# Every step is checked, and the first one that did not happen ends the demo with exit code 1.
# However it ends, also by Ctrl-C, no mount, loop device, process or file of it stays.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly LAZYMOUNT=target/lazymount
readonly OTHERS=50 # small images that are never used
readonly ROUNDS=10  # compiles for one figure; the fastest counts

main() {
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  trap 'exit 141' PIPE
  work=$(mktemp -d "${TMPDIR:-/tmp}/lazymount-demo.XXXXXX")
  root=$work/root images=$work/images out=$work/out
  mkdir "$root" "$images" "$out"
  write_program

  title "A compiler's image is mounted at its first access, and nothing waits for it"
  make_compilers
  measure_originals
  start_daemon
  look_around
  first_use "$tcc"
  first_use "$gcc"
  use_bad_image
  count_mounted
  show_status
  kill_and_adopt
  put_away
  title "All of it happened."
}

# --- the steps ----------------------------------------------------------------------------------

# Fills the root with compilers and the image directory with their images.
make_compilers() {
  step "Compilers and their images"
  make_tcc "$root/tcc-$(tcc_version)"
  tcc=tcc-$(tcc_version)
  gcc=gcc-$(gcc -dumpfullversion)
  make_gcc "$root/$gcc"
  broken=tcc-nightly
  cp -a "$root/$tcc" "$root/$broken"

  image "$tcc" "$gcc" "$broken"
  cut_off "$images/$broken.img"
  local number
  for number in $(seq -w "$OTHERS"); do
    mkdir -p "$root/other-$number/bin"
    printf '#!/bin/sh\necho compiler %s\n' "$number" >"$root/other-$number/bin/cc"
    chmod +x "$root/other-$number/bin/cc"
  done
  image other-01
  for number in $(seq -w 2 "$OTHERS"); do
    cp "$images/other-01.img" "$images/other-$number.img"
  done

  item "root      $root"
  item "          $tcc, $gcc, $broken and $OTHERS small ones, on $(fs_in_words "$root")"
  item "images    $images"
  item "          a squashfs image of each; the one of $broken is cut off"
  [[ $("$root/$gcc/bin/gcc" -print-prog-name=cc1) -ef $root/$gcc/$(relative "$(gcc -print-prog-name=cc1)") ]] ||
    stop "the copy of gcc does not use its own cc1"
}

measure_originals() {
  declare -gA original
  local name
  for name in "$tcc" "$gcc"; do
    fastest compile "$name"
    original[$name]=$best
    item "original  $name compiles a program in $(ms "$best") (fastest of $ROUNDS)"
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
  directories=$(ls -l "$root" "$root"/* | grep -c "^$root/")
  item "looking   \`ls -l\` of the root and its $directories directories: that is no use, and mounts nothing"
}

# $1 is used for the first time: the original serves that, and the image what comes after.
first_use() {
  local name=$1
  step "First use of $name, by absolute path"
  [[ $(fs_of "$root/$(driver "$name")") != squashfs ]] || stop "$name is mounted already"
  local before start done_at
  before=$(fs_in_words "$root/$(driver "$name")")
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
    at $((done_at - start)) "compiled, served by the original directory, without waiting"
  } | sort -n -t + -k 2

  fastest compile "$name"
  check_program
  local now_on
  now_on=$(fs_of "$root/$(driver "$name")")
  [[ $now_on == squashfs ]] || stop "$name is served by $now_on and not by its image"
  item "served from the image now: root/$(driver "$name") is on $now_on, $(source_of "$name")"
  item "compile   $(ms "$best") from the image, $(ms "${original[$name]}") from the original, which is on $before here;"
  item "          where it is on NFS, the image pays"
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
  item "2 of $((OTHERS + 3)) images are mounted, those of $tcc and $gcc; the other $OTHERS were never used"
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
  compile "$gcc"
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

tcc_version() {
  # prints: tcc version 0.9.27 (x86_64 Linux)
  tcc -v | sed -E 's/^tcc version ([^ ]+).*/\1/'
}

# Copies the installed tcc to folder $1.
make_tcc() {
  mkdir -p "$1/bin"
  cp -L "$(command -v tcc)" "$1/bin/tcc"
  # prints: install: /usr/lib/x86_64-linux-gnu/tcc
  cp -aL "$(tcc -print-search-dirs | sed -n 's/^install: //p')" "$1/lib"
}

# Copies the installed gcc to folder $1: all that C needs, with its assembler and linker. gcc looks
# for its parts relative to itself, so they keep their places relative to one another.
make_gcc() {
  local parts program
  parts=$(dirname "$(gcc -print-libgcc-file-name)")
  program=$(dirname "$(gcc -print-prog-name=cc1)")
  mkdir -p "$1/bin" "$1/$(relative "$parts")" "$1/$(relative "$program")"
  cp -L "$(command -v gcc)" "$1/bin/gcc"
  cp -aL "$parts"/include "$parts"/*.o "$parts"/libgcc* "$1/$(relative "$parts")"
  cp -aL "$program"/{cc1,collect2,lto-wrapper,liblto_plugin.so} "$1/$(relative "$program")"
  cp -L "$(command -v as)" "$(command -v ld)" "$1/$(relative "$program")"
}

# A path below /usr, without it.
relative() {
  local path
  path=$(readlink -f "$1")
  [[ $path == /usr/* ]] || stop "the installed gcc is not a Debian one: $path is not in /usr"
  printf '%s' "${path#/usr/}"
}

# Makes the images of these compilers.
image() {
  local name
  for name in "$@"; do
    mksquashfs "$root/$name" "$images/$name.img" -quiet -no-progress -all-root -Xcompression-level 1 >"$work/mksquashfs" ||
      stop "mksquashfs failed: $(tail -n 1 "$work/mksquashfs")"
  done
}

cut_off() {
  truncate -s $(($(stat -c %s "$1") / 2)) "$1"
}

write_program() {
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
}

# The program of compiler $1, below the root.
driver() {
  case $1 in
    gcc-*) printf '%s' "$1/bin/gcc" ;;
    *) printf '%s' "$1/bin/tcc" ;;
  esac
}

# Compiles the program by the compiler $1.
compile() {
  rm -f "$out/primes"
  case $1 in
    gcc-*) "$root/$1/bin/gcc" -O2 "$work/primes.c" -o "$out/primes" ;;
    *) "$root/$1/bin/tcc" -B"$root/$1/lib" "$work/primes.c" -o "$out/primes" ;;
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
  awk -v below="$work/" 'index($5, below) == 1 { print $1, $5, $(NF - 1) }' /proc/self/mountinfo
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
  done < <(mounts | tac)
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
  mounts | sed 's/^/mount /'
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
