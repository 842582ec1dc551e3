# shellcheck shell=bash
# Fuzzing with Jazzer. Sourced by ./dev.

JAZZER_VERSION=0.30.0 # Apache-2.0

# Runs each target of src/test/fuzz, or those given, for the same share of N minutes, ten by default.
# Inputs that reach new code are kept in target/fuzz/TARGET, and inputs that fail as target/fuzz/crash-*.
fuzz() {
  local minutes=10
  if [[ ${1:-} == --minutes ]]; then
    minutes=${2:?how many minutes}
    shift 2
  fi
  local targets=("$@")
  ((${#targets[@]})) || mapfile -t targets < <(find src/test/fuzz -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)
  need_tools
  maven test-compile
  maven dependency:build-classpath -DincludeScope=test -Dmdep.outputFile=target/fuzz.classpath
  local jar jars=target/fuzz-jars
  for jar in jazzer jazzer-api; do
    maven dependency:copy "-Dartifact=com.code-intelligence:$jar:$JAZZER_VERSION" "-DoutputDirectory=$jars"
  done
  local target source seconds=$((minutes * 60 / ${#targets[@]})) result=0 log=target/fuzz/log
  mkdir -p target/fuzz
  : >target/fuzz.txt
  for target in "${targets[@]}"; do
    source=$(find src/test/java -name "$target.java")
    [[ -n $source ]] || stop "there is no fuzz target $target"
    source=${source#src/test/java/} source=${source%.java}
    mkdir -p "target/fuzz/$target"
    "$JAVA_HOME/bin/java" -Xmx1g -cp "target/test-classes:target/classes:$(<target/fuzz.classpath):$jars/*" \
      com.code_intelligence.jazzer.Jazzer "--target_class=${source//\//.}" \
      '--instrumentation_includes=dev.lazymount.**' --reproducer_path=target/fuzz \
      --disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery \
      "-max_total_time=$seconds" -max_len=4096 "-artifact_prefix=target/fuzz/$target-" \
      "target/fuzz/$target" "src/test/fuzz/$target" >"$log" 2>&1 || result=1
    if grep -qa '^== Java Exception\|ERROR: libFuzzer' "$log"; then
      say "$target: failed; see target/fuzz/$target.log"
      mv "$log" "target/fuzz/$target.log"
    else
      say "$target: $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) second.*/\1 executions in \2 s/p' "$log")"
    fi | tee -a target/fuzz.txt
  done
  return $result
}
