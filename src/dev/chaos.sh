# shellcheck shell=bash
# The storm and its judge. Sourced by ./dev.

# Runs storm.py for $1 minutes (10) with the seed $2 (the time), then judge.py; the same seed gives the
# same schedule.
chaos() {
  local minutes=${1:-10} seed=${2:-$(date +%s)} folder result=0
  need_kernel python3:python3
  build
  folder=$(mktemp -d /tmp/lazymount-chaos-XXXXXX)
  say "seed $seed, commit $(git rev-parse --short HEAD), folder $folder"
  python3 src/chaos/storm.py "$PWD/target/lazymount" "$folder" $((minutes * 60)) "$seed" || result=1
  python3 src/chaos/judge.py "$folder" || result=1
  clear_storm "$folder" || result=1
  if ((result == 0)); then
    rm -rf --one-file-system "$folder"
  else
    say "the history is in $folder/history; run it again with: ./dev chaos $minutes $seed"
  fi
  return $result
}

# Unmounts what the storm has left; a loop device that stays is a leak.
clear_storm() {
  local target
  while target=$(awk -v below="$1/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | tail -n 1) &&
    [[ -n $target ]]; do
    umount -l "$target"
  done
  for _ in {1..50}; do
    grep -qsl "$1/" /sys/block/loop*/loop/backing_file || return 0
    sleep 0.1
  done
  say "PROBLEM a loop device is left"
  return 1
}
