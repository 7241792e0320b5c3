# The CC runtime library (seed document 002): libccruntime.so and libccruntime.a, of one object.
find_package(Boost 1.74 REQUIRED COMPONENTS context)

add_library(ccruntime_object OBJECT capi/ccruntime.cpp)
target_link_libraries(ccruntime_object PRIVATE handfast_ours handfast_runtime Boost::context)
set_target_properties(ccruntime_object PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON)

add_library(ccruntime SHARED $<TARGET_OBJECTS:ccruntime_object>)
add_library(ccruntime_static STATIC $<TARGET_OBJECTS:ccruntime_object>)
# What the standard library's templates make of our types is visible by its own word; the shared
# library offers cc_* and nothing else.
set(ccruntime_map ${CMAKE_CURRENT_BINARY_DIR}/ccruntime.map)
file(CONFIGURE OUTPUT ${ccruntime_map} CONTENT "{ global: cc_*; local: *; };\n")
target_link_options(ccruntime PRIVATE LINKER:--version-script=${ccruntime_map})
set_target_properties(ccruntime PROPERTIES
  LINK_DEPENDS ${ccruntime_map}
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set_target_properties(ccruntime_static PROPERTIES OUTPUT_NAME ccruntime)
foreach(library ccruntime ccruntime_static)
  add_library(handfast::${library} ALIAS ${library})
  set_target_properties(${library} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${library}
    PUBLIC handfast_runtime
    PRIVATE $<BUILD_INTERFACE:handfast_ours> Boost::context)
  list(APPEND handfast_exported ${library})
endforeach()

# For builds without CMake. It says where it lies, so that what is installed may be moved.
file(RELATIVE_PATH ccruntime_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" ccruntime_prefix "${ccruntime_prefix}")
configure_file(capi/ccruntime.pc.in ${CMAKE_CURRENT_BINARY_DIR}/ccruntime.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ccruntime.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(HANDFAST_HARNESS)
  foreach(library ccruntime ccruntime_static)
    add_executable(${library}-test capi/ccruntime_test.c)
    target_link_libraries(${library}-test PRIVATE handfast_ours ${library})
    if(HANDFAST_SANITIZE)
      # Some of what sanitizers ask of C++ comes with its driver only.
      set_target_properties(${library}-test PROPERTIES LINKER_LANGUAGE CXX)
    endif()
    add_test(NAME ${library} COMMAND ${library}-test)
  endforeach()
  add_test(NAME ccruntime_symbols
    COMMAND sh -c "! ${CMAKE_NM} -D --defined-only $<TARGET_FILE:ccruntime> | grep -v ' T cc_'")
endif()
