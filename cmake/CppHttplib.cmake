# Debian ships cpp-httplib compiled, as a shared library; its pkg-config file carries the macros it was built with,
# which a consumer must share, or class layouts differ. The server's hardening overrides
# httplib::Server::process_and_close_socket and friends, which are private to that version's design: hence the exact range.
pkg_check_modules(cpp_httplib REQUIRED IMPORTED_TARGET GLOBAL cpp-httplib>=0.11 cpp-httplib<0.12)
add_library(luminate::cpp_httplib ALIAS PkgConfig::cpp_httplib)
