#!/usr/bin/env bash
# refused.sh: what find_package says to requests that cannot be met, in a project of any language.
set -euo pipefail
here=${0%/*}
prefix=${PREFIX:-$HOME/luminate}
work=$(mktemp -d "$WORK/refused.XXXX")
trap 'rm -rf "$work"' EXIT

# ask <language> <version> <components> [<optional components>]: what CMake prints, in one line.
ask() {
  rm -rf "$work/build"
  cmake -S "$here/refused" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" \
    -DLANGUAGE="$1" -DVERSION="$2" -DCOMPONENTS="$3" -DOPTIONAL="${4:-}" 2>&1 | tr -s ' \n' ' '
}
expect() {  # expect <text> <arguments of ask>
  local text=$1 said
  shift
  if said=$(ask "$@"); then verdict=accepted; else verdict=refused; fi
  [[ $said == *"$text"* && $verdict == "$want" ]] || { printf '%s was %s, with:\n%s\n' "$*" "$verdict" "$said"; exit 1; }
}

want=refused
expect 'version: 0.1.0' NONE 0.2 ''
expect 'version: 0.1.0' NONE 1.0 ''
expect 'luminate knows no component "postgress"' NONE 0.1 postgress
expect 'luminate knows no component "clickhouse"' NONE 0.1 'sqlite;clickhouse'
[[ -z ${NOT_BUILT:-} ]] || expect "this luminate was built without the component \"$NOT_BUILT\"" NONE 0.1 "$NOT_BUILT"
if [[ $STATIC == 1 ]]; then
  PKG_CONFIG_LIBDIR=/nonexistent expect 'which luminate'"'"'s static C++ library needs' CXX 0.1 cxx
fi

want=accepted
expect 'clickhouse: FALSE' CXX 0.1 'sqlite' clickhouse
expect 'has luminate::luminate' CXX 0.1.0 'memory'
[[ $POSTGRES == OFF ]] || expect 'postgres: TRUE' CXX 0.1 postgres
if [[ $HAS_C == 1 ]]; then
  # C programs need nothing of what the C++ library stands on.
  said=$(PKG_CONFIG_LIBDIR=/nonexistent ask C 0.1 '')
  [[ $said == *'has luminate::c'* && $said != *'has luminate::luminate'* ]] || { echo "$said"; exit 1; }
fi
