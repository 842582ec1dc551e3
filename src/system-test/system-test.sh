#!/usr/bin/env bash
# usage: system-test.sh BASE PACKAGE
#
# The life of the package on a machine with a real systemd: installed, booted, stopped dead, killed,
# upgraded, removed, purged; shut down while its storage hangs; and baked into a machine image. BASE is a
# debootstrapped tree with systemd and nothing else; PACKAGE the
# .deb. One line for each check, and in the end `N passed, N failed`. Leaves nothing behind.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=src/system-test/tree.sh
source "$here/tree.sh"

base=$1 package=$2
machine=$(mktemp -d /var/tmp/lazymount-system-XXXXXX)
baked=$machine-baked storage='' served=''
readonly main=$machine
passed=0 failed=0 complete=
trap finish EXIT

finish() {
  tree_remove "$baked"
  tree_crash "$main"
  storage_gone
  tree_remove "$main"
  if [[ -z $complete ]]; then
    echo "FAILED  the test went to its end"
    failed=$((failed + 1))
  fi
  echo "$passed passed, $failed failed"
}

on() {
  tree_run "$machine" "$@"
}

# Whether a command succeeds, as a check of this name. What it says is shown if it does not.
check() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "ok      $name"
    passed=$((passed + 1))
  else
    echo "FAILED  $name"
    sed 's/^/          /' <<<"$said" | tail -n 20
    failed=$((failed + 1))
  fi
}

# A command succeeds within so many seconds.
within() {
  local end=$((SECONDS + $1)) said
  shift
  until said=$("$@" 2>&1); do
    if ((SECONDS >= end)); then
      echo "$said"
      return 1
    fi
    sleep 0.1
  done
}

is() {
  [[ $1 == "$2" ]] || { echo "it is '$1' and not '$2'" && return 1; }
}

isnt() {
  [[ $1 != "$2" ]] || { echo "it is '$1'" && return 1; }
}

at_most() {
  (($1 <= $2)) || { echo "it is $1, over $2" && return 1; }
}

# Booted, with nothing left to start.
boot() {
  tree_boot "$machine"
  on systemctl is-system-running --wait >/dev/null || true
}

# A property of a unit.
property() {
  on systemctl show --property "$2" --value "$1"
}

daemon() {
  property lazymount MainPID
}

ready() {
  is "$(property lazymount ActiveState) $(on lazymount status --json | tr -d ' \n' | grep -o '"state":"ready"')" \
    'active "state":"ready"'
}

ready_again() {
  isnt "$(daemon)" "$1" && ready
}

ready_still() {
  is "$(daemon)" "$1" && ready
}

# What is read now of a file of compiler $1, original or image: its first word.
read_from() {
  on head -c 8 "/opt/compiler-explorer/$1/bin/tool"
}

mounted() {
  on findmnt --noheadings --output SOURCE "/opt/compiler-explorer/$1"
}

# The daemon says that it looks after this compiler's mount.
adopted() {
  grep "^mounted *$1 " <(on lazymount status)
}

one_mount() {
  is "$(on findmnt --list --noheadings --output TARGET | grep -c "^/opt/compiler-explorer/$1\$")" 1
}

order() {
  local before after # microseconds since the kernel's start
  before=$(property lazymount ActiveEnterTimestampMonotonic)
  after=$(property compiler-explorer ExecMainStartTimestampMonotonic)
  ((before > 0 && before <= after)) || { echo "lazymount ready at $before us, stand-in started at $after us" && return 1; }
}

compilers() {
  local name content
  content=$(mktemp -d "$machine/content-XXXXXX")
  # Not 0700, with which an image would lock out readers and be quarantined.
  chmod 755 "$content"
  mkdir "$content/bin"
  echo "image   of a compiler" >"$content/bin/tool"
  for name in "$@"; do
    mkdir -p "$machine/site/root/$name/bin"
    echo "original compiler" >"$machine/site/root/$name/bin/tool"
    mksquashfs "$content" "$machine/site/images/$name.img" -quiet -no-progress -all-root >/dev/null
  done
}

