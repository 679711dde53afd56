# Debian ships libsimdjson as a shared library; its pkg-config file is the one description that all versions have.
luminate_pkg_config(simdjson simdjson 3.0)
