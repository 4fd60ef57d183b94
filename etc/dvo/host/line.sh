# machine.line: a line of a text file; owner, mode and links of the file stay.
# Parameters: path, line, match (a POSIX extended regular expression), present.
dvo_line() {
    dvo_take 'path line match present' '' "$@"
    dvo_need path
    case ${P_line-}${P_match-} in
    *"$DVO_NL"*) dvo_fail EINVAL 'a line has no newline in it' ;;
    esac
    # Patterns go through files: a line may be longer than any argument.
    printf '%s\n' "${P_line-}" >"$DVO_TMP/line"
    printf '%s\n' "${P_match-}" >"$DVO_TMP/match"
    dvo_edit_begin "$P_path"
    if ! dvo_flag present true; then
        dvo_line_remove
    fi
    [ -n "${P_line+1}" ] || dvo_fail EINVAL 'line is missing'
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'file is missing'
        dvo_settle
        dvo_edit_temp
        dvo_edit_append "$DVO_TMP/line"
        dvo_edit_put
        dvo_changed
    fi
    grep -qaxF -f "$DVO_TMP/line" -- "$DVO_REAL" && dvo_same
    dvo_line_at=
    if [ -n "${P_match-}" ]; then
        dvo_line_at=$(dvo_line_matches) || exit
    fi
    case $dvo_line_at in
    '') dvo_differ 'line is missing' ;;
    *"$DVO_NL"*)
        dvo_fail EINVAL "several lines match: $(head -n 10 "$DVO_TMP/found" | cut -c 1-200)"
        ;;
    *) dvo_differ "line $dvo_line_at is replaced" ;;
    esac
    dvo_settle
    dvo_edit_temp
    if [ -n "$dvo_line_at" ]; then
        dvo_edit_replace "$dvo_line_at" "$dvo_line_at" "$DVO_TMP/line"
    else
        dvo_edit_append "$DVO_TMP/line"
    fi
    dvo_edit_put
    dvo_changed
}

dvo_line_remove() {
    [ "$DVO_KIND" = file ] || dvo_same
    [ -n "${P_line+1}${P_match-}" ] || dvo_fail EINVAL 'line or match is needed'
    if [ -n "${P_line+1}" ] && grep -qaxF -f "$DVO_TMP/line" -- "$DVO_REAL"; then
        dvo_differ 'line is there'
    fi
    if [ -n "${P_match-}" ]; then
        dvo_line_at=$(dvo_line_matches) || exit
        [ -z "$dvo_line_at" ] || dvo_differ 'a matching line is there'
    fi
    dvo_settle
    dvo_edit_temp
    # grep answers 1 when nothing is left over, which is no failure here.
    if [ -n "${P_line+1}" ]; then
        grep -avxF -f "$DVO_TMP/line" -- "$DVO_REAL" >"$DVO_NEW" 2>"$DVO_TMP/said"
    else
        cat -- "$DVO_REAL" >"$DVO_NEW" 2>"$DVO_TMP/said"
    fi
    [ "$?" -le 1 ] || dvo_fail_said
    if [ -n "${P_match-}" ]; then
        cp -- "$DVO_NEW" "$DVO_TMP/rest"
        grep -avE -f "$DVO_TMP/match" -- "$DVO_TMP/rest" >"$DVO_NEW" 2>"$DVO_TMP/said"
        [ "$?" -le 1 ] || dvo_fail_said
    fi
    dvo_edit_put
    dvo_changed
}

# dvo_line_matches: the numbers of the lines that match.
dvo_line_matches() {
    grep -naE -f "$DVO_TMP/match" -- "$DVO_REAL" >"$DVO_TMP/found" 2>"$DVO_TMP/said"
    [ "$?" -le 1 ] || dvo_fail EINVAL "match: $(cat "$DVO_TMP/said")"
    cut -d: -f1 "$DVO_TMP/found"
}
