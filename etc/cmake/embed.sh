#!/bin/sh
# embed.sh FOLDER MADE FILE...: prints the table of ir/base/embed.h as assembly: the files,
# which are named as seen from the folder, and the step library in one piece, as a script and
# as a string of Python's, which it makes in the folder MADE. The assembler reads the files,
# so their size costs nothing.
set -eu
LC_ALL=C
export LC_ALL
root=$1
made=$2
shift 2

# entries FOLDER FILE...
entries() (
    cd "$1"
    folder=$1
    shift
    sha256sum "$@" | sed "s|^\([^ ]*\)  \(.*\)|        embed \"\2\", \"$folder/\2\", \1|"
)

mkdir -p "$made/library"
cat "$root"/host/*.sh >"$made/library/steps.sh"
sh "$root/ansible/steps.sh" >"$made/library/steps.py"

cat <<'END'
        .macro embed path, file, digest
        .section .rodata
1:      .string "\path"
2:      .incbin "\file"
3:      .byte 0
4:      .string "sha256:\digest"
        .section .data.rel.ro, "aw"
        .dc.a 1b, 2b, 3b - 2b, 4b
        .endm

        .section .data.rel.ro, "aw"
        .balign 8
        .globl embedded_files
        .type embedded_files, %object
embedded_files:
END
{
    entries "$root" "$@"
    entries "$made" library/steps.py library/steps.sh
} | sort
cat <<'END'
        .size embedded_files, . - embedded_files

        .section .rodata
        .balign 8
        .globl embedded_count
        .type embedded_count, %object
        .size embedded_count, 8
embedded_count:
        .dc.a (embedded_end - embedded_files) / 32
        .section .data.rel.ro, "aw"
embedded_end:
        .section .note.GNU-stack, "", %progbits
END
