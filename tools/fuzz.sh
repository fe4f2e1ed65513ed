#!/bin/sh
# fuzz.sh OUT SECONDS NAME...: runs OUT/NAME-fuzz for SECONDS each, starting from
# fuzz/corpus/NAME (kept in the repository) and what earlier runs found in
# OUT/corpus/NAME. An input that fails stays in OUT/crash-NAME-*.
set -eu
out=$1
seconds=$2
shift 2
passed=0
failed=0
for name in "$@"; do
    mkdir -p "$out/corpus/$name"
    seeds=
    [ ! -d "fuzz/corpus/$name" ] || seeds=fuzz/corpus/$name
    words=
    [ ! -f "fuzz/$name.dict" ] || words=-dict=fuzz/$name.dict
    log=$out/$name.log
    # shellcheck disable=SC2086 # empty when there are none
    if "$out/$name-fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$out/crash-$name-" $words "$out/corpus/$name" $seeds \
        >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "  $name: ${runs:-?} inputs in ${seconds} s"
        passed=$((passed + 1))
    else
        echo "  $name: FAILED"
        grep -aE 'ERROR|SUMMARY|Test unit written|Assertion' "$log" | head -n 8 | sed 's/^/    /'
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
