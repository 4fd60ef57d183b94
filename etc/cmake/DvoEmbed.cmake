# dvo_embed(TARGET FOLDER): a library with every file below FOLDER as a table, sorted by
# path (ir/base/embed.h). A file that changes, comes or goes rebuilds the table.
function(dvo_embed target folder)
    set(root ${CMAKE_SOURCE_DIR}/${folder})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${root} ${root}/*)
    # Editors' and interpreters' leftovers are not ours.
    list(FILTER files EXCLUDE REGEX "(~|\\.sw[a-z]|\\.pyc)$")
    set(script ${CMAKE_SOURCE_DIR}/etc/cmake/embed.sh)
    set(source ${DVO_GENERATED}/embedded.S)
    list(TRANSFORM files PREPEND ${root}/ OUTPUT_VARIABLE paths)
    add_custom_command(
        OUTPUT ${source}
        COMMAND sh ${script} ${root} ${DVO_GENERATED} ${files} > ${source}
        DEPENDS ${script} ${paths} VERBATIM)
    add_library(${target} STATIC ${source})
endfunction()
