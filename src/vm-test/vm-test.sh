#!/usr/bin/env bash
# usage: vm-test.sh CACHE [12|13]
# Boots Debian's own kernel in a virtual machine whose compilers and images are on kernel NFS, and
# runs the checks of guest.sh in it. `./dev vm-test` builds lazymount and installs what this needs.
#
# The machine is emulated, so that no KVM is needed, and steps back behind whatever else runs here.
# What it writes to its disk is dropped, and whatever happens it is gone at the end.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly HERE=src/vm-test
readonly PATIENCE=3600 # seconds for the whole run

cache=$1
case ${2:-12} in
  12) release=bookworm ;;
  13) release=trixie ;;
  *) echo "vm-test: Debian 12 or 13, not $2" >&2; exit 2 ;;
esac

main() {
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/lazymount-vm.XXXXXX")
  tree=$cache/vm-$release
  make_disk
  make_payload
  run
  summary
}

clean_up() {
  stop_machine
  rm -rf "$work"
}

stop_machine() {
  if [[ -n ${machine:-} ]]; then
    kill -KILL "$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
    machine=
  fi
}

# The base disk, cached; remade when one of the scripts that make it has changed.
make_disk() {
  disk=$tree.img
  local made_by
  made_by=$(cat $HERE/base-tree.sh $HERE/vm-test.service | sha256sum)
  if [[ ! -s $disk || $(cat "$tree.made-by" 2>/dev/null) != "$made_by" ]]; then
    echo "making a disk of Debian $release in $cache (some minutes, once)"
    rm -f "$disk"
    bash $HERE/base-tree.sh "$release" "$tree" $HERE/vm-test.service
    cp "$tree"/boot/vmlinuz-* "$tree.kernel"
    cp "$tree"/boot/initrd.img-* "$tree.initrd"
    mke2fs -q -t ext4 -d "$tree" "$disk.new" 3G
    mv "$disk.new" "$disk"
    echo "$made_by" >"$tree.made-by"
  fi
}

# A second disk: lazymount as it was built, the checks, and compilers with their images.
make_payload() {
  local payload=$work/payload name
  mkdir -p "$payload/images" "$payload/compilers" "$payload/lazymount"
  cp $HERE/guest.sh $HERE/sight.sh systemd/lazymount.service "$payload"
  cp -rp target/lazymount target/lazymount.jar target/lib "$payload/lazymount"
  for name in opened executed relative later replaced vanished waiting stale-replaced stale-vanished \
    used-after by-io-uring by-32-bit by-loader idle-used idle-unused after-ftrace path-opened path-executed stuck-1 stuck-2 stuck-3; do
    make_compiler "$name" "original $name"
    image "$name" "image $name" "$name.img"
  done
  for name in replaced stale-replaced; do
    image "$name" "image 2 $name" "$name.img.2"
  done
  make_openers "$payload/sight"
  make_archive "$payload"
  mksquashfs "$payload" "$work/payload.img" -quiet -no-progress -noI -noD -noF -noX >"$work/mksquashfs.log"
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

# The class archive for the machine's own Java, made here, where it takes seconds. It holds the jar's
# path, so it is made where the machine has it.
make_archive() {
  unshare --mount --propagation private bash -euc '
    tree=$1 payload=$2
    mkdir -p "$tree/payload"
    mount --bind "$payload" "$tree/payload"
    mount -t proc proc "$tree/proc"
    mount -t tmpfs tmpfs "$tree/tmp"
    chroot "$tree" /payload/lazymount/lazymount train
  ' make_archive "$tree" "$1"
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
  : >"$work/results"
  echo "booting Debian $release under emulation"
  # The console is for the checks; what makes a processor safer makes an emulated one slower.
  local command_line="root=/dev/vda rw console=ttyS0 quiet systemd.mask=serial-getty@ttyS0.service
    systemd.default_timeout_start_sec=600 mitigations=off apparmor=0 selinux=0 audit=0"
  # With minor numbers for partitions between loop devices; one of the two has it.
  [[ $release != trixie ]] || command_line+=" loop.max_part=7"
  nice -n 10 qemu-system-x86_64 -accel tcg,thread=multi,tb-size=512 -cpu max -smp 2 -m 2048 \
    -display none -monitor none -no-reboot -nic none \
    -kernel "$tree.kernel" -initrd "$tree.initrd" -append "${command_line//$'\n'/ }" \
    -drive "file=$disk,if=virtio,format=raw,snapshot=on" \
    -drive "file=$work/payload.img,if=virtio,format=raw,readonly=on" \
    -serial "file:$work/console" -serial "file:$work/results" </dev/null 2>"$work/qemu.log" &
  machine=$!
  tail -f --pid=$machine -n +1 "$work/results" &
  teller=$!
  local end=$((SECONDS + PATIENCE))
  while kill -0 $machine 2>/dev/null && ((SECONDS < end)); do
    sleep 1
  done
  stop_machine
  wait $teller || true
}

# Ends with one line, `N passed, N failed`.
summary() {
  local passed failed
  passed=$(grep -c '^passed ' "$work/results" || true)
  failed=$(grep -c '^failed ' "$work/results" || true)
  cp "$work/console" target/vm-test.log
  if ! grep -q '^end' "$work/results"; then
    echo "the machine did not come to the end; its console is in target/vm-test.log" "$(tail -n 3 "$work/qemu.log")"
    failed=$((failed + 1))
  elif ((failed > 0)); then
    echo "what the daemon said is in target/vm-test.log"
  fi
  echo "$passed passed, $failed failed"
  ((failed == 0 && passed > 0))
}

main
