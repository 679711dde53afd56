#!/usr/bin/env bash
# installed.sh: installs the build as docs/cmake.md says, moves the installed tree, and looks at it. Other tests use it
# where it is then, $HOME/luminate.
set -euo pipefail
rm -rf "$HOME"
first=$WORK/first_home
rm -rf "$first"
HOME=$first RUN_IN=$LUMINATE_SOURCE "${0%/*}/page.sh" "Install it"
mkdir -p "$HOME"
mv "$first/luminate" "$HOME/luminate"

cd "$HOME/luminate"
diff -u <(cd "$LUMINATE_SOURCE/include/luminate" && { ls; echo version.hpp; } | sort) <(ls include/luminate | sort)
if [[ -e lib/pkgconfig/luminate-c.pc ]]; then [[ -s include/luminate.h ]]; fi

# Nothing that is read says where it was built or first installed.
if grep -rIlF -e "$LUMINATE_SOURCE" -e "$LUMINATE_BUILD" -e "$first" .; then
  echo "these files name a folder of the build"
  exit 1
fi
