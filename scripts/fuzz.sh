#!/bin/sh
# Usage: scripts/fuzz.sh SECONDS SEED FUZZER...
# Runs each fuzzer that long, from the seeds in tests/fuzz/seeds/NAME and what earlier runs found (build/fuzz/corpus).
# SEED: of the fuzzer's random choices; 0 makes others each time.
set -u
seconds=$1 seed=$2
shift 2
passed=0 failed=0
for fuzzer; do
    name=$(basename "$fuzzer")
    corpus=build/fuzz/corpus/$name
    seeds=tests/fuzz/seeds/$name
    mkdir -p "$corpus"
    [ -d "$seeds" ] || seeds=
    if "$fuzzer" -max_total_time="$seconds" -seed="$seed" -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/$name-" "$corpus" $seeds >"build/fuzz/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") inputs"
    else
        failed=$((failed + 1))
        echo "FAIL $name (build/fuzz/$name.log)"
        tail -n 40 "build/fuzz/$name.log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
