#!/bin/bash
# Runs inside the virtual machine, as a unit of its systemd; ./dev vm-test (vm-test.sh) starts it.
#
# Makes an NFS server and mounts it over loopback, installs the daemon's unit, and checks what a node
# sees. Each check is one line on the console $RESULTS, `passed WHAT` or `failed WHAT: WHY`. The last
# line is `end`, and then the machine is powered off.
#
# While the server is away, whatever touches NFS hangs: that is done in the background, or killed
# after a time.
#
# With --only, $PAYLOAD/only names the groups of checks to run; else all of them run, in this order.
set -uo pipefail

readonly PAYLOAD=/payload # the disk that all of this comes on
readonly RESULTS=/dev/hvc0
readonly ROOT=/opt/compiler-explorer IMAGES=/efs/squash-images
readonly SERVER=/srv/nfs # what it exports, seen from its own side

# Seconds. Emulated, everything takes ten times as long as it does on a machine, and on a busy one
# ten times that.
readonly SOON=90 # what the daemon does at once, or at the next scan (RESCAN)
readonly READY=900 # a start of Java and one of bpftrace
readonly GRACE=10 # for so long a server that is back waits for its old clients
readonly RESCAN=5
readonly LONGEST=1200 # any check: what takes longer has failed

# shellcheck source=src/vm-test/sight.sh
source "$PAYLOAD/sight.sh"
# shellcheck source=src/vm-test/arm64.sh
source "$PAYLOAD/arm64.sh"

readonly ALL="
  in_daily_use
  opened_in_other_ways
  changed_on_the_server
  server_goes_away
  server_goes_away_and_the_daemon_ends
  used_and_idle
  mounted_and_unmounted_all_the_time
  cpu_comes_back
  ftrace_is_disabled
  by_spelled_path
  server_goes_away_during_mounts
  shuts_down_without_the_server
"

main() {
  local group groups=$ALL
  serve
  install_daemon
  if [[ $(uname -m) == aarch64 ]]; then
    groups=on_arm64
  elif [[ -e $PAYLOAD/only ]]; then
    groups=$(<"$PAYLOAD/only")
    [[ $groups == *in_daily_use* ]] || check "READY" start_daemon
  fi
  for group in $groups; do
    $group
  done
  echo end >$RESULTS
}

# --- the checks ---------------------------------------------------------------------------------

in_daily_use() {
  check "root and images are on NFS 4.1" on_nfs
  check "READY, by the hooked program" start_daemon
  check "loop devices have as many minor numbers as the machine was booted with" max_part
  check "a first open is served by NFS" reads "original opened" "$ROOT/opened/version"
  check "it is seen, and mounted from the image on NFS" within $SOON mounted opened
  check "the mount reads as the image does" same_content opened
  check "a program that is run is seen and mounted" run_and_mounted executed
  check "an open by a relative path is seen and mounted" open_relative_and_mounted relative
  check "a mounted compiler is quiet" is_quiet opened
  check "an image that comes to the server is found" comes_later
}

# What no system call's tracepoint shows.
opened_in_other_ways() {
  check "an open by io_uring is seen and mounted" opened_and_mounted io_uring by-io-uring
  check "an open by a 32-bit program is seen and mounted" opened_and_mounted 32-bit by-32-bit
  check "a loader that a program elsewhere names is seen and mounted" loaded_and_mounted by-loader
  check "each way to open a file is seen as the table says" sees_as_the_table_says
  check "the kernel has left out no run of the program" says ".events.lost == 0"
}

changed_on_the_server() {
  use_and_wait replaced vanished || return
  exec 7<"$ROOT/replaced/bulk"
  replace replaced
  check "an image replaced on the server is swapped" within $SOON reads "image 2 replaced" "$ROOT/replaced/version"
  check "an open file reads on from the old one" same_as "$PAYLOAD/compilers/replaced/bulk" 7
  exec 7<&-
  rm "$SERVER/squash-images/vanished.img"
  # Found by a scan; then it must be unused for 10 s, twice.
  check "a vanished image is unmounted when it is unused" within $SOON unmounted vanished
  check "and the original shows" reads "original vanished" "$ROOT/vanished/version"
}

