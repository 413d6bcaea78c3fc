# What an installed Fusion consists of, and how CMake and pkg-config find it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(packageFolder ${CMAKE_INSTALL_LIBDIR}/cmake/Fusion)
# In two sets: an installation without the compiler is whole.
install(TARGETS fusion_runtime EXPORT FusionRuntimeTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS fusion_host EXPORT FusionRuntimeTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS fusion-cache fusion-embed EXPORT FusionRuntimeTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS fusion-compile-worker RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/fusion)
install(FILES include/fusion/fusion.h include/fusion/fusion.hpp include/fusion/driver.h include/fusion/host.h include/fusion/host.hpp include/fusion/status.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fusion)
install(EXPORT FusionRuntimeTargets NAMESPACE Fusion:: DESTINATION ${packageFolder})
if(FUSION_ENABLE_COMPILER)
  install(TARGETS fusion-opt fusion-run EXPORT FusionCompilerTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(TARGET fusion_compiler)
    install(TARGETS fusion_compiler EXPORT FusionCompilerTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(FILES include/fusion/compiler.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fusion)
  endif()
  install(EXPORT FusionCompilerTargets NAMESPACE Fusion:: DESTINATION ${packageFolder})
endif()

configure_package_config_file(cmake/FusionConfig.cmake.in ${CMAKE_BINARY_DIR}/package/FusionConfig.cmake INSTALL_DESTINATION ${packageFolder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/FusionConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/FusionConfig.cmake ${CMAKE_BINARY_DIR}/package/FusionConfigVersion.cmake DESTINATION ${packageFolder})

file(RELATIVE_PATH prefixFromPackage ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX}) # the installed tree may be moved
string(REGEX REPLACE "/$" "" prefixFromPackage "${prefixFromPackage}")
set(libraries runtime)
if(TARGET fusion_compiler)
  list(APPEND libraries compiler)
endif()
foreach(library ${libraries})
  configure_file(cmake/fusion-library.pc.in ${CMAKE_BINARY_DIR}/package/fusion-${library}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/package/fusion-${library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
