# shellcheck shell=bash
# The storm and its judge. Sourced by ./dev.

# Runs storm.py for $1 minutes (10) with the seed $2 (the time), then judge.py; the same seed gives the
# same schedule.
chaos() {
  local minutes=${1:-10} seed=${2:-$(date +%s)}
  need_chaos
  say "seed $seed, commit $(git rev-parse --short HEAD), folder $chaos_folder"
  judged storm "$((minutes * 60))" "$seed" "$chaos_folder/storage" "$chaos_compilers" ||
    stop "the history is in $chaos_folder/history; run it again with: ./dev chaos $minutes $seed"
}

# What both need; sets chaos_folder.
need_chaos() {
  need_kernel python3:python3 cc:gcc /usr/include/stdio.h:libc6-dev /usr/include/fuse3/fuse.h:libfuse3-dev
  build
  chaos_compilers=${LAZYMOUNT_CACHE:-/var/cache/lazymount-dev}/compilers
  bash src/bench/compiler.sh "$chaos_compilers/tcc" tcc libc6-dev || stop "no compiler tcc"
  bash src/bench/compiler.sh "$chaos_compilers/gxx" g++ || stop "no compiler gxx"
  chaos_folder=$(mktemp -d /tmp/lazymount-chaos-XXXXXX)
  cc -O2 -I/usr/include/fuse3 -o "$chaos_folder/storage" src/chaos/storage.c -lfuse3 -lpthread ||
    stop "src/chaos/storage.c does not compile"
}

# Runs soak.py for $1 minutes (60), then judge.py; the plot is target/soak/soak.svg.
soak() {
  local minutes=${1:-60} seed=${2:-$(date +%s)} result=0
  install_missing gnuplot:gnuplot-nox
  need_chaos
  say "seed $seed, commit $(git rev-parse --short HEAD), folder $chaos_folder"
  mkdir -p target/soak
  rm -f target/soak/soak.csv
  judged soak "$((minutes * 60))" "$seed" target/soak/soak.csv || result=1
  gnuplot -e "csv='target/soak/soak.csv'; svg='target/soak/soak.svg'; heading='$minutes minutes of traffic'" \
    -e "across='minute'; up=''; lines=6; bars=0" src/bench/chart.gnuplot || result=1
  return $result
}

# Runs src/chaos/$1.py with the arguments that follow, then its judge, and removes what is left.
judged() {
  local result=0
  trap 'clear_storm "$chaos_folder"; exit 130' INT TERM
  python3 -B "src/chaos/$1.py" "$PWD/target/lazymount" "$chaos_folder" "${@:2}" || result=1
  if [[ -e $chaos_folder/loops ]]; then
    python3 -B src/chaos/judge.py "$chaos_folder" || result=1
  fi
  clear_storm "$chaos_folder" || result=1
  ((result != 0)) || rm -rf --one-file-system "$chaos_folder"
  return $result
}

# Ends processes, unmounts what is left; a loop device that stays then is a leak.
clear_storm() {
  local target process
  while read -r process; do
    kill -KILL "$(basename "$(dirname "$process")")" 2>/dev/null || true
  done < <(grep -l -s -z -x -F "LAZYMOUNT_CHAOS=$1" /proc/[0-9]*/environ)
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
