# LUMINATE_GO: Debian's Go, the oldest that capi/go is for, whatever else comes first in the path.
# LUMINATE_GO_ENVIRONMENT: what it is run with, to find the libluminate-c of this build, and to ask no network.
include_guard()
set(LUMINATE_GO /usr/bin/go)  # Not looked for: what only runs the server installs no Go, and tests do later.

# Go's cache does not see that a C header has changed: each version of the header has a cache of its own.
set(header ${PROJECT_SOURCE_DIR}/capi/include/luminate.h)
file(MD5 ${header} digest)
string(SUBSTRING ${digest} 0 8 digest)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})

set(LUMINATE_GO_ENVIRONMENT
  PKG_CONFIG_PATH=${PROJECT_BINARY_DIR}/capi/pkgconfig
  GOCACHE=${PROJECT_BINARY_DIR}/go/${digest}
  GOPATH=${PROJECT_BINARY_DIR}/go/path
  GOENV=off
  GOFLAGS=
  GOPROXY=off
  GOTOOLCHAIN=local
  GOWORK=off
  CGO_ENABLED=1)
