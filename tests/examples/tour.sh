#!/usr/bin/env bash
# tour.sh <README.md> <server program>: takes the README's tour. Runs its sh blocks in order against a fresh server,
# word for word but for the address, and compares each answer with the json block that follows: same keys, same types,
# same values. What differs from run to run is compared by type alone.
set -euo pipefail
readme=$1
# shellcheck source=tests/examples/server.sh
source "$(dirname "$0")/server.sh"
start_server "$2"

# One file a fence, numbered in order: 01.sh, 02.json, ...
awk -v dir="$work" '
  /^## / { tour = ($0 == "## A tour with curl") }
  tour && !inside && /^```(sh|json)$/ { file = sprintf("%s/%02d.%s", dir, ++n, substr($0, 4)); inside = 1; next }
  inside && $0 == "```" { close(file); inside = 0; next }
  inside { print > file }' "$readme"

# The blocks call curl as they would in a shell; this one notes the status on the side.
curl() { command curl -w '%{stderr}%{http_code}' "$@" 2> "$work/status"; }

masked='def masked: if type == "object" then with_entries(
    if .key | IN("timestamp", "executionTimeMs", "uptime_seconds", "version"'"${LUMINATE_STORAGE_URL:+, \"backend\"}"') then .value |= type
    else .value |= masked end)
  elif type == "array" then map(masked) else . end; masked'

# The status that goes with a documented answer.
expected_status='if .error then 400 elif (.rejected // 0) > 0 then 207 else 200 end'

steps=0
for block in "$work"/[0-9][0-9].sh; do
  number=$(basename "$block" .sh)
  documented=$work/$(printf '%02d' $((10#$number + 1))).json
  [[ -f $documented ]] || { echo "the README shows no answer to: $(cat "$block")"; exit 1; }
  eval "$(sed "s/127\.0\.0\.1:8080/$address/g" "$block")" > "$work/answer"
  echo "$(head -n 1 "$block") -> $(cat "$work/status")"
  want=$(jq -r "$expected_status" "$documented")
  if [[ $(cat "$work/status") != "$want" ]] ||
    ! diff -u <(jq -S "$masked" "$documented") <(jq -S "$masked" "$work/answer"); then
    printf 'README says status %s and\n%s\nthe server says status %s and\n%s\n' \
      "$want" "$(cat "$documented")" "$(cat "$work/status")" "$(cat "$work/answer")"
    exit 1
  fi
  steps=$((steps + 1))
done
((steps >= 10)) || { echo "only $steps steps found in the README's tour"; exit 1; }
