#!/usr/bin/env bash
# latency.sh <docs/cmake.md> <latency program>: the C program prints what the page says, and says what is wrong.
set -euo pipefail
page=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$program" > printed
awk '/^## / { here = ($0 == "## CMake, C") } here && $0 == "```text" { inside = 1; next } $0 == "```" { inside = 0 } inside' \
  "$page" | diff -u - printed
[[ -s latency.db ]] || { echo "latency left no latency.db behind"; exit 1; }

if "$program" nonsense: 2> said; then echo "a store of no kind was opened"; exit 1; fi
grep -q '^nonsense:: INVALID_OPTION: ' said || { cat said; exit 1; }
