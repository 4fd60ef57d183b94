# The third-party libraries, each with the Debian package that has it.
find_package(PkgConfig REQUIRED)

function(dvo_require name module package)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${name}_FOUND)
        message(FATAL_ERROR "${module} was not found: apt-get install ${package} "
                            "(or sh etc/packages.sh build for everything)")
    endif()
endfunction()

# What dvoc links.
set(shared_suffixes ${CMAKE_FIND_LIBRARY_SUFFIXES})
if(DVO_STATIC)
    set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
dvo_require(yaml "yaml-0.1" libyaml-dev)
dvo_require(jansson "jansson" libjansson-dev)
dvo_require(tommath "libtommath" libtommath-dev)
dvo_require(md "libmd" libmd-dev)
# What dvo-run and the tests link besides.
set(CMAKE_FIND_LIBRARY_SUFFIXES ${shared_suffixes})
dvo_require(curl "libcurl" libcurl4-openssl-dev)
dvo_require(sqlite "sqlite3" libsqlite3-dev)
if(DVO_TESTS)
    dvo_require(cmocka "cmocka" libcmocka-dev)
endif()
