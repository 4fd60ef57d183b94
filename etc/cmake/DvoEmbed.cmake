# dvo_embed(TARGET FOLDER): a library with every file below FOLDER as a table, sorted by
# path (ir/base/embed.h). The assembler reads the files, so their size costs nothing; a
# file that changes, comes or goes rebuilds the table.
function(dvo_embed target folder)
    set(root ${CMAKE_SOURCE_DIR}/${folder})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${root} ${root}/*)
    # Editors' and interpreters' leftovers are not ours.
    list(FILTER files EXCLUDE REGEX "(~|\\.sw[a-z]|\\.pyc)$")
    list(SORT files COMPARE STRING CASE SENSITIVE)
    list(LENGTH files count)

    set(entries "")
    foreach(file ${files})
        string(APPEND entries "        embed \"${file}\", \"${root}/${file}\"\n")
    endforeach()
    set(source ${DVO_GENERATED}/embedded.S)
    configure_file(${CMAKE_SOURCE_DIR}/etc/cmake/embedded.S.in ${source} @ONLY)
    list(TRANSFORM files PREPEND ${root}/)
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}")

    add_library(${target} STATIC ${source})
endfunction()
