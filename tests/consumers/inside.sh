#!/usr/bin/env bash
# inside.sh: Luminate inside of another project. The page's project is built with the objects of this build but for one
# layer, which is compiled, and run; one that fetches Luminate is configured and looks at what became of its own settings.
set -euo pipefail
here=$(cd "${0%/*}" && pwd)
ln -sfn "$LUMINATE_SOURCE" "$WORK/luminate"
CMAKE_CXX_COMPILER_LAUNCHER=$here/reuse_objects.sh \
  "$here/page.sh" "Inside of your project" "$here/inside" "$LUMINATE_SOURCE/examples/quickstart.cpp" "$WORK/luminate"

rm -rf "$WORK/fetched"
cmake -S "$here/fetched" -B "$WORK/fetched" -DLUMINATE_SOURCE="$LUMINATE_SOURCE" > "$WORK/fetched.log" 2>&1 ||
  { cat "$WORK/fetched.log"; exit 1; }
cmake --build "$WORK/fetched" --target CMakeFiles/main.dir/main.cpp.o > "$WORK/fetched.log" 2>&1 ||
  { cat "$WORK/fetched.log"; exit 1; }
if grep -rlE 'file\(INSTALL' "$WORK/fetched" --include=cmake_install.cmake; then
  echo "a project that only uses Luminate would install it"
  exit 1
fi
