# machine.sync: a directory holds what an archive holds, with its modes and one owner and
# group; with delete nothing else. What differs is replaced file by file, each at once.
# Parameters: path, source (a tar archive that was sent, without names that have a newline),
# owner, group, delete.
dvo_sync() {
    dvo_take 'path source owner group delete' '' "$@"
    dvo_need path source
    dvo_path "$P_source"
    dvo_expect "$P_path" directory
    [ -f "$P_source" ] || dvo_missing "there is no archive $P_source"
    dvo_owner "${P_owner-root}" "${P_group-root}" ''
    # Members as lines of "TYPE NAME": d, f, x (an executable file) or l.
    tar -tvf "$P_source" --quoting-style=literal >"$DVO_TMP/listed" 2>"$DVO_TMP/said" ||
        dvo_fail_said
    tar -tf "$P_source" --quoting-style=literal >"$DVO_TMP/names" 2>"$DVO_TMP/said" ||
        dvo_fail_said
    cut -c 1-4 "$DVO_TMP/listed" |
        sed 's/^d.*/d/; s/^l.*/l/; s/^-..x/x/; s/^-.*/f/' |
        paste -d ' ' - "$DVO_TMP/names" | sed 's,/$,,' >"$DVO_TMP/members"
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'directory is missing'
    else
        dvo_sync_compare
    fi
    dvo_settle
    if [ "$DVO_KIND" = none ]; then
        dvo_parents "$P_path"
        dvo_try mkdir -m 0755 -- "$P_path"
        dvo_try chown "$DVO_UID:$DVO_GID" -- "$P_path"
        : >"$DVO_TMP/extra"
    fi
    # Within one filesystem with its place, so that moving it there is one step.
    dvo_sync_new=$(mktemp -d -- "$P_path/.dvo.XXXXXX" 2>"$DVO_TMP/said") || dvo_fail_said
    trap 'rm -rf -- "$dvo_sync_new"' EXIT
    dvo_try tar -x -p --no-same-owner --touch -f "$P_source" -C "$dvo_sync_new"
    dvo_try chown -Rh "$DVO_UID:$DVO_GID" -- "$dvo_sync_new"
    if [ -s "$DVO_TMP/extra" ]; then
        (cd -- "$P_path" && xargs -0 rm -rf --one-file-system --) \
            <"$DVO_TMP/extra" >"$DVO_TMP/said" 2>&1 || dvo_fail_said
    fi
    while IFS= read -r dvo_sync_line; do
        dvo_sync_one "${dvo_sync_line%% *}" "$P_path/${dvo_sync_line#* }" \
            "$dvo_sync_new/${dvo_sync_line#* }"
    done <"$DVO_TMP/members"
    dvo_changed
}

# dvo_sync_compare: each way in which the directory is not like the archive, or the first of
# its kind. With delete, what has to go becomes the file `extra`, names with NUL behind them.
dvo_sync_compare() {
    : >"$DVO_TMP/extra"
    if dvo_flag delete false; then
        find "$P_path" -mindepth 1 -printf '%P\0' | sort -z >"$DVO_TMP/found"
        cut -d ' ' -f 2- "$DVO_TMP/members" | tr '\n' '\0' | sort -z |
            comm -z -23 "$DVO_TMP/found" - >"$DVO_TMP/extra"
        [ ! -s "$DVO_TMP/extra" ] ||
            dvo_differ "$(tr '\0' '\n' <"$DVO_TMP/extra" | head -n 1) is not in the source"
    fi
    tar -df "$P_source" -C "$P_path" --quoting-style=literal >"$DVO_TMP/said" 2>&1
    sed '/: Mod time differs$/d; /: [UG]id differs$/d; /^tar: Exiting with/d; s/^tar: //
        s/: Warning: Cannot stat: No such file or directory$/ is missing/
        s/: \([A-Z]\)\([A-Za-z ]*\) differs*$/ has another \1\2/' "$DVO_TMP/said" \
        >"$DVO_TMP/differs"
    if [ -s "$DVO_TMP/differs" ]; then
        dvo_differ "$(head -n 1 "$DVO_TMP/differs")"
    fi
    (cd -- "$P_path" && cut -d ' ' -f 2- "$DVO_TMP/members" |
        xargs -r -d '\n' stat -c '%u:%g %F %n' -- 2>/dev/null) >"$DVO_TMP/owners"
    dvo_sync_other=$(grep -m 1 -v "^$DVO_UID:$DVO_GID " "$DVO_TMP/owners")
    [ -z "$dvo_sync_other" ] || dvo_differ "owner or group differs: $dvo_sync_other"
    # Another kind of thing is taken away by delete only.
    while IFS= read -r dvo_sync_line; do
        dvo_sync_kind "${dvo_sync_line%% *}" "$P_path/${dvo_sync_line#* }"
    done <"$DVO_TMP/members"
}

# dvo_sync_kind TYPE PATH: nothing or that kind of thing is there, or it goes.
dvo_sync_kind() {
    dvo_kind "$2"
    case $1:$DVO_KIND in
    *:none | d:directory | [fx]:file | l:link) DVO_KIND=directory ;;
    *)
        dvo_flag delete false ||
            dvo_fail EINVAL "$2 is a $DVO_KIND, and only delete=True takes it away"
        dvo_differ "$2 is a $DVO_KIND"
        printf '%s\0' "${2#"$P_path"/}" >>"$DVO_TMP/extra"
        DVO_KIND=directory
        ;;
    esac
}

# dvo_sync_one TYPE PATH NEW: makes one member what it shall be.
dvo_sync_one() {
    DVO_MODE=$((0644))
    case $1 in
    d)
        DVO_MODE=$((0755))
        [ -d "$2" ] || dvo_try mkdir -m 0755 -- "$2"
        ;;
    l)
        DVO_MODE=
        [ "$(readlink -- "$2")" = "$(readlink -- "$3")" ] || dvo_try mv -fT -- "$3" "$2"
        ;;
    *)
        [ "$1" = f ] || DVO_MODE=$((0755))
        if [ ! -f "$2" ] || ! cmp -s -- "$2" "$3"; then
            dvo_try mv -fT -- "$3" "$2"
            return
        fi
        ;;
    esac
    dvo_sync_why=$DVO_WHY
    DVO_WHY=
    dvo_owner_differs "$2"
    [ -z "$DVO_WHY" ] || dvo_owner_set "$2"
    DVO_WHY=$dvo_sync_why
}
