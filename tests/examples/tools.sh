#!/usr/bin/env bash
# tools.sh <docs/tools.md> <server program>: runs the page's sh blocks in order, in an empty directory, and compares what
# each prints with the text block that follows. Sizes and rates, which differ from run to run, are left out.
set -eu  # Without pipefail: a block is run as a reader's shell would.
page=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/blocks" "$work/data"

# One file a fence, numbered in order: 01.sh, 02.text, ...
awk -v dir="$work/blocks" '
  !inside && /^```(sh|text)$/ { file = sprintf("%s/%02d.%s", dir, ++n, substr($0, 4)); inside = 1; next }
  inside && $0 == "```" { close(file); inside = 0; next }
  inside { print > file }' "$page"

luminate-server() { "$program" "$@"; }
masked() { sed -E 's/[0-9.]+ (B|kB|MB)\b/<size>/g; s/, [0-9,]+ points\/s//; s/ \([0-9,]+ points\/s\)//' "$1"; }

cd "$work/data"
steps=0
for block in "$work"/blocks/*.sh; do
  number=$(basename "$block" .sh)
  documented=$work/blocks/$(printf '%02d' $((10#$number + 1))).text
  [[ -f $documented ]] || { echo "the page shows no output of: $(cat "$block")"; exit 1; }
  # shellcheck source=/dev/null
  source "$block" > "$work/printed" 2>&1 || { echo "failed: $(cat "$block" "$work/printed")"; exit 1; }
  diff -u <(masked "$documented") <(masked "$work/printed") || { echo "after: $(cat "$block")"; exit 1; }
  steps=$((steps + 1))
done
((steps >= ${STEPS:-9})) || { echo "only $steps blocks found"; exit 1; }