# The service that our unit is ordered before. Its first act is to open a compiler.
stand_in() {
  cat >"$machine/upper/usr/local/sbin/stand-in" <<'SCRIPT'
#!/bin/sh
head -c 8 /opt/compiler-explorer/gcc-1/bin/tool >/run/stand-in.first
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  head -c 8 /opt/compiler-explorer/gcc-1/bin/tool >/run/stand-in.second
  grep -q image /run/stand-in.second && break
  sleep 0.1
done
SCRIPT
  chmod +x "$machine/upper/usr/local/sbin/stand-in"
  cat >"$machine/upper/etc/systemd/system/compiler-explorer.service" <<'UNIT'
[Service]
Type=oneshot
RemainAfterExit=yes
# A mount namespace of its own, that is a slave of the host's, as a sandbox has.
PrivateTmp=yes
ExecStart=/usr/local/sbin/stand-in
[Install]
WantedBy=multi-user.target
UNIT
  mkdir -p "$machine/upper/etc/systemd/system/multi-user.target.wants"
  ln -s ../compiler-explorer.service "$machine/upper/etc/systemd/system/multi-user.target.wants/"
}

# The same package under the next version, as an upgrade.
next_package() {
  local unpacked=$machine/unpacked
  dpkg-deb --raw-extract "$package" "$unpacked"
  sed -i 's/^Version: .*/&+next/' "$unpacked/DEBIAN/control"
  dpkg-deb --build --root-owner-group -Znone "$unpacked" "$machine/upper/srv/lazymount_next.deb" >/dev/null
  rm -rf "$unpacked"
}

apt() {
  on apt-get -o Dpkg::Use-Pty=0 -qq -y --no-install-recommends "$@"
}

# Reads a compiler without pause until told to stop; leaves how many reads failed.
reader() {
  on sh -c 'n=0 bad=0
    while [ ! -e /run/reader.stop ]; do
      n=$((n + 1)); grep -q image /opt/compiler-explorer/gcc-1/bin/tool || bad=$((bad + 1))
    done
    echo "$n $bad" >/run/reader' &
}

reader_result() {
  local reads bad
  on touch /run/reader.stop
  within 10 on test -s /run/reader
  read -r reads bad <<<"$(on cat /run/reader)"
  ((reads > 100 && bad == 0)) || { echo "$bad of $reads reads failed" && return 1; }
}

# A folder of the machine is on a file system whose server runs outside of the machine, as on NFS.
storage_new() {
  served=$machine/$1
  mv "$served" "$machine/served"
  mkdir "$served"
  bindfs -f -o attr_timeout=0,entry_timeout=0 "$machine/served" "$served" &
  storage=$!
  within 10 mountpoint -q "$served"
}

# It ends, as do all calls that wait for it.
storage_gone() {
  if [[ -n $storage ]]; then
    kill -KILL "$storage" 2>/dev/null || true
    wait "$storage" 2>/dev/null || true
    umount --lazy "$served" 2>/dev/null || true
    rmdir "$served" && mv "$main/served" "$served"
    storage=
  fi
}

# --- the checks -------------------------------------------------------------------------------------

install_checks() {
  check "apt installs the package, with a Java and bpftrace" apt install /srv/lazymount.deb
  check "it is ready" within 30 ready
  check "it is enabled" is "$(property lazymount UnitFileState)" enabled
  check "the settings are a conffile" grep -q /etc/lazymount/application.conf \
    <(on dpkg-query --show --showformat='${Conffiles}' lazymount)
  check "systemd-analyze verify finds nothing" is "$(on systemd-analyze verify lazymount.service 2>&1 | grep lazymount)" ""
  check "the JVM uses a class archive made for it" grep -qE '/var/cache/lazymount/.*\.(jsa|aot)' \
    <(on cat "/proc/$(daemon)/maps")
  check "JNA's library is the installed one; /tmp is noexec" grep -q /usr/lib/lazymount/ \
    <(on cat "/proc/$(daemon)/maps")
  # systemd from 258 on misses the limit of processes that a machine in namespaces does not have.
  check "nothing is complained of in the journal" is \
    "$(on journalctl -q -u 'lazymount*' -p warning -o cat | grep -v 'Failed to read pids.max for control group')" ""
  check "the JVM, $(on java --version | head -n 1), warns of nothing" \
    is "$(on journalctl -q -u 'lazymount*' -o cat | grep -i warning)" ""
  check "its mounts are the host's: PID 1's mount namespace" \
    is "$(on readlink "/proc/$(daemon)/ns/mnt")" "$(on readlink /proc/1/ns/mnt)"
}

boot_checks() {
  check "compiler-explorer starts after READY" order
  check "its first act is served by the original" is "$(on cat /run/stand-in.first)" original
  check "and was seen: the compiler is mounted in the stand-in's namespace" \
    is "$(on cat /run/stand-in.second)" "image   "
  check "and in the host's" grep -q /dev/loop <(mounted gcc-1)
  check "and nothing else is" is "$(mounted gcc-2)" ""
}