server_goes_away() {
  usual=$(answer_time)
  stop_server
  (cat "$ROOT/waiting/version" >/dev/null) &
  check "status answers at once without the server" answers_at_once
  check "it says that the storage does not respond" within $SOON says '.trace.problem // "" | contains("storage does not respond")'
  start_server
  check "ready again by itself when the server is back" back says '.state == "ready"'
  check "what was used meanwhile is mounted" within $SOON mounted waiting
}

server_goes_away_and_the_daemon_ends() {
  use_and_wait stale-replaced stale-vanished || return
  stop_server
  check "SIGTERM ends it, and nothing of it has to be killed" ends
  systemctl start --no-block lazymount
  check "it starts without the server, and status answers" within $SOON says '.state == "starting"'
  check "and says why it is not ready" within $SOON says '.trace.problem // "" | contains("storage does not respond")'
  check "it comes back after kill -9" comes_back_after_kill
  # The client does not hear of it, so its open files are stale when the server is back.
  replace stale-replaced
  rm "$SERVER/squash-images/stale-vanished.img"
  start_server
  check "READY by itself when the server is back" within $((away + GRACE + READY)) says '.state == "ready"'
  check "what was mounted before is adopted" within $SOON mounted opened
  check "an image replaced meanwhile is swapped, though the old one is stale" \
    within $SOON reads "image 2 stale-replaced" "$ROOT/stale-replaced/version"
  check "one that vanished meanwhile is unmounted, though it is stale" \
    within $SOON unmounted stale-vanished
  check "what is used now is mounted" use_and_wait used-after
}

# Compiles run in sandboxes: short-lived namespaces that receive mounts. An image that only a private
# namespace uses is one that no unmount here would touch.
used_and_idle() {
  set_option idle.unmount-after=40s
  systemctl stop lazymount
  check "READY again, by the hooked program" start_daemon
  use_and_wait idle-used idle-sandboxes idle-unused || return
  local since sandboxes_since private sandboxes
  since=$(mounted_since idle-used)
  sandboxes_since=$(mounted_since idle-sandboxes)
  # It copies the mounts, so it begins when they are there.
  unshare --mount --propagation private bash -c "while sleep 3; do cat $ROOT/idle-used/version; done" >/dev/null &
  private=$!
  while sleep 3; do
    unshare --mount --propagation slave cat $ROOT/idle-sandboxes/version
    stat --file-system $ROOT/idle-unused
  done >/dev/null &
  sandboxes=$!
  check "an unused image is unmounted, whatever monitoring asks of it" within $SOON unmounted idle-unused
  check "one that a private namespace uses is not" within $SOON still_mounted idle-used "$since"
  check "one that only sandboxes use is not" within $SOON still_mounted idle-sandboxes "$sandboxes_since"
  kill $private $sandboxes
  check "and both are when their use has ended" within $((2 * SOON)) all_unmounted idle-used idle-sandboxes
  set_option idle.unmount-after=1h
}

# udev looks at each new device, and PID 1 has a unit for each mount, which it must leave alone.
mounted_and_unmounted_all_the_time() {
  check "500 times an image is used, mounted and unmounted, 20 at once" cycles 25 cycle-{1..20}
  check "the daemon has mounted and unmounted each time, without a failure" cycles_in_the_log 500
  check "PID 1 has unmounted nothing" no_unmount_by_systemd
}

