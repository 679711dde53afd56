#!/bin/sh
# docs.sh <source tree>: does what docs/go.md says, in its words: the program of its first section, started by the
# commands beside it, prints what stands there.
set -eu
tree=$1
page=$tree/docs/go.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

block() {  # block <language>: the first one of that language.
  awk -v fence="^\`\`\`$1\$" '$0 ~ fence { inside = 1; next } inside && /^```$/ { exit } inside { print }' "$page"
}

block go > main.go
block sh | sed "s#/path/to/luminate#$tree#" > commands
block text > expected
grep -q "^package main" main.go && [ -s commands ] && [ -s expected ] || { echo "docs/go.md has lost its program"; exit 1; }
# `go` is the one that is tested.
mkdir bin
ln -s "$LUMINATE_GO" bin/go
PATH=$work/bin:$PATH sh -eu commands > printed
diff expected printed
