#!/bin/sh
# postgres.sh start DIR | stop DIR | run COMMAND...: a PostgreSQL of one's own, for tests.
#
# start makes a cluster in DIR (made if missing), starts it on a unix socket
# there and on no port, and prints its URL. stop ends it; DIR can go then. run
# does both around a command that finds the URL in LEADLINE_TEST_DB.
#
# Started by root it runs as the user postgres (or nobody), since PostgreSQL
# refuses to run as root. It does not sync and it sorts as ICU does by default,
# so that tests notice whatever relies on the order of a database's own.
set -eu

fail()
{
    echo "postgres: $*" >&2
    exit 1
}

bin=
for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin; do
    [ -x "$folder/initdb" ] && bin=$folder/
done
[ -n "$bin" ] || command -v initdb >/dev/null 2>&1 || fail "no initdb; run make setup-test"

owner=
if [ "$(id -u)" = 0 ]; then
    owner=nobody
    id postgres >/dev/null 2>&1 && owner=postgres
fi
as_owner()
{
    if [ -n "$owner" ]; then
        (cd / && exec setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups \
            env HOME="$dir" "$@")
    else
        "$@"
    fi
}

start()
{
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [ -z "$owner" ] || chown "$owner" "$dir"
    if [ ! -e "$dir/data/PG_VERSION" ]; then
        as_owner "${bin}initdb" -D "$dir/data" -U leadline --auth=trust --no-sync -E UTF8 \
            --locale=C.UTF-8 --locale-provider=icu --icu-locale=und >"$dir/initdb.log" 2>&1 </dev/null ||
            { tail -n 5 "$dir/initdb.log" >&2; fail "initdb did not work"; }
        cat >>"$dir/data/postgresql.conf" <<SETTINGS
listen_addresses = ''
unix_socket_directories = '$dir'
fsync = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 200
max_locks_per_transaction = 512
log_min_messages = warning
log_min_error_statement = panic
SETTINGS
    fi
    as_owner "${bin}pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/server.log" start \
        >"$dir/start.log" 2>&1 </dev/null || { tail -n 5 "$dir/server.log" >&2; fail "no start"; }
    echo "postgresql://leadline@/postgres?host=$dir"
}

stop()
{
    dir=$(cd "$dir" && pwd)
    as_owner "${bin}pg_ctl" -D "$dir/data" -w -m fast stop >/dev/null 2>&1 || true
}

what=${1:-}
[ $# -ge 2 ] || fail "start DIR, stop DIR or run COMMAND..."
shift
case $what in
start) dir=$1; start ;;
stop) dir=$1; stop ;;
run)
    dir=$(mktemp -d "${TMPDIR:-/tmp}/leadline-pg-XXXXXX")
    chmod 755 "$dir"
    trap 'stop; rm -rf "$dir"' EXIT
    trap 'exit 1' INT TERM
    LEADLINE_TEST_DB=$(start)
    export LEADLINE_TEST_DB
    code=0
    "$@" || code=$?
    exit $code
    ;;
*) fail "start, stop or run, not '$what'" ;;
esac
