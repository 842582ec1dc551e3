# shellcheck shell=bash disable=SC2016
# Each way to open a file under the root, and whether the hooked program sees it. Sourced by guest.sh.
#
# `way NAME yes|no COMMAND...`: NAME is that of the row in OpenMethod.java, and @ is the compiler that
# the way has for itself. SightTableTest compares these lines with the table of trace.md.

all_ways() {
  way OPEN yes opener open @/x
  way OPENAT yes opener openat @/x
  way OPENAT2 yes opener openat2 @/x
  way O_PATH no opener o_path @/x
  way CREATE yes opener creat @/new
  way OPENDIR yes opener opendir @/bin
  way STATIC yes opener openat @/x
  way DYNAMIC yes taskset -c 0 cat @/x
  way LONG yes opener openat "@/$LONG/x"
  way SLASHES yes opener openat "$ROOT//by-SLASHES//x"
  way DOTS yes opener openat "$ROOT/by-DOTS/../by-DOTS/x"
  way LINK yes through_link "$ROOT/link-to" @
  way EXEC yes opener exec @/bin/true
  way EXECVEAT yes opener execveat @/bin/true
  way SCRIPT yes opener exec @/bin/script
  way LIBRARY yes env LD_LIBRARY_PATH=@/lib "$PAYLOAD/sight/with-library"
  way SLAVE yes opener slave @/x
  way PRIVATE yes opener private @/x
  way RELATIVE yes opener chdir x @
  way DESCRIPTOR yes opener directory "${ROOT#/opt/}/by-DESCRIPTOR/x" /opt
  way RELATIVE_EXEC yes opener chdir-exec bin/true @
  way SLASHES_BEFORE yes opener openat /@/x
  way DOTS_BEFORE yes opener openat "/opt/..$ROOT/by-DOTS_BEFORE/x"
  way LINK_OUTSIDE yes through_link /tmp/link-to @
  way JAIL yes in_jail /elsewhere/by-JAIL/x
  way CHROOT yes opener chroot /by-CHROOT/x "$ROOT"
  way HANDLE yes opener handle @/x "$ROOT"
  way UNTOUCHED yes opener untouched @/x /tmp/untouched
  way INTERPRETER yes interpreted_by @/bin/true
  way LOADER yes opener exec "$PAYLOAD/sight/own-loader"
  way MISSING no opener missing @/no-such-file
  way DEEP no opener openat "@/$DEEP/x"
  way MOUNTED no in_image @
  way IO_URING yes opener io_uring @/x
  way CALL_32_BIT yes opener 32-bit @/x
  way OVERLAY "$OVERLAY_IS_SEEN" through_overlay @
  way MMAP no opener mmap @/x
  way RENAME no opener rename @/x @/renamed
  way MKDIR no opener mkdir @/new
  way HARD_LINK no opener link @/x @/new
  way SYMLINK no opener symlink @/new
  way UNLINK no opener unlink @/x
  way STAT no opener stat @/x
  way ACCESS no opener access @/x
  way READLINK no opener readlink @/link
}

# shellcheck disable=SC2153  # guest.sh sets it
readonly SERVED=$SERVER/compilers
readonly RECORDS=600 # seconds until `lazymount trace` records
LONG=$(printf 'l%.0s' {1..120})
readonly LONG=$LONG/$LONG
DEEP=$(printf 'd/%.0s' {1..20})
readonly DEEP=${DEEP%/}

# Before Linux 6.7 the inner open of overlayfs has the overlay's own directory entry.
OVERLAY_IS_SEEN=yes
[[ $(uname -r) != 6.1.* ]] || OVERLAY_IS_SEEN=no

# Records with `lazymount trace` what the program sees of all ways, and compares.
sees_as_the_table_says() {
  local recorder result
  : >/tmp/ways
  make_template
  lazymount trace --set trace.program=hooked >/tmp/sights 2>/tmp/sights.news &
  recorder=$!
  use_in_all_ways && compare_with_the_table
  result=$?
  ((result == 0)) || note "the trace says: $(tail -n 5 /tmp/sights.news)"
  kill $recorder
  return $result
}

# Ends when the last access has been reported.
use_in_all_ways() {
  within $RECORDS grep -q "are traced" /tmp/sights.news || return
  all_ways
  way FENCE yes opener openat @/x
  within "$SOON" grep -q " by-FENCE/" /tmp/sights
}

compare_with_the_table() {
  local wrong=0 name expected seen
  while read -r name expected; do
    grep -q " by-$name/" /tmp/sights && seen=yes || seen=no
    [[ $seen == "$expected" ]] || { note "$name: seen: $seen, expected: $expected"; wrong=1; }
  done </tmp/ways
  note "$(wc -l </tmp/ways) ways, and lost: $(grep -c -i lost /tmp/sights.news)"
  ((wrong == 0))
}

# Appears on the server, so that the client has not opened anything of it.
way() {
  local name=$1
  echo "$name $2" >>/tmp/ways
  shift 2
  cp -r "$SERVER/template" "$SERVED/by-$name"
  in_time 60 "${@//@/$ROOT/by-$name}" >/dev/null || note "$name failed: $*"
}

make_template() {
  local template=$SERVER/template
  mkdir -p "$template/bin" "$template/lib" "$template/$LONG" "$template/$DEEP"
  tee "$template/x" "$template/$LONG/x" "$template/$DEEP/x" <<<x >/dev/null
  ln -s x "$template/link"
  cp /bin/true "$template/bin/true"
  printf '#!/bin/sh\n:\n' >"$template/bin/script"
  chmod 755 "$template/bin/script"
  cp "$PAYLOAD"/sight/libsight.so "$template/lib/"
  cp -L /lib64/ld-linux-x86-64.so.2 "$template/lib/ld.so"
}

opener() {
  "$PAYLOAD/sight/opener" "$@"
}

through_link() {
  ln -s "$2" "$1" && opener openat "$1/x"
}

interpreted_by() {
  printf '#!%s\n' "$1" >/tmp/interpreted && chmod 755 /tmp/interpreted && opener exec /tmp/interpreted
}

in_jail() {
  mkdir -p /tmp/jail/elsewhere && opener jail "$1" "$ROOT:/tmp/jail"
}

in_image() {
  mount -o loop,ro "$PAYLOAD/images/opened.img" "$1" && opener openat "$1/version"
  umount "$1"
}

through_overlay() {
  mkdir -p /tmp/overlay
  mount -t overlay -o "lowerdir=$1:/tmp/overlay" overlay /tmp/overlay && opener openat /tmp/overlay/x
  umount /tmp/overlay
}
