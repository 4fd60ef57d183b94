# machine.remove: packages are not installed; with purge their configuration is gone too.
# Parameters: packages (list of names), purge, members (dvo_members).
dvo_remove() {
    dvo_take purge 'packages members' "$@"
    [ "$N_packages" != 0 ] || dvo_fail EINVAL 'packages is empty'
    dvo_words packages
    eval "dvo_packages_read $DVO_WORDS"
    N_todo=0
    eval "dvo_remove_compare $DVO_WORDS"
    dvo_members
    dvo_settle
    dvo_words todo
    if dvo_flag purge false; then
        eval "dvo_apt purge -- $DVO_WORDS"
    else
        eval "dvo_apt remove -- $DVO_WORDS"
    fi
    dvo_changed
}

dvo_remove_compare() {
    for dvo_remove_word; do
        dvo_package_word "$dvo_remove_word"
        [ -z "$DVO_VERSION" ] || dvo_fail EINVAL "a version makes no sense here: $dvo_remove_word"
        dvo_package_state "$DVO_PACKAGE"
        case $DVO_STATE in
        none) continue ;;
        config-files)
            dvo_flag purge false || continue
            dvo_differ "$DVO_PACKAGE has configuration left"
            ;;
        *) dvo_differ "$DVO_PACKAGE is installed" ;;
        esac
        N_todo=$((N_todo + 1))
        eval "P_todo_$N_todo=\$DVO_PACKAGE"
    done
}
