#!/bin/sh
# Says which of the few things that a bare machine must have is missing. Run by make; exits 1 if any is.
missing=""
wanted="${1:-python3}"

if ! command -v "$wanted" >/dev/null 2>&1; then
    missing="python3 (3.11 or newer)"
elif ! "$wanted" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    missing="python3 3.11 or newer (this is $("$wanted" -V 2>&1); choose another with make PYTHON=python3.12)"
elif ! "$wanted" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    missing="python3-venv"
fi
if [ -n "$missing" ]; then
    echo "missing: $missing. On Debian: apt-get install make python3 python3-venv" >&2
    exit 1
fi
kind="$(uname -s)-$(uname -m)"
case "$kind" in
Linux-x86_64 | Linux-aarch64 | Darwin-*) ;;
*) echo "note: no embedded PostgreSQL or Valkey is known for $kind" >&2 ;;
esac
exit 0
