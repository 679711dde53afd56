#!/usr/bin/env bash
# backends.sh <docs/backends.md> <server program>: what tools.sh does for its page, beside a PostgreSQL of its own.
set -eu
here=$(dirname "$0")
if [[ -z $(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2> /dev/null) || -z $(command -v psql) ]]; then
  [[ -z ${CI:-} ]] || { echo "there is no PostgreSQL here"; exit 1; }
  echo "skipped: there is no PostgreSQL here"
  exit 77
fi
STEPS=6 exec "$here/../../examples/postgres.sh" "$here/tools.sh" "$@"