# bpftrace has no buffer for a CPU that comes on line after its start, nor for one that was away.
cpu_comes_back() {
  echo 0 >/sys/devices/system/cpu/cpu1/online
  check "with a CPU off line the trace works" use_and_wait one-cpu
  echo 1 >/sys/devices/system/cpu/cpu1/online
  check "an open on a CPU that is on line again is seen and mounted" within $SOON use_on_cpu 1 cpu-back
}

# Programs at functions do not run then; the canary notices.
ftrace_is_disabled() {
  sysctl -q kernel.ftrace_enabled=0
  check "without ftrace the resolved program takes over" within $((READY)) \
    says '.state == "ready" and .trace.program == "resolved"'
  check "and status says why" says '.trace.note | contains("kernel.ftrace_enabled is 0")'
  check "an open by a relative path is seen and mounted" open_relative_and_mounted after-ftrace
  sysctl -q kernel.ftrace_enabled=1
  systemctl stop lazymount
  check "with ftrace the hooked program runs again" start_daemon
  check "ftrace works: the kernel did not disable it" reads 1 /proc/sys/kernel/ftrace_enabled
}

by_spelled_path() {
  by_path_program
  check "an absolute path is seen and mounted" use_and_wait path-opened
  check "a program run by its path is seen and mounted" run_and_mounted path-executed
}

by_path_program() {
  set_option trace.program=path
  systemctl stop lazymount
  check "READY, by the path program" start_daemon path
}

# The path program sees an access before the file system is asked, and so mounts begin that hang.
server_goes_away_during_mounts() {
  says '.trace.program == "path"' || by_path_program
  usual=$(answer_time)
  stop_server
  local name
  for name in stuck-1 stuck-2 stuck-3; do
    (cat "$ROOT/$name/version" >/dev/null) &
  done
  check "mounts that hang are shown as stuck" within $SOON says '.images.stuck >= 2'
  check "so is the storage" within $SOON says '.storageProblem // "" | contains("does not respond")'
  check "status answers at once all the while" answers_at_once
  start_server
  check "what was stuck is mounted when it is back" back all_mounted stuck-1 stuck-2
  check "no problem is left" within $SOON says '.storageProblem == null and .state == "ready" and .images.stuck == 0'
  check "what was not tried is mounted at its next use" use_and_wait stuck-3
}

# The last one: the machine is off after it, and vm-test.sh reads on its console when.
shuts_down_without_the_server() {
  check "50 images are mounted" within $SOON use_all many-{1..50}
  # The time-outs of a machine that is not emulated.
  mkdir -p /run/systemd/system/{mount,vm-test.service}.d
  printf '[Mount]\nTimeoutSec=90\n' >/run/systemd/system/mount.d/usual.conf
  # As it was ordered, and not by force.
  printf '[Service]\nExecStopPost=\n' >/run/systemd/system/vm-test.service.d/orderly.conf
  # For target/vm-test.log.
  mkdir -p /run/systemd/journald.conf.d
  printf '[Journal]\nForwardToConsole=yes\n' >/run/systemd/journald.conf.d/console.conf
  systemctl daemon-reload
  systemctl restart systemd-journald
  stop_server
  echo "off $(($(now) / 1000)) 90 shuts down within 90 s, with 50 images mounted from a server that is gone" >$RESULTS
  systemctl poweroff --no-block
}

# --- what they are made of ----------------------------------------------------------------------

on_nfs() {
  [[ $(findmnt -no FSTYPE,OPTIONS $ROOT) == nfs4*vers=4.1* && $(findmnt -no FSTYPE $IMAGES) == nfs4 ]]
}

reads() {
  [[ $(timeout -s KILL 10 cat "$2" 2>&1) == "$1" ]]
}

