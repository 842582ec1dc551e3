# shellcheck shell=bash
# What is checked beside the tests: scripts, SpotBugs, coverage, dependencies. Sourced by ./dev.

guards() {
  need_tools
  check_scripts
  maven package -Pguards
  check_dependencies
}

# The scripts of bash and sh, all of them.
check_scripts() {
  install_missing shellcheck:shellcheck
  local scripts
  mapfile -t scripts < <(git ls-files | xargs grep -lE '^#!.*\b(ba|da)?sh$|^# shellcheck shell=')
  # Text in single quotes that names a variable is for another shell.
  shellcheck --external-sources --severity=info --exclude=SC2016 "${scripts[@]}" || stop "shellcheck reports problems"
  say "shellcheck: ${#scripts[@]} scripts, no problem"
}

# Compares the bill of materials of a build with the profile `guards` with the list that was reviewed.
check_dependencies() {
  install_missing jq:jq
  local list=src/site/dependencies.txt found=target/dependencies.txt
  {
    sed '/^$/q' "$list"
    # Akka's POM names the licence of 2.8.5 before its change date; see akka.version in pom.xml.
    jq -r '.components[]
      | ([.licenses[]?.license | .id // .name] | sort | join(" or ")) as $licence
      | "\(.group):\(.name) \(.version) " +
        if .group == "com.typesafe.akka" and .version == "2.8.5" and $licence == "BUSL-1.1"
        then "Apache-2.0 since 2026-09-20" else $licence end' target/bom.json | LC_ALL=C sort
  } >"$found"
  diff -u "$list" "$found" ||
    stop "the dependencies have changed: check the licences and known vulnerabilities of the new ones, then copy $found to $list"
  say "dependencies: $(sed '1,/^$/d' "$list" | wc -l), as listed in $list"
}
