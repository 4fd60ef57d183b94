# dvo_grammar(SOURCES scan.l parse.y): adds the scanner and the parser that flex and bison
# make of these files to the list SOURCES. Below DVO_GENERATED, compiler/parse.y becomes
# compiler/parse.tab.c and .h, compiler/scan.l becomes compiler/scan.lex.c and .h.
function(dvo_grammar sources scanner parser)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${scanner}
         ${CMAKE_SOURCE_DIR}/${parser})
    set(bison_flags "-Wall")
    if(DVO_WERROR)
        string(APPEND bison_flags " -Werror")
    endif()
    set(made "")
    if("${CMAKE_SOURCE_DIR}/${parser}" IN_LIST found)
        find_package(BISON 3.8 REQUIRED)
        string(REGEX REPLACE "\\.y$" ".tab" base ${DVO_GENERATED}/${parser})
        cmake_path(GET base PARENT_PATH folder)
        file(MAKE_DIRECTORY ${folder})
        bison_target(dvo_parser ${parser} ${base}.c DEFINES_FILE ${base}.h
                     COMPILE_FLAGS ${bison_flags})
        list(APPEND made ${base}.c ${base}.h)
    endif()
    if("${CMAKE_SOURCE_DIR}/${scanner}" IN_LIST found)
        find_package(FLEX 2.6 REQUIRED)
        string(REGEX REPLACE "\\.l$" ".lex" base ${DVO_GENERATED}/${scanner})
        cmake_path(GET base PARENT_PATH folder)
        file(MAKE_DIRECTORY ${folder})
        flex_target(dvo_scanner ${scanner} ${base}.c DEFINES_FILE ${base}.h)
        list(APPEND made ${base}.c ${base}.h)
    endif()
    # What flex and bison write is not ours to warn about.
    set(relaxed -Wno-conversion -Wno-shadow -Wno-missing-prototypes -Wno-unused-function)
    set_source_files_properties(${made} PROPERTIES COMPILE_OPTIONS "${relaxed}")
    set(${sources} ${${sources}} ${made} PARENT_SCOPE)
endfunction()
