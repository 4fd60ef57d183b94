# machine.link: a symbolic link; its target need not exist.
# Parameters: path, to, present.
dvo_link() {
    dvo_take 'path to present' '' "$@"
    dvo_need path
    dvo_expect "$P_path" link
    if ! dvo_flag present true; then
        [ "$DVO_KIND" = none ] || dvo_differ 'link exists'
        dvo_settle
        dvo_try rm -f -- "$P_path"
        dvo_changed
    fi
    dvo_need to
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'link is missing'
    else
        dvo_link_was=$(readlink -n -- "$P_path" && echo .)
        [ "${dvo_link_was%.}" = "$P_to" ] || dvo_differ "link leads to ${dvo_link_was%.}"
    fi
    dvo_settle
    # A name that mktemp has proven free beside the link; rename replaces the link itself.
    dvo_owner '' '' ''
    dvo_temp "$P_path"
    trap 'rm -f -- "$DVO_NEW" "$DVO_NEW.link"' EXIT
    dvo_try ln -sT -- "$P_to" "$DVO_NEW.link"
    dvo_try mv -fT -- "$DVO_NEW.link" "$P_path"
    dvo_changed
}
