#!/usr/bin/env bash
# page.sh <section> [<project folder, or -> [<source file>...]]: does what a section of docs/cmake.md says, as a reader would,
# in a folder of its own with the given files: the page's cmake block is the project's CMakeLists.txt, its sh block is
# run, and the program prints last what the page's text block says. $HOME is a home of the test's own.
set -euo pipefail
section=$1 project=${2:--}
page=$LUMINATE_SOURCE/docs/cmake.md
here=$WORK/$(tr -cs '[:alnum:]\n' _ <<< "$section")
rm -rf "$here"
mkdir -p "$here" "$HOME"

# The fence of the given language in this section.
block() { awk -v heading="## $section" -v open="\`\`\`$1" '
  /^## / { inside = 0; here = ($0 == heading) }
  here && !inside && $0 == open { inside = 1; next }
  inside && $0 == "```" { exit }
  inside' "$page"; }

[[ -n $(block sh) ]] || { echo "$page has no sh block under \"## $section\""; exit 1; }
if [[ $project != - ]]; then
  diff -u "$project/CMakeLists.txt" <(block cmake)
  cp "$project/CMakeLists.txt" "$here"
fi
shift $(($# > 2 ? 2 : $#))
for file in "$@"; do ln -s "$file" "$here/${file##*/}"; done

cd "${RUN_IN:-$here}"
printed=$here/printed
commands=$(block sh)
bash -euo pipefail -c "${commands//build\/release/"$LUMINATE_BUILD"}" < /dev/null > "$printed" 2>&1 || { cat "$printed"; exit 1; }
if [[ -n $(block text) ]]; then
  block text | diff -u - <(tail -n "$(block text | wc -l)" "$printed") || { cat "$printed"; exit 1; }
fi
