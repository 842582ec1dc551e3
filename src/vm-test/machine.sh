# shellcheck shell=bash
# An emulated machine with Debian's own kernel. Sourced by vm-test.sh and instructions.sh.
#
# The machine is emulated, so that no KVM is needed, and steps back behind whatever else runs here.
# What it writes to its disk is dropped, and whatever happens it is gone at the end. Its second disk,
# the payload, has guest.sh, which a unit of its systemd runs (vm-test.service). What that writes to
# /dev/hvc0 is printed here and kept in $work/results; the last line is `end`.

readonly MACHINES=src/vm-test

# choose_machine CACHE DEBIAN [ARCHITECTURE]: sets release, architecture, tree and disk, and work, a
# folder that is removed at the end.
choose_machine() {
  case $2 in
    12) release=bookworm ;;
    13) release=trixie ;;
    *) echo "vm-test: Debian 12 or 13, not $2" >&2; exit 2 ;;
  esac
  architecture=${3:-amd64}
  case $architecture in
    amd64) tree=$1/vm-$release ;;
    arm64) tree=$1/vm-$release-arm64 ;;
    *) echo "vm-test: amd64 or arm64, not $architecture" >&2; exit 2 ;;
  esac
  disk=$tree.img
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/lazymount-vm.XXXXXX")
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
  local made_by
  made_by=$(cat $MACHINES/base-tree.sh $MACHINES/vm-test.service | sha256sum)
  if [[ ! -s $disk || $(cat "$tree.made-by" 2>/dev/null) != "$made_by" ]]; then
    echo "making a disk of Debian $release for $architecture in ${tree%/*} (some minutes, once)"
    rm -f "$disk"
    bash $MACHINES/base-tree.sh "$release" "$architecture" "$tree" $MACHINES/vm-test.service
    cp "$tree"/boot/vmlinuz-* "$tree.kernel"
    cp "$tree"/boot/initrd.img-* "$tree.initrd"
    mke2fs -q -t ext4 -d "$tree" "$disk.new" 3G
    mv "$disk.new" "$disk"
    echo "$made_by" >"$tree.made-by"
  fi
}

# The class archive for the machine's own Java, made here, where it takes seconds. It holds the jar's
# path, so it is made where the machine has it. $1: the payload.
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

# The second disk. $1: the folder with its content.
make_payload_disk() {
  mksquashfs "$1" "$work/payload.img" -quiet -no-progress -noI -noD -noF -noX >"$work/mksquashfs.log"
}

# boot SECONDS KERNEL_PARAMETERS QEMU_OPTION...: runs the machine to its end, at most that long.
boot() {
  local seconds=$1 parameters=$2 qemu console teller
  shift 2
  : >"$work/results"
  echo "booting Debian $release for $architecture under emulation"
  case $architecture in
    amd64) qemu=qemu-system-x86_64 console=ttyS0 ;;
    arm64) qemu="qemu-system-aarch64 -machine virt" console=ttyAMA0 ;;
  esac
  # The console is for the checks; what makes a processor safer makes an emulated one slower.
  parameters="root=/dev/vda rw console=$console quiet systemd.mask=serial-getty@$console.service
    systemd.mask=serial-getty@hvc0.service systemd.default_timeout_start_sec=600
    mitigations=off apparmor=0 selinux=0 audit=0 $parameters"
  # shellcheck disable=SC2086  # $qemu may be several words
  nice -n 10 $qemu "$@" -display none -monitor none -no-reboot -nic none \
    -kernel "$tree.kernel" -initrd "$tree.initrd" -append "${parameters//$'\n'/ }" \
    -drive "file=$disk,if=virtio,format=raw,snapshot=on" \
    -drive "file=$work/payload.img,if=virtio,format=raw,readonly=on" \
    -serial "file:$work/console" -chardev "file,id=results,path=$work/results" \
    -device virtio-serial-pci -device virtconsole,chardev=results </dev/null 2>"$work/qemu.log" &
  machine=$!
  tail -f --pid=$machine -n +1 "$work/results" &
  teller=$!
  local end=$((SECONDS + seconds))
  while kill -0 $machine 2>/dev/null && ((SECONDS < end)); do
    sleep 1
  done
  stop_machine
  wait $teller || true
  cp "$work/console" target/vm-test.log
}

# Whether guest.sh came to its end; complains otherwise.
came_to_the_end() {
  grep -q '^end' "$work/results" && return
  echo "the machine did not come to the end; its console is in target/vm-test.log" "$(tail -n 3 "$work/qemu.log")"
  return 1
}
