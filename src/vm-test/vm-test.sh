#!/usr/bin/env bash
# usage: vm-test.sh CACHE [12|13] [amd64|arm64] [--only GROUP[,GROUP...]]
# Boots Debian's own kernel in a virtual machine whose compilers and images are on kernel NFS, and
# runs the checks of guest.sh in it. `./dev vm-test` builds lazymount and installs what this needs.
# With --only, some groups of checks: the functions that guest.sh lists.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly PATIENCE=5400 # seconds for the whole run
# shellcheck source=src/vm-test/machine.sh
source src/vm-test/machine.sh

cache=$1 debian=12 wanted=amd64 only=
shift
while (($# > 0)); do
  case $1 in
    12 | 13) debian=$1 ;;
    amd64 | arm64) wanted=$1 ;;
    --only) only=${2:?a group of checks, such as in_daily_use}; shift ;;
    *) echo "vm-test: Debian 12 or 13, amd64 or arm64, or --only, not $1" >&2; exit 2 ;;
  esac
  shift
done
for group in ${only//,/ }; do
  if ! grep -qx "  $group" $MACHINES/guest.sh; then
    echo "vm-test: guest.sh has no group of checks $group" >&2
    exit 2
  fi
done

main() {
  choose_machine "$cache" "$debian" "$wanted"
  make_disk
  make_payload
  run
  summary
}

# A second disk: lazymount as it was built, the checks, and compilers with their images.
make_payload() {
  local payload=$work/payload name
  mkdir -p "$payload/images" "$payload/compilers" "$payload/lazymount"
  cp $MACHINES/{guest,sight,arm64}.sh systemd/lazymount.service "$payload"
  cp -rp target/lazymount target/lazymount.jar target/lib "$payload/lazymount"
  for name in opened executed relative later replaced vanished waiting stale-replaced stale-vanished \
    used-after by-io-uring by-32-bit by-loader idle-used idle-sandboxes idle-unused one-cpu cpu-back after-ftrace \
    path-opened path-executed stuck-1 stuck-2 stuck-3; do
    make_compiler "$name" "original $name"
    image "$name" "image $name" "$name.img"
  done
  mkdir "$payload/compilers/small"
  : >"$payload/compilers/small/bulk"
  make_compiler small "original small"
  image small "image small" small.img
  for name in cycle-{1..20} many-{1..50}; do
    copy_compiler small "$name"
  done
  [[ -z $only ]] || echo "${only//,/ }" >"$payload/only"
  for name in replaced stale-replaced; do
    image "$name" "image 2 $name" "$name.img.2"
  done
  if [[ $architecture == amd64 ]]; then
    make_openers "$payload/sight"
    make_archive "$payload"
  fi
  make_payload_disk "$payload"
}

# Programs that open files in the ways of sight.sh. Two have a loader of their own below the root: a
# compiler's original directory has it, its image need not.
make_openers() {
  local root=/opt/compiler-explorer name
  mkdir "$1"
  gcc -O2 -static -o "$1/opener" src/test/c/opener.c
  echo 'int main(void) { return 0; }' >"$work/empty.c"
  gcc -shared -o "$1/libsight.so" "$work/empty.c"
  gcc -o "$1/with-library" "$work/empty.c" -Wl,--no-as-needed "-L$1" -lsight
  gcc -o "$1/own-loader" "$work/empty.c" "-Wl,--dynamic-linker=$root/by-LOADER/lib/ld.so"
  gcc -o "$1/loader-of-by-loader" "$work/empty.c" "-Wl,--dynamic-linker=$root/by-loader/lib/ld.so"
  mkdir "$1/../compilers/by-loader/lib"
  cp -L "$tree/lib64/ld-linux-x86-64.so.2" "$1/../compilers/by-loader/lib/ld.so"
}

make_compiler() {
  local folder=$work/payload/compilers/$1
  mkdir -p "$folder/bin"
  echo "$2" >"$folder/version"
  printf '#!/bin/sh\necho %s\n' "$2" >"$folder/bin/cc"
  chmod 755 "$folder/bin/cc"
  [[ -e $folder/bulk ]] || head -c 1M /dev/urandom >"$folder/bulk"
}

# The image of a compiler: what it has below the root, and another version.
image() {
  local original
  original=$(cat "$work/payload/compilers/$1/version")
  make_compiler "$1" "$2"
  mksquashfs "$work/payload/compilers/$1" "$work/payload/images/$3" -quiet -no-progress -comp gzip \
    >"$work/mksquashfs.log"
  make_compiler "$1" "$original"
}

# A small compiler, and the image of another one, which is not older.
copy_compiler() {
  local payload=$work/payload
  mkdir "$payload/compilers/$2"
  echo "original $2" >"$payload/compilers/$2/version"
  touch -r "$payload/compilers/$1" "$payload/compilers/$2"
  ln "$payload/images/$1.img" "$payload/images/$2.img"
}

run() {
  # With minor numbers for partitions between loop devices; one of the two has it.
  local parameters=
  [[ $release != trixie ]] || parameters=loop.max_part=7
  # Many hosts of arm64 have one CPU.
  local processor=(-cpu max -smp 2)
  [[ $architecture == amd64 ]] || processor=(-cpu neoverse-n1 -smp 1)
  boot $PATIENCE "$parameters" -accel tcg,thread=multi,tb-size=512 "${processor[@]}" -m 2048
}

# A machine that shuts down says when, in seconds since its start; its kernel says when it is off.
judge_shutdown() {
  local since limit what off
  read -r _ since limit what < <(grep '^off ' "$work/results") || return 0
  off=$(grep -ao '^\[ *[0-9]*\.[0-9]*\] reboot: Power down' "$work/console" | grep -o '[0-9]*' | head -n 1 || true)
  if [[ -z $off ]]; then
    echo "failed it $what: it did not shut down"
  elif ((off - since > limit)); then
    echo "failed it $what ($((off - since)) s)"
  else
    echo "passed it $what ($((off - since)) s)"
  fi
}

# Ends with one line, `N passed, N failed`.
summary() {
  local passed failed
  judge_shutdown | tee -a "$work/results"
  passed=$(grep -c '^passed ' "$work/results" || true)
  failed=$(grep -c '^failed ' "$work/results" || true)
  if ! came_to_the_end; then
    failed=$((failed + 1))
  elif ((failed > 0)); then
    echo "what the daemon said is in target/vm-test.log"
  fi
  echo "$passed passed, $failed failed"
  ((failed == 0 && passed > 0))
}

main "$@"
