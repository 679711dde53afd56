#!/bin/sh
# vet.sh <module>...: what gofmt and go vet have to say.
set -eu
wrong=0
for module in "$@"; do
  cd "$module"
  unformatted=$("$(dirname "$LUMINATE_GO")/gofmt" -l .)
  [ -z "$unformatted" ] || { echo "gofmt would change, in $module: $unformatted"; wrong=1; }
  "$LUMINATE_GO" vet ./... || wrong=1
done
exit $wrong
