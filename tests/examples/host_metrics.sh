#!/usr/bin/env bash
# host_metrics.sh <host_metrics program> <server program>: measures this machine for two seconds into a store of its
# own and into a server, and finds every table in the report.
set -euo pipefail
# shellcheck source=tests/examples/server.sh
source "$(dirname "$0")/server.sh"
start_server "$2"

expect_report() {
  for pattern in '^CPU busy, %' '^  cpu0 +[0-9.]+ +[0-9.]+ +[0-9.]+$' '^Memory used, %' '^CPU time, s per s' '^  idle ' \
    '^Network, KiB/s' '^  lo received ' '^Load average' '^Processes by CPU, %'; do
    grep -qE "$pattern" "$work/report" || { echo "no line like $pattern in"; cat "$work/report"; exit 1; }
  done
}

"$1" --seconds 2 --store "sqlite:$work/host.db" > "$work/report"
expect_report
[[ -s $work/host.db ]]
"$1" --seconds 2 --server "http://$address" > "$work/report"
expect_report

# A mistake is one line that says what would be right.
if "$1" --seconds 1 --server nowhere > "$work/report" 2> "$work/error"; then echo "a bad URL was taken"; exit 1; fi
grep -q '^host_metrics: ' "$work/error"
"$1" --help | grep -q -- '--server'
