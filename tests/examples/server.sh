# Sourced by tests that need a server: start_server <program> sets `address` (host:port) and `work`, a folder of its
# own that holds the database, unless LUMINATE_STORAGE_URL names another; both end with the test.
work=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then
    kill "$server" 2> /dev/null || true
    wait "$server" 2> /dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT

start_server() {
  "$1" --host 127.0.0.1 --port 0 --storage-url "${LUMINATE_STORAGE_URL:-sqlite:$work/test.db}" > "$work/server.log" 2>&1 &
  server=$!
  address=
  for _ in {1..300}; do
    # The server chooses a free port and says which.
    address=$(grep -oE '127\.0\.0\.1:[1-9][0-9]*' "$work/server.log" | head -n 1 || true)
    if [[ -n $address ]] && curl -fsS -o /dev/null "http://$address/api/v1/health" 2> /dev/null; then return; fi
    kill -0 "$server" 2> /dev/null || break
    sleep 0.1
  done
  echo "the server did not become ready; it said:"
  cat "$work/server.log"
  exit 1
}
