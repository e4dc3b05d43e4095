#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs fuzz_readers over its targets and prints a line for each: executions, coverage, corpus, findings.
#   tests/fuzz/fuzz.sh PROGRAM FOLDER [TARGET...]
# FOLDER keeps each target's corpus and findings. TACKROOM_FUZZ_SECONDS for each target (600), TACKROOM_FUZZ_JOBS at a time.
# Exit code 1 where something was found.
set -euo pipefail
program=$(readlink -f "$1"); out=$2; shift 2
seconds=${TACKROOM_FUZZ_SECONDS:-600}
jobs=${TACKROOM_FUZZ_JOBS:-$(nproc)}
mkdir -p "$out"
out=$(readlink -f "$out")
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-$(command -v llvm-symbolizer-19 || true)}
export ASAN_SYMBOLIZER_PATH
export TMPDIR=${TMPDIR:-/tmp}

one() { # TARGET
  local target=$1 at=$out/$1 end left
  mkdir -p "$at/corpus"
  : > "$at/log"
  TACKROOM_FUZZ_TARGET=$target TACKROOM_FUZZ_SEEDS=$at "$program" >> "$at/log" 2>&1
  end=$((SECONDS + seconds))
  # libFuzzer ends at the first finding; the rest of the time goes on with what it has learnt.
  while left=$((end - SECONDS)); [ "$left" -gt 0 ] && [ "$(find "$at" -maxdepth 1 -name 'found-*' | wc -l)" -lt 8 ]; do
    TACKROOM_FUZZ_TARGET=$target "$program" -max_total_time="$left" -timeout=25 -rss_limit_mb=3000 -dict="$at/words" -reload=0 \
      -artifact_prefix="$at/found-" -print_final_stats=1 -verbosity=1 "$at/corpus" "$at/seeds" >> "$at/log" 2>&1 || true
  done
  awk -v target="$target" -v found="$(find "$at" -maxdepth 1 -name 'found-*' | wc -l)" '
    /^stat::number_of_executed_units:/ { executed += $2 }
    match($0, /cov: [0-9]+/) { cov = substr($0, RSTART + 5, RLENGTH - 5) }
    match($0, /ft: [0-9]+/) { features = substr($0, RSTART + 4, RLENGTH - 4) }
    match($0, /corp: [0-9]+/) { corpus = substr($0, RSTART + 6, RLENGTH - 6) }
    END { printf "%-22s %9d executions, coverage %6d edges %7d features, corpus %5d, findings %d\n", target, executed, cov, features, corpus, found }' "$at/log"
}
export -f one
export program out seconds

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(TACKROOM_FUZZ_LIST=1 "$program")
printf '%s\n' "Fuzzing ${#targets[@]} targets, $seconds s each, $jobs at a time; corpora and findings in $out"
printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'one "$0"'
if found=$(find "$out" -mindepth 2 -maxdepth 2 -name 'found-*') && [ -n "$found" ]; then
  printf 'Found:\n%s\n' "$found"
  exit 1
fi
