# The libraries we stand on, each found once and given one target name. All are Debian 12 packages;
# packaging/dependencies lists them by package name.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# luminate_pkg_config(<target> <module> <minimum version>): an imported target, luminate::<target>, for a pkg-config
# module. Its other name, PkgConfig::luminate_<target>, is in what is installed, hence a prefix that nobody else has.
function(luminate_pkg_config target module minimum)
  pkg_check_modules(luminate_${target} REQUIRED IMPORTED_TARGET GLOBAL ${module}>=${minimum})
  add_library(luminate::${target} ALIAS PkgConfig::luminate_${target})
  set_property(GLOBAL PROPERTY LUMINATE_MODULE_OF_luminate::${target} ${target} ${module} ${minimum})
endfunction()

luminate_pkg_config(sqlite3 sqlite3 3.37)
luminate_pkg_config(xxhash libxxhash 0.8)
luminate_pkg_config(re2 re2 0)
if(LUMINATE_POSTGRES)
  luminate_pkg_config(libpq libpq 14)  # pipeline mode
endif()
include(Simdjson)
find_package(nlohmann_json 3.11 REQUIRED)

if(LUMINATE_BUILD_SERVER)
  include(CppHttplib)
  find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
  find_package(yaml-cpp 0.7 REQUIRED)
  find_package(CLI11 2.1 REQUIRED)
  find_package(spdlog 1.10 REQUIRED)
  find_package(ZLIB REQUIRED)
  luminate_pkg_config(zstd libzstd 1.4)
  luminate_pkg_config(prometheus_core prometheus-cpp-core 1.0)  # its pull library brings a web server of its own
  if(LUMINATE_SYSTEMD)
    luminate_pkg_config(libsystemd libsystemd 246)
  endif()
endif()

if(LUMINATE_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(LUMINATE_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
