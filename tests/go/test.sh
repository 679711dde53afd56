#!/bin/sh
# test.sh <module> [flags of go test]: runs its tests, where LUMINATE_POSTGRES_SERVERS is given beside the PostgreSQL
# server of this run of ctest.
set -eu
module=$1
shift
if [ -n "${LUMINATE_POSTGRES_SERVERS:-}" ] && [ -z "${LUMINATE_TEST_PG_URL:-}" ]; then
  missing=
  { read -r LUMINATE_TEST_PG_URL && read -r missing; } < "$LUMINATE_POSTGRES_SERVERS/server.$PPID" || true
  export LUMINATE_TEST_PG_URL
  if [ -z "$LUMINATE_TEST_PG_URL" ] && [ -n "${CI:-}" ]; then
    echo "there is no PostgreSQL here: $missing"
    exit 1
  fi
fi
cd "$module"
# Go would not see that the library has changed, and show the verdict of the last run.
# vet.sh vets.
exec "$LUMINATE_GO" test -count=1 -vet=off "$@" ./...