recovery_checks() {
  local before mount
  on mkdir -p /run/systemd/system/lazymount.service.d
  on sh -c 'printf "[Service]\nWatchdogSec=3\nRestartSec=100ms\n" >/run/systemd/system/lazymount.service.d/quick.conf'
  on systemctl daemon-reload
  on systemctl restart lazymount
  mount=$(mounted gcc-1 || true)
  before=$(daemon)
  on sh -c "kill -STOP $before"
  check "the watchdog restarts a daemon that was stopped by SIGSTOP" within 30 ready_again "$before"
  check "and that is the watchdog's doing" grep -q watchdog <(on journalctl -q -u lazymount -o cat)
  check "the mount is still there" is "$(mounted gcc-1)" "$mount"
  check "and adopted" within 5 adopted gcc-1

  if [[ $(property lazymount CanReload) == yes ]]; then
    before=$(daemon)
    check "systemctl reload" on systemctl reload lazymount
    check "by the same daemon, which stays ready" ready_still "$before"
  fi

  before=$(daemon)
  on sh -c "kill -KILL $before"
  check "kill -9: it comes back" within 30 ready_again "$before"
  check "the mount is still there" is "$(mounted gcc-1)" "$mount"
  check "and adopted" within 5 adopted gcc-1
  check "it is mounted once" one_mount gcc-1
  check "there is one bpftrace" is "$(on sh -c 'cat /proc/[0-9]*/comm' | grep -c '^bpftrace$')" 1
  read_from gcc-2 >/dev/null || true
  check "the next compiler is mounted at its first access" within 5 mounted gcc-2
}

# PID 1 has a unit for each mount, which it must leave alone.
cycle_checks() {
  compilers $(seq -f cycle-%g 20)
  check "20 more images are found" on lazymount rescan
  check "500 times an image is used, mounted and unmounted, 20 at once" cycles 25
  check "PID 1 has unmounted nothing" unmounts_of_systemd 0
}

cycles() {
  local round
  for ((round = 0; round < $1; round++)); do
    within 30 all_cycling || return
    on lazymount unmount $(seq -f cycle-%g 20) >/dev/null || return
  done
  # What the daemon says of each of them: mounted, unmounted, and nothing else.
  is "$(cycle_lines ': mounted from') $(cycle_lines ': unmounted: requested') $(cycle_lines '')" \
    "$((20 * $1)) $((20 * $1)) $((40 * $1))"
}

cycle_lines() {
  on journalctl -q -b -u lazymount -o cat | grep -v 'the directory is newer' | grep -c "cycle-[0-9]*$1"
}

# One process uses them all.
all_cycling() {
  on sh -c 'cat /opt/compiler-explorer/cycle-*/bin/tool >/dev/null'
  is "$(on findmnt --list --noheadings --types squashfs --output TARGET | grep -c /cycle-)" 20
}

unmounts_of_systemd() {
  is "$(on journalctl -q -b _PID=1 -o cat | grep -c -e 'bound to inactive' -e 'Unmounting.*/opt/compiler-explorer/')" "$1"
}

upgrade_checks() {
  local before mount
  mount=$(mounted gcc-1 || true)
  before=$(daemon)
  on sh -c 'echo "# a change of the operator" >>/etc/lazymount/application.conf'
  reader
  check "apt upgrades it" apt install /srv/lazymount_next.deb
  check "the new one is ready" within 30 ready_again "$before"
  check "every read of a mounted compiler meanwhile went well" reader_result
  check "the mount is the same" is "$(mounted gcc-1)" "$mount"
  check "and adopted" within 5 adopted gcc-1
  check "the operator's settings are kept" on grep -q operator /etc/lazymount/application.conf

  before=$(daemon)
  on sh -c 'rm /var/cache/lazymount/*; dpkg-trigger --by-package=openjdk /usr/lib/jvm; dpkg --triggers-only -a'
  check "another JVM: the class archive is made again" on sh -c 'ls /var/cache/lazymount | grep -E "[.](jsa|aot)$"'
  check "and the daemon is left alone" is "$(daemon)" "$before"
}

