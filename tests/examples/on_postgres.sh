#!/usr/bin/env bash
# on_postgres.sh <script> <page> <server program>: runs a script beside a PostgreSQL of its own: tools.sh with
# docs/backends.md, or tour.sh with the README, whose tour then runs over PostgreSQL.
set -eu
here=$(dirname "$0")
if [[ -z $(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2> /dev/null) || -z $(command -v psql) ]]; then
  [[ -z ${CI:-} ]] || { echo "there is no PostgreSQL here"; exit 1; }
  echo "skipped: there is no PostgreSQL here"
  exit 77
fi
script=$1
shift
STEPS=6 exec "$here/../../examples/postgres.sh" "$here/$script" "$@"
