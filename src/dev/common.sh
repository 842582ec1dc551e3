# shellcheck shell=bash
# Output, and Maven with its chatter off. Sourced by ./dev.

say() {
  printf '%s\n' "$*"
}

# Ends with one line: what is wrong, and what to do about it.
stop() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

need_root() {
  [[ $(id -u) == 0 ]] || stop "not root, and $1 needs root: run it as root (sudo ./dev ...)"
}

# Runs Maven; warnings, errors and the lines that count tests remain visible. A failed download is
# retried twice. A process started by nohup, or in the background of a script, ignores SIGHUP and
# SIGINT and would pass that on to the tests' children, hence the reset.
maven() {
  local quiet=org.slf4j.simpleLogger log attempt
  log=$(mktemp)
  for attempt in 1 2 3; do
    if MAVEN_OPTS="-Djansi.noreset=true -D$quiet.defaultLogLevel=warn -D$quiet.log.org.apache.maven.plugin.surefire=info \
        -D$quiet.log.org.apache.maven.plugin.failsafe=info ${MAVEN_OPTS:-}" \
      env --default-signal=HUP,INT mvn --batch-mode -Dstyle.color=never "$@" 2>&1 | tee "$log"; then
      rm -f "$log"
      return 0
    fi
    if ((attempt == 3)) || ! grep -qE '^\[ERROR\].*(Could not transfer|Could not resolve|Unable to resolve)' "$log"; then
      break
    fi
    say "a download failed (attempt $attempt of 3); retrying in 10 s"
    sleep 10
    [[ $1 == --update-snapshots ]] || set -- --update-snapshots "$@"
  done
  rm -f "$log"
  return 1
}
