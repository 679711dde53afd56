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

# luminate_join_layers(<library>): makes a library of all layers. A shared one exports what the public headers declare,
# by lib/luminate.map.in, and so looks the same whatever it or a program that uses it is compiled with.
function(luminate_join_layers library)
  get_property(layers GLOBAL PROPERTY LUMINATE_LAYERS)
  foreach(layer IN LISTS layers)
    target_sources(${library} PRIVATE $<TARGET_OBJECTS:luminate_${layer}>)
  endforeach()
  get_property(libraries GLOBAL PROPERTY LUMINATE_LAYER_LIBRARIES)
  list(REMOVE_DUPLICATES libraries)
  list(REMOVE_ITEM libraries nlohmann_json::nlohmann_json)  # Headers: there is nothing to link.
  target_link_libraries(${library} PRIVATE ${libraries} Threads::Threads)

  set_target_properties(${library} PROPERTIES
    OUTPUT_NAME luminate LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  get_target_property(type ${library} TYPE)
  if(type STREQUAL SHARED_LIBRARY)
    set(map ${PROJECT_BINARY_DIR}/luminate.map)
    configure_file(${PROJECT_SOURCE_DIR}/lib/luminate.map.in ${map} @ONLY)
    target_link_options(${library} PRIVATE LINKER:--version-script=${map})
    if(NOT LUMINATE_SANITIZE)  # Whose functions are the program's.
      target_link_options(${library} PRIVATE LINKER:--no-undefined)
    endif()
    set_property(TARGET ${library} APPEND PROPERTY LINK_DEPENDS ${map})
  endif()
endfunction()
