#!/bin/sh
# suite.sh [SUITE...]: runs the suites and adds them up.
#
# A suite is a make target whose last "N passed, N failed" line is its result.
# Its output goes to build/log/SUITE.log and its end is shown when something
# failed. A suite that fails without saying how many counts as one failure, and
# so does one that passes without having run anything. The last line of all is
# the sum.
#
# All of them are built first and then run in lanes beside one another; those
# named are run one after the other.
set -u
cd "$(dirname "$0")/.."
mkdir -p build/log
sums=build/log/sums
broken=build/log/broken
: >"$sums"
: >"$broken"
jobs=$(nproc 2>/dev/null || echo 2)
: "${FUZZ_SECONDS:=6}"
export FUZZ_SEED="${FUZZ_SEED:-1}" # the same answer for the same code
began=$(date +%s)

is_there() # suite: is there anything to run?
{
    case $1 in
    unit | unit-attack | unit-others | tidy | headers) ;;
    scenarios | scenarios-postgres) [ -x tests/api/run ] ;;
    unit-postgres) [ -x tools/postgres.sh ] ;;
    crash | crash-postgres) [ -x tests/crash/run ] ;;
    browser | browser-postgres) [ -x tests/web/run ] ;;
    web-test) [ -f web/package.json ] ;;
    fuzz) ls fuzz/*_fuzz.c >/dev/null 2>&1 ;;
    esac
}

show_end() # log
{
    echo "  ---- the end of $1"
    tail -n 40 "$1" | sed 's/^/  | /'
    echo "  ----"
}

run_suite() # suite
{
    log=build/log/$1.log
    start=$(date +%s)
    make -j"$jobs" "$1" FUZZ_SECONDS="$FUZZ_SECONDS" >"$log" 2>&1 </dev/null
    code=$?
    seconds=$(($(date +%s) - start))
    line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    passed=$(echo "${line:-0 passed, 0 failed}" | cut -d' ' -f1)
    failed=$(echo "${line:-0 passed, 0 failed}" | cut -d' ' -f3)
    note=
    if [ $code != 0 ] && [ "$failed" = 0 ]; then
        failed=1
        note=" (stopped with code $code)"
    elif [ $code = 0 ] && [ "$passed" = 0 ] && [ "$failed" = 0 ]; then
        failed=1
        note=" (ran nothing)"
    fi
    [ "$failed" = 0 ] || {
        show_end "$log"
        echo "$1" >>"$broken"
    }
    printf '%-18s %s passed, %s failed in %s s%s\n' "$1" "$passed" "$failed" "$seconds" "$note"
    echo "$passed $failed" >>"$sums"
}

# Last of all, where whoever looks at the end of a long log finds it.
show_failures()
{
    while read -r suite; do
        echo "  ---- what failed in $suite (build/log/$suite.log)"
        grep -aE -A2 'FAIL |FAILED|failed:|error:|Error:|ERROR|wanted|got   ' "build/log/$suite.log" |
            head -n 40 | sed 's/^/  | /'
    done <"$broken"
}

lane() # suite...
{
    for suite in "$@"; do
        if is_there "$suite"; then
            run_suite "$suite"
        else
            echo "$suite: nothing there to run"
        fi
    done
}

build() # target...: a failure is shown by the suites that need it
{
    echo "building: $*"
    make -j"$jobs" "$@" >build/log/build.log 2>&1 </dev/null
}

if [ $# -gt 0 ]; then
    lane "$@"
else
    # First, since a debug build takes in the web app that is there: else it would be linked
    # again, by two lanes at once.
    [ ! -f web/package.json ] || build web
    build run-tests binary
    build release
    lane unit-attack &
    lane unit-others unit-postgres browser-postgres &
    lane tidy headers scenarios scenarios-postgres crash crash-postgres web-test browser fuzz
    wait
fi
show_failures
echo "all suites took $(($(date +%s) - began)) s"
awk '{ passed += $1; failed += $2 } END {
    printf "%d passed, %d failed\n", passed, failed
    exit !(failed == 0 && passed > 0)
}' "$sums"
