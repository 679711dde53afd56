#!/usr/bin/env bash
# postgres.sh [COMMAND...]: runs a command, luminate-server if none is given, beside a PostgreSQL of its own, which is
# gone afterwards. For a look:
#
#   examples/postgres.sh                      # serves on http://127.0.0.1:8080
#   examples/postgres.sh bash                 # a shell in which psql, and luminate-server, find that PostgreSQL
#
# Takes the server of the build in build/release, or SERVER; PostgreSQL's programs from PATH, or where Debian
# has them.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
server=${SERVER:-$here/build/release/server/luminate-server}
bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -n 1)")
[[ -x $bin/initdb ]] || { echo "there is no PostgreSQL here: apt install postgresql" >&2; exit 1; }

# It refuses to run as root.
as_postgres() { if [[ $(id -u) -eq 0 ]]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi; }
place=$(mktemp -d)
finish() {
  as_postgres "$bin/pg_ctl" -D "$place/data" -m immediate stop > /dev/null 2>&1 || true
  rm -rf "$place"
}
trap finish EXIT
trap 'exit 130' INT TERM
if [[ $(id -u) -eq 0 ]]; then chown postgres "$place"; fi
chmod 755 "$place"
cd "$place"
as_postgres "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 > log 2>&1 || { cat log >&2; exit 1; }
# Nothing is to be kept, so nothing needs to reach the disk.
as_postgres "$bin/pg_ctl" -D data -l data/log -w start \
  -o "-c listen_addresses='' -c unix_socket_directories=$place -c fsync=off" > /dev/null || { cat data/log >&2; exit 1; }
cd "$OLDPWD"

export PGHOST=$place PGUSER=postgres PGDATABASE=postgres
export LUMINATE_STORAGE_URL=${LUMINATE_STORAGE_URL:-postgresql://}
echo "PostgreSQL is in $place; look with: psql -h $place -U postgres -c 'SELECT * FROM luminate.points'" >&2
if (($# == 0)); then set -- "$server"; fi
"$@"