max_part() {
  local wanted
  wanted=$(grep -o 'loop.max_part=[0-9]*' /proc/cmdline || true)
  wanted=${wanted#*=}
  note "loop.max_part=${wanted:-0}"
  [[ $(cat /sys/module/loop/parameters/max_part) == "${wanted:-0}" ]]
}

# Whether the daemon says so, and the kernel too.
mounted() {
  says ".mounts[] | select(.name == \"$1\") | .state == \"mounted\"" &&
    [[ $(behind "$1") == "$IMAGES/$1.img" ]]
}

still_mounted() {
  mounted "$1" && [[ $(mounted_since "$1") == "$2" ]]
}

mounted_since() {
  ask ".mounts[] | select(.name == \"$1\") | .since"
}

unmounted() {
  [[ -z $(behind "$1") ]]
}

# The file behind the loop device that is mounted there. Neither touches NFS nor the mount, which
# would be a use of it.
behind() {
  local device
  device=$(awk -v target="$ROOT/$1" '$5 == target && $(NF - 2) == "squashfs" { print $(NF - 1) }' /proc/self/mountinfo)
  [[ -z $device ]] || cat "/sys/block/${device#/dev/}/loop/backing_file"
}

all_unmounted() {
  local name
  for name in "$@"; do
    unmounted "$name" || return
  done
}

all_mounted() {
  local name
  for name in "$@"; do
    mounted "$name" || return
  done
}

use_and_wait() {
  local name
  for name in "$@"; do
    timeout -s KILL 10 cat "$ROOT/$name/version" >/dev/null
  done
  within $SOON all_mounted "$@" || { note "not mounted: $*"; return 1; }
}

# One process uses them all, and one question is about them all; both are slow here.
use_all() {
  local name said mounts files=()
  # By absolute paths, which every program sees.
  for name in "$@"; do
    files+=("$ROOT/$name/version")
  done
  timeout -s KILL 60 cat "${files[@]}" >/dev/null
  said=$(ask '[.mounts[] | select(.state == "mounted") | .name]')
  mounts=$(</proc/self/mountinfo)
  for name in "$@"; do
    [[ $said == *"\"$name\""* && $mounts == *" $ROOT/$name "* ]] || return
  done
}

cycles() {
  local rounds=$1 round
  shift
  for ((round = 1; round <= rounds; round++)); do
    within $SOON use_all "$@" || { note "in round $round not all are mounted"; return 1; }
    within $SOON unmount_all "$@" || { note "in round $round not all are unmounted: $(tail -n 1 /tmp/unmounts)"; return 1; }
  done
}

# Once more if the daemon took too long for the question; those that are unmounted count too.
unmount_all() {
  command_of_daemon '{"command":"unmount","arguments":["NAMED"'"$(printf ',"%s"' "$@")"']}' >/tmp/unmounts
  tail -n 1 /tmp/unmounts | jq -e ".error == null and .result.done + .result.already == $#" >/dev/null
}

# It says of each image that it was mounted or unmounted, or that this takes long, and nothing else.
cycles_in_the_log() {
  journalctl -b -u lazymount -o cat | grep -o 'cycle-[0-9]*: .*' | grep -v ': stuck: ' >/tmp/cycles
  local mounted unmounted
  mounted=$(grep -c ': mounted from' /tmp/cycles)
  unmounted=$(grep -c ': unmounted: requested' /tmp/cycles)
  grep -v -e ': mounted from' -e ': unmounted: requested' /tmp/cycles | head -n 5
  note "$mounted mounts, $unmounted unmounts"
  ((mounted == $1 && unmounted == $1 && $(wc -l </tmp/cycles) == 2 * $1))
}

no_unmount_by_systemd() {
  ! journalctl -b _PID=1 -o cat | grep -e 'bound to inactive' -e "Unmounting.*$ROOT/"
}

use_on_cpu() {
  taskset -c "$1" cat "$ROOT/$2/version" >/dev/null
  mounted "$2"
}

same_content() {
  reads "image $1" "$ROOT/$1/version" && cmp "$ROOT/$1/bulk" "$SERVER/compilers/$1/bulk"
}

same_as() {
  cmp "$1" - <&"$2"
}

# A script is opened once more by its interpreter, which may find the image there by then.
run_and_mounted() {
  [[ $("$ROOT/$1/bin/cc") =~ ^(original|image)\ $1$ ]] && within $SOON mounted "$1" &&
    [[ $("$ROOT/$1/bin/cc") == "image $1" ]]
}

opened_and_mounted() {
  opener "$1" "$ROOT/$2/version" && within $SOON mounted "$2"
}

loaded_and_mounted() {
  "$PAYLOAD/sight/loader-of-$1" && within $SOON mounted "$1"
}

open_relative_and_mounted() {
  (cd $ROOT && cat "$1/version") >/dev/null && within $SOON mounted "$1"
}

is_quiet() {
  local before
  before=$(ask .events.seen)
  cat "$ROOT/$1/version" "$ROOT/$1/bulk" >/dev/null
  sleep 3 # more than a window
  says ".events.seen == $before"
}

comes_later() {
  cp "$PAYLOAD/images/later.img" $SERVER/squash-images/.later.tmp
  mv $SERVER/squash-images/.later.tmp $SERVER/squash-images/later.img
  # The client may not know yet: its attribute caches (actimeo) and the next scan.
  within $SOON use_briefly later
}

use_briefly() {
  cat "$ROOT/$1/version" >/dev/null
  mounted "$1"
}

# By rename, on the server's side.
replace() {
  cp "$PAYLOAD/images/$1.img.2" "$SERVER/squash-images/.$1.tmp"
  mv "$SERVER/squash-images/.$1.tmp" "$SERVER/squash-images/$1.img"
}

# As fast as it did before the server went away; most of that is the client's own start.
answers_at_once() {
  local took
  took=$(answer_time) || return
  note "status answered in $took ms, and in $usual ms with the server"
  ((took < 2 * usual + 2000))
}

# Milliseconds of the fastest of three answers.
answer_time() {
  local start took fastest=60000
  for _ in 1 2 3; do
    start=$(now)
    says .state || return
    took=$(($(now) - start))
    ((took >= fastest)) || fastest=$took
  done
  echo $fastest
}

ends() {
  local start pid
  pid=$(systemctl show -P MainPID lazymount)
  start=$(now)
  systemctl stop lazymount || return
  note "it ended in $(($(now) - start)) ms, emulated"
  [[ ! -d /proc/$pid && $(systemctl show -P Result lazymount) == success ]]
}

comes_back_after_kill() {
  local before
  before=$(systemctl show -P MainPID lazymount)
  kill -9 "$before"
  within $SOON is_another "$before" && says '.state == "starting"'
}

is_another() {
  local pid
  pid=$(systemctl show -P MainPID lazymount)
  [[ $pid != 0 && $pid != "$1" ]] && says .uptimeSeconds
}

# --- the machine --------------------------------------------------------------------------------

serve() {
  mkdir -p $SERVER $ROOT $IMAGES /etc/nfs.conf.d
  cp -rp "$PAYLOAD/compilers" $SERVER/compilers
  mkdir $SERVER/squash-images
  cp "$PAYLOAD"/images/*.img $SERVER/squash-images/
  rm $SERVER/squash-images/later.img
  echo "$SERVER 127.0.0.1(rw,fsid=0,no_root_squash,no_subtree_check)" >/etc/exports
  printf '[nfsd]\nvers3=n\nthreads=4\ngrace-time=%s\nlease-time=10\n' $GRACE >/etc/nfs.conf.d/test.conf
  systemctl start nfs-server
  # hard, as on a node; the time-outs are shorter, and so are the attribute caches.
  local options=vers=4.1,hard,timeo=50,retrans=2,actimeo=2
  mount -t nfs -o $options 127.0.0.1:/compilers $ROOT
  mount -t nfs -o $options 127.0.0.1:/squash-images $IMAGES
}

stop_server() {
  systemctl stop nfs-server
  stopped=$(now)
  note "the server is stopped"
}

start_server() {
  systemctl start nfs-server
  away=$((($(now) - stopped) / 1000))
  note "the server is back after $away s"
}

# back COMMAND...: until it succeeds, after the server's return. The client doubles its pause before it
# connects again, up to 5 min, so the pause is as long as the server was away.
back() {
  within $((away + GRACE + SOON)) "$@"
}

install_daemon() {
  mkdir -p /etc/lazymount /etc/systemd/system/lazymount.service.d
  ln -s "$PAYLOAD/lazymount/lazymount" /usr/bin/lazymount
  cp "$PAYLOAD/lazymount.service" /etc/systemd/system/
  # Emulated, a start takes minutes, of which compiling took half.
  local java_options="-XX:CompileThresholdScaling=2 -XX:CICompilerCount=1"
  printf '[Service]\nTimeoutStartSec=%s\nWatchdogSec=%s\nTimeoutStopSec=90\nEnvironment="JAVA_OPTS=%s"\n' $READY $READY "$java_options" >/etc/systemd/system/lazymount.service.d/slow.conf
  cat >/etc/lazymount/application.conf <<CONF
lazymount {
  trace { program = auto, canary = 3s, canary-timeout = 60s }
  mount { timeout = 5s, concurrency = 2, retry-max = 5s }
  catalog.rescan = ${RESCAN}s
}
CONF
  systemctl daemon-reload
}

set_option() {
  echo "lazymount.${1%%=*} = ${1#*=}" >>/etc/lazymount/application.conf
}

start_daemon() {
  # The warm list's mounts follow at once, and keep an emulated machine busy.
  timeout $READY systemctl start lazymount && within $SOON says ".state == \"ready\" and .trace.program == \"${1:-hooked}\""
}

# What the daemon answers to `status`, through a jq filter; false and null are failures.
says() {
  ask "$1" >/dev/null
}

ask() {
  timeout -s KILL 10 perl -MIO::Socket::UNIX -e "$CLIENT" '{"command":"status"}' 2>/dev/null | jq -Mce ".status | $1"
}

# Sends a request, and prints each line of the answer.
command_of_daemon() {
  timeout -s KILL 300 perl -MIO::Socket::UNIX -e "$CLIENT" "$1"
}

# The command lazymount takes a minute to start here.
readonly CLIENT='
  my $s = IO::Socket::UNIX->new(Peer => "/run/lazymount/control.sock") or exit 1;
  print $s "$ARGV[0]\n"; $s->flush; print <$s>;'

# check WHAT COMMAND...: runs it and reports.
check() {
  local what=$1 start
  shift
  start=$(now)
  if in_time $LONGEST "$@"; then
    echo "passed $what ($((($(now) - start + 500) / 1000)) s)" >$RESULTS
  else
    echo "failed $what" >$RESULTS
    echo "--- status, when it failed:"
    ask . || echo none
    journalctl -u lazymount -n 20 --no-pager -o cat
  fi
}

# in_time SECONDS COMMAND...: runs it, a function too, in a process of its own. One that takes longer is
# killed and left behind, as it may hang in the kernel.
in_time() {
  local limit=$1 console answer status
  shift
  exec {console}>&1
  exec {answer}< <("$@" >&$console; echo $?)
  local process=$!
  if ! read -r -t "$limit" -u $answer status; then
    status=124
    kill -KILL $process 2>/dev/null
  fi
  exec {answer}<&- {console}>&-
  return "$status"
}

# within SECONDS COMMAND...: until it succeeds.
within() {
  local end=$(($(now) + $1 * 1000))
  shift
  until "$@"; do
    (($(now) < end)) || return 1
    sleep 2
  done
}

# Milliseconds since the machine was started.
now() {
  local uptime
  read -r uptime _ </proc/uptime
  echo "${uptime/./}0"
}

note() {
  echo "note $*" >$RESULTS
}

main
