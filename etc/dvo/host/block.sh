# machine.block: a marked block of a text file; owner, mode and links of the file stay.
# Parameters: path, block (its name), content, comment (what begins a marker), validate
# (list), present.
dvo_block() {
    dvo_take 'path block content comment present' validate "$@"
    dvo_need path block
    case $P_block${P_comment-} in
    *"$DVO_NL"*) dvo_fail EINVAL 'a marker has no newline in it' ;;
    esac
    P_comment=${P_comment-#}
    # Through files: a block may be longer than any argument.
    printf '%s\n' "${P_comment:+$P_comment }BEGIN dvo $P_block" >"$DVO_TMP/begin"
    printf '%s\n' "${P_comment:+$P_comment }END dvo $P_block" >"$DVO_TMP/end"
    dvo_edit_begin "$P_path"
    dvo_block_find
    if dvo_flag present true; then
        [ -n "${P_content+1}" ] || dvo_fail EINVAL 'content is missing'
        dvo_block_compare
    elif [ -n "$dvo_block_from" ]; then
        dvo_differ 'block is there'
        : >"$DVO_TMP/block"
    fi
    dvo_settle
    dvo_edit_temp
    if [ -n "$dvo_block_from" ]; then
        dvo_edit_replace "$dvo_block_from" "$dvo_block_to" "$DVO_TMP/block"
    else
        dvo_edit_append "$DVO_TMP/block"
    fi
    if [ "$N_validate" = 0 ]; then
        dvo_edit_put
    else
        dvo_words validate
        eval "dvo_edit_validated $DVO_WORDS"
    fi
    dvo_changed
}

# dvo_block_find: the numbers of the lines of both markers, empty if there is no block.
dvo_block_find() {
    dvo_block_from=
    dvo_block_to=
    [ "$DVO_KIND" = file ] || return 0
    dvo_block_from=$(grep -naxF -f "$DVO_TMP/begin" -- "$DVO_REAL" | cut -d: -f1)
    dvo_block_to=$(grep -naxF -f "$DVO_TMP/end" -- "$DVO_REAL" | cut -d: -f1)
    case $dvo_block_from:$dvo_block_to in
    :) return 0 ;;
    *"$DVO_NL"*) dvo_fail EINVAL "$P_path has several blocks $P_block" ;;
    :*) dvo_fail EINVAL "line $dvo_block_to of $P_path ends a block that nothing begins" ;;
    *:) dvo_fail EINVAL "line $dvo_block_from of $P_path begins a block that nothing ends" ;;
    esac
    [ "$dvo_block_from" -lt "$dvo_block_to" ] ||
        dvo_fail EINVAL "line $dvo_block_to of $P_path ends a block that begins later"
}

# dvo_block_compare: the wanted block, with its markers, and whether it is there.
dvo_block_compare() {
    printf '%s' "$P_content" >"$DVO_TMP/content"
    # The last line of the content is one, ended or not.
    case $P_content in
    '' | *"$DVO_NL") ;;
    *) echo >>"$DVO_TMP/content" ;;
    esac
    if grep -qaxF -f "$DVO_TMP/begin" -f "$DVO_TMP/end" "$DVO_TMP/content"; then
        dvo_fail EINVAL 'the content holds a marker of its own block'
    fi
    cat "$DVO_TMP/begin" "$DVO_TMP/content" "$DVO_TMP/end" >"$DVO_TMP/block"
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'file is missing'
    elif [ -z "$dvo_block_from" ]; then
        dvo_differ 'block is missing'
    else
        head -n "$dvo_block_to" -- "$DVO_REAL" | tail -n "+$dvo_block_from" |
            cmp -s - "$DVO_TMP/block" || dvo_differ 'block differs'
    fi
}
