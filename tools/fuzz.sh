#!/bin/sh
# fuzz.sh OUT SECONDS NAME...: runs OUT/NAME-fuzz for SECONDS each, as many at a
# time as there are processors, starting from fuzz/corpus/NAME (kept in the
# repository) and what earlier runs found in OUT/corpus/NAME. An input that
# fails stays in OUT/crash-NAME-*. With FUZZ_SEED the same code is given the same
# inputs again; without, others every time.
set -eu

run_one() # out seconds name
{
    mkdir -p "$1/corpus/$3"
    seeds=
    [ ! -d "fuzz/corpus/$3" ] || seeds=fuzz/corpus/$3
    words=
    [ ! -f "fuzz/$3.dict" ] || words=-dict=fuzz/$3.dict
    log=$1/$3.log
    # shellcheck disable=SC2086 # empty when there are none
    if "$1/$3-fuzz" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -seed="${FUZZ_SEED:-0}" -print_final_stats=1 -artifact_prefix="$1/crash-$3-" \
        $words "$1/corpus/$3" $seeds \
        >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "  $3: ${runs:-?} inputs in $2 s"
    else
        {
            echo "  $3: FAILED, all of it in $log"
            grep -aE 'ERROR|SUMMARY|Test unit written|Assertion|runtime error' "$log" |
                head -n 8 | sed 's/^/    /'
        } >"$log.end"
        cat "$log.end"
        : >"$1/$3.failed"
    fi
}

if [ "$1" = --one ]; then
    run_one "$2" "$3" "$4"
    exit 0
fi
out=$1
seconds=$2
shift 2
rm -f "$out"/*.failed
printf '%s\n' "$@" | xargs -P "$(nproc 2>/dev/null || echo 2)" -n 1 "$0" --one "$out" "$seconds"
failed=$(find "$out" -maxdepth 1 -name '*.failed' | wc -l)
echo "$(($# - failed)) passed, $((failed)) failed"
[ "$failed" = 0 ]
