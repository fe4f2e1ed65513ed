#!/bin/sh
# suite.sh [SUITE...]: runs the suites one after the other and adds them up.
#
# A suite is a make target whose last "N passed, N failed" line is its result.
# Its output goes to build/log/SUITE.log and its end is shown when something
# failed. A suite that fails without saying how many counts as one failure, and
# so does one that passes without having run anything. The last line of all is
# the sum.
set -u
cd "$(dirname "$0")/.."
mkdir -p build/log
jobs=$(nproc 2>/dev/null || echo 2)
: "${FUZZ_SECONDS:=10}"
passed=0
failed=0
began=$(date +%s)

is_there() # suite: is there anything to run?
{
    case $1 in
    scenarios | scenarios-postgres) [ -x tests/api/run ] ;;
    unit-postgres) [ -x tools/postgres.sh ] ;;
    crash) [ -x tests/crash/run ] ;;
    browser) [ -x tests/web/run ] ;;
    web-test) [ -f web/package.json ] ;;
    fuzz) ls fuzz/*_fuzz.c >/dev/null 2>&1 ;;
    esac
}

show_end() # log
{
    echo "  ---- the end of $1"
    grep -aE 'FAILED|failed:|error:|Error:|ERROR|wanted|got   ' "$1" | head -n 40 | sed 's/^/  | /'
    echo "  ----"
    tail -n 40 "$1" | sed 's/^/  | /'
    echo "  ----"
}

run_suite() # suite: adds to passed and failed
{
    log=build/log/$1.log
    start=$(date +%s)
    printf '%-10s …\n' "$1"
    make -j"$jobs" "$1" FUZZ_SECONDS="$FUZZ_SECONDS" >"$log" 2>&1 </dev/null
    code=$?
    seconds=$(($(date +%s) - start))
    line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    suite_passed=$(echo "${line:-0 passed, 0 failed}" | cut -d' ' -f1)
    suite_failed=$(echo "${line:-0 passed, 0 failed}" | cut -d' ' -f3)
    note=
    if [ $code != 0 ] && [ "$suite_failed" = 0 ]; then
        suite_failed=1
        note=" (stopped with code $code)"
    elif [ $code = 0 ] && [ "$suite_passed" = 0 ] && [ "$suite_failed" = 0 ]; then
        suite_failed=1
        note=" (ran nothing)"
    fi
    [ "$suite_failed" = 0 ] || show_end "$log"
    printf '%-10s %s passed, %s failed in %s s%s\n' \
        "$1" "$suite_passed" "$suite_failed" "$seconds" "$note"
    passed=$((passed + suite_passed))
    failed=$((failed + suite_failed))
}

[ $# -gt 0 ] || set -- unit tidy headers scenarios unit-postgres scenarios-postgres crash web-test browser fuzz
for suite in "$@"; do
    case $suite in
    unit | tidy | headers) ;;
    *)
        if ! is_there "$suite"; then
            echo "$suite: nothing there to run"
            continue
        fi
        ;;
    esac
    run_suite "$suite"
done
echo "all suites took $(($(date +%s) - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
