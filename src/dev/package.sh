# shellcheck shell=bash
# The Debian package and the benchmarks. Sourced by ./dev.

# Every date in the package is that of the commit, so that the same sources give the same bytes.
package() {
  need_tools dh:debhelper lintian:lintian
  build
  local version
  version=$(dpkg-parsechangelog --file src/main/deb/changelog --show-field Version)
  grep -q "^  <version>$version</version>" pom.xml ||
    stop "src/main/deb/changelog says $version, and pom.xml another version: make them agree"
  rm -rf target/debian target/lazymount_*.deb
  cp -r src/main/deb target/debian
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null ||
    dpkg-parsechangelog --file src/main/deb/changelog --show-field Timestamp)
  export SOURCE_DATE_EPOCH
  (cd target && DEB_RULES_REQUIRES_ROOT=no debian/rules binary >package.log 2>&1) ||
    stop "building the package failed: $(tail -n 3 target/package.log)"
  PACKAGE=$(echo target/lazymount_*.deb)
  lintian --fail-on error,warning "$PACKAGE" || stop "lintian reports problems in $PACKAGE"
  say "built $PACKAGE"
}

# One benchmark; prints Markdown and JSON, and leaves JSON, CSV and a plot in target/bench.
bench() {
  [[ $# -gt 0 ]] || stop "bench needs the NAME of a benchmark: see src/bench/java"
  if [[ $1 == trace && " $* " == *" --vm "* ]]; then
    [[ $# == 2 ]] || stop "bench trace --vm has no other option"
    count_instructions
  fi
  need_kernel
  install_missing cc:gcc cc:libc6-dev python3:python3 gnuplot:gnuplot-nox
  local SYSTEM_TREE='' PACKAGE=''
  if [[ $1 == start || $1 == all ]]; then
    install_missing bindfs:bindfs
  fi
  if [[ $1 == first-compile ]]; then
    install_missing /usr/include/fuse3/fuse.h:libfuse3-dev
    # For autofs and systemd's automount units; in a quick run only if it is there.
    if [[ " $* " != *" --quick "* ]]; then
      need_tools debootstrap:debootstrap
      need_system_tree 12
    elif has_system_tree; then
      need_system_tree 12
    fi
  elif [[ $1 == price ]] && has_system_tree; then
    need_system_tree 12
  elif [[ $1 == boot || $1 == all ]]; then
    install_missing /usr/include/fuse3/fuse.h:libfuse3-dev
    need_tools debootstrap:debootstrap
    need_system_tree 12
    package
  fi
  maven package -DskipTests
  exec "$JAVA_HOME/bin/java" -Djna.nosys=true "-Dlazymount.launcher=$PWD/target/lazymount" \
    "-Dlazymount.tree=$SYSTEM_TREE" "-Dlazymount.package=$PACKAGE" \
    -cp "target/test-classes:target/classes:$(<target/test.classpath)" \
    dev.lazymount.bench.Bench "$@"
}

# The instructions that each trace program adds to a system call, under Debian's kernel in an emulated
# machine. Ends with `N reached, N missed`. It needs nothing of this machine's kernel.
count_instructions() {
  need_machine
  build
  exec bash src/vm-test/instructions.sh "$MACHINE_CACHE"
}

# Whether `bench boot` or `system-test` has made the tree.
has_system_tree() {
  [[ -x ${LAZYMOUNT_CACHE:-/var/cache/lazymount-dev}/system-12/usr/bin/dpkg ]]
}
