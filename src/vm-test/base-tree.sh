#!/usr/bin/env bash
# usage: base-tree.sh RELEASE ARCHITECTURE TREE UNIT
# Makes TREE, the Debian RELEASE (bookworm, trixie) for ARCHITECTURE (amd64, arm64) that ./dev vm-test
# boots: kernel, systemd, NFS server and client, Java, bpftrace, and UNIT, which is started at boot. It
# has nothing of lazymount, and so is made once. Needs root, debootstrap and a mirror; for another
# architecture than this machine's qemu-user-static, too. TREE appears only when it is complete.
set -euo pipefail

release=$1 architecture=$2 tree=$3 unit=$4
log=$tree.log

case $release in
  bookworm) java=openjdk-17-jre-headless ;;
  *) java=openjdk-21-jre-headless ;;
esac

fresh=$(mktemp -d "$tree-XXXXXX")
trap 'rm -rf --one-file-system "$fresh"' EXIT
chmod 755 "$fresh"

# The kernel runs programs of arm64 by qemu while this handler is registered. Its interpreter is opened
# when it is registered (flag F), so that it works in a chroot.
if [[ $architecture == arm64 && $(uname -m) != aarch64 ]]; then
  handlers=$(mktemp -d)
  mount -t binfmt_misc binfmt_misc "$handlers"
  if [[ ! -e $handlers/qemu-aarch64 ]]; then
    trap 'echo -1 >"$handlers/qemu-aarch64"; umount "$handlers"; rmdir "$handlers"; rm -rf --one-file-system "$fresh"' EXIT
    cat /usr/lib/binfmt.d/qemu-aarch64.conf >"$handlers/register"
  else
    trap 'umount "$handlers"; rmdir "$handlers"; rm -rf --one-file-system "$fresh"' EXIT
  fi
fi

# In a mount namespace of its own: what debootstrap and apt mount goes with it.
if ! unshare --mount --propagation private bash -euc '
  release=$1 architecture=$2 fresh=$3 java=$4
  debootstrap --variant=minbase --arch="$architecture" "$release" "$fresh"
  mountpoint -q "$fresh/proc" || mount -t proc proc "$fresh/proc"
  mount --bind /dev "$fresh/dev"
  # Nothing is started in a chroot.
  printf "#!/bin/sh\nexit 101\n" >"$fresh/usr/sbin/policy-rc.d"
  chmod 755 "$fresh/usr/sbin/policy-rc.d"
  # The cloud kernel has all that is needed (nfs, nfsd, squashfs, loop, virtio, BTF) and is small.
  DEBIAN_FRONTEND=noninteractive chroot "$fresh" apt-get install -y --no-install-recommends \
    "linux-image-cloud-$architecture" initramfs-tools systemd systemd-sysv udev dbus kmod procps \
    nfs-kernel-server nfs-common bpftrace jq "$java"
  chroot "$fresh" apt-get clean
  rm "$fresh/usr/sbin/policy-rc.d"
  chroot "$fresh" systemctl disable nfs-server apt-daily.timer apt-daily-upgrade.timer
' make "$release" "$architecture" "$fresh" "$java" >"$log" 2>&1; then
  echo "vm-test: could not make $tree: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log"); more in $log" >&2
  exit 1
fi
cp "$unit" "$fresh/etc/systemd/system/"
chroot "$fresh" systemctl enable --quiet "$(basename "$unit")"
rm -rf --one-file-system "$tree"
mv "$fresh" "$tree"
