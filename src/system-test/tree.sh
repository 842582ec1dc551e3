#!/usr/bin/env bash
# A Debian with a real systemd as PID 1, in namespaces of its own, at native speed. For the system test,
# which sources this, and for `./dev bench boot`, which runs it: tree.sh VERB FOLDER [WORDS].
#
#   new FOLDER BASE   makes FOLDER a machine, switched off: BASE (a debootstrapped tree; or several
#                     layers, with colons between) below a layer of its own, FOLDER/upper. BASE stays
#                     as it is.
#   boot FOLDER       switches it on, and returns when PID 1 takes commands
#   on FOLDER         switches it on, and stays until it is off, or gets SIGTERM; FOLDER/pid is its
#                     PID 1
#   run FOLDER ...    runs a command in it
#   chroot FOLDER ... runs a command in its tree while it is off, as a builder of machine images does
#   off FOLDER [S]    shuts it down, by its systemd; fails if that takes longer than 30 s, or S
#   crash FOLDER      switches it off at once
#   remove FOLDER     and leaves nothing of it
#
# FOLDER/site/root and FOLDER/site/images are its /opt/compiler-explorer and /efs/squash-images: as on
# a real node, file systems of their own. Without FOLDER/site it has neither. With FOLDER/bare its kernel
# seems to have no tracing.
#
# All its mounts are in its own mount namespace and go with its PID 1; so does every process. What it
# shares with this machine is the kernel, /dev and the network. What would change this machine is
# masked, and /proc/sys is read-only.
set -euo pipefail

# Units that would set up this machine's devices, console and kernel.
TREE_MASKED=(systemd-udevd.service systemd-udev-trigger.service systemd-tmpfiles-setup-dev.service
  systemd-tmpfiles-setup-dev-early.service systemd-modules-load.service systemd-random-seed.service
  systemd-sysctl.service systemd-binfmt.service systemd-logind.service console-getty.service getty.target
  dev-hugepages.mount dev-mqueue.mount apt-daily.timer apt-daily-upgrade.timer)

tree_new() {
  local folder=$1 base=$2 units=$1/upper/etc/systemd/system unit
  mkdir -p "$folder"/{work,mount,site/root,site/images,upper/opt/compiler-explorer,upper/efs/squash-images} \
    "$units/systemd-journald-dev-log.socket.d"
  echo "$base" >"$folder/base"
  for unit in "${TREE_MASKED[@]}"; do
    ln -sf /dev/null "$units/$unit"
  done
  # /dev is this machine's: no link for syslog there.
  printf '[Socket]\nSymlinks=\n' >"$units/systemd-journald-dev-log.socket.d/none.conf"
  cp /etc/resolv.conf "$folder/upper/etc/"
  echo testmachine >"$folder/upper/etc/hostname"
}

# The cgroup that is the root of all of its own; cgroup2, also on a machine that has the old hierarchies
# beside it.
tree_cgroup() {
  echo "$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/lazymount${1//\//-}"
}

tree_boot() {
  local folder=$1 i
  setsid bash "${BASH_SOURCE[0]}" on "$folder" </dev/null >"$folder/console.log" 2>&1 &
  for ((i = 0; i < 500; i++)); do
    if tree_is_on "$folder" && [[ -S /proc/$(<"$folder/pid")/root/run/systemd/private ]]; then
      return 0
    fi
    sleep 0.01
  done
  echo "no systemd within 5 s: $(cat "$folder/console.log")" >&2
  return 1
}

tree_on() {
  local folder=$1 cgroup
  cgroup=$(tree_cgroup "$folder")
  mkdir -p "$cgroup"
  trap 'tree_is_on "$folder" && kill -KILL "$(<"$folder/pid")"' TERM INT
  # In the cgroup first, so that it is the root of the new cgroup namespace.
  (
    echo "$BASHPID" >"$cgroup/cgroup.procs"
    exec unshare --mount --uts --ipc --pid --fork --cgroup bash "${BASH_SOURCE[0]}" pid1 "$folder"
  ) &
  wait || wait || true # a trap ends the first
  tree_cleared "$folder"
}

