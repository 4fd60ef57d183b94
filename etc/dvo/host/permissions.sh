# machine.permissions: owner, group and mode of what is there, with recursive of everything
# below too. Links are never followed: they have an owner but no mode.
# Parameters: path, owner, group, mode, recursive.
dvo_permissions() {
    dvo_take 'path owner group mode recursive' '' "$@"
    dvo_need path
    dvo_path "$P_path"
    dvo_kind "$P_path"
    [ "$DVO_KIND" != none ] || dvo_missing "there is no $P_path"
    [ -n "${P_owner-}${P_group-}${P_mode-}" ] || dvo_fail EINVAL 'owner, group or mode is needed'
    if [ "$DVO_KIND" = link ] && [ -n "${P_mode-}" ]; then
        dvo_fail EINVAL "$P_path is a link, which has no mode"
    fi
    dvo_owner "${P_owner-}" "${P_group-}" "${P_mode-}"
    dvo_owner_differs "$P_path"
    dvo_permissions_below=
    if dvo_flag recursive false && [ "$DVO_KIND" = directory ]; then
        dvo_permissions_below=1
        dvo_below_differs "$P_path"
    fi
    dvo_settle
    dvo_owner_set "$P_path"
    [ -z "$dvo_permissions_below" ] || dvo_below_set "$P_path"
    dvo_changed
}
