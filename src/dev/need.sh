# shellcheck shell=bash
# What a chore needs: packages, a JDK, a kernel that mounts and traces, Debian trees. Sourced by ./dev.
#
# Missing Debian packages are installed (as root, with apt-get); everything else that is missing ends
# the chore with one clear line.

# The tools to build with, and each COMMAND:PACKAGE given.
need_tools() {
  [[ $(uname -s) == Linux ]] || stop "lazymount is for Linux, and this is $(uname -s)"
  install_missing "$@"
  find_java || stop "no JDK 17 or newer found: install openjdk-17-jdk-headless or set JAVA_HOME"
}

# A kernel that mounts and traces, for every chore that runs lazymount, and each COMMAND:PACKAGE given.
need_kernel() {
  needs_linux 5 8 "LOOP_CONFIGURE and mount checks"
  need_root "mounting and tracing"

  need_tools bpftrace:bpftrace mksquashfs:squashfs-tools mount:mount losetup:mount modprobe:kmod \
    unshare:util-linux ps:procps "$@"

  [[ -e /dev/loop-control ]] || modprobe loop 2>/dev/null || true
  [[ -e /dev/loop-control ]] ||
    stop "no /dev/loop-control, so no image can be mounted: load the module loop, or give this container the device"
  supports_squashfs || modprobe squashfs 2>/dev/null || true
  supports_squashfs ||
    stop "this kernel has no squashfs (/proc/filesystems): load its module, or boot a kernel that has it"
  need_tracing
}

# Requires Linux $1.$2 or newer, for what $3 says.
needs_linux() {
  [[ $(uname -s) == Linux ]] || stop "lazymount is for Linux, and this is $(uname -s)"
  local release major minor
  release=$(uname -r)
  IFS=.- read -r major minor _ <<<"$release"
  ((major > $1 || (major == $1 && minor >= $2))) ||
    stop "Linux $release is too old for $3: boot $1.$2 or newer"
}

supports_squashfs() {
  grep -qw squashfs /proc/filesystems
}

need_tracing() {
  local tracing=/sys/kernel/tracing
  if [[ ! -d $tracing/events ]]; then
    mount -t tracefs tracefs $tracing 2>/dev/null ||
      stop "no tracefs, so no access can be seen, and mounting it at $tracing failed: boot a kernel with tracing, outside a container"
    export LAZYMOUNT_DEMO_TRACEFS=$tracing # the demo leaves no mount behind
  fi
  [[ -d $tracing/events/syscalls/sys_enter_openat ]] ||
    stop "this kernel has no syscall tracepoints ($tracing/events/syscalls), so no access can be seen: boot one with CONFIG_FTRACE_SYSCALLS"
  local probe='tracepoint:syscalls:sys_enter_openat { @ = 1; } interval:ms:10 { exit(); }'
  timeout 120 bpftrace -e "$probe" >/dev/null 2>&1 ||
    stop "bpftrace cannot trace here, so no access can be seen: run \`bpftrace -e '$probe'\` to see why (lockdown, no CONFIG_BPF_SYSCALL, a container?)"
}

# Emulated machines for the architecture $1 (amd64 or arm64), amd64 by default; sets MACHINE_CACHE, the
# folder of their disks.
need_machine() {
  need_root "making a Debian tree"
  need_tools debootstrap:debootstrap mke2fs:e2fsprogs mksquashfs:squashfs-tools unshare:util-linux gcc:gcc \
    /usr/include/stdio.h:libc6-dev qemu-system-x86_64:qemu-system-x86
  if [[ ${1:-amd64} == arm64 ]]; then
    need_tools qemu-system-aarch64:qemu-system-arm qemu-aarch64-static:qemu-user-static
  fi
  MACHINE_CACHE=${LAZYMOUNT_CACHE:-/var/cache/lazymount-dev}
  mkdir -p "$MACHINE_CACHE"
}

# The tree of Debian 13, for its newer bpftrace. The tests bind nothing into it.
need_debian_13() {
  need_tree trixie trixie bpftrace
  # shellcheck disable=SC2034  # read by src/dev/test.sh
  DEBIAN_13=$TREE
}

# The tree of Debian unstable, for the newest bpftrace that Debian has.
need_debian_unstable() {
  need_tree unstable sid bpftrace
  # shellcheck disable=SC2034  # read by src/dev/test.sh
  DEBIAN_UNSTABLE=$TREE
}

