#!/bin/sh
# web.sh COMMAND...: runs a command in web/ with a node that is new enough and
# the packages of package-lock.json installed. "web.sh npm run build" builds.
#
# The web tools need node 20.19 or newer. Where the system's is older, the
# package "node" of the npm registry is put into build/node, once.
set -eu
cd "$(dirname "$0")/.."
top=$PWD
mkdir -p build/log build/web
log=$top/build/log/web.log

fail()
{
    [ ! -f "$log" ] || tail -n 15 "$log" | sed -e 's|[a-z]*://[^ ]*||g' -e 's/^/    /' >&2
    echo "web: $*" >&2
    exit 1
}

is_new_enough() # path of a node
{
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' \
        >/dev/null 2>&1
}

command -v npm >/dev/null 2>&1 || fail "npm is missing; run: make setup-web"
own=$top/build/node/node_modules/node/bin
if ! { command -v node >/dev/null 2>&1 && is_new_enough node; }; then
    if ! is_new_enough "$own/node"; then
        echo "web: the system's node is older than the web tools need; getting a newer one into build/node"
        mkdir -p build/node
        npm install --prefix build/node --no-save --no-audit --no-fund node@22 >"$log" 2>&1 ||
            fail "could not get it (see build/log/web.log)"
        is_new_enough "$own/node" || fail "the node in build/node does not run"
    fi
    PATH=$own:$PATH
    export PATH
fi

# npm ci empties node_modules first: only when the lock file is another than last time.
stamp=$top/web/node_modules/.lock-installed
if ! cmp -s web/package-lock.json "$stamp"; then
    echo "web: installing the packages of web/package-lock.json"
    (cd web && npm ci --no-audit --no-fund) >"$log" 2>&1 ||
        fail "npm ci did not work (see build/log/web.log)"
    cp web/package-lock.json "$stamp"
fi
cd web
PATH=$PWD/node_modules/.bin:$PATH
export PATH
exec "$@"
