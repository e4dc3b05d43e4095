#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs fuzz_readers over its targets and prints a table: seconds of processor and by the clock, seeds, executions, what was added
# to the corpus, findings.
#   tests/fuzz/fuzz.sh PROGRAM FOLDER [--again] [TARGET...]
# FOLDER keeps the table (table.txt) and each target's corpus and findings. TACKROOM_FUZZ_SECONDS of processor time for each
# target (600; on a busy machine that takes longer by the clock), TACKROOM_FUZZ_JOBS at a time. What was interrupted is gone on with: a target that has had its seconds is left out, one that
# has had some of them gets the rest; with --again all begin anew (with the corpora as they are).
# Exit code 1 where something was found.
set -euo pipefail
program=$(readlink -f "$1"); out=$2; shift 2
again=
if [ "${1:-}" = --again ]; then again=1; shift; fi
seconds=${TACKROOM_FUZZ_SECONDS:-600}
jobs=${TACKROOM_FUZZ_JOBS:-$(nproc)}
slice=600 # seconds by the clock after which a target's figures are written down
least=$((seconds < 20 ? seconds : 20)) # a slice is not shorter: each begins by reading the corpus, which may take long
mkdir -p "$out"
out=$(readlink -f "$out")
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-$(command -v llvm-symbolizer-19 || true)}
export ASAN_SYMBOLIZER_PATH
export TMPDIR=${TMPDIR:-/tmp}

files() { find "$@" -type f 2>/dev/null | wc -l; }
findings() { find "$1" -maxdepth 1 -name 'found-*' 2>/dev/null | wc -l; }
spent() { if [ -f "$1/spent" ]; then awk '{ s += $1 } END { printf "%d\n", s }' "$1/spent"; else echo 0; fi; }

# Seconds by the clock in which this many of processor time will probably be over.
clockFor() { # FOLDER SECONDS
  { if [ -f "$1/spent" ]; then cat "$1/spent"; fi; } | awk -v left="$2" -v least="$least" -v most="$slice" '
    { took += $1; clock += $4 }
    END { run = took > 0 && clock > took ? left * clock / took : left
          if (run < least) run = least
          if (run > most) run = most
          printf "%d\n", run }'
}

# An input that took too long while the machine stood still or was busy is none that takes too long.
unhurried() { # TARGET: what is not too slow by itself is no finding
  local at=$out/$1 found
  for found in "$at"/found-timeout-* "$at"/found-slow-unit-*; do
    [ -f "$found" ] || continue
    if (ulimit -t 10; TACKROOM_FUZZ_TARGET=$1 "$program" -timeout=600 -rss_limit_mb=3000 "$found" >> "$at/log" 2>&1); then
      mv "$found" "$at/slow-${found##*/found-}"
    fi
  done
}

# In $at/began: how much was in the corpus. In $at/spent, a line for each slice: seconds of processor, executions, coverage,
# seconds by the clock.
one() { # TARGET
  local target=$1 at=$out/$1 left started run
  mkdir -p "$at/corpus"
  [ -z "$again" ] || rm -f "$at/began" "$at/spent" "$at/log"
  [ -f "$at/began" ] || files "$at/corpus" > "$at/began"
  TACKROOM_FUZZ_TARGET=$target TACKROOM_FUZZ_SEEDS=$at "$program" >> "$at/log" 2>&1
  # libFuzzer ends at the first finding; the rest of the time goes on with what it has learnt.
  while left=$((seconds - $(spent "$at"))); [ "$left" -gt 0 ] && [ "$(findings "$at")" -lt 8 ]; do
    run=$(clockFor "$at" "$left") started=$SECONDS
    {
      time TACKROOM_FUZZ_TARGET=$target "$program" -max_total_time="$run" -timeout=25 -rss_limit_mb=3000 -dict="$at/words" \
        -reload=0 -artifact_prefix="$at/found-" -print_final_stats=1 -verbosity=1 "$at/corpus" "$at/seeds" > "$at/last" 2>&1 || true
    } 2> "$at/took"
    awk -v clock=$((SECONDS - started)) -v took="$(awk 'NF == 2 { print $1 + $2 }' "$at/took")" '
      /^stat::number_of_executed_units:/ { executed += $2 }
      match($0, /cov: [0-9]+/) { cov = substr($0, RSTART + 5, RLENGTH - 5) }
      END { print (took > 0.01 ? took : 1), executed + 0, cov + 0, clock }' "$at/last" >> "$at/spent"
    cat "$at/last" >> "$at/log"
    unhurried "$target"
  done
  row "$target"
}

row() { # TARGET
  local at=$out/$1
  [ -f "$at/spent" ] || return 0
  awk -v target="$1" -v seeds="$(files "$at/seeds")" -v new=$(($(files "$at/corpus") - $(cat "$at/began"))) \
    -v found="$(findings "$at")" '
    { took += $1; clock += $4; executed += $2; if ($3 > cov) cov = $3 }
    END { printf "%-22s %9d %8d %6d %11d %9d %11d %9d\n", target, took, clock, seeds, executed, cov, new, found }' "$at/spent"
}
export -f one row files findings spent unhurried clockFor
export program out seconds slice least again
export TIMEFORMAT='%U %S' # of the shell's time

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(TACKROOM_FUZZ_LIST=1 "$program")
todo=()
for target in "${targets[@]}"; do
  if [ -n "$again" ] || [ "$(spent "$out/$target")" -lt "$seconds" ]; then todo+=("$target"); fi
done
printf '%s\n' "Fuzzing ${#todo[@]} of ${#targets[@]} targets up to $seconds s of processor time each, $jobs at a time; corpora and findings in $out"
[ ${#todo[@]} -eq 0 ] || printf '%s\0' "${todo[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'one "$0"'

# Of all that was ever run here, not of this run's targets alone.
table=$out/table.txt
{
  printf '%-22s %9s %8s %6s %11s %9s %11s %9s\n' target processor clock seeds executions edges 'new corpus' findings
  TACKROOM_FUZZ_LIST=1 "$program" | while IFS= read -r target; do row "$target"; done
} > "$table"
awk 'NR > 1 { n++; s += $2; c += $3; x += $5; f += $8 }
  END { printf "%d targets, %d s of processor (%d s by the clock), %d executions, %d findings\n", n, s, c, x, f }' "$table" > "$table.sum"
cat "$table.sum" >> "$table" && rm "$table.sum"
printf '\n'; cat "$table"; printf 'This table is %s\n' "$table"
if found=$(find "$out" -mindepth 2 -maxdepth 2 -name 'found-*') && [ -n "$found" ]; then
  printf 'Found:\n%s\n' "$found"
  exit 1
fi
