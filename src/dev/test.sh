# shellcheck shell=bash
# The tests, all of them or some. Sourced by ./dev.

# Every test, and the guards unless arguments select tests. Ends with one line, `N passed, N failed,
# N skipped`. A skipped kernel test is a failure.
run_tests() {
  needs_linux 6 8 "the tests of MOVE_MOUNT_BENEATH (6.5) and statmount (6.8), which lazymount does without on 5.8"
  need_kernel tcc:tcc mkfs.erofs:erofs-utils gcc:gcc /usr/include/stdio.h:libc6-dev debootstrap:debootstrap \
    mkfs.ext4:e2fsprogs mkfs.xfs:xfsprogs mkfs.btrfs:btrfs-progs chromium:chromium bindfs:bindfs
  need_debian_13
  need_promtool
  rm -rf target/surefire-reports target/failsafe-reports
  local result=0 guards=() ran failed skipped kernel_ran kernel_failed kernel_skipped
  if (($# == 0)); then
    guards=(-Pguards)
    check_scripts
  fi
  maven verify "${guards[@]}" "-Dlazymount.trixie=$DEBIAN_13" "-Dlazymount.promtool=$PROMTOOL" "$@" || result=1
  read -r ran failed skipped < <(count target/surefire-reports)
  read -r kernel_ran kernel_failed kernel_skipped < <(count target/failsafe-reports)

  if ((kernel_skipped > 0)); then
    say "kernel tests were skipped; here they must run:" "$(reports_with_skips)"
    result=1
  elif ((kernel_ran == 0 && $# == 0)) && [[ -n $(find src/test -name '*IT.java') ]]; then
    say "no kernel test ran; the reason is above"
    result=1
  fi
  if (($# == 0 && result == 0)); then
    check_dependencies
  fi
  ran=$((ran + kernel_ran)) failed=$((failed + kernel_failed)) skipped=$((skipped + kernel_skipped))
  if ((ran == 0 || failed > 0)); then
    result=1
  fi
  echo "$((ran - failed - skipped)) passed, $failed failed, $skipped skipped"
  return $result
}

# Runs KillIT for a hundred rounds, or as many as given, and prints its summary.
kills() {
  need_kernel
  maven verify -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=KillIT \
    -Dfailsafe.timeout=0 "-Dlazymount.kill.rounds=${1:-100}"
  cat target/kills.txt
}

# The tests of the trace with the newest bpftrace of Debian, from a tree of Debian unstable.
version_test() {
  need_kernel debootstrap:debootstrap
  need_debian_unstable
  say "testing with $(chroot "$DEBIAN_UNSTABLE" bpftrace --version)"
  maven verify -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false \
    -Dit.test='SightIT,LossIT,WindowIT,RootIT,CanaryIT,AutoProgramIT,ResolvedProgramIT' \
    "-Dlazymount.trixie=$DEBIAN_UNSTABLE"
  local ran failed skipped
  read -r ran failed skipped < <(count target/failsafe-reports)
  echo "$((ran - failed - skipped)) passed, $failed failed, $skipped skipped"
}

# The package's life under a real systemd, in a tree of Debian 12, 13 or unstable. Ends with `N passed, N failed`.
system_test() {
  need_kernel debootstrap:debootstrap bindfs:bindfs
  need_system_tree "${1:-12}"
  package
  bash src/system-test/system-test.sh "$SYSTEM_TREE" "$PACKAGE"
}

# Real NFS, udev and a Debian kernel, in an emulated machine. Ends with `N passed, N failed`. It needs
# nothing of this machine's kernel.
vm_test() {
  local architecture=amd64
  [[ " $* " != *" arm64 "* ]] || architecture=arm64
  need_machine "$architecture"
  build
  exec bash src/vm-test/vm-test.sh "$MACHINE_CACHE" "$@"
}

# Tests run, failed and skipped, summed over the reports in folder $1.
count() {
  find "$1" -name 'TEST-*.xml' -exec grep -ho '<testsuite [^>]*>' {} + 2>/dev/null |
    awk '
      function value(name) {
        return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3) + 0 : 0
      }
      { ran += value("tests"); failed += value("failures") + value("errors"); skipped += value("skipped") }
      END { print ran + 0, failed + 0, skipped + 0 }'
}

# The kernel test classes with skipped tests.
reports_with_skips() {
  grep -l '<skipped' target/failsafe-reports/TEST-*.xml | sed 's/.*TEST-//; s/\.xml$//' | tr '\n' ' '
}