# What becomes PID 1.
tree_pid1() {
  local folder=$1 tree=$1/mount base pid
  # /proc is still the one of outside.
  read -r pid _ </proc/self/stat
  echo "$pid" >"$folder/pid"
  base=$(<"$folder/base")
  mount --make-rprivate /
  mount -t overlay -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" overlay "$tree"
  if [[ -d $folder/site ]]; then
    mount --bind "$folder/site/root" "$tree/opt/compiler-explorer"
    mount --bind "$folder/site/images" "$tree/efs/squash-images"
  fi
  mount -t proc -o nosuid,nodev,noexec proc "$tree/proc"
  mount --bind "$tree/proc/sys" "$tree/proc/sys"
  mount -o remount,bind,ro "$tree/proc/sys"
  mount -t sysfs -o nosuid,nodev,noexec sysfs "$tree/sys"
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$tree/sys/fs/cgroup"
  if [[ -e $folder/bare ]]; then
    mount -t tmpfs -o mode=555,nosuid,nodev,noexec tmpfs "$tree/sys/kernel"
  else
    mount -t tracefs tracefs "$tree/sys/kernel/tracing"
  fi
  mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$tree/run"
  # As on many a node: /tmp is noexec.
  mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs "$tree/tmp"
  mount --rbind /dev "$tree/dev"
  # What apt downloaded for another one of the same base need not come again.
  if [[ -d $base.archives ]]; then
    mount --bind "$base.archives" "$tree/var/cache/apt/archives"
  fi
  cd "$tree"
  pivot_root . mnt
  umount -l /mnt
  mount --make-rshared /
  exec env -i container=testmachine PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    /lib/systemd/systemd --show-status=no --log-target=journal
}

tree_run() {
  local folder=$1
  shift
  nsenter --target "$(<"$folder/pid")" --mount --uts --ipc --pid --cgroup --root --wd \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

tree_chroot() {
  local folder=$1
  shift
  unshare --mount bash -euc '
    folder=$1 tree=$1/mount
    shift
    mount --make-rprivate /
    mount -t overlay -o "lowerdir=$(<"$folder/base"),upperdir=$folder/upper,workdir=$folder/work" overlay "$tree"
    mount -t proc -o nosuid,nodev,noexec proc "$tree/proc"
    mount --rbind /dev "$tree/dev"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive \
      chroot "$tree" "$@"' chroot "$folder" "$@"
}

tree_is_on() {
  [[ -e $1/pid && -e /proc/$(<"$1/pid") ]]
}

tree_off() {
  local folder=$1 longest=${2:-30}
  # What a hypervisor's power button does: systemd's poweroff.target.
  kill -SIGRTMIN+4 "$(<"$folder/pid")"
  timeout "$longest" tail --pid="$(<"$folder/pid")" -s 0.02 -f /dev/null || return 1
  tree_cleared "$folder"
}

tree_crash() {
  local folder=$1
  if tree_is_on "$folder"; then
    kill -KILL "$(<"$folder/pid")"
    tail --pid="$(<"$folder/pid")" -s 0.02 -f /dev/null
  fi
  tree_cleared "$folder"
}

# Its cgroups, which may take a moment to be empty.
tree_cleared() {
  local folder=$1 cgroup i
  rm -f "$folder/pid"
  cgroup=$(tree_cgroup "$folder")
  for ((i = 0; i < 100; i++)); do
    [[ -d $cgroup ]] || return 0
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [[ -d $cgroup ]] && sleep 0.05
  done
  echo "cgroup $cgroup does not get empty" >&2
}

tree_remove() {
  tree_crash "$1"
  rm -rf --one-file-system "$1"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  verb=$1
  shift
  "tree_$verb" "$@"
fi
