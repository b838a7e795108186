#!/bin/sh
# Installs Chromium for the browser tests where we may; where not, says so, and those tests skip.
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "no Chromium here and no apt-get to install it: browser tests will be skipped" >&2
    exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif sudo -n true >/dev/null 2>&1; then
    as_root="sudo -n"
else
    echo "no Chromium here and no right to install it: browser tests will be skipped" >&2
    echo "  to run them: sudo apt-get install chromium" >&2
    exit 0
fi
echo "installing Chromium for the browser tests"
log="$(mktemp)"
if DEBIAN_FRONTEND=noninteractive $as_root apt-get update -qq >"$log" 2>&1 </dev/null &&
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
else
    echo "Chromium could not be installed (log: $log): browser tests will be skipped" >&2
fi
exit 0
