#!/usr/bin/env bash
# usage: vm-test.sh CACHE [12|13 [amd64|arm64]]
# Boots Debian's own kernel in a virtual machine whose compilers and images are on kernel NFS, and
# runs the checks of guest.sh in it. `./dev vm-test` builds lazymount and installs what this needs.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly PATIENCE=3600 # seconds for the whole run
# shellcheck source=src/vm-test/machine.sh
source src/vm-test/machine.sh

main() {
  choose_machine "$@"
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
    used-after by-io-uring by-32-bit by-loader idle-used idle-unused after-ftrace path-opened path-executed stuck-1 stuck-2 stuck-3; do
    make_compiler "$name" "original $name"
    image "$name" "image $name" "$name.img"
  done
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

run() {
  # With minor numbers for partitions between loop devices; one of the two has it.
  local parameters=
  [[ $release != trixie ]] || parameters=loop.max_part=7
  # Many hosts of arm64 have one CPU.
  local processor=(-cpu max -smp 2)
  [[ $architecture == amd64 ]] || processor=(-cpu neoverse-n1 -smp 1)
  boot $PATIENCE "$parameters" -accel tcg,thread=multi,tb-size=512 "${processor[@]}" -m 2048
}

# Ends with one line, `N passed, N failed`.
summary() {
  local passed failed
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
