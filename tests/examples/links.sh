#!/usr/bin/env bash
# links.sh <source folder>: every relative link in the README, the changelog and docs/ leads to something that is there.
set -euo pipefail
cd "$1"
broken=0 links=0
while IFS=: read -r page link; do
  target=$(sed -E 's/^\]\(([^)#]*).*/\1/' <<< "$link")
  links=$((links + 1))
  if [[ -n $target && ! -e $(dirname "$page")/$target ]]; then
    echo "$page links to $target, which is not there"
    broken=1
  fi
done < <(grep -HoE '\]\([^)]*\)' README.md CHANGELOG.md docs/*.md | grep -vE '\]\([a-z]+://')
((links > 0)) || { echo "found no link at all"; exit 1; }
exit "$broken"
