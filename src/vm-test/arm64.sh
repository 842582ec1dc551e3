# shellcheck shell=bash
# The checks for arm64, where flags of open(2), numbers of system calls and the kernel's structs differ,
# and JNA has another library. Sourced by guest.sh; few, because emulated arm64 is slow.

on_arm64() {
  note "$(uname -rm), $(nproc) CPU, $(bpftrace --version)"
  check "root and images are on NFS 4.1" on_nfs
  check "READY, by the hooked program" start_daemon
  check "JNA's library for arm64 is the launcher's, not unpacked" has_its_native_library
  check "a first open is served by NFS" reads "original opened" "$ROOT/opened/version"
  check "it is seen, and mounted from the image on NFS" within "$SOON" mounted opened
  check "the mount reads as the image does" same_content opened
  check "a program that is run is seen and mounted" run_and_mounted executed
  check "an open by a relative path is seen and mounted" open_relative_and_mounted relative
  check "a mounted compiler is quiet" is_quiet opened
  swapped_on_arm64
  expired_on_arm64
  for_each_older_program
}

has_its_native_library() {
  grep -q "$PAYLOAD/lazymount/lib/native/linux-aarch64/libjnidispatch.so" \
    "/proc/$(systemctl show -P MainPID lazymount)/maps"
}

swapped_on_arm64() {
  use_and_wait replaced || return
  replace replaced
  check "an image replaced on the server is swapped" within "$SOON" reads "image 2 replaced" "$ROOT/replaced/version"
}

expired_on_arm64() {
  set_option idle.unmount-after=60s
  systemctl stop lazymount
  check "READY again" start_daemon
  use_and_wait idle-unused || return
  check "an unused image is unmounted" within $((2 * SOON)) unmounted idle-unused
  set_option idle.unmount-after=1h
}

# In their turn: files by descriptors and from exec, and paths with flags.
for_each_older_program() {
  set_option trace.program=resolved
  systemctl stop lazymount
  check "READY, by the resolved program" start_daemon resolved
  check "an open by a relative path is seen and mounted" open_relative_and_mounted after-ftrace
  set_option trace.program=path
  systemctl stop lazymount
  check "READY, by the path program" start_daemon path
  check "an absolute path is seen and mounted" use_and_wait path-opened
  check "a program run by its path is seen and mounted" run_and_mounted path-executed
}
