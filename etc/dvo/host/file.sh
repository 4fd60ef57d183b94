# machine.file: a regular file with exactly this content, owner, group and mode.
# Parameters: path, content or content64 (base64, for bytes that include NUL), owner, group,
# mode, validate (list), present.
dvo_file() {
    dvo_take 'path content content64 owner group mode present' validate "$@"
    dvo_need path
    dvo_expect "$P_path" file
    if ! dvo_flag present true; then
        [ "$DVO_KIND" = none ] || dvo_differ 'file exists'
        dvo_settle
        dvo_try rm -f -- "$P_path"
        dvo_changed
    fi
    case ${P_content+content}${P_content64+content64} in
    content | content64) ;;
    *) dvo_fail EINVAL 'exactly one of content and content64 is needed' ;;
    esac
    dvo_owner "${P_owner-root}" "${P_group-root}" "${P_mode-0644}"
    dvo_file_plain=
    if [ -n "${P_content64+1}" ]; then
        printf '%s' "$P_content64" | base64 -d >"$DVO_TMP/content" 2>"$DVO_TMP/said" ||
            dvo_fail EINVAL 'content64 is not base64'
    fi
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'file is missing'
    else
        dvo_owner_differs "$P_path"
        dvo_file_plain=$DVO_WHY
        if [ -n "${P_content64+1}" ]; then
            cmp -s -- "$DVO_TMP/content" "$P_path" || dvo_differ 'content differs'
        else
            dvo_text_differs "$P_path" "$P_content"
        fi
    fi
    dvo_settle
    if [ -n "$dvo_file_plain" ] && [ "$dvo_file_plain" = "$DVO_WHY" ]; then
        dvo_owner_set "$P_path"
        dvo_changed
    fi
    dvo_temp "$P_path"
    if [ -n "${P_content64+1}" ]; then
        cat -- "$DVO_TMP/content" 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
    else
        dvo_write "$P_content"
    fi
    if [ "$N_validate" = 0 ]; then
        dvo_swap "$P_path"
        dvo_changed
    fi
    DVO_REAL=$P_path
    DVO_NAMES=1
    dvo_words validate
    eval "dvo_edit_validated $DVO_WORDS"
    dvo_changed
}