# A bootable tree of Debian $1 (12, 13 or unstable) without anything that lazymount needs; sets SYSTEM_TREE. The
# packages that machines made from it download are kept beside it.
need_system_tree() {
  local suite
  case $1 in
    12) suite=bookworm ;;
    13) suite=trixie ;;
    unstable) suite=sid ;;
    *) stop "there is no tree of Debian $1: 12, 13 or unstable" ;;
  esac
  need_tree "system-$1" $suite systemd,systemd-sysv
  SYSTEM_TREE=$TREE
  # A mirror's copy of unstable is refused after a week; an older one serves here as well.
  [[ $suite != sid ]] || echo 'Acquire::Check-Valid-Until "false";' >"$TREE/etc/apt/apt.conf.d/any-age"
  mkdir -p "$SYSTEM_TREE.archives"
}

# A minimal tree of the Debian suite $2 with the packages $3 (separated by commas), made once and cached
# under the name $1; sets TREE to its path.
need_tree() {
  local cache=${LAZYMOUNT_CACHE:-/var/cache/lazymount-dev} fresh
  TREE=$cache/$1
  [[ -x $TREE/usr/bin/dpkg ]] && return
  say "making a tree of Debian $2 with $3 in $TREE (takes a minute or two)"
  mkdir -p "$cache"
  # Renamed to its final name only when complete.
  fresh=$(mktemp -d "$cache/$1-XXXXXX")
  if ! debootstrap --variant=minbase --include="$3" "$2" "$fresh" >"$cache/debootstrap.log" 2>&1; then
    umount -q "$fresh/proc" "$fresh/sys" 2>/dev/null || true
    rm -rf --one-file-system "$fresh"
    stop "debootstrap could not make $TREE: $(tail -n 1 "$cache/debootstrap.log")"
  fi
  umount -q "$fresh/proc" "$fresh/sys" 2>/dev/null || true
  chmod 755 "$fresh"
  rm -rf --one-file-system "$TREE"
  mv "$fresh" "$TREE"
}

# Prometheus' checker of metrics and rules; sets PROMTOOL to its path. Its package would start a server
# on this machine, so it is only unpacked, once, into the cache.
need_promtool() {
  local cache=${LAZYMOUNT_CACHE:-/var/cache/lazymount-dev}
  PROMTOOL=$(command -v promtool || echo "$cache/promtool")
  [[ -x $PROMTOOL ]] && return
  say "fetching promtool from Debian's package prometheus"
  mkdir -p "$cache"
  local fresh
  fresh=$(mktemp -d "$cache/promtool-XXXXXX")
  if ! (cd "$fresh" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } &&
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool) >"$cache/promtool.log" 2>&1; then
    rm -rf "$fresh"
    stop "promtool could not be fetched: $(tail -n 1 "$cache/promtool.log")"
  fi
  mv "$fresh/usr/bin/promtool" "$PROMTOOL"
  rm -rf "$fresh"
}

# Installs the Debian package of each COMMAND:PACKAGE whose command is missing, and the packages to
# build with. The path of a file may stand for a command.
install_missing() {
  local packages=() entry command package
  find_java || packages+=(openjdk-17-jdk-headless)
  for entry in mvn:maven "$@"; do
    command=${entry%:*} package=${entry#*:}
    if ! have "$command" && [[ " ${packages[*]} " != *" $package "* ]]; then
      packages+=("$package")
    fi
  done
  ((${#packages[@]})) || return 0

  command -v apt-get >/dev/null ||
    stop "missing: ${packages[*]} (Debian's names), and there is no apt-get: install them, then run this again"
  [[ $(id -u) == 0 ]] ||
    stop "missing: ${packages[*]}; installing needs root: sudo apt-get install ${packages[*]}"
  say "installing ${packages[*]}"
  local log
  log=$(mktemp)
  if ! apt_install "${packages[@]}" >"$log" 2>&1; then
    # The package lists may be absent or out of date.
    { apt-get update -qq && apt_install "${packages[@]}"; } >"$log" 2>&1 ||
      stop "apt-get could not install ${packages[*]}: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
  fi
  rm -f "$log"
  hash -r
}

# Whether this command, or the file of this absolute path, exists.
have() {
  command -v "$1" >/dev/null || [[ $1 == /* && -e $1 ]]
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# Sets JAVA_HOME to the first JDK 17 or newer of: JAVA_HOME itself, the one on PATH, Debian's.
find_java() {
  local home version
  for home in "${JAVA_HOME:-}" "$(readlink -f "$(command -v javac || true)" | sed 's|/bin/javac$||')" \
    /usr/lib/jvm/java-17-openjdk-*; do
    if [[ -x $home/bin/javac ]]; then
      # JAVA_TOOL_OPTIONS adds a line before the version.
      version=$("$home/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
      if ((${version:-0} >= 17)); then
        export JAVA_HOME=$home
        return 0
      fi
    fi
  done
  return 1
}
