# machine.directory: a directory; only what is written of owner, group and mode is enforced,
# with recursive for everything below too.
# Parameters: path, owner, group, mode, recursive, present.
dvo_directory() {
    dvo_take 'path owner group mode recursive present' '' "$@"
    dvo_need path
    dvo_expect "$P_path" directory
    if ! dvo_flag present true; then
        dvo_directory_remove
    fi
    dvo_owner "${P_owner-}" "${P_group-}" "${P_mode-}"
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'directory is missing'
        dvo_settle
        dvo_owner "${P_owner-root}" "${P_group-root}" "${P_mode-0755}"
        dvo_parents "$P_path"
        # Private until it has its owner and mode.
        dvo_try mkdir -m 0700 -- "$P_path"
        dvo_owner_set "$P_path"
        dvo_changed
    fi
    dvo_owner_differs "$P_path"
    if dvo_flag recursive false; then
        dvo_below_differs "$P_path"
    fi
    dvo_settle
    dvo_owner_set "$P_path"
    if dvo_flag recursive false; then
        dvo_below_set "$P_path"
    fi
    dvo_changed
}

dvo_directory_remove() {
    [ "$DVO_KIND" = none ] || dvo_differ 'directory exists'
    if dvo_flag recursive false; then
        [ "$P_path" != / ] || dvo_fail EINVAL 'refusing to remove /'
        dvo_settle
        dvo_try rm -rf --one-file-system -- "$P_path"
    else
        if [ "$DVO_KIND" = directory ] && [ -n "$(find "$P_path" -mindepth 1 -print -quit)" ]; then
            dvo_fail EINVAL "$P_path is not empty and recursive is not set"
        fi
        dvo_settle
        dvo_try rmdir -- "$P_path"
    fi
    dvo_changed
}
