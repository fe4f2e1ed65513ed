# What bench/run and bench/postgres share; sourced by them, with $out, $here, $report, $work, $port,
# $seconds, $scale and $leadline set.
server=
bare=
url=http://127.0.0.1:$port

stop() # pid
{
    [ -z "$1" ] || { kill "$1" && wait "$1"; } 2>/dev/null || true
}
finish()
{
    cp "$work/log" "$here/server.log" 2>/dev/null || true
    stop "$server"
    stop "$bare"
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

fail()
{
    echo "bench: $*" >&2
    exit 1
}

say()
{
    echo "$*" | tee -a "$report"
}

# -- Measuring -----------------------------------------------------------------

now_ms()
{
    echo $(($(date +%s%N) / 1000000))
}

cpu_ms() # pid: all its threads, user and system
{
    awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / tick) }' \
        "/proc/$1/stat"
}

memory_mb() # pid
{
    awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"
}

wait_for() # url: until it answers
{
    tries=0
    until curl -sf -o /dev/null "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 3000 ] || fail "$1 does not answer"
        sleep 0.003
    done
}

# Sets rate, p50, p99 (ms), with p95.lua p95, and cost (CPU µs of the server per request); errors end the run.
load() # pid connections wrk-arguments...
{
    pid=$1
    connections=$2
    shift 2
    before=$(cpu_ms "$pid")
    wrk -t1 -c"$connections" -d"$seconds"s --latency "$@" >"$work/wrk"
    after=$(cpu_ms "$pid")
    ! grep -q 'Non-2xx' "$work/wrk" || fail "errors under load: $(cat "$work/wrk")"
    # shellcheck disable=SC2046 # words are wanted
    set -- $(awk -v cpu=$((after - before)) '
        function ms(text) {
            if (text ~ /us$/) return text / 1000
            return text ~ /ms$/ ? text + 0 : text * 1000
        }
        $1 == "50%" { p50 = ms($2) }
        $1 == "99%" { p99 = ms($2) }
        /requests in/ { count = $1 }
        /^Requests\/sec/ { rate = $2 }
        $1 == "p95" { p95 = $2 }
        END { printf "%.0f %.2f %.2f %.1f %.2f", rate, p50, p99, count ? cpu * 1000 / count : 0, p95 }
    ' "$work/wrk")
    rate=$1 p50=$2 p99=$3 cost=$4 p95=$5
}

percent()
{
    awk -v a="$1" -v b="$2" 'BEGIN { printf("%.0f %%", (b > 0) ? a * 100 / b : 0) }'
}

row() # what ours bare ratio goal
{
    say "$(printf '%-42s | %-34s | %-26s | %-6s | %s' "$1" "$2" "$3" "$4" "$5")"
}

# -- The data set --------------------------------------------------------------

# Whatever changes the tables changes the data set.
key=$(cat packs/sales/objects/*.json packs/sales/pipelines/*.json packs/sales/rules/*.json \
    packs/sales/demos/*.json src/schema/migrations.c src/schema/table.c | sha256sum | cut -c1-12)
data=$here/m-$scale-$key
if [ ! -e "$data/leadline.db" ]; then
    rm -rf "$here"/m-"$scale"-*
    echo "bench: filling the data set (once)" >&2
    "$out/bench-fill" "$data.part" "$scale" >"$here/password"
    mv "$data.part" "$data"
fi

# -- Asking --------------------------------------------------------------------

token() # login
{
    curl -sf -X POST -H 'Content-Type: application/json' \
        -d "{\"login\":\"$1\",\"password\":\"$(cat "$here/password")\"}" "$url/api/v1/session" |
        sed 's/.*"token":"\([^"]*\)".*/\1/'
}
where=$(printf 'STAGE_KIND() = "open" AND amount >= 100000' | od -An -tx1 | tr -d '\n' | sed 's/ /%/g')
columns=name,customer,amount,stage,owner,last_contact_at,expected_close # what the list screen asks for
list="/api/v1/records/opportunity?where=$where&order=-amount&limit=50&fields=$columns"
# The same page with 3 look-ups, 2 roll-ups and 5 formulas.
wide="/api/v1/records/opportunity?where=$where&order=-amount&limit=50&fields=name,amount,stage,customer.name,customer.region,owner.name,log_count,last_conclusion,weighted_amount,win_probability,stall_level,stalled_since,last_contact_at"

wide_row() # name token; with a connection per core
{
    load "$server" "$(nproc)" -H "Authorization: Bearer $2" -s bench/p95.lua "$url$wide"
    row "list of 50, 3 look-ups, 2 roll-ups, 5 formulas, $1" \
        "$rate/s, $cost µs CPU, p50 $p50 p95 $p95 ms" - - "p95 < 10 ms"
}

# The median of some answers, after two to warm up.
median_ms() # token curl-arguments...
{
    with=$1
    shift
    for i in 1 2 3 4 5 6 7; do
        curl -sf -o /dev/null -w '%{time_total}\n' -H "Authorization: Bearer $with" "$@" ||
            echo failed
    done | tail -n 5 | sort -n | awk 'NR == 3 { print $1 == "failed" ? $1 : sprintf("%.0f ms", $1 * 1000) }'
}

sums_rows()
{
    from=$(date -d '30 days ago' +%F) to=$(date +%F)
    for who in rep director; do
        eval "with=\$$who"
        scope=me
        [ $who = rep ] || scope=all
        row "PHI of 30 days, $who" \
            "$(median_ms "$with" "$url/api/v1/measures/phi?scope=$scope&from=$from&to=$to")" - - "< 150 ms"
        row "count and sum by stage, $who" \
            "$(median_ms "$with" -H 'Content-Type: application/json' \
                -d '{"group":["stage"],"values":["COUNT()","SUM(amount)"]}' \
                "$url/api/v1/query/opportunity")" - - "< 150 ms"
    done
}
