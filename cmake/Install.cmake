# What `cmake --install` puts where. Everything is found relative to itself, so that the installed tree may be moved.
#
#   include/luminate/*.hpp, include/luminate.h      the C++ library's headers, the C library's
#   lib/libluminate.a or libluminate.so.0.1         the C++ library, static unless BUILD_SHARED_LIBS is on
#   lib/libluminate-c.so.0                          the C library, always shared
#   lib/cmake/luminate/                             for find_package(luminate)
#   lib/pkgconfig/luminate.pc, luminate-c.pc        for pkg-config
#   bin/luminate-server, share/                     the server, its manual page and its completions
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/luminate)

# luminate_install_library(<target> <name> <component>): as luminate::<name>, in an export set of its own, so that
# whoever wants one library needs nothing of the other.
function(luminate_install_library target name component)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ${target} EXPORT luminate-${component}
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development
    FILE_SET HEADERS COMPONENT development
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})  # For those whose CMake knows no file sets.
  install(EXPORT luminate-${component} NAMESPACE luminate:: FILE luminate-${component}-targets.cmake
    DESTINATION ${package_dir} COMPONENT development)
endfunction()

luminate_install_library(luminate luminate cxx)
if(TARGET luminate_c)
  target_sources(luminate_c PUBLIC FILE_SET HEADERS
    BASE_DIRS ${PROJECT_SOURCE_DIR}/capi/include FILES ${PROJECT_SOURCE_DIR}/capi/include/luminate.h)
  luminate_install_library(luminate_c c c)
endif()

# What find_package(luminate COMPONENTS ...) may ask for.
set(LUMINATE_COMPONENTS cxx memory sqlite)
set(LUMINATE_COMPONENTS_NOT_BUILT)
foreach(component c postgres)
  if((component STREQUAL "c" AND TARGET luminate_c) OR (component STREQUAL "postgres" AND LUMINATE_POSTGRES))
    list(APPEND LUMINATE_COMPONENTS ${component})
  else()
    list(APPEND LUMINATE_COMPONENTS_NOT_BUILT ${component})
  endif()
endforeach()
list(SORT LUMINATE_COMPONENTS)

# Who links the static library links what it stands on. The shared one brings its own.
set(LUMINATE_MODULES)
set(LUMINATE_PC_REQUIRES)
set(LUMINATE_PC_LIBS)
get_target_property(type luminate TYPE)
if(type STREQUAL STATIC_LIBRARY)
  get_property(libraries GLOBAL PROPERTY LUMINATE_LAYER_LIBRARIES)
  list(REMOVE_DUPLICATES libraries)
  foreach(library IN LISTS libraries)
    get_property(module GLOBAL PROPERTY LUMINATE_MODULE_OF_${library})
    if(module)
      list(GET module 1 name)
      list(GET module 2 minimum)
      list(JOIN module " " module)
      string(APPEND LUMINATE_MODULES "${module}\n    ")
      list(APPEND LUMINATE_PC_REQUIRES "${name} >= ${minimum}")
    endif()
  endforeach()
  string(STRIP "${LUMINATE_MODULES}" LUMINATE_MODULES)
  list(JOIN LUMINATE_PC_REQUIRES ", " LUMINATE_PC_REQUIRES)
  set(LUMINATE_PC_LIBS " -pthread")
endif()

configure_file(cmake/luminateConfig.cmake.in luminateConfig.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/luminateConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/luminateConfig.cmake ${PROJECT_BINARY_DIR}/luminateConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)

# The pkg-config files name their own place, and from there the rest.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir}
  OUTPUT_VARIABLE LUMINATE_PC_PREFIX)
set(LUMINATE_PC_PREFIX "\${pcfiledir}/${LUMINATE_PC_PREFIX}")
set(LUMINATE_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
set(LUMINATE_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
set(LUMINATE_PC_RPATH)
configure_file(cmake/luminate.pc.in luminate.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/luminate.pc DESTINATION ${pkgconfig_dir} COMPONENT development)
if(TARGET luminate_c)
  configure_file(cmake/luminate-c.pc.in luminate-c.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/luminate-c.pc DESTINATION ${pkgconfig_dir} COMPONENT development)

  # The same for the library where it was built: what is linked by capi/pkgconfig finds it there.
  set(LUMINATE_PC_PREFIX ${PROJECT_SOURCE_DIR}/capi)
  set(LUMINATE_PC_INCLUDEDIR "\${prefix}/include")
  set(LUMINATE_PC_LIBDIR ${PROJECT_BINARY_DIR}/capi)
  set(LUMINATE_PC_RPATH " -Wl,-rpath,\${libdir}")
  configure_file(cmake/luminate-c.pc.in capi/pkgconfig/luminate-c.pc @ONLY)
endif()

if(LUMINATE_BUILD_SERVER)
  if(BUILD_SHARED_LIBS)
    cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_FULL_BINDIR}
      OUTPUT_VARIABLE libdir_from_bindir)
    set_target_properties(luminate-server PROPERTIES INSTALL_RPATH "$ORIGIN/${libdir_from_bindir}")
  endif()
  install(TARGETS luminate-server RUNTIME COMPONENT server)
  if(NOT LUMINATE_SANITIZE)
    set(share ${PROJECT_BINARY_DIR}/server/share)
    install(FILES ${share}/luminate-server.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT server)
    install(FILES ${share}/luminate-server.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
      RENAME luminate-server COMPONENT server)
    install(FILES ${share}/_luminate-server DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
      COMPONENT server)
  endif()
endif()
