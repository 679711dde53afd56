#!/usr/bin/env bash
# reuse_objects.sh <compiler> <arguments>: a compiler launcher that takes objects of the library from the build in
# $LUMINATE_BUILD, where it compiled the same source with the same options before, so that a second build of the library
# takes a second. The layer `validate` is compiled, for that a layer can be. Anything else is not its concern.
set -euo pipefail
output= depfile=
for ((i = 2; i < $#; ++i)); do
  next=$((i + 1))
  case ${!i} in
    -o) output=${!next} ;;
    -MF) depfile=${!next} ;;
  esac
done
inside=${output#luminate/}
case $inside in
  lib/validate/*) ;;
  lib/*.cpp.o)
    if [[ -f $LUMINATE_BUILD/$inside ]]; then
      cp "$LUMINATE_BUILD/$inside" "$output"
      printf '%s:\n' "$output" > "$depfile"
      exit
    fi
    ;;
esac
exec "$@"
