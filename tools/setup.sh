#!/bin/sh
# setup.sh [--quiet] build|test|web|bench...: installs what the named parts need and the machine lacks.
#
# Each need is checked by what it gives (a command, a pkg-config module, a file),
# so that it also passes on systems whose packages have other names; only the
# installing is Debian's. Safe to run again: with nothing missing it says so
# and touches nothing.
set -eu

needs_build='
command gcc gcc
command make make
command pkg-config pkg-config
module sqlite3 libsqlite3-dev
module libpq libpq-dev
module libevent_extra libevent-dev
module jansson libjansson-dev
module libsodium libsodium-dev
module libcurl libcurl4-openssl-dev
module expat libexpat1-dev
module minizip libminizip-dev
module xlsxwriter libxlsxwriter-dev
module zlib zlib1g-dev
file /usr/include/stdlib.h libc6-dev
'
needs_test='
command clang clang
fuzzer clang libclang-rt-14-dev
command curl curl
command sqlite3 sqlite3
server postgresql postgresql
command psql postgresql-client
command setpriv util-linux
command chromium chromium
font Noto.*CJK fonts-noto-cjk
'
needs_web='
command node nodejs
command npm npm
'

needs_bench='
command wrk wrk
command curl curl
command sqlite3 sqlite3
'

has() # kind what
{
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    module) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$2" ;;
    file) [ -e "$2" ] ;;
    fuzzer)
        command -v clang >/dev/null 2>&1 &&
            ls "$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer*.a >/dev/null 2>&1
        ;;
    server)
        command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
        ;;
    font)
        for folder in /usr/share/fonts /usr/local/share/fonts "${HOME:-/root}/.fonts"; do
            [ -d "$folder" ] && find "$folder" | grep -q "$2" && return 0
        done
        return 1
        ;;
    esac
}

missing_of() # the lines of needs that are not there, as package names
{
    echo "$1" | while read -r kind what package; do
        [ -n "$kind" ] || continue
        has "$kind" "$what" || echo "$package"
    done
}

fail()
{
    echo "setup: $*" >&2
    exit 1
}

is_quiet=no
parts=
for part in "$@"; do
    case $part in
    --quiet) is_quiet=yes ;;
    build | test | web | bench) parts="$parts $part" ;;
    *) fail "unknown part '$part'; known are build, test, web, bench" ;;
    esac
done
[ -n "$parts" ] || fail "which part? build, test, web, bench"

needs=
for part in $parts; do
    case $part in
    build) needs="$needs$needs_build" ;;
    test) needs="$needs$needs_test" ;;
    web) needs="$needs$needs_web" ;;
    bench) needs="$needs$needs_bench" ;;
    esac
done
missing=$(missing_of "$needs" | sort -u | tr '\n' ' ')
missing=${missing% }
if [ -z "$missing" ]; then
    [ $is_quiet = yes ] || echo "setup: all that$parts needs is installed"
    exit 0
fi
echo "setup: to install: $missing"
command -v apt-get >/dev/null 2>&1 ||
    fail "this is no Debian system (no apt-get). Install what gives you: $missing"
as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 ||
        fail "installing needs root and there is no sudo. As root: apt-get install $missing"
    as_root=sudo
fi

mkdir -p build/log
log=build/log/setup.log
export DEBIAN_FRONTEND=noninteractive
show() # says what runs, keeps its output in the log, repeats the end of it when it fails
{
    text=$1
    shift
    printf 'setup: %s … ' "$text"
    if "$@" >>"$log" 2>&1 </dev/null; then
        echo done
    else
        echo failed
        tail -n 15 "$log" | sed -e 's|[a-z]*://[^ ]*||g' -e 's/^/    /' >&2
        fail "$text did not work; all of it is in $log. By hand: apt-get install $missing"
    fi
}
: >"$log"
show "reading the list of packages" $as_root apt-get update
# shellcheck disable=SC2086 # a list of words
show "installing (this can take some minutes)" \
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
still=$(missing_of "$needs" | sort -u | tr '\n' ' ')
[ -z "$still" ] || fail "installed, but still not usable: $still(see $log)"
