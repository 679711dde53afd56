#!/usr/bin/env bash
# shared.sh: the library built with BUILD_SHARED_LIBS, by its own rules but from the objects of this build. It exports
# what is public, and programs link it where nothing is installed that it stands on.
set -euo pipefail
here=$(cd "${0%/*}" && pwd)
build=$WORK/shared/build prefix=$WORK/shared/prefix
rm -rf "$WORK/shared"
mkdir -p "$WORK/shared"
quietly() { "$@" > "$WORK/shared/log" 2>&1 || { echo "$*"; cat "$WORK/shared/log"; exit 1; }; }

quietly env CMAKE_CXX_COMPILER_LAUNCHER="$here/reuse_objects.sh" cmake -S "$LUMINATE_SOURCE" -B "$build" \
  -DBUILD_SHARED_LIBS=ON -DLUMINATE_POSTGRES="$POSTGRES" \
  -DLUMINATE_BUILD_CAPI=OFF -DLUMINATE_BUILD_SERVER=OFF -DLUMINATE_BUILD_EXAMPLES=OFF
quietly cmake --build "$build"
quietly cmake --install "$build" --prefix "$prefix"

library=$prefix/lib/libluminate.so
soname=$(readelf -d "$library" | grep -o 'libluminate.so[0-9.]*')
[[ $soname == "libluminate.so.${VERSION%.*}" ]] || { echo "the library calls itself $soname"; exit 1; }
"$PYTHON" -B "$here/exported_symbols.py" "$LUMINATE_SOURCE" "$LUMINATE_BUILD/lib/libluminate.a" "$library"

export PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig
errors=$WORK/shared/errors
quietly cmake -S "$here/errors" -B "$errors" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
quietly cmake --build "$errors"
for visibility in default hidden; do
  quietly "$errors/errors_$visibility"
  grep -qxF "$VERSION" "$WORK/shared/log"
done
read -ra flags <<< "$(pkg-config --cflags --libs luminate)"
quietly "$CXX" -std=c++20 "$here/errors/errors.cpp" -o "$errors/by_pkg_config" "${flags[@]}"
quietly env LD_LIBRARY_PATH="$prefix/lib" "$errors/by_pkg_config"

PREFIX=$prefix NOT_BUILT=c STATIC=0 HAS_C=0 "$here/refused.sh"
