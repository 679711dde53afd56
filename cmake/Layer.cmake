# luminate_layer(<name> [SOURCES <file>...] [USES <layer>...] [LINK <library>...])
#
# One layer of libluminate: the folder that calls this. Its headers are included as "<name>/x.hpp", and only by
# layers that name it under USES: each layer is seen through a directory of its own that holds nothing else, so
# that an include that goes against the map in docs/architecture.md does not compile.
#
# Makes luminate_<name>_headers and, where there are sources, luminate_<name>: an object library, part of libluminate.
function(luminate_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;USES;LINK" ${ARGN})

  set(view ${PROJECT_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)

  add_library(luminate_${name}_headers INTERFACE)
  target_include_directories(luminate_${name}_headers INTERFACE
    ${view} ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
  foreach(used IN LISTS LAYER_USES)
    target_link_libraries(luminate_${name}_headers INTERFACE luminate_${used}_headers)
  endforeach()

  if(LAYER_SOURCES)
    add_library(luminate_${name} OBJECT ${LAYER_SOURCES})
    target_link_libraries(luminate_${name} PRIVATE
      luminate_compiler_settings luminate_${name}_headers ${LAYER_LINK} Threads::Threads)
    set_property(GLOBAL APPEND PROPERTY LUMINATE_LAYERS ${name})
    set_property(GLOBAL APPEND PROPERTY LUMINATE_LAYER_LIBRARIES ${LAYER_LINK})
  endif()
endfunction()
