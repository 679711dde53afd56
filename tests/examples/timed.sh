#!/usr/bin/env bash
# timed.sh <timed> <server program>: what a command printed and how it ended stay, its time is recorded, and a server
# that is away fails no command.
set -euo pipefail
# shellcheck source=tests/examples/server.sh
source "$(dirname "$0")/server.sh"
start_server "$2"
export TIMED_URL=http://$address

[[ $("$1" echo "printed by it") == "printed by it" ]]
"$1" true
status=0
"$1" bash -c 'exit 3' || status=$?
[[ $status == 3 ]]
"$1" --report 1h > "$work/report"
for pattern in '^p95 s +max s +runs +status +command$' '^[0-9.e-]+ +[0-9.e-]+ +1 +0 +echo$' ' 1 +3 +bash$'; do
  grep -qE "$pattern" "$work/report" || { echo "no line like $pattern in"; cat "$work/report"; exit 1; }
done

[[ $(TIMED_URL=http://127.0.0.1:1 "$1" echo "printed by it" 2> "$work/said") == "printed by it" ]]
grep -q '^timed: no success from http://127.0.0.1:1: no answer$' "$work/said"
"$1" --help | grep -q 'timed --report'
