# machine.fetch: a regular file like one that was sent, with this owner, group and mode.
# Parameters: path, source (what was sent), digest (sha256:HEX), owner, group, mode.
dvo_fetch() {
    dvo_take 'path source digest owner group mode' '' "$@"
    dvo_need path source digest
    dvo_path "$P_source"
    dvo_expect "$P_path" file
    dvo_owner "${P_owner-root}" "${P_group-root}" "${P_mode-0644}"
    dvo_fetch_plain=
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'file is missing'
    else
        dvo_owner_differs "$P_path"
        dvo_fetch_plain=$DVO_WHY
        dvo_put_same "$P_path" || dvo_differ 'content differs'
    fi
    dvo_settle
    if [ -n "$dvo_fetch_plain" ] && [ "$dvo_fetch_plain" = "$DVO_WHY" ]; then
        dvo_owner_set "$P_path"
        dvo_changed
    fi
    [ -f "$P_source" ] || dvo_missing "there is no file $P_source"
    dvo_temp "$P_path"
    cat -- "$P_source" 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
    dvo_put_same "$DVO_NEW" || dvo_fail EPROTO "$P_source has another digest than $P_digest"
    dvo_swap "$P_path"
    dvo_changed
}
