#!/usr/bin/env bash
# quickstart.sh <source folder> <quickstart program>: the program in the README is the one in examples/, and it says
# what the README says that it says.
set -euo pipefail
source=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The fence of the given language that follows the marker line.
block() { awk -v open="\`\`\`$1" -v marker="$2" \
  '$0 == marker { armed = 1; next } armed && $0 == open { inside = 1; next } inside && $0 == "```" { exit } inside' \
  "$source/README.md"; }

diff -u "$source/examples/quickstart.cpp" <(block cpp '<!-- examples/quickstart.cpp -->')

cd "$work"
"$program" | diff -u <(block text '<!-- output of quickstart -->') -
[[ -s quickstart.db ]] || { echo "quickstart left no quickstart.db behind"; exit 1; }
