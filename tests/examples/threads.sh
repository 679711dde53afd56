#!/usr/bin/env bash
# threads.sh <threads program>: every measurement of every thread is stored, and refused stores end the program.
set -euo pipefail
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for url in memory: sqlite:threads.db; do
  "$program" "$url" > printed
  for line in '400 measurements stored, 0 refused, 0 dropped' \
    'zenith: 132 requests, p95 [0-9.]+ ms, longest [0-9.]+ ms' 'acme: 136 requests, .*' 'initech: 132 requests, .*'; do
    grep -qxE "$line" printed || { echo "no line like $line in"; cat printed; exit 1; }
  done
done
[[ -s threads.db ]]

if "$program" nonsense: 2> said; then echo "a store of no kind was opened"; exit 1; fi
[[ -s said ]]