removal_checks() {
  local mount
  mount=$(mounted gcc-1 || true)
  check "apt removes it" apt remove lazymount
  check "the daemon is gone, and its bpftrace" is \
    "$(on sh -c 'cat /proc/[0-9]*/comm' | grep -E '^(java|bpftrace)$')" ""
  check "the mount works on" is "$(read_from gcc-1) $(mounted gcc-1)" "image    $mount"
  check "the settings are kept" on test -e /etc/lazymount/application.conf
  check "apt installs it again" apt install /srv/lazymount.deb
  check "and it adopts the mount" within 30 adopted gcc-1
  check "apt purges it" apt purge lazymount
  check "the mount works on" is "$(read_from gcc-1) $(mounted gcc-1)" "image    $mount"
  check "nothing else of it is left" is \
    "$(on find / -xdev -path /srv -prune -o -path '*/apt/*' -prune -o -name '*lazymount*' -print)" ""
  check "nor in /run" is "$(on find /run -name '*lazymount*' -not -path '/run/systemd/system/*')" ""
}

# Shuts down, within so many seconds.
shutdown_checks() {
  local start=${EPOCHREALTIME/./} millis most=${2:-5}
  check "the machine shuts down $1" tree_off "$machine" $((most + 30))
  millis=$(((${EPOCHREALTIME/./} - start) / 1000))
  check "in less than $most s" at_most "$millis" $((most * 1000))
}

# Those used now; the warm list may have mounted others.
mounted_images() {
  is "$(on findmnt --list --noheadings --types squashfs --output TARGET | grep -c /many-)" "$1"
}

hung_shutdown_checks() {
  compilers $(seq -f many-%g 50)
  storage_new site/images
  boot
  check "installed again" apt install /srv/lazymount.deb
  hung_shutdown 90 "with 50 images mounted from a server that is gone"
  storage_new site
  boot
  hung_shutdown 30 "with 50 images mounted, and they and the root on a server that is gone"
}

# Within so many seconds.
hung_shutdown() {
  local name
  check "ready with a folder on another server" within 30 ready
  for name in $(seq -f many-%g 50); do
    read_from "$name" >/dev/null
  done
  check "50 images are mounted" within 30 mounted_images 50
  kill -STOP "$storage"
  shutdown_checks "$2" "$1"
  kill -CONT "$storage"
  storage_gone
}

state() {
  is "$(property lazymount ActiveState)/$(property lazymount Result)" "$1"
}

not_failed() {
  is "$(on systemctl list-units --failed --no-legend --plain 'lazymount*')" ""
}

waits() {
  on lazymount status | grep -q '^waiting *for '
}

bake_checks() {
  tree_new "$baked" "$base"
  mkdir -p "$baked/upper/srv"
  cp "$package" "$baked/upper/srv/lazymount.deb"
  rm -r "$baked/site" "$baked/upper/opt" "$baked/upper/efs"
  check "apt updates in a machine image" tree_chroot "$baked" apt-get -qq update
  check "apt installs it in a machine image: no systemd, root, images or tracing" \
    tree_chroot "$baked" apt-get -o Dpkg::Use-Pty=0 -qq -y --no-install-recommends install /srv/lazymount.deb
  check "it is enabled there" is "$(tree_chroot "$baked" systemctl is-enabled lazymount)" enabled
  check "nothing of it runs or was left running" is "$(tree_chroot "$baked" ls /run/lazymount 2>/dev/null)" ""

  local machine=$baked
  touch "$machine/bare"
  boot
  check "booted where nothing can be traced: the unit is skipped" state inactive/success
  check "and has not failed" not_failed
  check "the machine shuts down" tree_off "$machine"
  rm "$machine/bare"
  boot
  check "booted without root and images: it is active and waits" within 30 state active/success
  check "and says for what" within 10 waits
  check "and has not failed" not_failed
  on mkdir -p /opt/compiler-explorer /efs/squash-images
  check "once they are there it is ready" within 30 ready
  check "the machine shuts down" tree_off "$machine"
}

tree_new "$machine" "$base"
mkdir -p "$machine"/upper/{srv,usr/local/sbin,var/log/journal}
compilers gcc-1 gcc-2 gcc-3
cp "$package" "$machine/upper/srv/lazymount.deb"
next_package

boot
apt update
install_checks
shutdown_checks "with lazymount at rest"
stand_in
boot
check "it was stopped in order before that" grep -q 'lazymount.service: Deactivated successfully' \
  <(on journalctl -q -u lazymount -o cat)
boot_checks
recovery_checks
cycle_checks
upgrade_checks
shutdown_checks "with images mounted"
boot
check "booted after the upgrade, the stand-in's compiler is mounted" within 5 mounted gcc-1
removal_checks
shutdown_checks "without lazymount, its mounts present"
hung_shutdown_checks
bake_checks
complete=yes
((failed == 0))
